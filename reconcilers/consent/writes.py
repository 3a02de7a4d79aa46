"""The writes of a consent, one by one: each waits for replication, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from clients.graph.client import Graph
from clients.graph.objects import DelegatedGrant, ServicePrincipal
from clients.http.errors import FailedPrecondition, Forbidden, NoResponse, NotFound, UserFacingError
from clients.http.replication import wait_until
from reconcilers.consent.plan import DelegatedChange
from reconcilers.consent.resource import create_service_principal
from reconcilers.consent.spec import ConsentSpec
from reconcilers.consent.waiting import read_until_visible, retry_until_replicated


@dataclass(frozen=True)
class UndoableWrites:
    """What one attempt to carry out a plan has written so far.

    Attributes:
        graph: Microsoft Graph.
        spec: what is wanted.
        created: object ids of the service principals that were made.
        granted: ids of the assignments and delegated grants that were made.
        undo_steps: a function for each write that was done, which undoes it; oldest first.
    """

    graph: Graph
    spec: ConsentSpec
    created: set[str] = field(default_factory=set)
    granted: set[str] = field(default_factory=set)
    undo_steps: list[Callable[[], None]] = field(default_factory=list)

    def create(self, app_id: str) -> ServicePrincipal:
        """Make a service principal, or find the one that another run made meanwhile."""
        made = create_service_principal(self.graph, app_id)
        if made is None:
            attempting = f"find the service principal of application {app_id}"
            return read_until_visible(partial(self.graph.service_principal, app_id), attempting)
        self.created.add(made.id)
        if app_id == self.spec.client_id:  # the resource's stays: others may hold roles on it by now
            self.undo_steps.append(partial(self._delete_new_service_principal, made.id))
        return made

    def _delete_new_service_principal(self, principal_id: str) -> None:
        """Delete a vendor's service principal that this failed attempt created, unless another run uses it by now."""
        client_id = self.spec.client_id
        attempting = f"take the service principal of {client_id} out of this tenant again"
        with suppress(Forbidden):  # who may not read grants deletes it all the same: it is a moment old
            if not wait_until(lambda: self.graph.grants_held(principal_id) <= self.granted):
                raise FailedPrecondition(attempting, f"somebody else granted {client_id} something meanwhile", "")
        self.graph.delete_service_principal(principal_id, attempting=attempting, just_made=True)

    def grant(self, role: str, principal_id: str, resource: ServicePrincipal) -> str:
        """Grant a role and return the assignment's id, "" where it was granted already."""
        attempting = f"grant {role} on {resource.display_name} to {self.spec.client_id}"
        made = retry_until_replicated(
            partial(self.graph.assign_role, principal_id, resource, resource.roles[role], attempting=attempting)
        )
        if made:
            self.granted.add(made)
            self.undo_steps.append(partial(self.withdraw, role, made, resource, just_made=True))
        return made or ""

    def find_granted(self, role: str, principal_id: str, resource: ServicePrincipal) -> str:
        """Return the id of an assignment that exists already, as Graph has answered."""

        def read() -> str | None:
            held = self.graph.role_assignments(principal_id, resource.id) or []
            return next((each.id for each in held if each.role_id == resource.roles[role]), None)

        attempting = f"find out who granted {role} on {resource.display_name} to {self.spec.client_id}"
        return read_until_visible(read, attempting)

    def withdraw(self, role: str, assignment_id: str, resource: ServicePrincipal, *, just_made: bool = False) -> None:
        """Remove a role assignment.

        Args:
            role: its value, for messages.
            assignment_id: the assignment.
            resource: what it is a role on.
            just_made: whether it was made a moment ago, so that a 404 may mean "not replicated yet".
        """
        attempting = f"withdraw {role} on {resource.display_name} from {self.spec.client_id}"
        self.graph.remove_assignment(resource.id, assignment_id, attempting=attempting, just_made=just_made)

    def change_delegated(
        self, change: DelegatedChange, principal_id: str, resource: ServicePrincipal
    ) -> frozenset[str]:
        """Change the delegated permissions, and return what was granted before.

        Somebody else may have made the grant since it was read.
        """
        grant, after = change.grant, change.after
        listed = " ".join(sorted(after)) or "nothing"
        attempting = f"grant {listed} on {resource.display_name} to {self.spec.client_id} for its users"
        if grant is None:
            post = partial(self.graph.grant_delegated, principal_id, resource.id, after, attempting=attempting)
            if made := retry_until_replicated(post):
                self.granted.add(made)
                undo = partial(self.graph.change_delegated, made, (), attempting=attempting, just_made=True)
                self.undo_steps.append(undo)
                return frozenset()
            grant = read_until_visible(partial(self._delegated, principal_id, resource), attempting)
            after = grant.scopes | after if self.spec.additive else after
        restore = partial(self.graph.change_delegated, grant.id, grant.scopes, attempting=attempting)
        try:
            self.graph.change_delegated(grant.id, after, attempting=attempting)
        except NoResponse:  # it may be done
            self.undo_steps.append(restore)
            raise
        self.undo_steps.append(restore)
        return grant.scopes

    def _delegated(self, principal_id: str, resource: ServicePrincipal) -> DelegatedGrant | None:
        grants = self.graph.delegated_grants(principal_id, resource.id)
        return grants[0] if grants else None

    def undo(self, problem: UserFacingError) -> None:
        """Undo what was written, the last first; where that fails too, the error's remedy says so.

        Each step is repeated while a server does not know yet what was made a moment ago.
        """
        reasons = []
        for step in reversed(self.undo_steps):
            try:
                retry_until_replicated(step)
            except NotFound:  # for the whole wait: it is deleted, by others or by a request whose answer was lost
                continue
            except UserFacingError as second:
                reasons.append(second.reason)
        if reasons:
            # What a vendor holds already counts as somebody else's for the next run (decision 0005).
            by_hand = "remove it by hand in the Entra admin center"
            then = by_hand if self.spec.additive else "the next `pulumi up` finds it"
            problem.remedy += f" A part was done and could not be taken back ({'; '.join(reasons)}); {then}."
