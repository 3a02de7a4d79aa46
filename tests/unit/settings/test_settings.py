"""What a stack file may say, and what it is read as."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings import loading
from settings import models as settings
from settings.business_central_permissions import RESOURCES
from settings.credentials import Secrets
from settings.stack_file import StackFile
from settings.yaml_reader import read_yaml
from tests.support.loaded_settings import ENVIRONMENTS, MAGENTO, PRESETS, ROOT, load, problem


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


@pytest.mark.parametrize("text", ["", "[Production", "{", "plain", "[" * 100_000, "[" + "9" * 5000])
def test_a_value_that_is_no_json_is_a_text(text: str) -> None:
    assert loading.decode_configuration_value(text) == text


@pytest.mark.parametrize("content", ["config: {x: [2026-02-30]}", "\t", "config: [", "\xff" * 3, "", "[" * 3000])
def test_a_stack_file_that_cannot_be_read_has_no_lines(tmp_path: Path, content: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(content, encoding="latin-1")
    assert StackFile(file, settings.PROJECT, {}).line(["integrations"]) is None


@pytest.mark.parametrize(("name", "app_id"), RESOURCES.items())
def test_a_resource_is_known_by_its_name_and_by_its_id(name: str, app_id: str) -> None:
    by_name, by_id = (
        load(magento={**MAGENTO, "otherPermissions": {key: {"roles": ["User.Read.All"]}}}).integrations[0]
        for key in (name, app_id.upper())
    )
    assert list(by_name.other_permissions) == list(by_id.other_permissions) == [app_id]


def test_the_annotated_example_is_valid() -> None:
    content = read_yaml((ROOT / "stacks/Pulumi.example.yaml").read_text())["config"]
    values = {key.split(":")[1]: value for key, value in content.items() if key.startswith(settings.PROJECT)}
    assert loading.load(values, presets=PRESETS, stack_file=Path("x.yaml")).integrations[0].key == "magento"


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
