"""`$filter`: eq, startswith, any, `and`, and `or` between terms of one query: what the clients of this project send.

docs/reference/facts-graph.md, "Queries". Everything else is refused with Graph's own Request_UnsupportedQuery.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from rehearsal.tenant.graph.errors import refusal

Predicate = Callable[[Mapping[str, Any]], bool]

_QUOTED = r"'(?:[^']|'')*'"
_LITERAL = rf"(?:{_QUOTED}|[\w.-]+)"
_TERM = re.compile(
    rf"""\s*(?:
        startswith\s*\(\s*(?P<path1>[\w/]+)\s*,\s*(?P<start>{_LITERAL})\s*\)
      | (?P<path2>[\w/]+)/any\s*\(\s*(?P<item>\w+)\s*:\s*
            (?:startswith\s*\(\s*(?P=item)\s*,\s*(?P<any_start>{_LITERAL})\s*\)|(?P=item)\s+eq\s+(?P<any>{_LITERAL}))
        \s*\)
      | (?P<path3>[\w/]+)\s+eq\s+(?P<value>{_LITERAL})
    )\s*(?P<more>and\b|or\b|$)""",
    re.VERBOSE | re.IGNORECASE,
)
_OTHER_OPERATOR = re.compile(r"\b(?:ne|not|in|gt|ge|lt|le|endswith|contains|has|all)\b", re.IGNORECASE)
_TERMS_AT_MOST = 15  # joined by `or`: https://developer.microsoft.com/graph/known-issues/?search=13635
_LONGEST_VALUE = 120  # characters that `eq` compares, likewise
_CONSTANTS = {"true": True, "false": False, "null": None}


def parse_filter(text: str, *, resource: str, filterable: AbstractSet[str], known: AbstractSet[str]) -> Predicate:
    """Turn a `$filter` into a predicate on what Microsoft Graph shows of an object."""
    terms, at = [], 0
    joined: set[str] = set()
    while term := _TERM.match(text, at):
        path = next(path for path in (term["path1"], term["path2"], term["path3"]) if path)
        _require_filterable(path, resource, filterable, known)
        terms.append(_predicate(path, term))
        at = term.end()
        if term["more"]:
            joined.add(term["more"].lower())
            continue
        if len(joined) > 1:  # Graph does that, with its precedence
            raise refusal("unsupported_query", "`and` beside `or` in $filter")
        if "or" not in joined:
            return lambda body: all(test(body) for test in terms)
        if len(terms) > _TERMS_AT_MOST:
            raise refusal("too_many_terms", len(terms), _TERMS_AT_MOST)
        return lambda body: any(test(body) for test in terms)
    if other := _OTHER_OPERATOR.search(re.sub(_QUOTED, "''", text)):
        raise refusal("unsupported_query", f"'{other[0]}' in $filter")
    raise refusal("filter_invalid")


def starts_in_a_list(text: str) -> bool:
    """Tell whether a `$filter` asks how an item of a list begins, for which Graph wants an advanced query."""
    return any(term["any_start"] for term in _TERM.finditer(text))


def _require_filterable(path: str, resource: str, filterable: AbstractSet[str], known: AbstractSet[str]) -> None:
    top = path.split("/", 1)[0]
    if top not in known:
        raise refusal("filter_unknown_property", top, resource)
    if path not in filterable:
        raise refusal("filter_unsupported_property", path, resource[:1].upper() + resource[1:])


def _predicate(path: str, term: re.Match[str]) -> Predicate:
    """Return the test of one term; Entra compares strings without regard to case."""
    if term["item"]:
        test = _test(term["any"], term["any_start"])
        return lambda body: any(test(item) for item in body.get(path) or ())
    test = _test(term["value"], term["start"])
    return lambda body: test(body.get(path))


def _test(value: str | None, start: str | None) -> Callable[[Any], bool]:
    wanted = _value(value or start or "")
    if value and isinstance(wanted, str) and len(wanted) > _LONGEST_VALUE:
        raise refusal("unsupported_query", f"a value of more than {_LONGEST_VALUE} characters in $filter")
    if start:
        return lambda actual: str(actual or "").casefold().startswith(str(wanted).casefold())
    if isinstance(wanted, str):
        return lambda actual: isinstance(actual, str) and actual.casefold() == wanted.casefold()
    return lambda actual: bool(actual == wanted)


def _value(literal: str) -> Any:
    """Read a string, true, false, null, or a bare word such as a GUID."""
    if literal.startswith("'"):
        return literal[1:-1].replace("''", "'")
    return _CONSTANTS.get(literal.lower(), literal)
