"""What `plan` says is to be done about a registration, for anything that is declared, there and recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from clients.business_central.records import Assignment, PermissionSet, Registration
from reconcilers.registration.plan import is_moved, permission_sets_differ, plan
from reconcilers.registration.spec import Live, PermissionSetSpec, Recorded, RegistrationSpec
from tests.support.registration_model import World, check, worlds

READ = PermissionSet("D365 READ", "System", "437dbf0e-84ff-417a-965d-ed2bb9650972", "Read")
RETAIL = PermissionSet("NPR NP RETAIL", "System", "992c2309-cca4-43cb-9e41-911f482ec088", "Retail")
SPEC = RegistrationSpec(
    environment="Production",
    client_id="11111111-1111-1111-1111-111111111111",
    description="A shop",
    contact_information="ops",
    permission_granted=True,
    permission_sets=(PermissionSetSpec("NPR NP RETAIL", "CRONUS DK"),),
    declared_at="integrations.magento.environments.production",
)
ROW = Registration(SPEC.client_id, **SPEC.row, user_id="the user", user_state="Enabled")
DEFINED = Live(companies=("CRONUS DK",), definitions=(READ, RETAIL))


def held(definition: PermissionSet, company: str = "") -> Assignment:
    return Assignment("an id", definition.role_id, company, definition.scope, definition.app_id)


AS_DECLARED = replace(DEFINED, registration=ROW, held=(held(RETAIL, "CRONUS DK"),))


@settings(max_examples=500)
@given(worlds())
def test_what_was_carried_out_is_what_was_declared_and_the_next_plan_is_empty(world: World) -> None:
    check(world, plan)


@given(worlds())
def test_sets_that_others_gave_are_never_taken_where_additional_ones_are_kept(world: World) -> None:
    keeping = replace(world.spec, additional_permission_sets="keep")
    assert plan(keeping, world.service.live(), None).unassign == ()


@given(worlds())
def test_a_plan_that_is_refused_says_why_in_a_sentence_and_what_to_do(world: World) -> None:
    for refusal in plan(world.spec, world.service.live(), world.recorded).refusals:
        assert "could not" in str(refusal)
        assert "\n" not in str(refusal)
        assert refusal.reason
        assert refusal.remedy.endswith(".")


def test_what_is_as_declared_is_an_empty_plan() -> None:
    assert plan(SPEC, AS_DECLARED, Recorded(SPEC, "the user")).is_empty


def test_what_is_not_registered_is_registered_enabled_also_where_it_shall_be_disabled() -> None:
    planned = plan(replace(SPEC, state="Disabled"), DEFINED)
    assert planned.user_creation == "register"
    assert planned.user_creation_fields == {**SPEC.row, "state": "Enabled"}
    assert [str(each) for each in planned.assign] == ["NPR NP RETAIL in CRONUS DK"]


@pytest.mark.parametrize(
    ("changed", "step"),
    [
        ({"user_id": None, "user_state": "", "state": "Disabled"}, "enable"),
        ({"user_state": ""}, "register again"),
        ({"user_state": "Disabled"}, None),
    ],
)
def test_how_a_row_without_user_comes_by_one(changed: dict[str, str | None], step: str | None) -> None:
    planned = plan(SPEC, replace(AS_DECLARED, registration=replace(ROW, **changed)), Recorded(SPEC, "the user"))  # type: ignore[arg-type]
    assert planned.user_creation == step
    assert [str(each) for each in planned.changes] == ["state 'Disabled' -> 'Enabled'"]
    assert planned.manages_users


def test_changes_are_told_by_the_names_of_the_api_with_what_is_given_and_taken() -> None:
    live = replace(AS_DECLARED, registration=replace(ROW, contact_information="nobody"), held=(held(READ),))
    planned = plan(SPEC, live, Recorded(SPEC, "the user"))
    assert planned.describe_changes(assigned="assigns", unassigned="removes") == [
        "contactInformation 'nobody' -> 'ops'",
        "assigns NPR NP RETAIL in CRONUS DK",
        "removes D365 READ",
    ]


def test_a_text_alone_needs_nobody_who_manages_users() -> None:
    live = replace(AS_DECLARED, registration=replace(ROW, contact_information="nobody"))
    assert not plan(SPEC, live, Recorded(SPEC, "the user")).manages_users


def test_all_that_is_wrong_with_permission_sets_is_said_at_once_and_where() -> None:
    wrong = (PermissionSetSpec("NPR NP RETIAL"), PermissionSetSpec("D365 READ", "CRONUS NO"))
    refused = plan(replace(SPEC, permission_sets=wrong), DEFINED).permission_sets_refused
    assert refused
    assert refused.reason == (
        "permission set 'NPR NP RETIAL' does not exist (did you mean 'NPR NP RETAIL'?); "
        "company 'CRONUS NO' does not exist (did you mean 'CRONUS DK'?)"
    )
    assert refused.where == "integrations.magento.environments.production.permissionSets"


def test_permission_sets_that_nobody_looked_at_are_left_as_they_are() -> None:
    unknown = replace(SPEC, permission_sets=(PermissionSetSpec("NOBODY"),))
    assert plan(unknown, Live(ROW, held=None), Recorded(unknown, "the user")).is_empty


@pytest.mark.parametrize(
    ("recorded", "adopt", "refused"),
    [
        (None, False, True),
        (None, True, False),
        (SPEC, False, False),
        (replace(SPEC, environment="Live"), False, False),
        (replace(SPEC, base_url="https://bc.example"), False, True),
        (replace(SPEC, base_url="https://bc.example"), True, False),
    ],
)
def test_a_row_is_touched_where_it_is_recorded_at_this_address_or_shall_be_adopted(
    recorded: RegistrationSpec | None, adopt: bool, refused: bool
) -> None:
    known = Recorded(recorded, "the user") if recorded else None
    assert bool(plan(replace(SPEC, adopt=adopt), AS_DECLARED, known).adoption_refused) == refused


def test_neither_the_case_of_an_environments_name_nor_the_order_of_permission_sets_is_a_difference() -> None:
    two = (PermissionSetSpec("D365 READ"), PermissionSetSpec("LOGIN"))
    recorded = Recorded(replace(SPEC, environment="PRODUCTION", permission_sets=two[::-1]), "the user")
    spec = replace(SPEC, permission_sets=two)
    assert not is_moved(spec, recorded)
    assert not permission_sets_differ(spec, recorded)
