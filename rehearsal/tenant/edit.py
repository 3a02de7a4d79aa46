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

    def do(self) -> Changed:
        """Do the operation that the arguments name.

        Raises:
            LookupError: an object that it names is not there.
            ValueError: an argument is missing or wrong.
        """
        changed: Changed = getattr(self, self._arguments["do"])()
        return changed


def operations(kind: type[Edit]) -> frozenset[str]:
    """Return the names of the operations of a kind of edit."""
    return frozenset(name for name in vars(kind) if not name.startswith("_"))
