"""docs/reference/errors.md, made of the tables by which the clients and reconcilers recognise the services' answers.

A table comes in by itself: any tuple or list in a module of `clients` or `reconcilers` whose rows have a `code` or
`statuses`, and a `remedy` or words for what they mean (`says`). Of further columns, see `_cells`. Its heading is in
`_HEADINGS`.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any, NamedTuple, TypeGuard

import clients
import reconcilers
from clients.business_central.errors import remedy_for_caller
from clients.business_central.permission_refusals import Form, PermissionRefusal

_ANY = "any"
_HEAD = """\
# Errors: what a service answered, and what to do

<!-- Written by `python -m commands errors > docs/reference/errors.md`, from the tables in code; a test holds it. -->

An error is one paragraph: the key in the stack file, what was attempted, on what, what the service answered (status,
code, its own text, and the request id that its support asks for), and what to do:

```text
KEY: could not ATTEMPT: SERVICE answered STATUS CODE: "TEXT" (request id ID). WHAT TO DO
```

Look for the code that the service gave, here or with the search of your browser. A status alone decides little: one
code comes with several, and one status has many causes. What is in no table keeps the service's words. What stands in
CAPITALS in a text is filled in.

*Repeatable* answers ask for a short wait, and nothing was done. Our own half looks whether the write was done, and
repeats it where it was not, POST and DELETE included, for 60 s at most (`ENTRA_BC_LONGEST_WAIT` makes it less). So it
does with any other 409 or 503 that names a time (`Retry-After`), and with PATCH, PUT and DELETE also after 408, 425,
500, 502, 503 and 504, and once after no answer at all. A 429 was not taken, and is repeated without a check. Reads are
repeated as often as six times. Where an answer to one of these two asks to wait for more than 120 s, or what
`ENTRA_BC_LONGEST_WAIT` says, it is the error at once.
*azuread* says what azuread's plugin does on the same answer ([facts](facts-graph.md#retries-of-the-plugin)).

