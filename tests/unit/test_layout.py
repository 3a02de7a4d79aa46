"""Where tests and what they share lie: what is shared is in tests/support, and each test module has a name of its own."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]


def imported(module: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports, also those inside its functions."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{each.name}" for each in node.names)


def is_for_pytest_only(part: str) -> bool:
    """Tell whether a part of a dotted name is that of a module which only pytest imports."""
    return part == "conftest" or part.startswith("test_")


def test_nothing_is_imported_from_a_test_module_or_a_conftest() -> None:
    found = [
        f"{module.relative_to(TESTS)} imports {name}"
        for module in sorted(TESTS.rglob("*.py"))
        for name in imported(module)
        if any(is_for_pytest_only(part) for part in name.split("."))
    ]
    assert found == [], "what tests share goes to tests/support"


def test_no_two_test_modules_have_one_name() -> None:
    names = Counter(module.name for module in TESTS.rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
