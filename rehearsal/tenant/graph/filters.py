"""`$filter`: eq, startswith, any and `and`: what the clients of this project send (contracts/graph.md, 6.4 and 10).

Everything else is refused with Graph's own Request_UnsupportedQuery.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rehearsal.tenant.graph import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    Predicate = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[\w./-]+)|(?P<sign>[(),:]))")
_WORDS = {"true": True, "false": False, "null": None}
_OTHER_OPERATORS = frozenset({"ne", "not", "or", "in", "gt", "ge", "lt", "le", "endswith", "contains", "has"})


@dataclass
class _Reader:
    """Reads tokens one by one."""

    tokens: list[tuple[str, str]]
    resource: str
    filterable: AbstractSet[str]
    known: AbstractSet[str]
    position: int = field(default=0)

    def next(self, kind: str | None = None, value: str | None = None) -> str:
        """Return the next token, which has to be of that kind and value."""
        if self.position >= len(self.tokens):
            raise _malformed()
        actual, text = self.tokens[self.position]
        self.position += 1
        if kind not in (None, actual) or value not in (None, text.lower()):
            raise _unsupported_operator(text) if text.lower() in _OTHER_OPERATORS else _malformed()
        return text

    def peek(self) -> str:
        """Return the next token without taking it, lower case; empty at the end."""
        return self.tokens[self.position][1].lower() if self.position < len(self.tokens) else ""

    def property(self, path: str) -> str:
        """Check that a property exists and can be filtered on."""
        top = path.split("/", 1)[0]
        if top not in self.known:
            raise errors.GraphError(
                400, "BadRequest", f"Could not find a property named '{top}' on type 'microsoft.graph.{self.resource}'."
            )
        if path not in self.filterable:
            kind = self.resource[:1].upper() + self.resource[1:]
            raise errors.GraphError(
                400,
                "Request_UnsupportedQuery",
                f"Unsupported or invalid query filter clause specified for property '{path}' of resource '{kind}'.",
            )
        return path

    def literal(self) -> Any:
        """Return the next token's value: a string, true, false, null, or a bare word such as a GUID."""
        kind = self.tokens[self.position][0] if self.position < len(self.tokens) else ""
        text = self.next()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind != "word":
            raise _malformed()
        return _WORDS.get(text.lower(), text)


def parse_filter(text: str, *, resource: str, filterable: AbstractSet[str], known: AbstractSet[str]) -> Predicate:
    """Turn a `$filter` into a predicate on what Microsoft Graph shows of an object.

    Args:
        text: the filter, decoded.
        resource: name of the resource type, e.g. `application`.
        filterable: properties that can be filtered on.
        known: all properties of the type.

    Raises:
        GraphError: it is malformed, or does something that is not supported.
    """
    reader = _Reader(_tokens(text), resource, filterable, known)
    terms = [_term(reader)]
    while reader.peek():
        reader.next("word", "and")
        terms.append(_term(reader))
    return lambda body: all(term(body) for term in terms)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:  # such as the quote of a display name that the client has not escaped
            raise _malformed()
        kind = str(match.lastgroup)
        tokens.append((kind, match[kind]))
        position = match.end()
    return tokens


def _term(reader: _Reader) -> Predicate:
    word = reader.next("word")
    if word.lower() == "startswith":
        reader.next("sign", "(")
        path = reader.property(reader.next("word"))
        start = _start(reader)
        return lambda body: _starts(_value(body, path), start)
    if word.lower() in _OTHER_OPERATORS:
        raise _unsupported_operator(word)
    if word.lower().endswith("/any"):
        path = reader.property(word[: -len("/any")])
        reader.next("sign", "(")
        variable = reader.next("word")
        reader.next("sign", ":")
        if reader.peek() == "startswith":
            reader.next()
            reader.next("sign", "(")
            reader.next("word", variable.lower())
            start = _start(reader)
            reader.next("sign", ")")
            return lambda body: any(_starts(item, start) for item in _value(body, path) or ())
        reader.next("word", variable.lower())
        reader.next("word", "eq")
        wanted = reader.literal()
        reader.next("sign", ")")
        return lambda body: any(_same(item, wanted) for item in _value(body, path) or ())
    path = reader.property(word)
    reader.next("word", "eq")
    wanted = reader.literal()
    return lambda body: _same(_value(body, path), wanted)


def _value(body: Mapping[str, Any], path: str) -> Any:
    value: Any = body
    for name in path.split("/"):
        value = (value or {}).get(name)
    return value


def _start(reader: _Reader) -> str:
    """Read the rest of a startswith: the comma, what it starts with, the parenthesis."""
    reader.next("sign", ",")
    start = str(reader.literal())
    reader.next("sign", ")")
    return start


def _starts(actual: Any, start: str) -> bool:
    return str(actual or "").casefold().startswith(start.casefold())


def _same(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, str) and isinstance(wanted, str):
        return actual.casefold() == wanted.casefold()  # Entra compares strings without regard to case
    return bool(actual == wanted)


def _malformed() -> errors.GraphError:
    return errors.GraphError(400, "BadRequest", "Invalid filter clause")


def _unsupported_operator(name: str) -> errors.GraphError:
    return errors.unsupported_query(f"'{name}' in $filter")
