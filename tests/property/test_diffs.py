"""A diff that sees no change is right: what is planned then, over what is recorded and over what is there, is nothing.

Why a diff compares fields, and is no plan itself: docs/decisions/0016-what-a-diff-compares.md.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from clients.business_central.app_file import Version
from clients.business_central.environment import Environment
from clients.business_central.records import Assignment, PermissionSet, Registration
from clients.business_central.routes import COMPANION_APP_ID
from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.base import Provider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from dynamic_providers.companion_extension import CompanionExtensionProvider
from reconcilers.companion import plan as companion
from reconcilers.companion.spec import CompanionSpec
from reconcilers.companion.spec import Live as CompanionLive
from reconcilers.consent.spec import ConsentSpec
from reconcilers.consent.spec import Recorded as ConsentRecorded
from reconcilers.registration.observe import observe_recorded, read
from reconcilers.registration.plan import plan
from reconcilers.registration.spec import Live, Recorded, RegistrationSpec
from tests.support.consent_scenarios import Scenario, play, scenarios
from tests.support.registration_model import Service, World, worlds

# It ends at the first one, and does not look for the smallest; a hundred tries, as is usual, are not always enough.
THE_FIRST = settings(phases=[Phase.generate], max_examples=5000, deadline=None, database=None)
NOBODY = cast(Environment, object())
"""An environment of which nobody may ask anything."""


def has_changes(provider: Provider, olds: dict[str, Any], news: dict[str, Any]) -> bool:
    """Ask a provider as Pulumi does: with properties that leave out defaults."""
    recorded, declared = (provider.without_defaults(each) for each in (olds, news))
    return bool(provider.diff("an id", recorded, declared).changes)


# --- registrations


def registration_differs(spec: RegistrationSpec, recorded: Recorded) -> bool:
    olds = {**recorded.spec.as_mapping(), "user_id": recorded.user_id, "revision": "0badcafe"}
    return has_changes(BusinessCentralRegistrationProvider(), olds, spec.as_mapping())


@dataclass(frozen=True)
class Registrations:
    """The environment of a model, as far as a refresh reads it."""

    live: Live

    @property
    def permission_sets(self) -> Collection[PermissionSet]:
        return self.live.definitions

    def listed_registration(self, client_id: str) -> Registration | None:
        return self.live.registration

    def listed_assignments(self, client_id: str) -> list[Assignment]:
        return list(self.live.held or ())

    assignments = listed_assignments


def of_definitions_that_are_there(service: Service) -> Service:
    """A refresh leaves out what is held of an extension that was uninstalled; it allows nothing."""
    return replace(service, held={each for each in service.held if each[:3] in service.definitions})


def refreshed(world: World) -> Recorded | None:
    """What the state has after a refresh, where what is declared was recorded, or something else; None of no row."""
    known = world.recorded.spec if world.recorded else world.spec
    there = cast(Environment, Registrations(world.service.live()))
    return read(there, Recorded(replace(known, base_url=world.spec.base_url), "the user"))


nearly_declared = worlds().map(lambda world: replace(world, service=of_definitions_that_are_there(world.service)))


@settings(max_examples=500)
@given(nearly_declared)
def test_a_registration_that_is_no_change_after_a_refresh_has_nothing_left_to_do(world: World) -> None:
    recorded = refreshed(world)
    if recorded and not registration_differs(world.spec, recorded):
        assert plan(world.spec, world.service.live(), recorded).is_empty


@st.composite
def other_words(draw: st.DrawFn) -> tuple[RegistrationSpec, Recorded]:
    """A registration, and the same or nearly the same as it is recorded."""
    spec = draw(worlds()).spec
    other = draw(worlds()).spec
    names = st.sampled_from(
        ["description", "state", "permission_sets", "permission_granted", "additional_permission_sets", "adopt"]
    )
    changed: dict[str, Any] = {name: getattr(other, name) for name in draw(st.lists(names, max_size=2))}
    sets = draw(st.permutations(changed.pop("permission_sets", spec.permission_sets)))
    name = draw(st.sampled_from([spec.environment, spec.environment.upper()]))
    return spec, Recorded(replace(spec, environment=name, permission_sets=tuple(sets), **changed), "the user")


@given(other_words())
def test_a_registration_that_is_no_change_has_nothing_to_do_over_what_is_recorded(
    both: tuple[RegistrationSpec, Recorded],
) -> None:
    """It is what an update would look at: `observe_recorded` asks the environment for nothing then."""
    spec, recorded = both
    if not registration_differs(spec, recorded):
        planned = plan(spec, observe_recorded(NOBODY, spec, recorded), recorded)
        assert planned.is_empty
        assert planned.refusals == []


def test_the_registrations_that_are_tried_are_not_all_changes() -> None:
    def is_no_change(world: World) -> bool:
        recorded = refreshed(world)
        return bool(recorded and not registration_differs(world.spec, recorded))

    find(nearly_declared, is_no_change, settings=THE_FIRST)
    find(other_words(), lambda both: both[0] != both[1].spec and not registration_differs(*both), settings=THE_FIRST)


@pytest.mark.parametrize("state", ["Enabled", "Disabled"])
def test_a_registration_whose_user_was_deleted_is_a_change_even_where_its_fields_are_as_declared(state: str) -> None:
    spec = RegistrationSpec(
        environment="Production", client_id="an id", description="A shop", state=state, declared_at="integrations.a"
    )
    assert registration_differs(spec, Recorded(spec, None))
    assert not registration_differs(spec, Recorded(spec, "the user"))


@pytest.mark.parametrize(
    "changed", [{"additional_permission_sets": "keep"}, {"base_url": "https://bc.example"}], ids=str
)
def test_what_writes_nothing_and_is_recorded_is_a_change_of_a_registration(changed: dict[str, str]) -> None:
    spec = RegistrationSpec(environment="Production", client_id="an id", description="A shop", declared_at="x")
    recorded = Recorded(replace(spec, **changed), "the user")  # type: ignore[arg-type]
    assert registration_differs(spec, recorded)
    row = Registration("an id", **spec.row, user_id="the user", user_state="Enabled")
    assert plan(spec, Live(row), recorded).is_empty


# --- consents


def consent_differs(spec: ConsentSpec, recorded: ConsentRecorded) -> bool:
    inputs = {**spec.as_mapping(), "declared_at": "integrations.a"}
    return has_changes(AdminConsentProvider(), {**inputs, **recorded.as_mapping(), "revision": "0badcafe"}, inputs)


@settings(deadline=None, max_examples=400)
@given(scenarios())
def test_a_consent_that_is_no_change_after_a_refresh_has_nothing_left_to_do(scenario: Scenario) -> None:
    play(scenario, differs=consent_differs)


def test_the_consents_that_are_tried_are_not_all_changes() -> None:
    def is_no_change_once(scenario: Scenario) -> bool:
        seen: list[bool] = []

        def differs(spec: ConsentSpec, recorded: ConsentRecorded) -> bool:
            seen.append(consent_differs(spec, recorded))
            return seen[-1]

        play(scenario, differs=differs)
        return False in seen

    find(scenarios(), is_no_change_once, settings=THE_FIRST)


def test_another_way_of_consent_writes_nothing_and_is_a_change() -> None:
    spec = ConsentSpec(
        client_id="app", resource_app_id="resource", service_principal_id="p", roles=("Read",), declared_at="x"
    )
    recorded = ConsentRecorded(service_principal_id="p", resource_id="r", assignments={"Read": "1"}, roles=("Read",))
    olds = {**spec.as_mapping(), **recorded.as_mapping()}
    assert not has_changes(AdminConsentProvider(), olds, spec.as_mapping())
    assert has_changes(AdminConsentProvider(), olds, replace(spec, consent="manual").as_mapping())


# --- the companion extension

numbers = st.integers(0, 2)
versions = st.tuples(numbers, numbers, numbers, st.just(0)).map(Version)
companions = st.builds(
    CompanionSpec,
    environment=st.sampled_from(["Production"]),
    file=st.just("companion.app"),
    channel=st.sampled_from(["adminCenter", "automation"]),
    uninstall_on_destroy=st.booleans(),
    declared_at=st.just("companionExtension"),
    app_id=st.just(COMPANION_APP_ID),
    name=st.just("Companion"),
    publisher=st.just("Us"),
    version=versions.map(str),
    sha256=st.sampled_from(["a", "b"]),
)


@given(companions, companions)
def test_a_companion_extension_is_no_change_exactly_where_nothing_is_to_be_installed_or_recorded(
    spec: CompanionSpec, recorded: CompanionSpec
) -> None:
    stays = companion.plan(spec, CompanionLive(Version.parse(recorded.version))).installed
    to_record = (spec.channel, spec.uninstall_on_destroy) != (recorded.channel, recorded.uninstall_on_destroy)
    differs = has_changes(CompanionExtensionProvider(), recorded.as_mapping(), spec.as_mapping())
    assert differs == (stays is None or to_record)