| the error is about | see |
|---|---|
| who signs in (`could not sign in to Entra …`) | [Entra](#entra-whoever-runs-this), by its code; for the outside \
system [which credential](../which-credential.md#a-pipeline-or-a-cluster) |
| a stack file | its own words: key, line and what would be right; [stack file](stack-file.md) |
| what preflight found | [preflight](preflight.md), which says the same sentences beforehand |
| a proof (`could not prove that … can use environment …`) | [proof](proof.md#causes), by its causes |
| something that an interrupted run left | [interrupted runs](interrupted-runs.md), by its messages |
| a secret that was not made (`….credentials.secrets.issued: could not make the secret '…'`) | \
[secrets](credentials.md#secrets): a label that has ended is removed |
"""

_HEADINGS = {
    "clients.business_central.errors": "Business Central",
    "clients.business_central.permission_refusals": "Business Central: a permission is missing",
    "clients.entra.person": "Entra: a person who signs in to Business Central",
    "clients.entra.refusals": "Entra: whoever runs this",
    "clients.graph.errors": "Microsoft Graph",
    "clients.http.answers": "Any service, by the status alone",
    "clients.key_vault.certificate_errors": "Azure Key Vault: certificates",
    "clients.key_vault.errors": "Azure Key Vault",
    "reconcilers.proof.causes": "Entra: an integration, in a proof",
}
"""The module of a table -> the heading of its section. They are linked to: a docstring may change, these do not."""


class _Table(NamedTuple):
    """One table in code.

    Attributes:
        module: where it stands.
        rows: its rows.
    """

    module: ModuleType
    rows: Sequence[Any]

    @property
    def heading(self) -> str:
        """The heading of its section."""
        return _HEADINGS[self.module.__name__]


def errors_page() -> str:
    """Return the page."""
    found = list(tables())
    parts = [_HEAD, _index(found)]
    previous = ""
    for each in found:
        if each.heading != previous:
            parts.append(f"## {each.heading}\n")
        parts.append(_section(each))
        previous = each.heading
    return "\n".join(parts).rstrip("\n") + "\n"


def tables() -> Iterator[_Table]:
    """Yield the tables of all modules, those of one module in the order in which they stand there."""
    for package in (clients, reconcilers):
        for info in sorted(pkgutil.walk_packages(package.__path__, f"{package.__name__}."), key=lambda each: each.name):
            module = importlib.import_module(info.name)
            for name in _assigned(module):
                if _is_table(value := getattr(module, name, None)):
                    yield _Table(module, value)


def _assigned(module: ModuleType) -> Iterator[str]:
    """Yield the names that a module gives values to: what it imports stands in the section of another."""
    for statement in ast.parse(inspect.getsource(module)).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        yield from (each.id for each in targets if isinstance(each, ast.Name))


def codes(row: Any) -> list[str]:
    """Return the codes that a row is recognised by or, where any will do, those that it is known to come with."""
    return [each for each in (getattr(row, "code", "") or getattr(row, "comes_with", "")).split("|") if each]


def _is_table(value: object) -> TypeGuard[Sequence[Any]]:
    if not isinstance(value, tuple | list) or not value or hasattr(value, "_fields"):
        return False
    return all(
        type(each).__module__.partition(".")[0] in {"clients", "reconcilers"}
        and (hasattr(each, "remedy") or hasattr(each, "says"))
        and (hasattr(each, "code") or hasattr(each, "statuses"))
        for each in value
    )


def _index(found: Iterable[_Table]) -> str:
    """Return the codes in alphabetical order, each with the sections that have it."""
    sections: dict[str, dict[str, None]] = {}
    for table in found:
        for row in table.rows:
            for code in codes(row):
                sections.setdefault(code, {})[f"[{table.heading}](#{_anchor(table.heading)})"] = None
    lines = [f"| {_code(code)} | {'<br>'.join(sections[code])} |" for code in sorted(sections, key=str.casefold)]
    return "\n".join(["## By code\n", "| code | section |", "|---|---|", *lines, ""])


def _section(table: _Table) -> str:
    """Return a table, without the columns in which no row has anything."""
    rows = sorted(table.rows, key=lambda each: (not codes(each), [code.casefold() for code in codes(each)]))
    cells = [_cells(each) for each in rows]
    columns = [name for name in cells[0] if any(each[name] not in ("", _ANY) for each in cells)]
    lines = [f"| {' | '.join(each[name] for name in columns)} |" for each in cells]
    return "\n".join([f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *lines, ""])


def _cells(row: Any) -> dict[str, str]:
    text = getattr(row, "example", "") or getattr(row, "text", "")
    return {
        "code": ", ".join(map(_code, codes(row))) or _ANY,
        "status": _statuses(row),
        "text": _code(text) if text else _ANY,
        "means": _prose(_means(row)),
        "repeated by itself": "yes" if getattr(row, "repeatable", False) else "",
        "what to do": _prose(_remedy(row)),
        "azuread on the same answer": _prose(getattr(row, "azuread", "")),
        "way on": _prose(getattr(row, "azuread_remedy", "")),
        "known from": _prose(getattr(row, "source", "")),
    }


def _means(row: Any) -> str:
    if cause := getattr(row, "cause", ""):
        return f"cause `{cause}` of a [proof](proof.md#causes)"
    return str(getattr(row, "says", "") or getattr(row, "meaning", ""))


def _remedy(row: Any) -> str:
    if isinstance(row, Form):
        return f"{remedy_for_caller(PermissionRefusal(row.refused))} Of an integration: see [proof](proof.md#causes)."
    return str(row.remedy)


def _statuses(row: Any) -> str:
    if listed := sorted(getattr(row, "statuses", ())):
        return ", ".join(
            f"{first}" if first == last else f"{first} to {last}" for first, last in _runs(list(map(int, listed)))
        )
    return str(getattr(row, "status", ""))


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return the runs of numbers that follow one another, as their first and last ones."""
    runs: list[tuple[int, int]] = []
    for each in numbers:
        if runs and runs[-1][1] == each - 1:
            runs[-1] = (runs[-1][0], each)
        else:
            runs.append((each, each))
    return runs


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`".replace("|", "\\|")


def _prose(text: str) -> str:
    """Return a text for a cell, with what is filled in as capitals."""
    filled = re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), " ".join(text.split()))
    return filled.replace("|", "\\|")


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
