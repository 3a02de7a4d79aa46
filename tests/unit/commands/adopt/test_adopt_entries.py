"""An entry of the stack file says exactly what was found, and the import file too: so that nothing differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pulumi.dynamic.dynamic import serialize_provider

from clients.graph.objects import ServicePrincipal
from commands.adopt.entries import Entry, entry, key_for
from commands.adopt.faults import obstacle
from commands.adopt.found import Found
from commands.adopt.import_file import import_file, pickled
from commands.adopt.stack_file import with_entries
from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.base import Provider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from reconcilers.registration.plan import plan
from reconcilers.registration.spec import Live, RegistrationSpec
from settings.loading import load, project_configuration
from settings.models import Environment, Settings
from settings.registrations import declared_registration
from settings.writing import as_written
from settings.yaml_reader import read_yaml
from tests.support.found import APP, DEFINITIONS, KEY_ID, NOW, OTHER_APP, foreign, own, registered, secret

ROOT = Path(__file__).parents[4]
ENVIRONMENTS = {"production": Environment(name="Production"), "sandbox": Environment(name="Sandbox")}
NAMES = {key: each.name for key, each in ENVIRONMENTS.items()}
RESOURCE = ServicePrincipal("bc", "996def3d-b36c-4153-8607-a6fd3c01b89f", "BC", {}, frozenset(), "", "", "")


def made(found: Found, **more: Any) -> Entry:
    assert not obstacle(found, NOW)
    return entry(found, "shop", environments=ENVIRONMENTS, **more)


def written(found: Found) -> dict[str, Any]:
    return as_written(made(found).integration)


def loaded(text: str) -> Settings:
    values = project_configuration(read_yaml(text)["config"])
    return load(values, presets=ROOT / "presets", stack_file=Path("stacks/Pulumi.dev.yaml"))


def test_what_is_the_same_everywhere_is_said_once() -> None:
    there = registered(("D365 READ", "", APP), contact_information="NaviPartner")
    assert written(own(registrations={"production": there, "sandbox": there})) == {
        "displayName": "Shop",
        "contactInformation": "NaviPartner",
        "roles": ["API.ReadWrite.All"],
        "permissionSets": ["D365 READ"],
        "environments": ["production", "sandbox"],
    }


def test_what_differs_is_said_at_each_environment() -> None:
    registrations = {
        "production": registered(("D365 READ", "", APP), ("WAREHOUSE API", "CRONUS DK", OTHER_APP)),
        "sandbox": registered(
            ("D365 READ", "", APP), description="Shop, test", state="Disabled", user_state="Disabled"
        ),
    }
    said = written(own("Webshop", registrations=registrations))
    ambiguous = {"roleId": "WAREHOUSE API", "company": "CRONUS DK", "scope": "System", "appId": OTHER_APP}
    assert said["environments"] == {
        "production": {"permissionSets": ["D365 READ", ambiguous], "description": "Shop"},
        "sandbox": {"permissionSets": ["D365 READ"], "description": "Shop, test", "state": "Disabled"},
    }
    assert "permissionSets" not in said


def test_secrets_are_known_by_their_key_ids_and_super_is_kept_though_no_file_can_name_it() -> None:
    found = own(
        secrets=[secret("M2 - %1", "2126-01-01T00:00:00Z")],
        registrations={"production": registered(("SUPER", "", APP), ("D365 READ", "", APP))},
    )
    said = written(found)
    assert said["credentials"] == {"secrets": {"lifetimeDays": 120, "known": [KEY_ID]}}
    assert (said["permissionSets"], said["additionalPermissionSets"]) == (["D365 READ"], "keep")
    assert as_written(made(found, maximum_lifetime_days=30).integration)["credentials"]["secrets"]["lifetimeDays"] == 30
    text = with_entries("", [made(found)], environments=NAMES, tenant_id="t")
    assert f"- {KEY_ID}  # M2 - %1, ends 2126-01-01\n" in text


def test_what_the_first_up_changes_beside_the_tag_is_said() -> None:
    asks_for_more = frozenset(
        {("00000003-0000-0000-c000-000000000000", "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "Scope")}
    )
    found = own(
        "Anna's shop",
        requested=asks_for_more,
        tags=frozenset({"team:retail"}),
        registrations={"production": registered(permission_granted=False)},
    )
    renamed, tags, fewer, more, mark = made(found).changes
    assert renamed.startswith("it is renamed to 'Annas shop'")
    assert tags == "its tags go: team:retail"
    assert fewer.startswith("it no longer asks for e1fe6dd8-ba31-4d61-89e7-88639da4683d of 00000003-0000")
    assert more.startswith("it asks for API.ReadWrite.All too")
    assert mark.startswith("in production the registration says from then on that consent was granted")


def test_a_shared_name_is_changed_since_azuread_changes_no_application_while_another_has_its_name() -> None:
    assert made(own(shares_name_with=["x"])).integration.display_name == "Shop (shop)"
    assert made(own(), taken={"shop"}).integration.display_name == "Shop (shop)"
    assert made(own("Shop" * 30, shares_name_with=["x"])).integration.display_name == f"{('Shop' * 30)[:113]} (shop)"


def test_a_vendors_application_and_a_managed_identity_say_whose_they_are() -> None:
    assert written(foreign())["expectedPublisher"] == "Vendor ApS"
    identity = written(foreign(type="ManagedIdentity", publisher=""))
    assert (identity["owner"], "expectedPublisher" in identity) == ("tenant", False)


def test_people_sign_in_where_there_are_delegated_permissions_only() -> None:
    found = own(roles=(), scopes=["user_impersonation"], public_client=("http://localhost",), registrations={})
    assert written(found) == {
        "displayName": "Shop",
        "delegatedScopes": ["user_impersonation"],
        "redirectUris": {"publicClient": ["http://localhost"]},
    }


@pytest.mark.parametrize(
    ("name", "taken", "key"),
    [
        ("NaviPartner Magento 2 integration", (), "navipartner-magento-2-integration"),
        ("Shop", ("shop", "shop-2"), "shop-3"),
        ("2 shops", (), "app-2-shops"),
        ("København", (), "k-benhavn"),
        ("注文", (), "app"),
    ],
)
def test_a_key_is_made_of_the_name(name: str, taken: tuple[str, ...], key: str) -> None:
    assert key_for(name, taken) == key


def test_a_provider_is_pickled_as_pulumi_does() -> None:
    for provider in (AdminConsentProvider, BusinessCentralRegistrationProvider):
        assert pickled(provider.__module__, provider.__name__) == serialize_provider(provider())


_SETS = st.lists(
    st.sampled_from([(each.role_id, company, each.app_id) for each in DEFINITIONS for company in ("", "CRONUS DK")]),
    unique=True,
    max_size=6,
)
_TEXT = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), max_size=50).map(str.strip)


@st.composite
def _found(draw: st.DrawFn) -> Found:
    registrations = {}
    for key in draw(st.sampled_from([["production"], ["sandbox"], ["production", "sandbox"]])):
        state = draw(st.sampled_from(["Enabled", "Disabled"]))
        registrations[key] = registered(
            *draw(_SETS),
            description=draw(_TEXT.filter(bool)),
            contact_information=draw(_TEXT),
            permission_granted=draw(st.booleans()),
            state=state,
            user_state=state,
        )
    return own(
        draw(_TEXT.filter(lambda each: bool(each.replace("'", "")))),
        secrets=draw(st.lists(st.builds(secret, _TEXT), max_size=1)),
        registrations=registrations,
        roles=draw(st.sampled_from([["API.ReadWrite.All"], ["Automation.ReadWrite.All", "app_access"]])),
        shares_name_with=draw(st.sampled_from([(), ("x",)])),
        enabled=draw(st.booleans()),
    )


@given(_found())
@example(  # with the key behind it, its name is too long for a description
    own(
        "n" * 44,
        shares_name_with=("x",),
        roles=["API.ReadWrite.All"],
        registrations={key: registered(description=key, user_state="Enabled") for key in ("production", "sandbox")},
    )
)
@examples(max_examples=50)
def test_the_file_gives_back_what_was_found_and_nothing_in_business_central_is_to_be_changed(found: Found) -> None:
    """Whatever is there: the plan of the first `up` is empty, but for the mark that consent was granted."""
    taken_over = made(found)
    settings = loaded(with_entries("", [taken_over], environments=NAMES, tenant_id="t"))
    (integration,) = settings.integrations
    assert integration == taken_over.integration
    resources = {
        each["logicalName"]: each
        for each in import_file([taken_over], settings.environments, RESOURCE)["resources"]
        if "logicalName" in each and "inputs" in each
    }
    assert resources["shop"]["inputs"]["roles"] == sorted(found.roles)
    for key in integration.environments:
        declared = declared_registration(integration, key, settings.environments[key])
        spec = RegistrationSpec.from_mapping({**declared, "client_id": found.client_id})
        there = found.registrations[key]
        live = Live(there.row, there.held, ("CRONUS DK",), DEFINITIONS)
        done = plan(spec, live, None)
        assert not done.refusals
        assert [done.user_creation, done.assign, done.unassign] == [None, (), ()]
        assert {each.name for each in done.changes} <= {"permission_granted"}
        inputs = resources[f"shop-{key}"]["inputs"]
        provider = BusinessCentralRegistrationProvider()
        filled = {**provider.defaults, **inputs}
        normalised, failures = provider.normalise({**provider.defaults, **declared, "client_id": found.client_id})
        assert not failures
        differs = provider.changed({**filled, "user_id": "u1"}, normalised)
        assert differs <= {"permission_granted"}
        assert not provider.replaces(filled, normalised)
    kinds: dict[str, type[Provider]] = {"shop": AdminConsentProvider}
    kinds |= {f"shop-{key}": BusinessCentralRegistrationProvider for key in found.registrations}
    for name, by in kinds.items():
        outputs, id_ = resources[name]["outputs"], resources[name]["id"]
        assert by.recorded_outputs(outputs, id_) == outputs, "as the provider records it"
