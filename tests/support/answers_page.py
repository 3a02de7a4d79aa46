"""Writes docs/reference/answers.md from the services' tables: `python -m tests.support.answers_page`.

A test holds the page to the tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from clients.business_central.errors import KNOWN_ANSWERS as BUSINESS_CENTRAL
from clients.graph.errors import KNOWN_ANSWERS as GRAPH
from clients.http.answers import STATUS_REMEDIES, KnownAnswer
from clients.http.writes import BUSY_SECONDS

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/answers.md"

_START = f"""# What an answer means

An error's meaning is in its code or its text, and not in its status. These are the tables that the code looks up; an
answer that is in none of them keeps the service's own words. This page is written from them: `python -m
tests.support.answers_page`.

**Asked again**: the answer asks for a short wait, and nothing was done. Our own half looks whether the write was done,
and repeats it where it was not, POST and DELETE included, for {BUSY_SECONDS} s at most (`ENTRA_BC_LONGEST_WAIT` makes it
less). So it does with any other 409 or 503 that names a time (`Retry-After`), and with PATCH, PUT and DELETE also after
408, 425, 500, 502, 503 and 504, and once after no answer at all. A 429 was not taken, and is repeated without a look.
Reads are repeated as often as six times.
"""


def page() -> str:
    """Return the text of the page."""
    return "\n".join(
        [
            _START,
            "## Microsoft Graph\n",
            "What our own half makes of it, and beside it what the azuread plugin does on the same answer (its source:",
            "[facts](facts-graph.md#retries-of-the-plugin)).\n",
            _table(
                ["code", "text", "status", "meaning", "asked again", "azuread's half", "the way on", "source"],
                ([_code(each), _text(each), each.status, each.says, "yes" if each.repeatable else "", each.azuread,
                  each.way_on, each.source] for each in GRAPH),
            ),
            "\n## Business Central\n",
            "The azuread plugin never asks Business Central.\n",
            _table(
                ["code", "text", "status", "meaning", "asked again", "source"],
                ([_code(each), _text(each), each.status, each.says, "yes" if each.repeatable else "", each.source]
                 for each in BUSINESS_CENTRAL),
            ),
            "\n## Where only the status is known\n",
            "A page of a proxy, XML, plain text, a list, a number, nothing, or half an answer is shown with its status and",
            "its beginning. Its words are never taken for the service's. With it comes what its status allows to say. A",
            "success that is no answer of the service stops the run; after a write it says that the outcome is not known.\n",
            _table(
                ["status", "only where the answer is not the service's own", "what to do"],
                ([_statuses(each.statuses), "yes" if each.foreign_only else "", each.remedy] for each in STATUS_REMEDIES),
            ),
            "",
        ]
    )  # fmt: skip


def _code(known: KnownAnswer) -> str:
    return ", ".join(f"`{each}`" for each in known.code.split("|")) if known.code else "any"


def _text(known: KnownAnswer) -> str:
    return f"`{known.text}`".replace("|", "\\|") if known.text else "any"


def _statuses(statuses: frozenset[int]) -> str:
    listed = sorted(statuses)
    if len(listed) < 10:
        return ", ".join(map(str, listed))
    below = [str(each) for each in listed if each % 100 and each < listed[-1] - 99]
    return ", ".join([*below, f"{listed[-1] // 100}xx"])


def _table(columns: list[str], rows: Iterable[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
