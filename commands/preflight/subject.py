"""What a preflight is about: a stack file, the stack's state, and a way to the services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from clients.session import Session
from commands.preflight.state import State
from settings.models import PROJECT, Integration, Settings


class Tag(NamedTuple):
    """What the tag of an application says: which stack made it, for which integration; see `components.application`."""

    stack: str
    key: str

    @staticmethod
    def among(tags: Iterable[str]) -> Tag | None:
        """Return the tag of this project among an application's tags, None where it has none."""
        for tag in sorted(tags):
            match tag.split(":", 2):
                case [project, stack, key] if project == PROJECT:
                    return Tag(stack, key)
        return None


@dataclass(frozen=True)
class Subject:
    """One stack.

    Attributes:
        stack: its name, without an organisation.
        full_name: as the CLI has to be asked for it, perhaps with an organisation.
        declared: what its file says.
        state: what its state knows.
        session: the clients of its tenant, signed in as whoever runs this.
    """

    stack: str
    full_name: str
    declared: Settings
    state: State
    session: Session

    def integration(self, key: str) -> Integration | None:
        """Return the integration that has this key, or had it before."""
        return next((each for each in self.declared.integrations if key in names(each)), None)

    def client_id(self, integration: Integration) -> str | None:
        """Return the application of an integration: a vendor's as declared, our own as the state knows it."""
        if integration.client_id:
            return integration.client_id
        known = [self.state.applications[key] for key in names(integration) if key in self.state.applications]
        return known[0][1] if known else None

    def registers(self, environment: str, client_id: str) -> bool:
        """Tell whether a registration is the state's.

        Args:
            environment: the environment's key in the stack file; the state may have a name that it had before.
            client_id: the application.
        """
        return client_id in self.registered(environment)

    def registered(self, environment: str) -> dict[str, Mapping[str, Any]]:
        """Return what the state has of registrations in an environment, given by its key, by their client ids."""
        declared = self.declared.environments[environment]
        names = {name.casefold() for name in (declared.name, *declared.formerly)}
        return {client_id: found for (name, client_id), found in self.state.registrations.items() if name in names}


def names(integration: Integration) -> list[str]:
    """Return the key of an integration, and those that it had before."""
    return [integration.key, *integration.formerly]


def place(integration: Integration) -> str:
    """Return where an integration stands in the stack file."""
    return f"integrations.{integration.key}"
