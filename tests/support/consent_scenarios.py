"""The life of one consent among others who grant and withdraw too, played against the model of Microsoft Graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal
from unittest import mock

from hypothesis import strategies

from clients.graph.objects import ServicePrincipal
from clients.http.errors import FailedPrecondition
from reconcilers.consent import apply as applying
from reconcilers.consent import writes
from reconcilers.consent.observe import observe, observe_for_refresh, observe_for_removal
from reconcilers.consent.plan import Plan, plan, refreshed, removal
from reconcilers.consent.spec import ConsentSpec, Live, Owner, Recorded
from tests.support.consent_model import TENANT, By, GraphModel, application, offering

APPLICATION, RESOURCE, ELSEWHERE = "application", "resource", "another resource"
OFFERED_ROLES, OFFERED_SCOPES = ("Admin", "Read", "Write"), ("Mail", "Profile", "Users")
UNKNOWN = "Unknown"
VENDOR = {"display_name": "The vendor"}
Home = Literal["this tenant", "another tenant", "Azure", "nobody says"]
"""Whose an application is: of a tenant, or a managed identity; of some Graph does not say it."""
_HOMES: dict[Home, tuple[str, str]] = {
    "this tenant": (TENANT, "Application"),
    "another tenant": ("elsewhere", "Application"),
    "Azure": ("", "ManagedIdentity"),
    "nobody says": ("", "Legacy"),
}
_OF_THIS_TENANT: tuple[Home, ...] = ("this tenant", "Azure")

Planner = Callable[[ConsentSpec, Live, Recorded], Plan]
Differ = Callable[[ConsentSpec, Recorded], bool]
"""Tells whether what is wanted is not what the state recorded, so that an `up` does something."""


@dataclass(frozen=True)
class ResolvedPermissionSet:
    """What the stack file says at one time."""

    roles: tuple[str, ...]
    delegated_scopes: tuple[str, ...]
    consent: Literal["auto", "manual"] = "auto"


@dataclass(frozen=True)
class Edits:
    """What others do between two `up`s."""

    withdrawn: frozenset[str] = frozenset()
    granted: frozenset[str] = frozenset()
    taken_out: tuple[str, ...] = ()
    refreshed: bool = True


@dataclass(frozen=True)
class Scenario:
    """The life of a consent.

    Attributes:
        owner: whose application it is, as the stack file says.
        home: whose it is, as Graph says; of an own one it is not asked.
        published_by: its verified publisher.
        there: the service principals that the tenant has at the start.
        first: what others granted before.
        steps: what is wanted, and what others do after it.
    """

    owner: Owner
    home: Home
    published_by: str
    there: frozenset[str]
    first: frozenset[str]
    steps: tuple[tuple[ResolvedPermissionSet, Edits], ...]


def _subset(*values: str) -> strategies.SearchStrategy[frozenset[str]]:
    return strategies.frozensets(strategies.sampled_from(values))


_PERMISSIONS = (*OFFERED_ROLES, *OFFERED_SCOPES)


@strategies.composite
def _wanted(draw: strategies.DrawFn) -> ResolvedPermissionSet:
    chosen = draw(_subset(*_PERMISSIONS).filter(bool))
    unknown = (UNKNOWN,) if draw(strategies.integers(0, 9)) == 0 else ()
    return ResolvedPermissionSet(
        tuple(sorted(chosen & set(OFFERED_ROLES))) + unknown,
        tuple(sorted(chosen & set(OFFERED_SCOPES))),
        "manual" if draw(strategies.integers(0, 4)) == 0 else "auto",
    )


@strategies.composite
def _edits(draw: strategies.DrawFn) -> Edits:
    withdrawn = draw(_subset(*_PERMISSIONS))
    # A delegated permission has neither id nor author: one that others withdraw and grant again counts as ours.
    granted = draw(_subset(*_PERMISSIONS)) - (withdrawn & set(OFFERED_SCOPES))
    taken_out = draw(strategies.sampled_from([(), (), (), (APPLICATION,), (RESOURCE,)]))
    # Of a vendor's, `up` does not see without a refresh what others withdrew.
    return Edits(withdrawn, granted, taken_out, bool(withdrawn) or draw(strategies.booleans()))


def scenarios() -> strategies.SearchStrategy[Scenario]:
    """Lives of consents."""
    # What is true comes more often than what is refused.
    of_vendors: list[tuple[Owner, Home]] = [("vendor", "another tenant")] * 4
    of_tenant: list[tuple[Owner, Home]] = [("tenant", "this tenant"), ("tenant", "Azure")] * 2
    refused: list[tuple[Owner, Home]] = [
        *(("vendor", home) for home in _OF_THIS_TENANT),
        ("tenant", "another tenant"),
        ("tenant", "nobody says"),
    ]
    own: list[tuple[Owner, Home]] = [("own", "this tenant")] * 4
    return strategies.sampled_from([*own, *of_vendors, *of_tenant, *refused]).flatmap(lambda each: _scenarios(*each))


def _scenarios(owner: Owner, home: Home) -> strategies.SearchStrategy[Scenario]:
    return strategies.builds(
        Scenario,
        owner=strategies.just(owner),
        home=strategies.just(home),
        published_by=strategies.sampled_from(["The vendor", "The vendor", "The vendor", "Somebody", ""]),
        there=_subset(APPLICATION, RESOURCE),
        first=_subset(*_PERMISSIONS),
        steps=strategies.lists(strategies.tuples(_wanted(), _edits()), min_size=1, max_size=3).map(tuple),
    )


def play(
    scenario: Scenario, plan: Planner = plan, removal: Planner = removal, differs: Differ = lambda *_: True
) -> None:
    """Live through a scenario, and check after each step that everything is as it has to be.

    Args:
        scenario: what happens.
        plan: the planner of an `up`.
        removal: the planner of a `destroy`.
        differs: the diff; where it sees no difference after a refresh, nothing may be left to do.

    Raises:
        AssertionError: something is not.
    """
    with (
        mock.patch.object(applying, "plan", plan),
        mock.patch.object(applying, "wait_until", lambda question: question()),  # the model is never late
        mock.patch.object(writes, "wait_until", lambda question: question()),
    ):
        _Life(scenario, plan, removal, differs).play()


class _Life:
    def __init__(self, scenario: Scenario, plan: Planner, removal: Planner, differs: Differ) -> None:
        self.scenario, self._plan, self._removal, self._differs = scenario, plan, removal, differs
        owner, type_ = _HOMES[scenario.home]
        self.graph = GraphModel(
            application(APPLICATION, publisher=scenario.published_by, owner=owner, type_=type_),
            offering(RESOURCE, OFFERED_ROLES, OFFERED_SCOPES),
        )
        for each in sorted(scenario.there):
            self.graph.let_in(each)
        self._grant_by_hand(scenario.first)
        self.recorded, self.spec = Recorded(), self._spec(scenario.steps[0][0])

    def play(self) -> None:
        for wanted, edits in self.scenario.steps:
            self.spec = self._spec(wanted)
            self._up()
            self._others(edits)
        self._destroy()

    # --- what happens

    def _spec(self, wanted: ResolvedPermissionSet) -> ConsentSpec:
        own = self.scenario.owner == "own"
        if own and APPLICATION not in self.graph.principals:
            self.graph.let_in(APPLICATION)  # as azuread does, before our part
        return ConsentSpec(
            client_id=APPLICATION,
            resource_app_id=RESOURCE,
            service_principal_id=self.graph.principals[APPLICATION].id if own else "",
            owner=self.scenario.owner,
            expected_publisher=VENDOR if self.scenario.owner == "vendor" else {},
            roles=wanted.roles,
            delegated_scopes=wanted.delegated_scopes,
            consent=wanted.consent,
            declared_at="integrations.shop",
        )

    def _observe(self) -> Live:
        return observe(self.graph, self.spec, self.recorded, tenant_id=TENANT, approval_page="https://approve")

    def _up(self) -> None:
        before, others, live = self.graph.state(), self._of_others(), self._observe()
        must_be_refused = self._must_be_refused()
        planned = self._plan(self.spec, live, self.recorded)
        self._check_refusals(planned)
        try:
            made = applying.apply(self.graph, self.spec, planned, live, self.recorded)
        except FailedPrecondition as refused:
            assert refused.reason
            assert refused.remedy
            assert must_be_refused or self.spec.consent == "manual", f"refused for no reason: {refused}"
            if not live.resource and RESOURCE in self.graph.principals:
                self.graph.take_out(RESOURCE)  # what it offers showed only once it was there, and there it stays
            assert self.graph.state() == before, "what is refused changes nothing else"
            return
        assert not must_be_refused, "this may not be granted"
        self.recorded = made
        if self.spec.consent == "manual":
            assert self.graph.state() == before, "an administrator grants and withdraws"
        self._check_what_is_held(others)
        self._check_next_plan()

    def _others(self, edits: Edits) -> None:
        roles = edits.withdrawn & set(OFFERED_ROLES)
        self.graph.withdraw_by_hand(APPLICATION, RESOURCE, roles, edits.withdrawn - roles)
        for app_id in edits.taken_out:
            if app_id in self.graph.principals:
                self.graph.take_out(app_id)
        self._grant_by_hand(edits.granted)
        if edits.refreshed and self.recorded != Recorded():
            self._refresh()

    def _refresh(self) -> None:
        spec = replace(self.spec, roles=self.recorded.roles, delegated_scopes=self.recorded.delegated_scopes)
        live = observe_for_refresh(self.graph, spec, self.recorded, tenant_id=TENANT, approval_page="https://approve")
        self.recorded = refreshed(spec, live, self.recorded) if live else Recorded()
        if live and not self._differs(self.spec, self.recorded):
            self._check_next_plan()

    def _destroy(self) -> None:
        if self.recorded == Recorded():
            return
        others, ours = self._of_others(), self.recorded
        for _ in range(2):  # an interrupted run repeats it
            live = observe_for_removal(self.graph, ours, tenant_id=TENANT, approval_page="https://approve")
            applying.remove(self.graph, self.spec, self._removal(self.spec, live, ours), ours)
        assert not set(ours.assignments.values()) & self.graph.assigned.keys(), "what is ours is withdrawn"
        if self.scenario.owner != "own":
            assert self._of_others() == others, "what others granted stays"
            if not any(others):
                there = self.graph.principals.get(APPLICATION)
                made = ours.service_principal_created and there and there.id == ours.service_principal_id
                assert not made, "a vendor that was let in here is taken out"

    def _grant_by_hand(self, permissions: frozenset[str]) -> None:
        roles = permissions & set(OFFERED_ROLES)
        self.graph.grant_by_hand(APPLICATION, RESOURCE, roles, permissions - roles)

    # --- what has to hold

    def _must_be_refused(self) -> bool:
        match self.scenario.owner:
            case "vendor":
                trusted = self.scenario.published_by == VENDOR["display_name"]
                trusted &= self.scenario.home not in _OF_THIS_TENANT
            case "tenant":
                trusted = self.scenario.home in _OF_THIS_TENANT and APPLICATION in self.graph.principals
            case "own":
                trusted = True
        return UNKNOWN in self.spec.roles or not trusted

    def _check_refusals(self, planned: Plan) -> None:
        for each in planned.refusals:
            assert all((each.attempted, each.reason, each.remedy)), "whatever is refused says why, and what to do"
        if planned.refusals:
            assert planned == Plan(refusals=planned.refusals), "what is refused plans nothing else"

    def _of_others(self) -> tuple[dict[str, object], set[str]]:
        """What others granted: assignments by id, and delegated permissions."""
        assigned: dict[str, object] = {id_: each for id_, each in self.graph.assigned.items() if each.by == "others"}
        return assigned, {scope for scope, by in self.graph.scopes(APPLICATION, RESOURCE).items() if by == "others"}

    def _check_what_is_held(self, others: tuple[dict[str, object], set[str]]) -> None:
        roles, scopes = self.graph.roles(APPLICATION, RESOURCE), self.graph.scopes(APPLICATION, RESOURCE)
        wanted, wanted_scopes = set(self.spec.roles), set(self.spec.delegated_scopes)
        assert roles.keys() >= wanted
        assert scopes.keys() >= wanted_scopes
        if self.scenario.owner == "own":
            assert roles.keys() == wanted
            assert scopes.keys() == wanted_scopes or not wanted_scopes, "where none are declared nobody looks"
            return
        assert self._of_others() == others, "what others granted to it stays"
        if self.spec.consent == "auto":
            assert {role for role, by in roles.items() if by == "us"} <= wanted, "ours is withdrawn"
            assert {scope for scope, by in scopes.items() if by == "us"} <= wanted_scopes, "ours is withdrawn"
        by_whom: set[By] = {self.graph.assigned[id_].by for id_ in self.recorded.assignments.values()}
        by_whom |= {scopes[scope] for scope in self.recorded.granted_scopes}
        assert by_whom <= {"us"}, "what others granted is not recorded as ours"

    def _check_next_plan(self) -> None:
        live = self._observe()
        resource = live.resource
        assert isinstance(resource, ServicePrincipal)
        held = self.graph.role_assignments(live.service_principal_id, resource.id) or []
        looked = replace(live, roles={resource.role_name(each.role_id): each.id for each in held})
        assert self._plan(self.spec, looked, self.recorded).is_empty, "once it is done, there is nothing to do"
