"""Reads what a tenant has: all that holds something on Business Central or is registered in one of its environments.

By lists and filters, and never by a request for each application: what is foreign to Business Central costs nothing.
An application that only asks for Business Central's permissions, and was granted none and registered nowhere, is not
found: Graph cannot be asked for what an application requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from clients.business_central.environment import Environment
from clients.business_central.records import Assignment, PermissionSet
from clients.graph.inventory import KnownPrincipal, RegisteredApplication
from clients.graph.objects import ServicePrincipal
from clients.graph.permissions import READ_SIGN_INS
from clients.http.errors import FailedPrecondition, UserFacingError
from clients.session import Session
from commands.adopt.found import Found, Registered
from reconcilers.registration.permission_sets import still_defined
from reconcilers.registration.spec import PermissionSetSpec
from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID
from settings.models import Environment as EnvironmentSettings

AT_ONCE = 4
"""How many environments are read at a time."""


@dataclass(frozen=True)
class Inventory:
    """What was found.

    Attributes:
        resource: Business Central's service principal, with the roles that it offers.
        found: by name, then client id.
        last_sign_ins: when applications last signed in, by client id; None where that could not be read.
        not_read: why it could not, "" where it was.
    """

    resource: ServicePrincipal
    found: tuple[Found, ...]
    last_sign_ins: Mapping[str, datetime] | None = None
    not_read: str = ""


def read_inventory(session: Session, environments: Mapping[str, EnvironmentSettings]) -> Inventory:
    """Read everything, several environments at once.

    Args:
        session: the clients of the tenant.
        environments: those that are looked at, by their keys in the stack file.

    Raises:
        UserFacingError: something cannot be read.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        entra = pool.submit(_Entra, session)
        sign_ins = pool.submit(_last_sign_ins, session)
        rows_of = pool.map(lambda each: _registered(session, each), environments.values())
        by_environment = dict(zip(environments, rows_of, strict=True))
        in_entra = entra.result()
        last_sign_ins, not_read = sign_ins.result()
    registered: dict[str, dict[str, Registered]] = {}
    for key, rows in by_environment.items():
        for client_id, each in rows.items():
            registered.setdefault(client_id, {})[key] = each
    return Inventory(in_entra.resource, in_entra.found(registered), last_sign_ins, not_read)


def _last_sign_ins(session: Session) -> tuple[dict[str, datetime] | None, str]:
    """Return when applications last signed in, or why it could not be read: that stops no inventory.

    Without a request where the caller's token says that it may not read it.
    """
    caller = session.graph_caller
    if caller and READ_SIGN_INS.held_by(caller) is False:
        return None, f"could not list when applications last signed in: {READ_SIGN_INS.remedy(caller)}"
    try:
        return session.sign_in_activities.last_sign_ins(), ""
    except UserFacingError as problem:
        return None, str(problem)


class _Entra:
    """What Entra has: who holds what on Business Central, and the applications of those."""

    def __init__(self, session: Session) -> None:
        self._tenant_id = session.tenant_id
        self._inventory = session.inventory
        self.resource = _business_central(session)
        self._roles: dict[str, dict[str, str]] = {}
        for role in session.graph.roles_on(self.resource.id):
            self._roles.setdefault(role.principal_id, {})[self.resource.role_name(role.role_id)] = role.id
        self._grants = {each.principal_id: each for each in session.graph.grants_on(self.resource.id)}

    def found(self, registered: Mapping[str, Mapping[str, Registered]]) -> tuple[Found, ...]:
        """Return what was found, with the registrations by client id and environment."""
        holders = self._inventory.principals_with_ids({*self._roles, *self._grants})
        principals = {each.principal.app_id.lower(): each for each in holders}
        others = self._inventory.principals(registered.keys() - principals.keys())
        principals |= {each.principal.app_id.lower(): each for each in others}
        client_ids = {*principals, *registered}
        # Only of this tenant are there applications; a managed identity has none.
        ours = {key for key, each in principals.items() if each.principal.belongs_to(self._tenant_id)}
        applications = {each.application.client_id: each for each in self._inventory.applications(ours)}
        same = self._same_names(each.application.display_name for each in applications.values())
        found = (
            Found(
                client_id,
                self._tenant_id,
                application=applications.get(client_id),
                principal=principals.get(client_id),
                roles=self._held(principals.get(client_id)),
                grant=self._grants.get(principals[client_id].principal.id) if client_id in principals else None,
                registrations=registered.get(client_id, {}),
                shares_name_with=self._others_named(client_id, applications, same),
            )
            for client_id in client_ids
        )
        return tuple(sorted(found, key=lambda each: (each.name.casefold(), each.client_id)))

    def _held(self, principal: KnownPrincipal | None) -> Mapping[str, str]:
        return self._roles.get(principal.principal.id, {}) if principal else {}

    def _same_names(self, names: Iterable[str]) -> dict[str, list[str]]:
        same: dict[str, list[str]] = {}
        for each in self._inventory.named(names):
            same.setdefault(each.display_name.casefold(), []).append(each.client_id)
        return same

    def _others_named(
        self, client_id: str, applications: Mapping[str, RegisteredApplication], same: Mapping[str, list[str]]
    ) -> tuple[str, ...]:
        if client_id not in applications:
            return ()
        name = applications[client_id].application.display_name.casefold()
        return tuple(sorted(each for each in same.get(name, ()) if each != client_id))


def _business_central(session: Session) -> ServicePrincipal:
    found = session.graph.service_principal(BUSINESS_CENTRAL_APP_ID)
    if found is None:
        raise FailedPrecondition(
            "find what may use Business Central",
            "this tenant has no service principal of Business Central, so nothing was ever granted on it",
            "There is nothing to take over: declare what shall be in the stack file.",
        )
    return found


def _registered(session: Session, declared: EnvironmentSettings) -> dict[str, Registered]:
    """Return the registrations in one environment, by client id."""
    environment: Environment = session.environment(declared.name, declared.base_url or "", declared.scope or "")
    rows, assignments = environment.registrations(), environment.all_assignments()
    definitions = environment.permission_sets
    registered = {}
    for client_id, row in rows.items():
        held = tuple(still_defined(assignments.get(client_id, []), definitions))
        registered[client_id] = Registered(row, held, as_items(held, definitions))
    return registered


def as_items(held: Iterable[Assignment], definitions: Iterable[PermissionSet]) -> tuple[PermissionSetSpec, ...]:
    """Return permission sets as a stack file names them: with scope and app id only where the role id is ambiguous."""
    times: dict[str, int] = {}
    for each in definitions:
        times[each.role_id] = times.get(each.role_id, 0) + 1
    ordered = sorted(held, key=lambda each: (each.role_id, each.company, each.scope, each.app_id))
    return tuple(
        PermissionSetSpec(each.role_id, each.company, each.scope, each.app_id)
        if times.get(each.role_id, 0) > 1
        else PermissionSetSpec(each.role_id, each.company)
        for each in ordered
    )
