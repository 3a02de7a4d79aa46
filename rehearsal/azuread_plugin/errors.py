"""What goes wrong, in the words of the real plugin."""

from __future__ import annotations

from typing import Any


class StandInError(Exception):
    """The stand-in itself refuses something; the text says what."""


class DiagnosticError(Exception):
    """An error diagnostic of the Terraform provider: a summary, a detail and a Terraform attribute.

    Attributes:
        outputs: what a read had found before it failed, None for nothing.
    """

    def __init__(self, summary: str, detail: object = "", attribute: str = "") -> None:
        self.outputs: dict[str, Any] | None = None
        prefix = f"[{attribute}] " if attribute else ""
        message = f"{summary}: {detail}" if str(detail) else summary
        # As the bridge writes it (pulumi-terraform-bridge, tfshim/diagnostics and go-multierror).
        super().__init__(f"1 error occurred:\n\t* {prefix}{message}\n\n")


class PartialFailure(Exception):
    """The object exists in the directory, what should have followed failed."""

    def __init__(self, id: str, outputs: dict[str, Any], cause: DiagnosticError) -> None:  # noqa: A002 - Pulumi's word
        self.id = id
        self.outputs = outputs
        super().__init__(str(cause))


def import_needed(resource: str) -> str:
    """Return the sentence with which the real plugin refuses to touch an object that it did not create."""
    return (
        "To be managed via Terraform, this resource needs to be imported into the State. "
        f'Please see the resource documentation for "{resource}" for more information.'
    )
