"""What a stack file may say, and what is answered when it says something else."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings import loading
from settings import models as settings
from settings.business_central_permissions import RESOURCES
from settings.client_ids import StackOutput
from settings.credentials import Secrets
from settings.stack_file import StackFile
from settings.yaml_reader import read_yaml

ROOT = Path(__file__).parents[3]
PRESETS = ROOT / "presets"
MAGENTO = {
    "preset": "magento",
    "environments": ["production", "sandbox"],
    "credentials": {"secrets": {"issued": ["2026-11-23"]}},
}
ENVIRONMENTS = {"production": {"name": "Production"}, "sandbox": {"name": "Sandbox"}}
RUNNER = {"preset": "job-queue-runner", "environments": ["production"]}
BUSINESS_CENTRAL = "996def3d-b36c-4153-8607-a6fd3c01b89f"
GRAPH = "00000003-0000-0000-c000-000000000000"


def load(stack_file: Path = Path("stacks/Pulumi.dev.yaml"), **integrations: Any) -> settings.Settings:
    values = {"environments": ENVIRONMENTS, "integrations": integrations or {"magento": MAGENTO}}
    return loading.load(values, presets=PRESETS, stack_file=stack_file)


def problem(**integrations: Any) -> str:
    with pytest.raises(loading.SettingsError) as refused:
        load(**integrations)
    return str(refused.value)


def test_the_preset_carries_what_the_wizard_does_today() -> None:
    magento = load().integrations[0]
    assert magento.display_name == "NaviPartner Magento 2 integration"
    assert magento.roles == ("API.ReadWrite.All", "Automation.ReadWrite.All")
    assert [each.role_id for each in magento.permission_sets] == ["D365 BUS FULL ACCESS", "NPR NP RETAIL"]
    assert magento.contact_information == "NaviPartner"
    assert magento.credentials.secrets is not None
    assert magento.credentials.secrets.lifetime_days <= 180


def test_what_the_stack_file_says_goes_before_the_preset() -> None:
    changed = {
        **MAGENTO,
        "displayName": "Shop",
        "credentials": {"secrets": {"issued": ["2026-11-23"], "lifetimeDays": 7}},
    }
    shop = load(shop=changed).integrations[0]
    assert shop.display_name == "Shop"
    assert shop.credentials.secrets is not None
    assert shop.credentials.secrets.lifetime_days == 7
    assert shop.credentials.secrets.display_name == "NaviPartner M2 integration", "from the preset"


def test_an_environment_can_have_permission_sets_of_its_own() -> None:
    sets = ["D365 READ", {"roleId": "npr np retail", "company": "CRONUS DK"}]
    magento = load(magento={**MAGENTO, "environments": {"production": {"permissionSets": sets}, "sandbox": None}})
    production, sandbox = (magento.integrations[0].access(key) for key in ("production", "sandbox"))
    assert [(each.role_id, each.company) for each in production.permission_sets or ()] == [
        ("D365 READ", None),
        ("NPR NP RETAIL", "CRONUS DK"),
    ]
    assert len(sandbox.permission_sets or ()) == 2
    assert sandbox.description == "NaviPartner Magento 2 integration"


@pytest.mark.parametrize(
    ("label", "read"),
    [
        ("2026-11-15", "2026-11-15"),
        ("2026-11-15b", "2026-11-15b"),
        ("2026-11-15 00:00:00 +0000 UTC", "2026-11-15"),  # how Pulumi hands over an unquoted date
        (date(2026, 11, 15), "2026-11-15"),  # how PyYAML reads one
        ("2026-11-15T00:00:00Z", "2026-11-15"),
    ],
)
def test_a_date_is_understood_in_every_spelling_that_reaches_a_program(label: object, read: str) -> None:
    magento = load(magento={**MAGENTO, "credentials": {"secrets": {"issued": [label]}}}).integrations[0]
    assert magento.credentials.secrets is not None
    assert magento.credentials.secrets.issued == (read,)


@given(
    day=st.dates(date(2000, 1, 1), date(2999, 12, 31)), lifetime=st.integers(1, 180), letter=st.sampled_from(["", "b"])
)
def test_a_secret_ends_its_lifetime_after_its_date(day: date, lifetime: int, letter: str) -> None:
    declared = Secrets(issued=(f"{day}{letter}",), lifetime_days=lifetime)
    assert declared.end_date(declared.issued[0]) == f"{day + timedelta(days=lifetime)}T00:00:00Z"


@pytest.mark.parametrize(
    ("change", "key", "right"),
    [
        ({"preset": "magneto"}, "integrations.magento.preset", "'magento'"),
        ({"rolez": ["API.ReadWrite.All"]}, "integrations.magento.rolez", "'roles'"),
        ({"roles": ["API.ReadWrite.Al"]}, "integrations.magento.roles[0]", "'API.ReadWrite.All'"),
        ({"environments": ["prodction"]}, "integrations.magento.environments.prodction", "'production'"),
        ({"environments": None}, "integrations.magento.environments", "must be a list of keys"),
        ({"permissionSets": ["super"]}, "integrations.magento.permissionSets[0].roleId", "SUPER"),
        ({"permissionSets": [{"roleId": "X", "compny": "Y"}]}, "integrations.magento.permissionSets[0].compny", "'company'"),
        ({"description": "x" * 51}, "integrations.magento.description", "has 51 characters; Business Central allows 50"),
        ({"displayName": "x" * 51}, "integrations.magento", "shorter description"),
        ({"displayName": "x" * 80, "description": ""}, "integrations.magento", "shorter description"),
        ({"displayName": "x" * 130}, "integrations.magento.displayName", "has 130 characters; Entra allows 120"),
        ({"permissionSets": ["x" * 28]}, "integrations.magento.permissionSets[0].roleId", "has 28 characters; Business Central allows 20"),
        ({"displayName": "It's"}, "integrations.magento.displayName", "apostrophe"),
        ({"credentials": {"secrets": {"issued": []}}}, "integrations.magento.credentials.secrets", "commands rotate` adds the first"),
        ({"credentials": {"secrets": {"issued": ["soon"]}}}, "integrations.magento.credentials.secrets.issued[0]", "date like"),
        ({"credentials": {"secrets": {"issued": ["2026-02-30"]}}}, "integrations.magento.credentials.secrets.issued[0]", "not a valid date"),
        ({"credentials": {"secrets": {"issued": ["2026-11-23", "2026-11-23"]}}},
         "integrations.magento.credentials.secrets.issued", "twice"),
        ({"credentials": {"secrets": {"issued": ["2026-11-23"], "overlapDays": 60}}},
         "integrations.magento.credentials.secrets.overlapDays", "not less than half of the 120"),
        ({"credentials": {"secrets": {"issued": ["2026-11-23"], "rotatedBy": "Vault"}}},
         "integrations.magento.credentials.secrets.issued", "must be empty: Vault rotates"),
        ({"credentials": {"secrets": {"rotatedBy": "Vault", "foreignSecrets": "remove"}}},
         "integrations.magento.credentials.secrets.foreignSecrets", "would remove what that one makes: Vault"),
        ({"credentials": {"secrets": {"rotatedBy": "Vault", "custody": {"keyVault": "acme", "secretName": "a"}}}},
         "integrations.magento.credentials.secrets.custody", "is for secrets that this stack makes: Vault"),
        ({"credentials": {"secrets": {"issued": ["2026-11-23"], "maximumLive": 1}}},
         "integrations.magento.credentials.secrets.maximumLive", "must be more than 1"),
        ({"credentials": {"secrets": {"issued": ["2026-11-23"], "lifetimeDays": 365}}},
         "integrations.magento.credentials.secrets.lifetimeDays", "180"),
        ({"credentials": {"federate": []}}, "integrations.magento.credentials.federate", "did you mean 'federated'?"),
        ({"otherPermissions": {"Microsoft Grap": {"roles": ["A"]}}}, "integrations.magento.otherPermissions", "'Microsoft Graph'"),
        ({"otherPermissions": {"Microsoft Graph": {}}},
         "integrations.magento.otherPermissions.00000003-0000-0000-c000-000000000000", "must have roles or"),
        ({"otherPermissions": {BUSINESS_CENTRAL: {"roles": ["A"]}}}, "integrations.magento.otherPermissions", "`roles`"),
        ({"otherPermissions": {"Microsoft Graph": {"roles": ["A"]}, GRAPH: {"roles": ["B"]}}},
         "integrations.magento.otherPermissions", "twice"),
        ({"consent": "later"}, "integrations.magento.consent", "'later' is not allowed; use 'auto' or 'manual'"),
        ({"environments": "production"}, "integrations.magento.environments", "must be a list of keys, [production], or a mapping"),
        ({"credentials": "none"}, "integrations.magento.credentials", "must be a mapping (key: value)"),
        ({"delegatedScopes": ["Everything"]}, "integrations.magento.delegatedScopes[0]", "'user_impersonation'"),
        ({"expectedPublisher": "Somebody"}, "integrations.magento.expectedPublisher", "vendor"),
        ({"adopt": True}, "integrations.magento.adopt", "vendor"),
        ({"roles": []}, "integrations.magento.roles", "at least one role, or `delegatedScopes`"),
        ({"roles": [], "otherPermissions": {"Microsoft Graph": {"delegatedScopes": ["User.Read"]}}},
         "integrations.magento.roles", "roles elsewhere by `otherPermissions`"),
        ({"roles": [], "otherPermissions": {"Microsoft Graph": {"roles": ["User.Read.All"]}}},
         "integrations.magento.environments", "nothing of it is in Business Central"),
        ({"roles": [], "otherPermissions": {"Microsoft Graph": {"roles": ["User.Read.All"]}}},
         "integrations.magento.permissionSets", "nothing of it is in Business Central"),
        ({"redirectUris": {"web": ["http://shop.example/"]}}, "integrations.magento.redirectUris.web[0]", "neither an https"),
        ({"redirectUris": {"web": ["https://shop.example"]}}, "integrations.magento.redirectUris.web[0]", "slash at the end"),
        ({"redirectUris": {"web": ["https://*.example/"]}}, "integrations.magento.redirectUris.web[0]", "without * and #"),
        ({"redirectUris": {"web": ["https://[/"]}}, "integrations.magento.redirectUris.web[0]", "not a valid redirect address"),
        ({"redirectUris": {"web": ["https://a.example/" + "x" * 250]}}, "integrations.magento.redirectUris.web[0]", "has 268 characters"),
        ({"redirectUris": {"publicClient": ["http://a.example/"]}}, "integrations.magento.redirectUris.publicClient[0]", "not of this machine"),
        ({"redirectUris": {"publicClient": ["callback"]}}, "integrations.magento.redirectUris.publicClient[0]", "not a valid redirect address"),
        ({"signInAudience": "PersonalMicrosoftAccount"}, "integrations.magento.signInAudience", "'AzureADMultipleOrgs'"),
        ({"notes": " "}, "integrations.magento.notes", "must not be empty"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_key_and_what_would_be_right(change: dict[str, Any], key: str, right: str) -> None:
    text = problem(magento={**MAGENTO, **change})
    assert f"{key}: " in text
    assert right in text
    assert "nothing was changed" in text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"credentials": {"secrets": {"issued": ["2026-11-23"], "lifetimeDays": 36500}}}, "3650"),
        ({"credentials": {"secrets": {"issued": ["2026-02-30"]}}}, "2026-02-30 is not a valid date"),
        ({"permissionSets": "D365 READ"}, "permissionSets: must be a list"),
        ({"permissionSets": [365]}, "permissionSets[0].roleId: 365 is not a text; put it in quotes"),
        ({"environments": ["production", 3]}, "lists 3, which is not a key"),
        ({"protect": "perhaps"}, "'perhaps' is neither true nor false"),
        ({"displayName": "a\nb"}, "displayName: must be one line"),
        ({"displayName": {"text": "a"}}, "displayName: must be a text"),
        ({"contactInformation": None}, "contactInformation: must be a text"),
        (
            {"credentials": {"secrets": {"issued": ["2026-11-23"], "lifetimeDays": "abc"}}},
            "lifetimeDays: 'abc' is not a whole number",
        ),
        (
            {"credentials": {"secrets": {"issued": ["2026-11-23"], "lifetimeDays": 0}}},
            "lifetimeDays: must be more than 0",
        ),
        ({"roles": ["nope"]}, "roles[0]: 'nope' is not allowed"),
        ({"expectedPublisher": 7}, "expectedPublisher.displayName: 7 is not a text"),
        ({"displayName": 7}, "7 is not a text"),
        ({"preset": 7}, "there is no preset 7"),
    ],
)
def test_values_of_a_wrong_kind_are_named_in_plain_words(change: dict[str, Any], says: str) -> None:
    text = problem(magento={**MAGENTO, **change})
    assert says in text
    assert "tuple" not in text
    assert text.startswith("1 problem"), "and nothing that only follows from it"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"state": "Disabled"}, "unknown key; `state` belongs under `integrations.magento.environments.<key>`"),
        ({"baseUrl": "https://bc.example"}, "unknown key; `baseUrl` belongs under `environments.<key>`"),
        ({"company": "CRONUS"}, "unknown key; `company` belongs under `integrations.magento.permissionSets[]`"),
        ({"maximumSecretLifetimeDays": 9}, "unknown key; `maximumSecretLifetimeDays` belongs at the top level"),
        ({"environments": {"production": {"displayName": "A"}}}, "unknown key; `displayName` belongs under `integrations.magento`"),
    ],
)  # fmt: skip
def test_a_key_in_the_wrong_place_is_told_where_it_belongs(change: dict[str, Any], says: str) -> None:
    assert problem(magento={**MAGENTO, **change}).endswith(says)


@pytest.mark.parametrize(
    "change",
    [
        {"expectedPublisher": {"displayName": "A", "a": "B"}},
        {"permissionSets": [{"roleId": "A", "adop": "B"}]},
        {"environments": {"production": {"consnet": "auto"}}},
    ],
)
def test_a_key_that_exists_elsewhere_is_not_suggested_here(change: dict[str, Any]) -> None:
    text = problem(runner={**RUNNER, **change})
    assert text.endswith(": unknown key")


def test_a_secret_that_stands_in_a_wrong_place_is_not_repeated() -> None:
    secret = "abc8Q~" + "x" * 34
    everywhere = {
        "clientId": secret,
        "preset": secret,
        "consent": secret,
        "protect": secret,
        "roles": [secret],
        "owners": [secret],
        "contactInformation": {"secret": secret},
        "credentials": {"secrets": {"issued": [secret], "lifetimeDays": secret, "displayName": [secret]}},
    }
    for key, value in everywhere.items():
        assert secret not in problem(magento={**MAGENTO, key: value}), key


def test_an_unknown_environment_is_named_beside_what_else_is_wrong() -> None:
    text = problem(magento={**MAGENTO, "roles": ["nope"], "environments": ["prodction"]})
    assert text.startswith("2 problems")
    assert "integrations.magento.roles[0]: 'nope'" in text
    assert "integrations.magento.environments.prodction: there is no environment" in text


def test_environments_that_are_no_mapping_are_one_problem() -> None:
    with pytest.raises(loading.SettingsError, match=r"^1 problem.*\n  environments: must be a mapping"):
        loading.load({"environments": [], "integrations": {"magento": MAGENTO}}, presets=PRESETS, stack_file=Path("x"))


def test_integrations_that_are_a_list_are_told_to_be_a_mapping() -> None:
    with pytest.raises(loading.SettingsError, match="integrations: must be a mapping: each integration's key, and"):
        loading.load({"environments": ENVIRONMENTS, "integrations": [MAGENTO]}, presets=PRESETS, stack_file=Path("x"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a: [", "shop.yaml is not valid YAML"),
        ("", "shop.yaml must be a mapping"),
        ("a: 1\na: 2", "shop.yaml is not valid YAML"),
    ],
)
def test_a_preset_that_cannot_be_used_is_a_problem(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "shop.yaml").write_text(content)
    values = {"environments": ENVIRONMENTS, "integrations": {"shop": {"preset": "shop"}}}
    with pytest.raises(loading.SettingsError, match=rf"integrations\.shop\.preset: {says}"):
        loading.load(values, presets=tmp_path, stack_file=Path("x"))


def test_a_preset_is_read_as_a_stack_file_is(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("permissionSets: [{roleId: 'A', company: NO}]\nproof: off\n")
    shop = {"preset": "shop", "displayName": "Shop", "roles": ["app_access"], "environments": ["production"]}
    loaded = loading.load(
        {"environments": ENVIRONMENTS, "integrations": {"shop": shop}}, presets=tmp_path, stack_file=Path("x")
    )
    assert loaded.integrations[0].permission_sets[0].company == "NO"
    assert loaded.integrations[0].proof == "off"


def test_an_empty_integration_is_a_mistake_and_not_the_wish_to_delete_it() -> None:
    assert "integrations.magento: has no settings" in problem(magento={}, other=MAGENTO)


def test_environments_are_compared_without_case() -> None:
    values = {"environments": {"a": {"name": "Live", "formerly": ["test"]}, "b": {"name": "Test"}}, "integrations": {}}
    with pytest.raises(loading.SettingsError, match=r"environments\.a\.formerly"):
        loading.load(values, presets=PRESETS, stack_file=Path("x.yaml"))


@pytest.mark.parametrize("text", ["", "[Production", "{", "plain", "[" * 100_000, "[" + "9" * 5000])
def test_a_value_that_is_no_json_is_a_text(text: str) -> None:
    assert loading.decode_configuration_value(text) == text


@pytest.mark.parametrize("content", ["config: {x: [2026-02-30]}", "\t", "config: [", "\xff" * 3, "", "[" * 3000])
def test_a_stack_file_that_cannot_be_read_has_no_lines(tmp_path: Path, content: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(content, encoding="latin-1")
    assert StackFile(file, settings.PROJECT, {}).line(["integrations"]) is None


@pytest.mark.parametrize(
    ("change", "key", "right"),
    [
        ({"expectedPublisher": None}, "integrations.runner.clientId", "`expectedPublisher`"),
        ({"expectedPublisher": {"verifiedPublisherId": "1", "displayName": "A"}},
         "integrations.runner.expectedPublisher", "either displayName or"),
        ({"credentials": {"secrets": {"issued": ["2026-11-23"], "lifetimeDays": 90}}},
         "integrations.runner.credentials", "vendor"),
        ({"owners": ["11111111-2222-4333-8444-555555555555"]}, "integrations.runner.owners", "vendor"),
        ({"clientId": "runner"}, "integrations.runner.clientId", "GUID"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_vendors_application_is_named(change: dict[str, Any], key: str, right: str) -> None:
    text = problem(runner={**RUNNER, **change})
    assert f"{key}: " in text
    assert right in text


def test_a_vendors_application_has_a_publisher_by_name_or_by_id_and_no_credential() -> None:
    by_name = load(runner=RUNNER).integrations[0]
    assert by_name.client_id == "bdf6bb95-9dad-4504-91ab-8404427f4043"
    assert by_name.expected_publisher == settings.Publisher(display_name="Navi Partner København ApS")
    assert by_name.credentials.secrets is None
    by_id = load(runner={**RUNNER, "expectedPublisher": {"verifiedPublisherId": "6158310"}}).integrations[0]
    assert by_id.expected_publisher == settings.Publisher(verified_publisher_id="6158310")


IDENTITY = {
    "displayName": "Nightly export",
    "clientId": "0BADC0DE-0000-4000-8000-000000000007",
    "owner": "tenant",
    "roles": ["API.ReadWrite.All"],
    "environments": ["production"],
}
FROM_ANOTHER_STACK = {"stack": "acme/identities/prod", "output": "exportClientId"}


def test_an_identity_of_this_tenant_needs_no_publisher() -> None:
    by_id = load(export=IDENTITY).integrations[0]
    assert (by_id.owner, by_id.client_id) == ("tenant", "0badc0de-0000-4000-8000-000000000007")
    assert by_id.publisher == {}
    by_output = load(export={**IDENTITY, "clientId": FROM_ANOTHER_STACK}).integrations[0]
    assert by_output.owner == "tenant"
    assert by_output.client_id == StackOutput(**FROM_ANOTHER_STACK)


def test_the_application_of_a_client_id_is_a_vendors_unless_the_stack_file_says_otherwise() -> None:
    assert load(runner=RUNNER).integrations[0].owner == "vendor"
    assert load(runner={**RUNNER, "owner": "vendor"}).integrations[0].owner == "vendor"
    assert load(magento=MAGENTO).integrations[0].owner == "own"


@pytest.mark.parametrize(
    ("change", "key", "right"),
    [
        ({"owner": "vendor"}, "clientId", "say `owner: tenant` instead"),
        ({"owner": None}, "clientId", "say `owner: tenant` instead"),
        ({"owner": "us"}, "owner", "'vendor' or 'tenant'"),
        ({"clientId": None}, "owner", "`clientId` is, which is missing"),
        ({"expectedPublisher": "Somebody"}, "expectedPublisher", "leave it out"),
        ({"credentials": {"secrets": {"issued": ["2026-11-23"], "lifetimeDays": 90}}}, "credentials", "the team that made it"),
        ({"owners": ["11111111-2222-4333-8444-555555555555"]}, "owners", "the team that made it"),
        ({"clientId": "export"}, "clientId", "GUID"),
        ({"clientId": ["export"]}, "clientId", "must be a text"),
        ({"clientId": {"stack": "acme/identities/prod"}}, "clientId.output", "is missing"),
        ({"clientId": {**FROM_ANOTHER_STACK, "ouput": "x"}}, "clientId.ouput", "unknown key (did you mean 'output'?)"),
        ({"clientId": {**FROM_ANOTHER_STACK, "output": 7}}, "clientId.output", "7 is not a text"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_identity_of_this_tenant_is_named(change: dict[str, Any], key: str, right: str) -> None:
    text = problem(export={**IDENTITY, **change})
    assert f"integrations.export.{key}: " in text
    assert right in text
    assert "vendor's own" not in text


def test_the_output_of_another_stack_under_two_keys_is_refused() -> None:
    one = {**IDENTITY, "clientId": FROM_ANOTHER_STACK}
    text = problem(export=one, other={**one, "displayName": "Other"})
    assert "has the same clientId as integrations.export" in text
    assert "output exportClientId of stack acme/identities/prod" in text


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "there is no output"), ("export", "a GUID"), (["x"], "a GUID"), (7, "a GUID")],
)
def test_the_output_of_another_stack_has_to_be_a_client_id(value: object, said: str) -> None:
    output = StackOutput(stack="acme/identities/prod", output="exportClientId")
    with pytest.raises(ValueError, match="exportClientId of stack acme/identities/prod") as refused:
        output.client_id(value)
    assert said in str(refused.value)
    assert output.client_id("0BADC0DE-0000-4000-8000-000000000007") == "0badc0de-0000-4000-8000-000000000007"


def test_one_vendors_application_under_two_keys_is_refused() -> None:
    assert "has the same clientId as integrations.runner" in problem(runner=RUNNER, other=RUNNER)


def test_a_vendors_application_may_be_called_as_one_of_ours_is() -> None:
    assert len(
        load(magento=MAGENTO, runner={**RUNNER, "displayName": "NaviPartner Magento 2 integration"}).integrations
    )


@pytest.mark.parametrize(("name", "app_id"), RESOURCES.items())
def test_a_resource_is_known_by_its_name_and_by_its_id(name: str, app_id: str) -> None:
    by_name, by_id = (
        load(magento={**MAGENTO, "otherPermissions": {key: {"roles": ["User.Read.All"]}}}).integrations[0]
        for key in (name, app_id.upper())
    )
    assert list(by_name.other_permissions) == list(by_id.other_permissions) == [app_id]


@pytest.mark.parametrize("preset", ["job-queue-runner", "adyen-webhook", "shopify-webhooks"])
def test_the_presets_of_vendors_name_application_publisher_and_permission_set(preset: str) -> None:
    vendors = load(vendor={"preset": preset, "environments": ["production"]}).integrations[0]
    assert vendors.client_id
    assert vendors.expected_publisher
    assert len(vendors.permission_sets) == 1


def test_all_mistakes_are_named_at_once() -> None:
    text = problem(magento={**MAGENTO, "rolez": []}, other={"preset": "none", "environments": ["production"]})
    assert "rolez" in text
    assert "integrations.other.preset" in text


def test_two_keys_for_one_environment_are_refused() -> None:
    values = {"environments": {**ENVIRONMENTS, "prod": {"name": "PRODUCTION"}}, "integrations": {"magento": MAGENTO}}
    with pytest.raises(loading.SettingsError, match=r"environments\.prod: .*environments\.production"):
        loading.load(values, presets=PRESETS, stack_file=Path("x.yaml"))


def test_two_integrations_with_one_display_name_are_refused() -> None:
    text = problem(magento=MAGENTO, shop=MAGENTO)
    assert "integrations.shop: has the same displayName as integrations.magento ('NaviPartner Magento 2 int" in text
    assert "display names must be unique" in text


def test_keys_that_make_one_logical_name_twice_are_refused() -> None:
    plain = {"displayName": "A", "roles": ["API.ReadWrite.All"], "environments": ["one"]}
    values = {
        "environments": {"one": {"name": "b-c"}, "two": {"name": "c"}},
        "integrations": {"a": plain, "a-b": {**plain, "displayName": "B", "environments": ["two"]}},
    }
    with pytest.raises(loading.SettingsError, match="'a-b-c'"):
        loading.load(values, presets=PRESETS, stack_file=Path("x.yaml"))


def test_a_message_names_the_line_of_the_stack_file(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(
        "# a comment\nconfig:\n  entra-business-central:environments: {production: {name: Production}}\n"
        "  entra-business-central:integrations:\n    magento:\n      preset: magento\n"
        "      environments: [production]\n      rolez: []\n"
    )
    content = read_yaml(file.read_text())["config"]
    values = {key.split(":")[1]: value for key, value in content.items()}
    with pytest.raises(loading.SettingsError, match=r"line 8, integrations\.magento\.rolez"):
        loading.load(values, presets=PRESETS, stack_file=file)


def test_a_value_from_elsewhere_has_no_line_of_the_stack_file(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(
        "config:\n  entra-business-central:environments: {production: {name: Production}}\n"
        "  entra-business-central:integrations:\n    warehouse: {preset: magento}\n"
    )
    values = {"environments": {"production": {"nam": "Live"}}, "integrations": {"warehouse": {"preset": "magneto"}}}
    with pytest.raises(loading.SettingsError) as refused:
        loading.load(values, presets=PRESETS, stack_file=file)
    assert re.search(r"^  environments\.production", str(refused.value), re.M), "it has other keys there"
    assert "line 4, integrations.warehouse.preset" in str(refused.value)


def test_a_misspelt_top_key_is_refused() -> None:
    values = {"environments": ENVIRONMENTS, "integrations": {"magento": MAGENTO}, "enviroments": {}}
    with pytest.raises(loading.SettingsError, match="'environments'"):
        loading.load(values, presets=PRESETS, stack_file=Path("x.yaml"))


def test_the_annotated_example_is_valid() -> None:
    content = read_yaml((ROOT / "stacks/Pulumi.example.yaml").read_text())["config"]
    values = {key.split(":")[1]: value for key, value in content.items() if key.startswith(settings.PROJECT)}
    assert loading.load(values, presets=PRESETS, stack_file=Path("x.yaml")).integrations[0].key == "magento"


COMPANION = {"file": "companion.app"}


def test_the_companion_extension_is_asked_for_in_a_stack_of_its_own() -> None:
    values = {"environments": ENVIRONMENTS, "companionExtension": COMPANION}
    declared = loading.load(values, presets=PRESETS, stack_file=Path("x.yaml"))
    assert declared.companion_extension is not None
    assert declared.integrations == ()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {"companionExtension": COMPANION, "integrations": {"magento": MAGENTO}},
            "companionExtension: belongs in a stack of its own",
        ),
        (
            {"companionExtension": {**COMPANION, "environments": ["prod"]}},
            r"companionExtension.environments\[0\]: .*'production'",
        ),
        ({"companionExtension": {**COMPANION, "chanel": "automation"}}, "companionExtension.chanel: .*'channel'"),
        ({"companionExtension": {}}, "companionExtension.file: is missing"),
    ],
)
def test_what_is_wrong_with_the_companion_extension_is_named(values: dict[str, Any], says: str) -> None:
    with pytest.raises(loading.SettingsError, match=says):
        loading.load({"environments": ENVIRONMENTS, **values}, presets=PRESETS, stack_file=Path("x.yaml"))


@pytest.mark.parametrize(
    ("environments", "says"),
    [
        ({"a": {"name": "A", "formerly": ["B"]}, "b": {"name": "B"}}, r"environments\.a\.formerly: names 'B'"),
        (
            {"a": {"name": "A", "formerly": ["Old"]}, "b": {"name": "B", "formerly": ["OLD"]}},
            r"environments\.b\.formerly: names 'OLD', as environments\.a\.formerly does",
        ),
        ({"a": {"name": "A", "baseUrl": "http://bc.example:7048/BC"}}, "in the clear"),
        ({"a": {"name": "A", "baseUrl": "https://user:password@bc.example/BC"}}, "BUSINESS_CENTRAL_USER"),
        ({"a": {"name": "A", "scope": "api://bc/.default"}}, "environments.a.scope: is for a server or container"),
        ({"a": {"name": "A", "baseUrl": "https://bc.example/BC", "scope": "api://bc"}}, "api://bc.example/.default"),
        ({"a": {"name": "A", "baseUrl": "https://bc.example/BC", "scope": "a b/.default"}}, "Application ID URI"),
        ({"a": {"name": "A", "baseUrl": "https://bc.example/BC", "scope": "/.default"}}, "Application ID URI"),
    ],
)
def test_what_is_wrong_with_an_environment_is_named(environments: dict[str, Any], says: str) -> None:
    with pytest.raises(loading.SettingsError, match=says) as refused:
        loading.load({"environments": environments, "integrations": {}}, presets=PRESETS, stack_file=Path("x.yaml"))
    assert "user:password" not in str(refused.value)


def test_a_former_key_that_is_still_used_is_refused() -> None:
    assert "integrations.shop.formerly: names 'magento'" in problem(
        magento=MAGENTO, shop={**MAGENTO, "displayName": "Shop", "formerly": ["magento"]}
    )


def test_a_former_key_of_two_integrations_is_refused() -> None:
    assert "integrations.shop.formerly: names 'web', as integrations.magento.formerly does" in problem(
        magento={**MAGENTO, "formerly": ["web"]}, shop={**MAGENTO, "displayName": "Shop", "formerly": ["web"]}
    )


def test_an_integration_may_be_renamed_to_other_letters() -> None:
    assert load(web={**MAGENTO, "formerly": ["Web"]}).integrations[0].formerly == ("Web",)


def test_two_integrations_do_not_share_a_secret_of_a_vault() -> None:
    def lies(where: str, vault: str, name: str) -> dict[str, Any]:
        place = {"keyVault": vault, "secretName": name}
        return {"credentials": {"secrets": {"issued": ["2026-11-23"], where: place}}}

    one = {**MAGENTO, **lies("deliver", "Shops", "magento")}
    other = {**MAGENTO, "displayName": "Other"}
    text = problem(one=one, other={**other, **lies("custody", "shops", "Magento")})
    assert "integrations.other.credentials.secrets.custody.secretName" in text
    assert "is that of integrations.one too" in text
    assert len(load(one=one, other={**other, **lies("deliver", "shops", "magento2")}).integrations) == 2
