"""What is wrong in a stack file is named: with its key, its line, and what would be right; all of it at once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from settings import loading
from settings.models import Settings
from settings.values import LIMITED_BY
from settings.yaml_reader import read_yaml
from tests.support.loaded_settings import ENVIRONMENTS, MAGENTO, PRESETS, RUNNER, problem

BUSINESS_CENTRAL = "996def3d-b36c-4153-8607-a6fd3c01b89f"
GRAPH = "00000003-0000-0000-c000-000000000000"


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
        ({"credentials": {"secrets": {"custody": {"keyVault": "kv", "secretName": "a"}}}},
         "integrations.magento.credentials.secrets.custody.keyVault", "has 2 characters; it takes 3 at least"),
        ({"credentials": {"secrets": {"custody": {"keyVault": "k" * 25, "secretName": "a"}}}},
         "integrations.magento.credentials.secrets.custody.keyVault", "has 25 characters; Key Vault allows 24"),
        ({"credentials": {"federated": [{"name": "own", "issuer": "https://i.example", "subject": "x" * 601}]}},
         "integrations.magento.credentials.federated[0].subject", "has 601 characters; Entra allows 600"),
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


def test_an_empty_integration_is_a_mistake_and_not_the_wish_to_delete_it() -> None:
    assert "integrations.magento: has no settings" in problem(magento={}, other=MAGENTO)


def test_all_mistakes_are_named_at_once() -> None:
    text = problem(magento={**MAGENTO, "rolez": []}, other={"preset": "none", "environments": ["production"]})
    assert "rolez" in text
    assert "integrations.other.preset" in text


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


def test_of_each_limit_of_a_text_a_message_knows_whose_it_is() -> None:
    assert set(re.findall(r'"maxLength": (\d+)', json.dumps(Settings.model_json_schema()))) == set(map(str, LIMITED_BY))
