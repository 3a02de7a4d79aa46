"""What is said of the labels of secrets: by preflight beforehand, by a preview, and beside the error of `up`."""

from __future__ import annotations


def issued_path(key: str) -> str:
    """Return the key path of an integration's labels in the stack file."""
    return f"integrations.{key}.credentials.secrets.issued"


def remedy_for_ended_label(label: str) -> str:
    """Return what to do about a label for which no secret can be made any more."""
    return (
        f"Remove '{label}' from the list. Where no other label is left, put today's date in its place, and hand the "
        "new secret over."
    )
