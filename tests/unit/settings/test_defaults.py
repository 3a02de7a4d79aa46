"""What stands in `defaults`, whom it reaches, and what goes before it; and where a value of an integration comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from settings import loading
from settings.credentials import Secrets
from settings.defaults import DefaultAccess, Defaults, DefaultSecrets
from settings.explain import Explained, explained
from settings.models import PROJECT, Access, Integration, Settings
from settings.yaml_reader import read_yaml

ROOT = Path(__file__).parents[3]
ENVIRONMENTS = {"production": {"name": "Production"}, "sandbox": {"name": "Sandbox"}}
SECRETS = {"secrets": {"issued": ["2026-11-23"]}}
PLAIN = {"displayName": "Plain", "roles": ["API.ReadWrite.All"], "environments": ["production", "sandbox"]}
VENDOR = {"preset": "job-queue-runner", "environments": ["production"]}
OWNER = "11111111-2222-3333-4444-555555555555"


def load(defaults: Any, **integrations: Any) -> Settings:
    values = {"environments": ENVIRONMENTS, "defaults": defaults, "integrations": integrations}
    return loading.load(values, presets=ROOT / "presets", stack_file=Path("x.yaml"))


def one(defaults: Any, entry: dict[str, Any]) -> Integration:
    return load(defaults, one=entry).integrations[0]


def test_a_default_is_used_where_neither_the_integration_nor_its_preset_says_the_key() -> None:
    defaults = {
        "contactInformation": "it",
        "protect": True,
        "credentials": {"secrets": {"lifetimeDays": 30, "overlapDays": 7}},
    }
    plain = one(defaults, {**PLAIN, "credentials": SECRETS})
    assert (plain.contact_information, plain.protect) == ("it", True)
    assert plain.credentials.secrets
    assert (plain.credentials.secrets.lifetime_days, plain.credentials.secrets.overlap_days) == (30, 7)
    magento = one(
        defaults, {"preset": "magento", "environments": ["production"], "protect": False, "credentials": SECRETS}
    )
    assert (magento.contact_information, magento.protect) == ("NaviPartner", False)
    assert magento.credentials.secrets
    assert (magento.credentials.secrets.lifetime_days, magento.credentials.secrets.overlap_days) == (120, 7)


def test_what_is_about_an_application_of_one_s_own_does_not_reach_a_vendor_s() -> None:
    defaults = {
        "owners": [OWNER], "notes": "ours", "serviceManagementReference": "4711", "enabled": True, "consent": "manual",
        "credentials": {"secrets": {"lifetimeDays": 30}},
    }  # fmt: skip
    vendor = one(defaults, VENDOR)
    assert (vendor.owners, vendor.notes, vendor.enabled, vendor.credentials.secrets) == ((), None, None, None)
    assert vendor.consent == "manual"
    own = one(defaults, PLAIN)
    assert (own.owners, own.notes, own.service_management_reference, own.enabled) == ((OWNER,), "ours", "4711", True)
    assert own.credentials.secrets is None, "no secret is made by a default"
    assert one(defaults, {"preset": "mcp-host"}).credentials.secrets is None


@pytest.mark.parametrize(
    ("entry", "production", "sandbox"),
    [
        ({}, ("remove", "Enabled", "on", "it"), ("keep", "Disabled", "off", "test")),
        ({"contactInformation": "shop"}, ("remove", "Enabled", "on", "shop"), ("keep", "Disabled", "off", "shop")),
        (
            {"additionalPermissionSets": "remove", "proof": "on"},
            ("remove", "Enabled", "on", "it"),
            ("remove", "Disabled", "on", "test"),
        ),
        (
            {"environments": {"production": None, "sandbox": {"state": "Enabled", "contactInformation": "here"}}},
            ("remove", "Enabled", "on", "it"),
            ("keep", "Enabled", "off", "here"),
        ),
    ],
)
def test_a_default_of_one_environment_goes_behind_what_an_integration_says_of_any(
    entry: dict[str, Any], production: tuple[str, ...], sandbox: tuple[str, ...]
) -> None:
    there = {"additionalPermissionSets": "keep", "state": "Disabled", "proof": "off", "contactInformation": "test"}
    plain = one({"contactInformation": "it", "environments": {"sandbox": there}}, {**PLAIN, **entry})

    def access(key: str) -> tuple[Any, ...]:
        found = plain.access(key)
        return found.additional_permission_sets, found.state, found.proof, found.contact_information

    assert (access("production"), access("sandbox")) == (production, sandbox)


def test_no_integration_gets_an_environment_by_a_default() -> None:
    there = {"environments": {"sandbox": {"state": "Disabled"}}}
    assert list(one(there, {**PLAIN, "environments": ["production"]}).environments) == ["production"]
    assert one(there, {**PLAIN, "environments": []}).environments == {}


@pytest.mark.parametrize(
    ("defaults", "says"),
    [
        ({"permissionSets": ["D365 READ"]}, "defaults.permissionSets: unknown key; `permissionSets` belongs under"),
        ({"protect": "perhaps"}, "defaults.protect: 'perhaps' is neither true nor false"),
        (
            {"environments": {"sandbx": {}}},
            "defaults.environments.sandbx: there is no environment 'sandbx' (did you mean 'sandbox'?)",
        ),
        ({"owners": ["x"]}, r"defaults.owners[0]: must be an id"),
        (["x"], "defaults: must be a mapping"),
    ],
)
def test_what_is_wrong_in_defaults_is_told_once(defaults: Any, says: str) -> None:
    with pytest.raises(loading.SettingsError) as refused:
        load(defaults, a=PLAIN, b={**PLAIN, "displayName": "B"})
    assert str(refused.value).startswith("1 problem")
    assert says in str(refused.value)


def test_a_lifetime_of_defaults_is_bounded_as_any_other() -> None:
    with pytest.raises(loading.SettingsError, match="365 days is longer than the 180 that are allowed"):
        load({"credentials": {"secrets": {"lifetimeDays": 365}}}, a={**PLAIN, "credentials": SECRETS})


@pytest.mark.parametrize(
    ("part", "whole"), [(Defaults, Integration), (DefaultAccess, Access), (DefaultSecrets, Secrets)]
)
def test_defaults_are_some_of_the_keys_that_they_stand_in_for_with_the_same_values(part: Any, whole: Any) -> None:
    for name in part.model_fields:
        if name in {"environments", "credentials"}:
            assert name in whole.model_fields
            continue
        for value in (
            "x",
            1,
            0,
            10_000,
            True,
            "off",
            "keep",
            "manual",
            "Disabled",
            [OWNER],
            [],
            [OWNER, "x"],
            "x" * 60,
        ):
            alone, there = accepted(part, name, value), accepted(whole, name, value)
            assert alone == there, f"{name}: {value!r}"


def accepted(model: type[BaseModel], name: str, value: object) -> bool:
    """Whether a field of a model takes a value, whatever the others need."""
    alias = model.model_fields[name].alias or name
    try:
        model.model_validate({alias: value}, by_alias=True, by_name=False)
    except ValidationError as refused:
        return not any(error["loc"][0] == alias for error in refused.errors())
    return True


STACK_FILE = """\
config:
  entra-business-central:environments: {production: {name: Production}, sandbox: {name: Sandbox}}
  entra-business-central:defaults:
    contactInformation: it
    protect: true
    environments:
      sandbox: {state: Disabled}
  entra-business-central:integrations:
    shop:
      preset: magento
      displayName: Shop
      environments:
        production:
          permissionSets: [D365 READ]
        sandbox:
      credentials:
        secrets:
          issued: ['2026-11-23']
