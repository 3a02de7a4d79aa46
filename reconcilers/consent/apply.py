"""Carrying out a plan of a consent: writes, takes back what it did when it fails, and says what is to be recorded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from clients.graph.client import Graph
from clients.graph.errors import is_not_replicated
from clients.graph.objects import DelegatedGrant, ServicePrincipal
from clients.http.errors import AccessError, Forbidden, NotFound, NotReached, Refused
from clients.http.replication import wait_until
from reconcilers.consent.observe import with_application, with_grants
from reconcilers.consent.plan import DelegatedChange, Plan, delegated_ours, plan
from reconcilers.consent.refusals import is_as_expected
from reconcilers.consent.spec import ConsentSpec, Live, Recorded
from reconcilers.consent.waiting import when_replicated, when_shown
from reconcilers.progress import tell


def apply(graph: Graph, spec: ConsentSpec, planned: Plan, live: Live, recorded: Recorded) -> Recorded:
    """Carry out a plan, and return what is to be recorded; what fails is taken back.

    Args:
        graph: Microsoft Graph.
        spec: what is wanted.
        planned: what is to be done, of `plan`.
        live: what there is, which the plan was made for.
        recorded: what the state knows to be ours.

    Raises:
        Refused: the plan says so, or what had to be created first shows that it cannot be right.
        AccessError: it cannot be done.
    """
    _raise_if_refused(planned)
    attempt = _Attempt(graph, spec)
    try:
        if planned.create:
            live = attempt.create(planned, live, recorded)
            planned = plan(spec, live, recorded)
        return attempt.carry_out(planned, live, recorded)
    except AccessError as problem:
        if not is_not_replicated(
            problem
        ):  # what only was not shown in time is better found by the next run than undone
            attempt.take_back(problem)
        raise


def _raise_if_refused(planned: Plan) -> None:
    if planned.refusals:
        raise planned.refusals[0].error()


@dataclass(frozen=True)
class _Attempt:
    """One attempt to carry out a plan.

    Attributes:
        graph: Microsoft Graph.
        spec: what is wanted.
        undo: what takes back each write that was done, oldest first.
        made: ids of what was granted.
        created: object ids of the service principals that were made.
    """

    graph: Graph
    spec: ConsentSpec
    undo: list[Callable[[], None]] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    created: set[str] = field(default_factory=set)

    def create(self, planned: Plan, live: Live, recorded: Recorded) -> Live:
        """Make the service principals that are not there, and return what there is then.

        Graph tells an application's publisher only once the tenant has its service principal. One that is made here
        grants nothing, and is taken back where the publisher is another.
        """
        for app_id in planned.create:
            if app_id == self.spec.client_id:
                live = with_application(self.spec, live, self._let_in())
            else:
                live = replace(live, resource=self._create(app_id))  # as the portal does; it stays
            _raise_if_refused(plan(self.spec, live, recorded))
        return with_grants(self.graph, self.spec, live, recorded)

    def _let_in(self) -> ServicePrincipal:
        """Make the service principal of a vendor's application."""
        application = self._create(self.spec.client_id)
        if application.id in self.created:
            self.undo.append(partial(self._take_out_again, application.id))
            if not is_as_expected(self.spec, application):  # perhaps only the answer to a POST does not say
                attempting = f"read the service principal of application {application.app_id}"
                application = when_shown(partial(self.graph.service_principal_with_id, application.id), attempting)
        return application

    def _create(self, app_id: str) -> ServicePrincipal:
        """Make a service principal, or find the one that another run made meanwhile."""
        if made := self.graph.create_service_principal(app_id):
            self.created.add(made.id)
            return made
        attempting = f"find the service principal of application {app_id}"
        return when_shown(partial(self.graph.service_principal, app_id), attempting)

    def _take_out_again(self, principal_id: str) -> None:
        """Delete a vendor's service principal that this failed attempt made, unless another run uses it by now."""
        client_id = self.spec.client_id
        attempting = f"take the service principal of {client_id} out of this tenant again"
        with suppress(Forbidden):  # whoever may not read that takes it out all the same: it is a moment old
            if not wait_until(lambda: self.graph.grants_held(principal_id) <= self.made):
                raise Refused(attempting, f"somebody else granted {client_id} something meanwhile", "")
        self.graph.delete_service_principal(principal_id, attempting=attempting, just_made=True)

    def carry_out(self, planned: Plan, live: Live, recorded: Recorded) -> Recorded:
        """Grant what is missing, then withdraw what is too much."""
        _raise_if_refused(planned)
        if live.resource is None:
            raise AssertionError("a plan is carried out once the resource is there")
        target, ours = _Target(self, live, live.resource), live.ours(recorded)
        assignments = dict(planned.keep)
        for role in planned.grant:
            if assignment_id := target.grant(role) or target.granted_already(role, planned.unseen.get(role)):
                assignments[role] = assignment_id
        for role, assignment_id in planned.withdraw.items():
            target.withdraw(role, assignment_id)
        scopes = planned.keep_scopes
        if planned.delegated:
            before = target.change_delegated(planned.delegated)
            scopes = delegated_ours(self.spec, before, ours)
        return Recorded(
            service_principal_id=live.service_principal_id,
            service_principal_created=live.service_principal_id in self.created or ours.service_principal_created,
            resource_id=live.resource.id,
            assignments=assignments,
            granted_scopes=scopes,
            roles=self.spec.roles,
            delegated_scopes=self.spec.delegated_scopes,
        )

    def take_back(self, problem: AccessError) -> None:
        """Take back what was done, the last first; say so in the error where even that fails.

        A server that does not know yet what was made a moment ago is asked again.
        """
        reasons = []
        for step in reversed(self.undo):
            try:
                when_replicated(step)
            except NotFound:  # for the whole wait: it has gone, by a first request whose answer was lost or by others
                continue
            except AccessError as second:
                reasons.append(second.reason)
        if reasons:
            # What a vendor holds already counts as somebody else's for the next run (decision 0005).
            by_hand = "remove it by hand in the Entra admin center"
            then = by_hand if self.spec.additive else "the next `pulumi up` finds it"
            problem.remedy += f" A part was done and could not be taken back ({'; '.join(reasons)}); {then}."


