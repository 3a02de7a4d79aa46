"""What is planned for a consent, by itself: no service, no Pulumi."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

from clients.graph.objects import DelegatedGrant, ServicePrincipal
from reconcilers.consent.plan import DelegatedChange, Plan, plan, refreshed, removal, was_made_by
from reconcilers.consent.spec import ConsentSpec, Live, Owner, Recorded
from tests.support.consent_model import application, offering
from tests.support.consent_scenarios import Scenario, play, scenarios

RESOURCE = replace(offering("resource", ("Admin", "Read", "Write"), ("Mail", "Profile")), id="r")
VENDORS = replace(application("app", publisher="The vendor"), id="p")

OWN = ConsentSpec(
    client_id="app", resource_app_id="resource", service_principal_id="p", roles=("Read",), declared_at="x"
)
VENDOR = ConsentSpec(
    client_id="app",
    resource_app_id="resource",
    owner="vendor",
    expected_publisher={"display_name": "The vendor"},
    roles=("Read",),
    declared_at="x",
)
TENANTS = replace(VENDOR, owner="tenant", expected_publisher={})
LIVE = Live(tenant_id="t", approval_page="https://approve", resource=RESOURCE, service_principal_id="p")
LET_IN = replace(LIVE, application=VENDORS)
OURS = Recorded(service_principal_id="p", resource_id="r")
MAIL = DelegatedGrant("g", frozenset({"Mail"}))


@given(scenarios())
@settings(deadline=None, max_examples=400)
def test_once_a_plan_is_carried_out_nothing_is_left_to_do_and_what_others_granted_to_a_vendor_stays(
    scenario: Scenario,
) -> None:
    play(scenario)


def test_of_an_own_application_what_is_missing_is_granted_and_what_is_too_much_withdrawn() -> None:
    planned = plan(OWN, replace(LIVE, roles={"Write": "1"}), Recorded())
    assert (planned.grant, planned.withdraw) == (("Read",), {"Write": "1"})


def test_what_an_own_application_holds_already_is_ours_from_then_on() -> None:
    assert plan(OWN, replace(LIVE, roles={"Read": "1"}), Recorded()) == Plan(keep={"Read": "1"})


def test_of_a_vendor_only_what_this_stack_granted_is_withdrawn() -> None:
    recorded = replace(OURS, assignments={"Write": "1"}, roles=("Write",))
    planned = plan(VENDOR, replace(LET_IN, roles={"Write": "1", "Admin": "2"}), recorded)
    assert (planned.grant, planned.withdraw) == (("Read",), {"Write": "1"})


def test_a_role_of_ours_that_the_last_refresh_did_not_see_is_granted_again_and_recognised() -> None:
    planned = plan(VENDOR, LET_IN, replace(OURS, assignments={"Read": "1"}))
    assert (planned.grant, planned.not_listed, planned.keep) == (("Read",), {"Read": "1"}, {})


@pytest.mark.parametrize(("owner", "after"), [("own", {"Profile"}), ("vendor", {"Mail", "Profile"})])
def test_delegated_permissions_of_others_stay_where_the_application_is_not_ours(owner: Owner, after: set[str]) -> None:
    spec = replace(VENDOR if owner == "vendor" else OWN, delegated_scopes=("Profile",))
    planned = plan(spec, replace(LET_IN, grant=MAIL), Recorded())
    assert planned.delegated == DelegatedChange(grant=MAIL, after=frozenset(after))
    assert planned.keep_scopes == ("Profile",)


def test_delegated_permissions_are_narrowed_to_what_is_declared() -> None:
    grant = DelegatedGrant("g", frozenset({"Mail", "Profile"}))
    recorded = replace(OURS, granted_scopes=("Mail", "Profile"))
    planned = plan(replace(OWN, delegated_scopes=("Mail",)), replace(LIVE, grant=grant), recorded)
    assert planned.delegated == DelegatedChange(grant=grant, after=frozenset({"Mail"}))


def test_service_principals_that_are_not_there_are_made_the_applications_first() -> None:
    assert plan(VENDOR, Live(tenant_id="t", approval_page=""), Recorded()).create == ("app", "resource")
    assert plan(OWN, Live(tenant_id="t", approval_page="", service_principal_id="p"), Recorded()).create == (
        "resource",
    )


@pytest.mark.parametrize(
    ("owner", "published_by", "refused"),
    [("vendor", "Somebody", True), ("vendor", "", True), ("vendor", "The vendor", False), ("tenant", "", False)],
)
def test_only_a_vendors_application_has_to_have_the_expected_publisher(
    owner: Owner, published_by: str, refused: bool
) -> None:
    whose = "t" if owner == "tenant" else "elsewhere"
    live = replace(LET_IN, application=replace(VENDORS, publisher=published_by, owner_tenant_id=whose))
    planned = plan(replace(VENDOR, owner=owner), live, Recorded())
    assert [each.about for each in planned.refusals] == ["publisher"] * refused


@pytest.mark.parametrize(
    ("found", "reason", "remedy"),
    [
        (replace(VENDORS, owner_tenant_id="another"), "it belongs to tenant another, and not to this one", "vendor"),
        (replace(VENDORS, owner_tenant_id="", type="Legacy"), "does not say that it is", "Check `clientId`"),
        (None, "this tenant has no service principal of it", "Check `clientId`"),
        (replace(VENDORS, owner_tenant_id="t"), "", ""),
        (replace(VENDORS, owner_tenant_id="", type="ManagedIdentity"), "", ""),
    ],
    ids=["another tenant's", "nobody says whose", "not there", "this tenant's", "a managed identity"],
)
def test_only_an_identity_of_this_tenant_is_trusted_as_one(
    found: ServicePrincipal | None, reason: str, remedy: str
) -> None:
    live = replace(LET_IN, application=found, service_principal_id=found.id if found else "")
    planned = plan(TENANTS, live, Recorded())
    assert [each.about for each in planned.refusals] == ["owner"] * bool(reason)
    assert all(reason in each.reason and remedy in each.remedy for each in planned.refusals)
    assert not any("ask the vendor" in each.remedy for each in planned.refusals)
    assert planned.grant == (() if reason else ("Read",))


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (replace(VENDORS, owner_tenant_id="t"), "an application of this tenant"),
        (replace(VENDORS, owner_tenant_id="", type="ManagedIdentity"), "a managed identity of this tenant"),
    ],
    ids=["an application", "a managed identity"],
)
def test_of_an_identity_of_this_tenant_no_publisher_is_asked_but_its_owner_is_to_be_said(
    found: ServicePrincipal, what: str
) -> None:
    (refused,) = plan(VENDOR, replace(LET_IN, application=found), Recorded()).refusals
    assert what in refused.reason
    assert "`owner: tenant`" in refused.remedy
    assert "vendor before" not in refused.remedy


def test_a_managed_identity_is_approved_by_graph_where_consent_is_manual() -> None:
    identity = replace(VENDORS, owner_tenant_id="", type="ManagedIdentity")
    (refused,) = plan(
        replace(TENANTS, consent="manual"), replace(LET_IN, application=identity, roles={}), Recorded()
    ).refusals
    assert "has not approved Read yet" in refused.reason
    assert LIVE.approval_page not in refused.remedy
    assert "appRoleAssignedTo" in refused.remedy


def test_all_reasons_of_a_refusal_are_given_at_once() -> None:
    spec = replace(VENDOR, roles=("Reed",), delegated_scopes=("Male",), consent="manual")
    live = replace(LET_IN, application=replace(VENDORS, publisher=""), roles={})
    planned = plan(spec, live, Recorded())
    assert [each.about for each in planned.refusals] == ["offer", "offer", "publisher", "approval"]


@pytest.mark.parametrize(
    ("spec", "roles", "reason"),
    [
        (OWN, {}, "has not approved Read yet"),
        (OWN, {"Read": "1", "Write": "2"}, "leaves it to an administrator"),
        (OWN, {"Read": "1"}, ""),
        (VENDOR, {"Read": "1", "Write": "2"}, "leaves it to an administrator"),
        (VENDOR, {"Read": "1", "Admin": "3"}, ""),
    ],
    ids=["missing", "too much", "as declared", "a vendor's, ours is too much", "a vendor's, others' is not"],
)
def test_with_manual_consent_an_administrator_grants_and_withdraws(
    spec: ConsentSpec, roles: dict[str, str], reason: str
) -> None:
    recorded = replace(OURS, assignments={"Write": "2"}, roles=("Write",))
    planned = plan(replace(spec, consent="manual"), replace(LET_IN, roles=roles), recorded)
    assert [reason in each.reason for each in planned.refusals] == [True] * bool(reason)
    assert replace(planned, refusals=(), keep={}).is_empty


def test_what_was_ours_between_other_service_principals_counts_no_more() -> None:
    recorded = replace(OURS, resource_id="another", assignments={"Write": "1"}, granted_scopes=("Mail",))
    assert plan(VENDOR, LET_IN, recorded) == Plan(grant=("Read",))


def test_the_end_of_a_vendors_consent_leaves_what_others_granted() -> None:
    grant = DelegatedGrant("g", frozenset({"Mail", "Profile"}))
    recorded = replace(OURS, assignments={"Read": "1"}, granted_scopes=("Mail",), service_principal_created=True)
    assert removal(VENDOR, replace(LET_IN, grant=grant), recorded) == Plan(
        withdraw={"Read": "1"},
        delegated=DelegatedChange(grant=grant, after=frozenset({"Profile"})),
        remove_service_principal="p",
    )


def test_a_refresh_shows_what_was_added_to_an_own_application_and_not_what_was_added_to_a_vendors() -> None:
    live = replace(LET_IN, roles={"Read": "1", "Write": "2"})
    assert refreshed(OWN, live, OURS).roles == ("Read", "Write")
    assert refreshed(VENDOR, live, OURS).roles == ("Read",)
    assert refreshed(VENDOR, live, OURS).assignments == {}


@pytest.mark.parametrize(
    ("created", "is_ours"),
    [
        ("2026-11-30T11:59:57Z", False),
        ("2026-11-30T11:59:59Z", True),
        ("2026-11-30T12:00:30.1234567Z", True),
        ("2026-11-30T12:01:03Z", False),
        ("", False),
        ("today", False),
    ],
)
def test_what_is_there_after_a_lost_answer_is_ours_only_if_it_was_made_meanwhile(created: str, is_ours: bool) -> None:
    sent = datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert was_made_by(sent, sent + timedelta(minutes=1), created) is is_ours
