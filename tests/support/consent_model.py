"""A small model of Microsoft Graph, as far as consent goes: who made what is known, as the real service does not tell.

It shares no rule with `reconcilers.consent`: it does what it is asked, and remembers by whom.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

from clients.graph.client import Graph
from clients.graph.objects import DelegatedGrant, RoleAssignment, ServicePrincipal

By = Literal["us", "others"]
TENANT = "tenant-of-ours"


@dataclass(frozen=True)
class Assigned:
    """A role that somebody granted."""

    principal_id: str
    resource_id: str
    role: str
    by: By


@dataclass(frozen=True)
class Granted:
    """Delegated permissions for all users: scope -> by whom."""

    principal_id: str
    resource_id: str
    scopes: dict[str, By]


def application(
    app_id: str, *, publisher: str = "", owner: str = "elsewhere", type_: str = "Application"
) -> ServicePrincipal:
    """An application that offers nothing, as the directory knows it."""
    return ServicePrincipal("", app_id, app_id, {}, frozenset(), owner, publisher, "", type_)


def offering(app_id: str, roles: Collection[str], scopes: Collection[str]) -> ServicePrincipal:
    """A resource."""
    ids = {role: f"id of {role}" for role in roles}
    return replace(application(app_id, owner="microsoft"), roles=ids, scopes=frozenset(scopes))


class GraphModel(Graph):
    """The tenant, through the methods of the real client.

    Args:
        known: applications of the whole world, which can be let in.
    """

    def __init__(self, *known: ServicePrincipal) -> None:
        self._known = {each.app_id: each for each in known}
        self._ids = count(1)
        self.principals: dict[str, ServicePrincipal] = {}
        self.assigned: dict[str, Assigned] = {}
        self.granted: dict[str, Granted] = {}
        self.writes = 0

    def state(self) -> tuple[object, ...]:
        """Return all there is, to be compared."""
        return dict(self.principals), dict(self.assigned), dict(self.granted)

    # --- what others do

    def let_in(self, app_id: str) -> str:
        """Make an application's service principal, and return its id."""
        made = replace(self._known[app_id], id=f"principal-{next(self._ids)}")
        self.principals[app_id] = made
        return made.id

    def take_out(self, app_id: str) -> None:
        """Delete a service principal, and all that it holds or grants."""
        gone = self.principals.pop(app_id).id
        self.assigned = {
            id_: each for id_, each in self.assigned.items() if gone not in (each.principal_id, each.resource_id)
        }
        self.granted = {
            id_: each for id_, each in self.granted.items() if gone not in (each.principal_id, each.resource_id)
        }

    def grant_by_hand(self, app_id: str, resource_app_id: str, roles: Collection[str], scopes: Collection[str]) -> None:
        """Grant, as an administrator would."""
        if not {app_id, resource_app_id} <= self.principals.keys():
            return
        ends = self.principals[app_id].id, self.principals[resource_app_id].id
        for role in sorted(set(roles) - self.roles(app_id, resource_app_id).keys()):
            self.assigned[f"assignment-{next(self._ids)}"] = Assigned(*ends, role, "others")
        if scopes:
            self._merge(*ends, {**dict.fromkeys(sorted(scopes), "others"), **self.scopes(app_id, resource_app_id)})

    def withdraw_by_hand(
        self, app_id: str, resource_app_id: str, roles: Collection[str], scopes: Collection[str]
    ) -> None:
        """Withdraw, as an administrator would, whoever granted it."""
        if not {app_id, resource_app_id} <= self.principals.keys():
            return
        ends = self.principals[app_id].id, self.principals[resource_app_id].id
        for role in roles:
            for id_ in [id_ for id_, each in self.assigned.items() if each.role == role]:
                del self.assigned[id_]
        left = {scope: by for scope, by in self.scopes(app_id, resource_app_id).items() if scope not in scopes}
        self._merge(*ends, left)

    def _merge(self, principal_id: str, resource_id: str, scopes: dict[str, By]) -> None:
        there = [id_ for id_, each in self.granted.items() if each.principal_id == principal_id]
        id_ = there[0] if there else f"grant-{next(self._ids)}"
        self.granted.pop(id_, None)
        if scopes:
            self.granted[id_] = Granted(principal_id, resource_id, scopes)

    # --- what there is

    def roles(self, app_id: str, resource_app_id: str) -> dict[str, By]:
        """Return the roles that an application holds, and who granted each."""
        ends = [self.principals[each].id if each in self.principals else "" for each in (app_id, resource_app_id)]
        return {each.role: each.by for each in self.assigned.values() if [each.principal_id, each.resource_id] == ends}

    def scopes(self, app_id: str, resource_app_id: str) -> dict[str, By]:
        """Return the delegated permissions that an application holds, and who granted each."""
        ends = [self.principals[each].id if each in self.principals else "" for each in (app_id, resource_app_id)]
        found = [each.scopes for each in self.granted.values() if [each.principal_id, each.resource_id] == ends]
        return found[0] if found else {}

    # --- the real client's methods: reads

    def service_principal(self, app_id: str) -> ServicePrincipal | None:
        return self.principals.get(app_id)

    def service_principal_with_id(self, principal_id: str) -> ServicePrincipal | None:
        return next((each for each in self.principals.values() if each.id == principal_id), None)

    def resource(self, app_id: str, permissions: Collection[str] = ()) -> ServicePrincipal | None:
        return self.principals.get(app_id)

    def known_resource(self, app_id: str, object_id: str) -> ServicePrincipal | None:
        return self.principals.get(app_id)

    def listed_service_principal(self, app_id: str) -> ServicePrincipal | None:
        return self.principals.get(app_id)

    def role_assignments(self, principal_id: str, resource_id: str) -> list[RoleAssignment] | None:
        if not self.service_principal_with_id(principal_id):
            return None
        return [
            RoleAssignment(id_, f"id of {each.role}")
            for id_, each in self.assigned.items()
            if (each.principal_id, each.resource_id) == (principal_id, resource_id)
        ]

    def listed_role_assignments(
        self, principal_id: str, resource_id: str, known: Collection[str], wanted: Collection[str]
    ) -> list[RoleAssignment] | None:
        return self.role_assignments(principal_id, resource_id)

    def delegated_grants(self, principal_id: str, resource_id: str) -> list[DelegatedGrant] | None:
        if not self.service_principal_with_id(principal_id):
            return None
        return [
            DelegatedGrant(id_, frozenset(each.scopes))
            for id_, each in self.granted.items()
            if (each.principal_id, each.resource_id) == (principal_id, resource_id)
        ]

    def listed_delegated_grants(self, principal_id: str, resource_id: str) -> list[DelegatedGrant]:
        return self.delegated_grants(principal_id, resource_id) or []

    def grants_held(self, principal_id: str) -> set[str]:
        everything: dict[str, Assigned | Granted] = {**self.assigned, **self.granted}
        return {id_ for id_, each in everything.items() if each.principal_id == principal_id}

    # --- the real client's methods: writes

    def create_service_principal(self, app_id: str) -> ServicePrincipal | None:
        self.writes += 1
        self.let_in(app_id)
        return self.principals[app_id]

    def delete_service_principal(self, principal_id: str, *, attempting: str, just_made: bool = False) -> None:
        self.writes += 1
        if found := self.service_principal_with_id(principal_id):
            self.take_out(found.app_id)

    def assign_role(
        self, principal_id: str, resource: ServicePrincipal, role_id: str, *, attempting: str
    ) -> str | None:
        self.writes += 1
        made = Assigned(principal_id, resource.id, role_id.removeprefix("id of "), "us")
        if any(replace(each, by="us") == made for each in self.assigned.values()):
            return None
        id_ = f"assignment-{next(self._ids)}"
        self.assigned[id_] = made
        return id_

    def remove_assignment(
        self, resource_id: str, assignment_id: str, *, attempting: str, just_made: bool = False
    ) -> None:
        self.writes += 1
        self.assigned.pop(assignment_id, None)

    def grant_delegated(
        self, principal_id: str, resource_id: str, scopes: Collection[str], *, attempting: str
    ) -> str | None:
        self.writes += 1
        if self.delegated_grants(principal_id, resource_id):
            return None
        id_ = f"grant-{next(self._ids)}"
        self.granted[id_] = Granted(principal_id, resource_id, dict.fromkeys(sorted(scopes), "us"))
        return id_

    def change_delegated(
        self, grant_id: str, scopes: Collection[str], *, attempting: str, just_made: bool = False
    ) -> None:
        self.writes += 1
        grant = self.granted.pop(grant_id, None)
        if grant and scopes:
            by: dict[str, By] = {scope: grant.scopes.get(scope, "us") for scope in sorted(scopes)}
            self.granted[grant_id] = replace(grant, scopes=by)