@dataclass(frozen=True)
class _Target:
    """What an attempt writes to: the application's service principal and the resource's, both there.

    Attributes:
        attempt: which writes were done, and how to take them back.
        live: what there is.
        resource: the resource.
    """

    attempt: _Attempt
    live: Live
    resource: ServicePrincipal

    def grant(self, role: str) -> str:
        """Grant a role and return the assignment's id, "" where it was granted already."""
        graph, role_id = self.attempt.graph, self.resource.roles[role]
        attempting = f"grant {role} on {self.resource.display_name} to {self.attempt.spec.client_id}"
        made = when_replicated(
            lambda: graph.assign_role(self.live.service_principal_id, self.resource, role_id, attempting=attempting)
        )
        if made:
            self.attempt.made.add(made)
            self.attempt.undo.append(partial(self.withdraw, role, made, just_made=True))
        return made or ""

    def granted_already(self, role: str, unseen: str | None) -> str:
        """Return the id of an assignment that was there before ours, "" where it is not ours to withdraw.

        Args:
            role: the role.
            unseen: id of an assignment of ours that the last refresh did not see.
        """
        if self.attempt.spec.additive and unseen is None:
            return ""
        graph, role_id, ends = self.attempt.graph, self.resource.roles[role], (self._principal_id, self.resource.id)
        attempting = f"find out who granted {role} on {self.resource.display_name} to {self.attempt.spec.client_id}"
        found = when_shown(
            lambda: next((each.id for each in graph.role_assignments(*ends) or [] if each.role_id == role_id), None),
            attempting,
        )
        return found if found == unseen or not self.attempt.spec.additive else ""

    def withdraw(self, role: str, assignment_id: str, *, just_made: bool = False) -> None:
        """Take one role away.

        Args:
            role: its value, for messages.
            assignment_id: the assignment.
            just_made: whether it was made a moment ago, so that "not there" may mean "not shown yet".
        """
        attempting = f"withdraw {role} on {self.resource.display_name} from {self.attempt.spec.client_id}"
        graph = self.attempt.graph
        graph.remove_assignment(self.resource.id, assignment_id, attempting=attempting, just_made=just_made)

    def change_delegated(self, change: DelegatedChange) -> frozenset[str]:
        """Make the delegated permissions what they shall be, and return what was granted before.

        Somebody else may have made the grant since it was looked for.
        """
        graph, undo = self.attempt.graph, self.attempt.undo
        grant, after = change.grant, change.after
        listed = " ".join(sorted(after)) or "nothing"
        attempting = f"grant {listed} on {self.resource.display_name} to {self.attempt.spec.client_id} for its users"
        if grant is None:
            made = when_replicated(
                lambda: graph.grant_delegated(self._principal_id, self.resource.id, after, attempting=attempting)
            )
            if made:
                self.attempt.made.add(made)
                undo.append(partial(graph.change_delegated, made, (), attempting=attempting, just_made=True))
                return frozenset()
            grant = when_shown(self._grant, attempting)
            after = grant.scopes | after if self.attempt.spec.additive else after
        restore = partial(graph.change_delegated, grant.id, grant.scopes, attempting=attempting)
        try:
            graph.change_delegated(grant.id, after, attempting=attempting)
        except NotReached:  # it may be done
            undo.append(restore)
            raise
        undo.append(restore)
        return grant.scopes

    @property
    def _principal_id(self) -> str:
        return self.live.service_principal_id

    def _grant(self) -> DelegatedGrant | None:
        grants = self.attempt.graph.delegated_grants(self._principal_id, self.resource.id)
        return grants[0] if grants else None


