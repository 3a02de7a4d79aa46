"""The stack that a preflight checks: its file, its state, and the clients of its tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from clients.graph.applications import Application
from clients.session import Session
from commands.preflight.findings import Finding
from commands.preflight.state import State
from settings.models import PROJECT, Integration, Settings


class Tag(NamedTuple):
    """The parts of an application's tag: its stack, and the key of its integration; see `components.application`."""

    stack: str
    key: str

    @staticmethod
    def find_in(tags: Iterable[str], stack: str = "") -> Tag | None:
        """Return the tag of this project among an application's tags, None where it has none.

        Anybody who owns the application can add another one: of several that of a given stack is returned, if it is
        there.
        """
        parts = [tag.split(":", 2) for tag in sorted(tags)]
        found = [Tag(*rest) for project, *rest in parts if project == PROJECT and len(rest) == 2]
        return next((each for each in found if each.stack == stack), found[0] if found else None)


@dataclass(frozen=True)
class Stack:
    """One stack.

    Attributes:
        name: its name, without an organisation.
        full_name: its name as `--stack` of the CLI takes it, perhaps with an organisation.
        declared: the settings in its file.
        state: its state.
        session: the clients of its tenant, signed in as whoever runs this.
        unknown: why integrations of the file are not among `declared`: which application is theirs cannot be seen.
    """

    name: str
    full_name: str
    declared: Settings
    state: State
    session: Session
    unknown: tuple[Finding, ...] = ()

    def integration(self, key: str) -> Integration | None:
        """Return the integration that has this key, or had it before."""
        return next((each for each in self.declared.integrations if key in all_keys(each)), None)

    def client_id(self, integration: Integration) -> str | None:
        """Return the application of an integration: as declared, or our own as the state knows it."""
        if integration.client_id:
            return str(integration.client_id)  # other stacks' outputs have been read
        known = [self.state.applications[key] for key in all_keys(integration) if key in self.state.applications]
        return known[0][1] if known else None

    def has_recorded_registration(self, environment: str, client_id: str) -> bool:
        """Tell whether the state has a registration.

        Args:
            environment: the environment's key in the stack file; the state may have a name that it had before.
            client_id: the application.
        """
        return client_id in self.recorded_registrations(environment)

    def recorded_registrations(self, environment: str) -> dict[str, Mapping[str, Any]]:
        """Return what the state has of registrations in an environment, given by its key, by their client ids."""
        declared = self.declared.environments[environment]
        names = {name.casefold() for name in (declared.name, *declared.formerly)}
        return {client_id: found for (name, client_id), found in self.state.registrations.items() if name in names}


def recorded_beside(listed: Iterable[Application], state: State, session: Session) -> list[Application]:
    """Return the applications of the state that are not among those listed by their tag: somebody removed it.

    Raises:
        UserFacingError: they cannot be read. Where all are listed, nothing is asked.
    """
    missing = {object_id for object_id, _ in state.applications.values()} - {each.id for each in listed}
    return session.inventory.with_ids(missing) if missing else []


def all_keys(integration: Integration) -> list[str]:
    """Return the key of an integration, and those that it had before."""
    return [integration.key, *integration.formerly]


def key_path(integration: Integration) -> str:
    """Return the key path of an integration in the stack file."""
    return f"integrations.{integration.key}"
