"""The page of the services' answers is made of the tables in code, all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.business_central.permission_refusals import FORMS
from commands.__main__ import main
from commands.errors_page import codes, errors_page, tables

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "errors.md"
TABLES = list(tables())


def test_the_committed_page_is_the_one_that_the_tables_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors"]) == 0
    printed = capsys.readouterr().out
    assert printed == errors_page()
    assert PAGE.read_text(encoding="utf-8") == printed, "run: python -m commands errors > docs/reference/errors.md"


def test_the_tables_of_all_services_are_found() -> None:
    found = {table.module.__name__ for table in TABLES}
    assert found >= {
        "clients.business_central.errors",
        "clients.business_central.permission_refusals",
        "clients.entra.person",
        "clients.entra.refusals",
        "reconcilers.proof.causes",
    }


def test_a_heading_is_a_name_that_links_can_rely_on() -> None:
    headings = [table.heading for table in TABLES]
    assert len(set(headings)) == len({table.module.__name__ for table in TABLES})
    assert max(map(len, headings)) < 50


@pytest.mark.parametrize("code", sorted({code for table in TABLES for row in table.rows for code in codes(row)}))
def test_each_code_is_in_the_index_and_in_a_table(code: str) -> None:
    index, _, sections = errors_page().partition("## By code")[2].partition("\n## ")
    assert f"| `{code}` | [" in index
    assert f"`{code}`" in sections


def test_each_row_says_what_it_means_and_what_to_do() -> None:
    lines = [line for line in errors_page().partition("\n## By code")[2].splitlines() if line.startswith("| ")]
    assert len(lines) > 30
    for line in lines:
        cells = [cell.strip() for cell in line.replace("\\|", "/").strip("|").split("|")]
        assert all(cells[:2]), line
        assert "{" not in line, "what is filled in stands in capitals"


def test_the_words_that_a_refusal_is_known_by_are_there() -> None:
    for form in FORMS:
        assert form.example in errors_page()
        assert form.source in errors_page()