def remove(graph: Graph, spec: ConsentSpec, planned: Plan, recorded: Recorded) -> None:
    """Carry out a plan of `removal`; it can be repeated.

    Args:
        graph: Microsoft Graph.
        spec: what the state says was wanted.
        planned: what is to be done.
        recorded: what the state knows to be ours.

    Raises:
        AccessError: it cannot be done.
    """
    withdrawn = set(planned.withdraw.values())
    for role, assignment_id in planned.withdraw.items():
        attempting = f"withdraw {role} from {spec.client_id}"
        graph.remove_assignment(recorded.resource_id, assignment_id, attempting=attempting)
    if planned.delegated and (grant := planned.delegated.grant):
        attempting = f"withdraw {', '.join(recorded.granted_scopes)} from {spec.client_id}"
        graph.change_delegated(grant.id, planned.delegated.after, attempting=attempting)
        withdrawn |= set() if planned.delegated.after else {grant.id}
    if planned.remove_service_principal:
        _take_out(graph, spec.client_id, planned.remove_service_principal, withdrawn)


def _take_out(graph: Graph, client_id: str, principal_id: str, withdrawn: set[str]) -> None:
    """Delete a vendor's service principal that was made here, unless others granted it something meanwhile.

    Args:
        graph: Microsoft Graph.
        client_id: the application.
        principal_id: object id of its service principal.
        withdrawn: ids of what was taken from it a moment ago, and may be listed still.
    """
    why, remedy = "", ""
    try:  # what the other consents of this stack withdrew just before may be listed still, too
        if not wait_until(lambda: graph.grants_held(principal_id) <= withdrawn):
            why = "it holds more than this stack granted"
    except Forbidden as problem:
        why, remedy = "whether others granted it something cannot be seen", problem.remedy
    if why:
        tell(
            f"{client_id} stays in this tenant, because {why}; if nobody needs it, delete it in the Entra admin "
            f"center under Enterprise applications. {remedy}".strip()
        )
        return
    attempting = f"take the service principal of {client_id} out of this tenant"
    graph.delete_service_principal(principal_id, attempting=attempting)
