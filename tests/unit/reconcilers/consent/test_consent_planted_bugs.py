"""The check of plans is worth something: each of these mistakes, planted into the planner, makes it fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings

from reconcilers.consent.plan import DelegatedChange, Plan, plan, removal
from reconcilers.consent.spec import ConsentSpec, Live, Recorded
from tests.support.consent_model import TENANT
from tests.support.consent_scenarios import Planner, Scenario, play, scenarios

Bug = Callable[[Plan, ConsentSpec, Live, Recorded], Plan]


def _changed(planner: Planner, bug: Bug) -> Planner:
    return lambda spec, live, recorded: bug(planner(spec, live, recorded), spec, live, recorded)


def _narrowed(planned: Plan, wanted: frozenset[str]) -> Plan:
    change = planned.delegated
    return planned if change is None else replace(planned, delegated=DelegatedChange(grant=change.grant, after=wanted))


def _belonging_to(live: Live, tenant_id: str) -> Live:
    """What there is, with an application of this tenant."""
    if live.application is None:
        return live
    return replace(live, application=replace(live.application, owner_tenant_id=tenant_id, type="Application"))


UP: dict[str, Bug] = {
    "a role is not withdrawn": lambda planned, *_: replace(planned, withdraw={}),
    "a role is not granted": lambda planned, *_: replace(planned, grant=planned.grant[1:]),
    "delegated permissions are not changed": lambda planned, *_: replace(planned, delegated=None),
    "delegated permissions of others are taken from a vendor": lambda planned, spec, *_: _narrowed(
        planned, frozenset(spec.delegated_scopes)
    ),
    "delegated permissions of others count as ours": lambda planned, spec, *_: (
        planned if planned.refusals else replace(planned, keep_scopes=spec.delegated_scopes)
    ),
    "what is ours is forgotten": lambda planned, *_: replace(planned, keep={}),
    "another publisher is trusted": lambda _, spec, live, recorded: plan(
        replace(spec, expected_publisher={"display_name": live.application.publisher})
        if spec.owner == "vendor" and live.application
        else spec,
        live,
        recorded,
    ),
    "a vendor's application may be this tenant's": lambda _, spec, live, recorded: plan(
        spec, _belonging_to(live, "elsewhere") if spec.owner == "vendor" else live, recorded
    ),
    "an application of this tenant may be another tenant's": lambda _, spec, live, recorded: plan(
        spec, _belonging_to(live, TENANT) if spec.owner == "tenant" else live, recorded
    ),
    "a managed identity is not known for one of this tenant": lambda _, spec, live, recorded: plan(
        spec, _belonging_to(live, live.application.owner_tenant_id if live.application else ""), recorded
    ),
    "an identity of this tenant that is not there is made": lambda planned, spec, live, __: (
        replace(planned, refusals=(), create=(spec.client_id,))
        if spec.owner == "tenant" and live.application is None
        else planned
    ),
    "what others granted to an identity of this tenant is withdrawn": lambda planned, spec, live, _: (
        replace(planned, withdraw={**(live.roles or {}), **planned.withdraw}) if spec.owner == "tenant" else planned
    ),
    "delegated permissions of others are taken from an identity of this tenant": lambda planned, spec, *_: (
        _narrowed(planned, frozenset(spec.delegated_scopes)) if spec.owner == "tenant" else planned
    ),
    "what is not offered is left out in silence": lambda _, spec, live, recorded: plan(
        replace(spec, roles=tuple(role for role in spec.roles if live.resource and role in live.resource.roles)),
        live,
        recorded,
    ),
    "`consent: manual` grants": lambda _, spec, live, recorded: plan(replace(spec, consent="auto"), live, recorded),
    "`consent: manual` withdraws": lambda planned, _, live, __: replace(planned, withdraw=live.roles or {}),
    "a refusal does not say what to do": lambda planned, *_: replace(
        planned, refusals=tuple(replace(each, remedy="") for each in planned.refusals)
    ),
    "a refused plan goes on": lambda planned, spec, *_: replace(planned, grant=spec.roles),
}

DESTROY: dict[str, Bug] = {
    "a role stays": lambda planned, *_: replace(planned, withdraw={}),
    "a whole grant goes, others' part too": lambda planned, *_: _narrowed(planned, frozenset()),
    "a vendor that was let in here stays": lambda planned, *_: replace(planned, remove_service_principal=""),
}


def _check(plan: Planner, removal: Planner) -> None:
    @given(scenarios())
    @settings(
        max_examples=1000,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    def check(scenario: Scenario) -> None:
        play(scenario, plan, removal)

    check()


@pytest.mark.parametrize("bug", UP.values(), ids=UP)
def test_a_mistake_in_the_plan_of_an_up_is_found(bug: Bug) -> None:
    with pytest.raises(AssertionError):
        _check(_changed(plan, bug), removal)


@pytest.mark.parametrize("bug", DESTROY.values(), ids=DESTROY)
def test_a_mistake_in_the_plan_of_a_destroy_is_found(bug: Bug) -> None:
    with pytest.raises(AssertionError):
        _check(plan, _changed(removal, bug))
