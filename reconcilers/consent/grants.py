"""What an application is granted on a resource: application roles, and delegated permissions for all users.

Of an application of ours, all of it is declared: what is too much is taken away. A vendor's may be granted things by
others too, so there only what was granted here is ever taken away again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from clients.graph.client import Graph
from clients.graph.objects import DelegatedGrant, ServicePrincipal
from clients.http.errors import NotReached
from reconcilers.consent.service_principals import not_seen, when_replicated


@dataclass(frozen=True)
class Consent:
    """One application and one resource, both known to the tenant.

    Attributes:
        graph: Microsoft Graph.
        client_id: the application, for messages.
        principal_id: object id of its service principal.
        resource: what it is granted things on.
        additive: leave alone what others granted (a vendor's application).
        undo: what takes back each write that was done, oldest first.
        made: ids of what was granted by this operation.
    """

    graph: Graph
    client_id: str
    principal_id: str
    resource: ServicePrincipal
    additive: bool
    undo: list[Callable[[], None]] = field(default_factory=list)
    made: set[str] = field(default_factory=set)

    def held_roles(self) -> dict[str, str]:
        """Return the roles that the application holds on the resource, role's id -> assignment's id.

        Raises:
            AccessError: they cannot be read, or the service principal has not been seen for minutes.
        """

        def look() -> dict[str, str]:
            held = self.graph.role_assignments(self.principal_id, self.resource.id)
            if held is None:
                raise not_seen(f"list the roles that {self.client_id} holds on {self.resource.display_name}")
            return {item.role_id: item.id for item in held}

        return when_replicated(look)

    def held_scopes(self) -> DelegatedGrant | None:
        """Return the delegated permissions that the application holds on the resource for all users, None for none.

        Raises:
            AccessError: as `held_roles`.
        """

        def look() -> DelegatedGrant | None:
            held = self.graph.delegated_grants(self.principal_id, self.resource.id)
            if held is None:
                raise not_seen(f"list what {self.client_id} may do on {self.resource.display_name} for its users")
            return held[0] if held else None

        return when_replicated(look)

    def settle_roles(self, wanted: Collection[str], had: Mapping[str, str], seen: Collection[str]) -> dict[str, str]:
        """Give the roles that are missing, then take what is too much, and return what is ours.

        Args:
            wanted: values of the roles; the resource offers them.
            had: role -> id of the assignments that were ours until now.
            seen: values of the roles that it held as of the last refresh.

        Returns:
            Role -> id of the assignments that are ours.

        Raises:
            AccessError: it cannot be done.
        """
        ids = {role: self.resource.roles[role] for role in wanted}
        if self.additive:  # what is granted already is somebody else's, and need not even be looked at
            kept = {role: had[role] for role in seen if role in had}
            ours = {role: kept.get(role) or self._add(role, id_, had.get(role)) for role, id_ in ids.items()}
            for role in had.keys() - ids.keys():
                self.withdraw(role, had[role])
            return {role: made for role, made in ours.items() if made}
        held = self.held_roles()
        for role, id_ in ids.items():
            if id_ not in held:
                held[id_] = self._assign(role, id_) or when_replicated(partial(self._assigned_meanwhile, role, id_))
        for id_ in held.keys() - set(ids.values()):
            self.withdraw(self.resource.role_name(id_), held[id_])
        return {role: held[id_] for role, id_ in ids.items()}

    def settle_scopes(self, wanted: Collection[str], had: Collection[str]) -> list[str]:
        """Make the delegated permissions for all users what is wanted, and return those that are ours, sorted.

        Where none are wanted and none were ours, nothing is asked: not every caller may read them.

        Raises:
            AccessError: it cannot be done.
        """
        if not wanted and not had:
            return []
        grant = self.held_scopes()
        before = grant.scopes if grant else frozenset()
        after = (before - set(had) | set(wanted)) if self.additive else frozenset(wanted)
        if after != before:
            before = self._change_scopes(grant, after)
        return sorted(set(wanted) - (before - set(had))) if self.additive else sorted(wanted)

    def withdraw(self, role: str, assignment_id: str, *, just_made: bool = False) -> None:
        """Take one role away.

        Args:
            role: its value, for messages.
            assignment_id: the assignment.
            just_made: whether it was made a moment ago, so that "not there" may mean "not seen yet".

        Raises:
            AccessError: it cannot be done.
        """
        attempting = f"withdraw {role} on {self.resource.display_name} from {self.client_id}"
        self.graph.remove_assignment(self.resource.id, assignment_id, attempting=attempting, just_made=just_made)

    def _assign(self, role: str, role_id: str) -> str | None:
        """Grant a role and return the assignment's id, None where it was granted already."""
        attempting = f"grant {role} on {self.resource.display_name} to {self.client_id}"
        post = partial(self.graph.assign_role, self.principal_id, self.resource, role_id, attempting=attempting)
        made = when_replicated(post)
        if made:
            self.made.add(made)
            self.undo.append(partial(self.withdraw, role, made, just_made=True))
        return made

    def _add(self, role: str, role_id: str, had: str | None) -> str | None:
        """Grant a role and return the assignment's id if it is ours, None if it is somebody else's."""
        made = self._assign(role, role_id)
        if made or had is None:
            return made
        # It is granted, though the last refresh did not see ours: that one after all, or another in its place.
        return had if when_replicated(partial(self._assigned_meanwhile, role, role_id)) == had else None

    def _assigned_meanwhile(self, role: str, role_id: str) -> str:
        """Return an assignment that somebody else made between our look and our grant."""
        if found := self.held_roles().get(role_id):
            return found
        raise not_seen(f"find out who granted {role} on {self.resource.display_name} to {self.client_id}")

    def _change_scopes(self, grant: DelegatedGrant | None, after: Collection[str]) -> frozenset[str]:
        """Make a grant's delegated permissions what they shall be, and return what it had before; there is one at most.

        Somebody else may have made it between our look and our write.
        """
        listed = " ".join(sorted(after)) or "nothing"
        attempting = f"grant {listed} on {self.resource.display_name} to {self.client_id} for its users"
        if grant is None:
            post = partial(
                self.graph.grant_delegated, self.principal_id, self.resource.id, after, attempting=attempting
            )
            if made := when_replicated(post):
                self.made.add(made)
                undo = partial(self.graph.change_delegated, made, (), attempting=attempting, just_made=True)
                self.undo.append(undo)
                return frozenset()
            grant = when_replicated(partial(self._granted_meanwhile, attempting))
            after = grant.scopes | set(after) if self.additive else after
        undo = partial(self.graph.change_delegated, grant.id, grant.scopes, attempting=attempting)
        try:
            self.graph.change_delegated(grant.id, after, attempting=attempting)
        except NotReached:  # it may be done
            self.undo.append(undo)
            raise
        self.undo.append(undo)
        return grant.scopes

    def _granted_meanwhile(self, attempting: str) -> DelegatedGrant:
        if found := self.held_scopes():
            return found
        raise not_seen(attempting)


def had_on(olds: Mapping[str, Any], principal_id: str, resource_id: str) -> Mapping[str, Any]:
    """Return what the old outputs know as ours; nothing where either object is another."""
    ends = (olds.get("service_principal_id"), olds.get("resource_id"))
    return olds if ends == (principal_id, resource_id) else {}


def made_here(olds: Mapping[str, Any], principal_id: str) -> bool:
    """Tell whether this very service principal is one that was made here."""
    return bool(olds.get("service_principal_id") == principal_id and olds.get("service_principal_created"))
