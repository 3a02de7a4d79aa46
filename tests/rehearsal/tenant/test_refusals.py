"""The tenant's tables of refusals and the code that names them fit together."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal import tables

TENANT = Path(tables.__file__).parent / "tenant"
SERVICES = [TENANT / name for name in ("business_central", "graph", "key_vault", "sts")]


def named(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield each refusal that the modules of a service make, and how many values it gets."""
    prefixes = {f"{folder.name}.refusal"}
    for path, functions in [
        *((path, {"refusal", "errors.refusal"}) for path in folder.glob("*.py")),
        (TENANT / "failures.py", prefixes),
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in functions:
                assert isinstance(node.args[0], ast.Constant), ast.unparse(node)
                yield str(node.args[0].value), len(node.args) - 1


@pytest.mark.parametrize("folder", SERVICES, ids=lambda folder: folder.name)
def test_every_refusal_that_is_named_is_in_the_table_with_as_many_gaps_and_no_other_is(folder: Path) -> None:
    table = tables.read(str(folder / "errors.py"), "errors.yaml")
    gaps = {
        name: sum(field is not None for _, field, _, _ in string.Formatter().parse(entry["text"]))
        for name, entry in table.items()
    }
    assert set(named(folder)) == set(gaps.items())


@pytest.mark.parametrize("folder", SERVICES, ids=lambda folder: folder.name)
def test_every_refusal_has_a_code_a_text_and_a_status_that_refuses(folder: Path) -> None:
    for name, entry in tables.read(str(folder / "errors.py"), "errors.yaml").items():
        assert entry["code"], name
        assert entry["text"], name
        assert 400 <= entry.get("status", 400) < 600, name
