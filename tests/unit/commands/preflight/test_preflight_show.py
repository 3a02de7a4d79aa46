"""What `python -m commands preflight` prints."""

from __future__ import annotations

import io

from rich.console import Console

from commands.preflight.command import show
from commands.preflight.findings import Finding

MISSING = Finding("missing", "environment Production", "[SECURITY] is missing", "An administrator assigns it.")
NOTE = Finding("note", "Microsoft Entra", "something is there")
SECRET = Finding("leftover", "Microsoft Entra", "a secret is in no state", "Remove it.")
PRINCIPAL = Finding("leftover", "Microsoft Entra", "a service principal is in no state", "Remove it.", blocks_up=True)
READY = Finding("ready", "Microsoft Graph", "all is well")


def shown(*findings: Finding, terminal: bool) -> str:
    out = io.StringIO()
    show(findings, Console(file=out, force_terminal=terminal, width=100, color_system=None))
    return out.getvalue()


def test_without_a_terminal_each_finding_is_a_line_of_its_own() -> None:
    assert shown(MISSING, NOTE, terminal=False).splitlines() == [
        "missing\tenvironment Production\t[SECURITY] is missing. An administrator assigns it.",
        "note\tMicrosoft Entra\tsomething is there.",
        "1 to do before `pulumi up`.",
    ]


def test_on_a_terminal_it_is_a_table_and_nothing_is_taken_for_markup() -> None:
    text = shown(MISSING, terminal=True)
    assert "│ missing" in text
    assert "[SECURITY] is missing" in text
    assert "An administrator assigns it." in text


def test_where_nothing_is_to_be_done_that_is_said_last() -> None:
    assert shown(NOTE, READY, terminal=True).splitlines()[-1] == "Nothing stands in the way of `pulumi up`."


def test_what_is_left_over_and_does_not_stop_up_is_counted_apart() -> None:
    assert shown(PRINCIPAL, SECRET, terminal=False).splitlines()[-1] == (
        "1 to do before `pulumi up`. Left over, though it does not stop `up`: 1."
    )
    assert shown(SECRET, terminal=False).splitlines()[-1] == (
        "Nothing stands in the way of `pulumi up`. Left over, though it does not stop `up`: 1."
    )