"""


def shop(tmp_path: Path, text: str = STACK_FILE) -> dict[str, Explained]:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    config = read_yaml(text)["config"]
    values = {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}
    found = explained("shop", values, presets=ROOT / "presets", stack_file=file, configuration=config)
    assert len({each.keys for each in found}) == len(found), "each value once"
    return {".".join(each.keys): each for each in found}


def test_each_value_is_explained_by_the_place_where_it_was_written(tmp_path: Path) -> None:
    found = shop(tmp_path)
    preset = (ROOT / "presets/magento.yaml").read_text().splitlines()
    seen = {key: (each.value, each.place.layer, each.place.line) for key, each in found.items()}
    assert seen["displayName"] == ("Shop", "stack file", 11)
    assert [each.layer for each in found["displayName"].hides] == ["preset"]
    assert seen["contactInformation"] == ("NaviPartner", "preset", preset.index("contactInformation: NaviPartner") + 1)
    assert [(each.layer, each.line) for each in found["contactInformation"].hides] == [("defaults", 4)]
    assert seen["protect"] == (True, "defaults", 5)
    assert seen["proof"] == ("on", "default", None)
    assert seen["credentials.secrets.lifetimeDays"] == (120, "preset", preset.index("    lifetimeDays: 120") + 1)
    assert seen["credentials.secrets.issued"] == (["2026-11-23"], "stack file", 18)
    assert seen["credentials.secrets.overlapDays"] == (14, "default", None)
    assert seen["environments.production.permissionSets"] == ([{"roleId": "D365 READ"}], "stack file", 14)
    assert seen["environments.sandbox.permissionSets"][1:] == ("preset", preset.index("permissionSets:") + 1)
    assert seen["environments.sandbox.state"] == ("Disabled", "defaults", 7)
    assert seen["environments.production.state"] == ("Enabled", "default", None)
    assert seen["environments.production.description"] == ("Shop", "stack file", 11)


def test_environments_in_a_list_are_explained_by_the_line_of_the_list(tmp_path: Path) -> None:
    start, rest = STACK_FILE.split("      environments:\n        production:")
    text = f"{start}      environments: [production, sandbox]\n      credentials:{rest.split('      credentials:')[1]}"
    found = shop(tmp_path, text)
    assert found["environments.sandbox.state"].place.layer == "defaults"
    assert found["environments.production.permissionSets"].place.layer == "preset"
