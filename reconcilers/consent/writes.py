"""The writes of a consent, one by one: each waits for replication, and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from clients.graph.client import Graph
from clients.graph.objects import DelegatedGrant, RoleAssignment, ServicePrincipal
from clients.http.errors import OUTCOME_UNKNOWN, FailedPrecondition, Forbidden, NotFound, UserFacingError
from clients.http.replication import wait_until
from reconcilers.consent.plan import DelegatedChange, was_made_by
from reconcilers.consent.resource import create_service_principal
from reconcilers.consent.spec import ConsentSpec
from reconcilers.consent.waiting import read_until_visible, retry_until_replicated

T = TypeVar("T")

LOOK_SECONDS = 1
"""How long we look for what a write whose answer is lost may have made; every failed write may be one."""


@dataclass(frozen=True)
class UndoableWrites:
    """What one attempt to carry out a plan has written so far.

    Attributes:
        graph: Microsoft Graph.
        spec: what is wanted.
        created: object ids of the service principals that were made.
        granted: ids of the assignments and delegated grants that were made.
        undo_steps: a function for each write that was done, which undoes it; oldest first.
        unanswered: a function for the write whose answer is lost, which looks, and undoes it if it was done.
    """

    graph: Graph
    spec: ConsentSpec
    created: set[str] = field(default_factory=set)
    granted: set[str] = field(default_factory=set)
    undo_steps: list[Callable[[], None]] = field(default_factory=list)
    unanswered: list[Callable[[], None]] = field(default_factory=list)

    def create(self, app_id: str) -> ServicePrincipal:
        """Make a service principal, or find the one that another run made meanwhile."""
        post = partial(create_service_principal, self.graph, app_id)
        made = self._send(post, self._delete_unanswered) if app_id == self.spec.client_id else post()
        if made is None:
            attempting = f"find the service principal of application {app_id}"
            return read_until_visible(partial(self.graph.service_principal, app_id), attempting)
        self.created.add(made.id)
        if app_id == self.spec.client_id:  # the resource's stays: others may hold roles on it by now
            self.undo_steps.append(partial(self._delete_new_service_principal, made.id))
        return made

    def _send(self, write: Callable[[], T], undo: Callable[[datetime], None]) -> T:
        """Send a write; where its answer gets lost, keep how to look for what it did, and to undo that.

        Args:
            write: sends it.
            undo: takes the time at which it was sent; raises UserFacingError with what may be left.
        """
        sent = datetime.now(UTC)
        try:
            return write()
        except OUTCOME_UNKNOWN:
            self.unanswered.append(partial(undo, sent))
            raise

    def _delete_unanswered(self, _: datetime) -> None:
        """Delete a vendor's service principal that was not there, and is after an answer that got lost."""
        client_id = self.spec.client_id
        if made := wait_until(partial(self.graph.service_principal, client_id), seconds=LOOK_SECONDS):
            return self._delete_new_service_principal(made.id, is_ours=False)
        attempting = f"find the service principal of application {client_id}"
        raise FailedPrecondition(attempting, f"the service principal of {client_id} is not seen, and may be later")

    def _delete_new_service_principal(self, principal_id: str, *, is_ours: bool = True) -> None:
        """Delete a vendor's service principal that this failed attempt created, unless another run uses it by now.

        Args:
            principal_id: its object id.
            is_ours: whether Graph answered that we made it: who may not read grants deletes it then all the same, since
                it is a moment old.
        """
        client_id = self.spec.client_id
        attempting = f"take the service principal of {client_id} out of this tenant again"
        with suppress(Forbidden) if is_ours else nullcontext():
            if not wait_until(lambda: self.graph.grants_held(principal_id) <= self.granted):
                raise FailedPrecondition(attempting, f"somebody else granted {client_id} something meanwhile", "")
        self.graph.delete_service_principal(principal_id, attempting=attempting, just_made=True)
        self.unanswered.clear()  # with it goes what it may have been granted

    def grant(self, role: str, principal_id: str, resource: ServicePrincipal) -> str:
        """Grant a role and return the assignment's id, "" where it was granted already."""
        attempting = f"grant {role} on {resource.display_name} to {self.spec.client_id}"
        post = partial(self.graph.assign_role, principal_id, resource, resource.roles[role], attempting=attempting)
        undo = partial(self._withdraw_unanswered, role, principal_id, resource)
        made = retry_until_replicated(partial(self._send, post, undo))
        if made:
            self.granted.add(made)
            self.undo_steps.append(partial(self.withdraw, role, made, resource, just_made=True))
        return made or ""

    def find_granted(self, role: str, principal_id: str, resource: ServicePrincipal) -> str:
        """Return the id of an assignment that exists already, as Graph has answered."""
        attempting = f"find out who granted {role} on {resource.display_name} to {self.spec.client_id}"
        return read_until_visible(partial(self._assignment, role, principal_id, resource), attempting).id

    def _assignment(self, role: str, principal_id: str, resource: ServicePrincipal) -> RoleAssignment | None:
        held = self.graph.role_assignments(principal_id, resource.id) or []
        return next((each for each in held if each.role_id == resource.roles[role]), None)

    def _withdraw_unanswered(self, role: str, principal_id: str, resource: ServicePrincipal, sent: datetime) -> None:
        """Withdraw a role if it was granted by a request that was sent then, and whose answer got lost."""
        what = f"{role} on {resource.display_name}"
        attempting = f"find out who granted {what} to {self.spec.client_id}"
        made = wait_until(partial(self._assignment, role, principal_id, resource), seconds=LOOK_SECONDS)
        if made is None:
            raise FailedPrecondition(attempting, f"{what} is not seen, and may be later")
        if not was_made_by(sent, datetime.now(UTC), made.created):
            since = f", at {made.created}" if made.created else ""
            raise FailedPrecondition(attempting, f"{what} may have been granted by somebody else{since}")
        self.granted.add(made.id)
        self.withdraw(role, made.id, resource, just_made=True)

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
            undo = partial(self._undo_unanswered_change, principal_id, resource, frozenset(), after)
            if made := retry_until_replicated(partial(self._send, post, undo)):
                self.granted.add(made)
                delete = partial(self.graph.change_delegated, made, (), attempting=attempting, just_made=True)
                self.undo_steps.append(delete)
                return frozenset()
            grant = read_until_visible(partial(self._delegated, principal_id, resource), attempting)
            after = grant.scopes | after if self.spec.additive else after
        patch = partial(self.graph.change_delegated, grant.id, after, attempting=attempting)
        self._send(patch, partial(self._undo_unanswered_change, principal_id, resource, grant.scopes, after))
        self.undo_steps.append(partial(self.graph.change_delegated, grant.id, grant.scopes, attempting=attempting))
        return grant.scopes

    def _undo_unanswered_change(
        self,
        principal_id: str,
        resource: ServicePrincipal,
        before: frozenset[str],
        after: frozenset[str],
        _: datetime,
    ) -> None:
        """Undo a change of the delegated permissions whose answer got lost, unless somebody else changed them too."""
        grant = self._delegated(principal_id, resource)  # a list by client is never late
        if grant is None or grant.scopes == before:
            return
        attempting = f"take back what {self.spec.client_id} may do on {resource.display_name} for its users"
        if grant.scopes != after:
            now = " ".join(sorted(grant.scopes))
            raise FailedPrecondition(
                attempting,
                f"somebody else changed the delegated permissions on {resource.display_name} meanwhile, to {now}",
            )
        if not before:
            self.granted.add(grant.id)
        self.graph.change_delegated(grant.id, before, attempting=attempting)

    def _delegated(self, principal_id: str, resource: ServicePrincipal) -> DelegatedGrant | None:
        grants = self.graph.delegated_grants(principal_id, resource.id)
        return grants[0] if grants else None

    def undo(self, problem: UserFacingError) -> None:
        """Undo what was written, the last first; where that fails too, the error's remedy says so.

        Each step is repeated while a server does not know yet what was made a moment ago.
        """
        unsure, reasons = _reasons_left(tuple(self.unanswered)), _reasons_left(reversed(self.undo_steps))
        # What a vendor holds already counts as somebody else's for the next run (decision 0005).
        by_hand = "remove it by hand in the Entra admin center"
        then = by_hand if self.spec.additive else "the next `pulumi up` finds it"
        if reasons:
            problem.remedy += f" A part was done and could not be taken back ({'; '.join(reasons)}); {then}."
        if unsure and self.unanswered:
            if self.spec.additive:
                then = f"look, and where nobody else granted it, {by_hand}: the next run leaves it alone"
            problem.remedy += f" What was not answered may be done all the same ({'; '.join(unsure)}); {then}."


def _reasons_left(steps: Iterable[Callable[[], None]]) -> list[str]:
    """Undo step by step, and return why not all of it could be."""
    reasons = []
    for step in steps:
        try:
            retry_until_replicated(step)
        except NotFound:  # for the whole wait: it is deleted, by others or by a request whose answer was lost
            continue
        except UserFacingError as second:
            reasons.append(second.reason)
    return reasons
