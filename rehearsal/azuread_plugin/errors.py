"""What goes wrong, in the words of the real plugin."""

from __future__ import annotations

from typing import Any


class StandInError(Exception):
    """Something the stand-in itself refuses; the text says so."""


class DiagnosticError(Exception):
    """One error diagnostic of the Terraform provider, which the bridge turns into text.

    Attributes:
        summary: what was attempted.
        detail: what the service said; empty where there is nothing to add.
        attribute: the Terraform attribute concerned; empty for none.
        outputs: where a read failed on the way, what it had read until then.
    """

    def __init__(self, summary: str, detail: object = "", attribute: str = "") -> None:
        self.summary = summary
        self.detail = str(detail)
        self.attribute = attribute
        self.outputs: dict[str, Any] | None = None
        super().__init__(self.text())

    def text(self) -> str:
        """Return the text as the bridge does (pulumi-terraform-bridge, tfshim/diagnostics and go-multierror)."""
        prefix = f"[{self.attribute}] " if self.attribute else ""
        message = f"{self.summary}: {self.detail}" if self.detail else self.summary
        return f"1 error occurred:\n\t* {prefix}{message}\n\n"


class PartialFailure(Exception):
    """The object exists in the directory, what should have followed failed."""

    def __init__(self, id: str, outputs: dict[str, Any], cause: DiagnosticError) -> None:  # noqa: A002 - Pulumi's word
        self.id = id
        self.outputs = outputs
        self.cause = cause
        super().__init__(cause.text())


def import_needed(resource: str) -> str:
    """Return the sentence with which the real plugin refuses to touch an object that it did not create."""
    return (
        "To be managed via Terraform, this resource needs to be imported into the State. "
        f'Please see the resource documentation for "{resource}" for more information.'
    )
