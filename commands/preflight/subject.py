"""What a preflight is about: a stack file, the stack's state, and a way to the services."""

from __future__ import annotations

from dataclasses import dataclass

from clients.session import Session
from commands.preflight.state import State
from settings import PROJECT, Integration, Settings


@dataclass(frozen=True)
class Subject:
    """One stack.

    Attributes:
        stack: its name.
        declared: what its file says.
        state: what its state knows.
        session: the clients of its tenant, signed in as whoever runs this.
    """

    stack: str
    declared: Settings
    state: State
    session: Session

    @property
    def tag(self) -> str:
        """What the tags of this stack's applications start with; see `components.application`."""
        return f"{PROJECT}:{self.stack}:"

    def client_id(self, integration: Integration) -> str | None:
        """Return the application of an integration: a vendor's as declared, our own as the state knows it."""
        if integration.client_id:
            return integration.client_id
        known = [self.state.applications[key] for key in names(integration) if key in self.state.applications]
        return known[0][1] if known else None


def names(integration: Integration) -> list[str]:
    """Return the key of an integration, and those that it had before."""
    return [integration.key, *integration.formerly]


def place(integration: Integration) -> str:
    """Return where an integration stands in the stack file."""
    return f"integrations.{integration.key}"
