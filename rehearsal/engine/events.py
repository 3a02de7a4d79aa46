"""What a run tells whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.values import Properties, same


class Operation(StrEnum):
    """A step's kind, in the CLI's words (contracts/engine.md 5.4)."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    REFRESH = "refresh"


@dataclass(frozen=True)
class Step:
    """One step on one resource.

    Attributes:
        operation: its kind; a replacement is REPLACE, and in the text also the two steps it consists of.
        old: before; None for a create.
        new: after, as far as it is known; None for a delete.
        marks: top-level property that changes -> `+`, `-` or `~`.
        hidden: a default provider's step, which the CLI does not show.
        outputs_differ: a refresh compares what was with what is: outputs, where other steps compare inputs.
    """

    operation: Operation
    old: ResourceState | None
    new: ResourceState | None
    marks: dict[str, str] = field(default_factory=dict)
    hidden: bool = False
    outputs_differ: bool = False

    @property
    def state(self) -> ResourceState:
        """The resource, new where there is a new one."""
        state = self.new or self.old
        assert state is not None  # noqa: S101 - a step has a resource
        return state


Severity = Literal["info", "warning", "error"]


class Audience(Protocol):
    """Somebody who is told; called from several threads at once."""

    def started(self, step: Step) -> None:
        """A provider has been asked."""

    def finished(self, step: Step, seconds: float) -> None:
        """A step is done, or, in a preview, planned."""

    def failed(self, step: Step, message: str, seconds: float) -> None:
        """A step could not be done."""

    def message(self, severity: Severity, text: str, urn: str) -> None:
        """The program, a plugin or the engine has something to say; urn is empty for the stack as a whole."""


def marks(before: Properties, after: Properties) -> dict[str, str]:
    """Return which properties differ: name -> `+`, `-` or `~`."""
    return {
        key: "+" if key not in before else "-" if key not in after else "~"
        for key in sorted({*before, *after})
        if key not in before or key not in after or not same(before[key], after[key])
    }
