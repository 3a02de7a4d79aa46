"""`$filter`: a small parser of the operators that Business Central documents, and of its own restriction on `or`.

Grammar:
    expression = term { "or" term }          term = factor { "and" factor }
    factor     = "(" expression ")" | function | comparison | membership
    function   = ("startswith" | "endswith" | "contains") "(" field "," literal ")"
    comparison = field ("eq" | "ne" | "gt" | "ge" | "lt" | "le") literal
    membership = field "in" "(" literal { "," literal } ")"          with $schemaversion=2.1 only
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rehearsal.tenant.business_central import errors

Kind = Literal["Guid", "String", "Boolean", "DateTimeOffset", "Int32"]
Row = Mapping[str, Any]
Test = Callable[[Row], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<String>'(?:[^']|'')*')
      | (?P<Guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})
      | (?P<DateTimeOffset>\d{4}-\d\d-\d\dT[\d:.]+Z)
      | (?P<Int32>-?\d+)
      | (?P<Boolean>(?:true|false)\b)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_OPERATORS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {  # word -> (name in error texts, meaning)
    "eq": ("Equal", operator.eq),
    "ne": ("NotEqual", operator.ne),
    "gt": ("GreaterThan", operator.gt),
    "ge": ("GreaterThanOrEqual", operator.ge),
    "lt": ("LessThan", operator.lt),
    "le": ("LessThanOrEqual", operator.le),
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": operator.contains,
}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


@dataclass(frozen=True)
class _Clause:
    """A part of the expression, and the fields it speaks of: `or` needs to know."""

    test: Test
    fields: frozenset[str]


@dataclass(frozen=True)
class Columns:
    """What a list has.

    Attributes:
        entity: its EntityName, for error texts.
        kinds: field -> type.
        computed: the fields that are variables of the page. The service filters and sorts in the database, so it
            cannot do it by these (not documented in so many words; the refusal is ours).
    """

    entity: str
    kinds: Mapping[str, Kind]
    computed: frozenset[str] = frozenset()

    def kind(self, name: str) -> Kind:
        """Return the type of a field that may be filtered or sorted by.

        Raises:
            ServiceError: there is no such field, or it is computed.
        """
        if name not in self.kinds:
            raise errors.unknown_property(name, self.entity)
        if name in self.computed:
            raise errors.bad_request(
                f"The field '{name}' is not a field of the source table, so it cannot be used here."
            )
        return self.kinds[name]


def parse(text: str, columns: Columns, *, newer: bool = False) -> Test:
    """Turn a `$filter` into a test of one row.

    Args:
        text: the decoded option.
        columns: what the list has.
        newer: whether $schemaversion=2.1 was asked for, which knows `in` (use-filter-expressions-in-odata-uris).

    Raises:
        ServiceError: it cannot be parsed, names an unknown field, compares unlike types or uses `or` across fields.
    """
    parser = _Parser(_tokens(text), columns, text, newer=newer)
    clause = parser.expression()
    parser.expect_end()
    return clause.test


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise errors.bad_request(f"Syntax error at position {position} in '{text}'.")
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match.group(kind), match.start(kind)))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token], columns: Columns, text: str, *, newer: bool) -> None:
        self._tokens = tokens
        self._columns = columns
        self._newer = newer
        self._text = text
        self._next = 0

    def expression(self) -> _Clause:
        clause = self._term()
        while self._accept("or"):
            clause = _either(clause, self._term())
        return clause

    def expect_end(self) -> None:
        if self._next < len(self._tokens):
            raise errors.bad_request(f"Syntax error at position {self._tokens[self._next].position} in '{self._text}'.")

    def _term(self) -> _Clause:
        clause = self._factor()
        while self._accept("and"):
            clause = _both(clause, self._factor())
        return clause

    def _factor(self) -> _Clause:
        if self._accept("("):
            clause = self.expression()
            self._expect(")")
            return clause
        name = self._take("word").text
        if name in _FUNCTIONS:
            return self._function(name)
        kind = self._columns.kind(name)
        word = self._take("word").text
        if word == "in" and self._newer:
            return self._membership(name, kind)
        if word not in _OPERATORS:
            raise errors.bad_request(f"The operator '{word}' in '{self._text}' is not supported.")
        value = self._literal(kind, _OPERATORS[word][0])
        compare = _OPERATORS[word][1]
        return _Clause(lambda row: compare(row[name], value), frozenset({name}))

    def _function(self, function: str) -> _Clause:
        self._expect("(")
        name = self._take("word").text
        self._expect(",")
        value = self._literal(self._columns.kind(name), function)
        self._expect(")")
        test = _FUNCTIONS[function]
        return _Clause(lambda row: test(row[name], value), frozenset({name}))

    def _membership(self, name: str, kind: Kind) -> _Clause:
        self._expect("(")
        values = [self._literal(kind, "Equal")]
        while self._accept(","):
            values.append(self._literal(kind, "Equal"))
        self._expect(")")
        return _Clause(lambda row: row[name] in values, frozenset({name}))

    def _literal(self, wanted: Kind, operation: str) -> Any:
        token = self._take(None)
        if token.kind != wanted:
            found = token.kind if token.kind in ("String", "Guid", "Boolean", "DateTimeOffset", "Int32") else "Null"
            raise errors.bad_request(
                "A binary operator with incompatible types was detected. Found operand types "
                f"'Edm.{wanted}' and 'Edm.{found}' for operator kind '{operation}'."
            )
        match token.kind:
            case "String":
                return token.text[1:-1].replace("''", "'")
            case "Guid":
                return token.text.lower()
            case "Boolean":
                return token.text == "true"
            case "Int32":
                return int(token.text)
            case _:
                return token.text

    def _accept(self, text: str) -> bool:
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        if token is None or token.text != text or token.kind not in ("word", "mark"):
            return False
        self._next += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._expression_expected()

    def _take(self, kind: str | None) -> _Token:
        if self._next >= len(self._tokens) or kind not in (None, self._tokens[self._next].kind):
            raise self._expression_expected()
        self._next += 1
        return self._tokens[self._next - 1]

    def _expression_expected(self) -> errors.ServiceError:
        at_end = self._next >= len(self._tokens)
        position = len(self._text) if at_end else self._tokens[self._next].position
        return errors.bad_request(f"Expression expected at position {position} in '{self._text}'.")


def _both(left: _Clause, right: _Clause) -> _Clause:
    return _Clause(lambda row: left.test(row) and right.test(row), left.fields | right.fields)


def _either(left: _Clause, right: _Clause) -> _Clause:
    fields = left.fields | right.fields
    if len(fields) > 1:
        raise errors.or_on_distinct_fields()
    return _Clause(lambda row: left.test(row) or right.test(row), fields)
