"""docs/reference/environment.md has the environment variables of the code, and no other.

Those are the texts in the code that begin with a prefix below and are a name as a whole. A variable with another prefix, or
whose name the code puts together, is not noticed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "reference" / "environment.md").read_text(encoding="utf-8")
PRODUCT = ("clients", "commands", "components", "dynamic_providers", "reconcilers", "settings")
PREFIXES = ("ACTIONS_", "ARM_", "BUSINESS_CENTRAL_", "CURL_", "ENTRA_BC_", "REQUESTS_", "SSL_", "SYSTEM_", "TF_")
READ_BY_LIBRARIES = {"HTTPS_PROXY", "NO_PROXY"}
WRITTEN = {"BUSINESS_CENTRAL_TOKEN_ENDPOINT"}
"""By `python -m commands handover --env`, for somebody else."""


def named_in(source: str) -> Iterator[str]:
    """Yield the texts in code that are the name of a variable and nothing else."""
    for node in ast.walk(ast.parse(source)):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and re.fullmatch(r"[A-Z_]+[A-Z]", text) and text.startswith(PREFIXES):
            yield text


def read_by_the_code() -> set[str]:
    files = [PROJECT / "__main__.py", *(file for each in PRODUCT for file in (PROJECT / each).rglob("*.py"))]
    return {name for each in files for name in named_in(each.read_text(encoding="utf-8"))} - WRITTEN


def test_the_page_has_the_variables_of_the_code_and_no_other() -> None:
    rows = re.findall(r"^\| ([A-Z]+_[A-Z_]+) \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(read_by_the_code() | READ_BY_LIBRARIES)


def test_the_names_of_our_own_variables_are_final() -> None:
    decision = (PROJECT / "docs" / "decisions" / "0003-stored-names.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| environment variables of ours \| (.*) \|$", decision, re.MULTILINE)
    ours = {each for each in read_by_the_code() if each.startswith(("BUSINESS_CENTRAL_", "ENTRA_BC_"))}
    assert set(re.findall(r"`(\w+)`", row)) == ours
