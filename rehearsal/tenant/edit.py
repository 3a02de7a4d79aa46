"""What edits by hand (`POST /edit`) have in common: arguments by name, and one method for each operation."""

from __future__ import annotations

from typing import Any

Changed = dict[str, Any]


class Edit:
    """One edit under way. In a subclass each method without an underscore is an operation; it returns what changed.

    Args:
        arguments: `do` names the operation, the rest is its own.
    """

    def __init__(self, arguments: dict[str, Any]) -> None:
        self._arguments = arguments

    def _text(self, name: str, default: str | None = None) -> str:
        value = self._arguments.get(name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise ValueError(f"'{self._arguments['do']}' needs '{name}', a text.")
        return value


def operations(kind: type[Edit]) -> frozenset[str]:
    """Return the names of the operations of a kind of edit."""
    return frozenset(name for name in vars(kind) if not name.startswith("_"))


def perform(edit: Edit, name: str) -> Changed:
    """Do the operation of that name.

    Raises:
        LookupError: an object that it names is not there.
        ValueError: an argument is missing or wrong.
    """
    changed: Changed = getattr(edit, name)()
    return changed
