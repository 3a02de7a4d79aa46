"""The presets that there are, and what may stand in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.first_stack_file import FirstStackFile
from settings.loading import load, project_configuration
from settings.merging import below
from settings.models import Integration
from settings.preset_check import preset_problems
from settings.presets import Presets
from settings.yaml_reader import read_yaml
from tests.support.bootstrap_example import bootstrap_identities

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "presets"
PRESETS = Presets(FOLDER)
BOTH = ["API.ReadWrite.All", "Automation.ReadWrite.All"]
FULL = ["D365 BUS FULL ACCESS", "NPR NP RETAIL"]
WIZARDS = {  # NaviPartner's code, per set-up: display name ("": typed by a person), permission sets, secrets' name
    "magento": ("NaviPartner Magento 2 integration", FULL, "NaviPartner M2 integration"),
    "ticketing": ("NaviPartner Ticketing Integration", FULL, "NaviPartner Ticketing Integration"),
    "admission": ("NaviPartner Ticketing Integration", FULL, "NaviPartner Turnstile Integration"),
    "membership": ("NaviPartner Ticketing Integration", FULL, "NaviPartner Membership Integration"),
    "restaurant-kds": ("NaviPartner KDS", ["NPR KDS WEBSERVICE"], "NaviPartner KDS"),
    "saas-import": ("NaviPartner SaaS Migration integration", FULL, "NaviPartner SaaS Migration - %1"),
    "heyloyalty": ("NaviPartner HeyLoyalty integration", FULL, "NaviPartner HeyLoyalty integration"),
    "np-api-key": ("", [], "Primary"),
    "external-job-queue-refresher": ("", ["NPR EXT JQ REFRESHER"], "NaviPartner External Job Queue Refresher integration"),
    "navipartner-app": ("", [], ""),
}  # fmt: skip
BETTER = {
    ("admission", "displayName"): "NaviPartner Admission Integration",
    ("membership", "displayName"): "NaviPartner Membership Integration",
    ("saas-import", "secrets"): "NaviPartner SaaS Migration",
    ("external-job-queue-refresher", "displayName"): "NaviPartner Job Queue Refresher integration",
}
"""Where the wizard has a fault, or a person types a name: what the preset says instead."""
NEUTRAL = {
    "reporting-read-only": (["API.ReadWrite.All"], ["D365 READ"]),
    "data-export": (["API.ReadWrite.All"], ["D365 READ", "LOCAL"]),
    "automation": (["Automation.ReadWrite.All"], ["D365 AUTOMATION"]),
    "al-go-deployment": (BOTH, ["D365 AUTOMATION", "EXTEN. MGT. - ADMIN"]),
}


def of(name: str) -> Integration:
    """An integration that has this preset, and what a preset leaves to the stack file."""
    values = PRESETS.read(name).values
    entry = {"preset": name, "displayName": values.get("displayName", "Any")}
    if name != "pipeline-reader":  # which has nothing in Business Central
        entry["environments"] = ["any"]
    if below(values, ("credentials", "secrets")):
        entry["credentials"] = {"secrets": {"issued": ["2026-11-23"]}}
    stack = {"environments": {"any": {"name": "Any"}}, "integrations": {"any": entry}}
    return load(stack, presets=FOLDER, stack_file=Path("x.yaml")).integrations[0]


@pytest.mark.parametrize("name", PRESETS.names)
def test_each_preset_can_be_used_and_says_where_it_comes_from(name: str) -> None:
    assert preset_problems(FOLDER, name) == []
    preset = PRESETS.read(name)
    assert len(preset.about) > 60
    assert preset.text.startswith("# yaml-language-server: $schema=preset.schema.json\n")
    integration = of(name)
    seed = read_yaml((ROOT / "rehearsal/tenant/business_central/seed.yaml").read_text(encoding="utf-8"))
    known = {role_id for app in seed["apps"] for role_id in app["permissionSets"]} | {"EBC REGISTRATION"}
    assert {each.role_id for each in integration.permission_sets} <= known, "Business Central knows them"
    secrets = integration.credentials.secrets
    assert secrets is None or secrets.lifetime_days <= 120, "below the 180 days that a stack file allows by itself"


@pytest.mark.parametrize("name", WIZARDS)
def test_a_preset_of_a_wizard_s_set_up_carries_what_the_wizard_does(name: str) -> None:
    display_name, sets, secret_name = WIZARDS[name]
    preset, integration = PRESETS.read(name), of(name)
    assert preset.values.get("displayName", "") == BETTER.get((name, "displayName"), display_name)
    assert preset.values["contactInformation"] == "NaviPartner"
    assert list(integration.roles) == BOTH
    assert [each.role_id for each in integration.permission_sets] == sets
    assert integration.credentials.secrets
    assert (integration.credentials.secrets.display_name or "") == BETTER.get((name, "secrets"), secret_name)
    assert "100 years" in preset.about or name == "magento"


@pytest.mark.parametrize("name", NEUTRAL)
def test_a_preset_for_any_company_asks_for_little_and_names_no_contact(name: str) -> None:
    integration = of(name)
    assert (list(integration.roles), [each.role_id for each in integration.permission_sets]) == NEUTRAL[name]
    assert integration.contact_information == "", "`defaults` of the stack file has it"


@pytest.mark.parametrize("key", ["deployer", "deployerManualConsent"])
def test_the_bootstrap_s_deployers_keep_what_they_need_themselves_beside_what_they_hand_out(key: str) -> None:
    entry = bootstrap_identities()[key]
    assert set(PRESETS.read(entry["preset"]).values["permissionSets"]) < set(entry["permissionSets"])


def test_what_no_source_says_is_labelled_a_guess() -> None:
    assert {name for name in PRESETS.names if PRESETS.read(name).guesses} == {
        "adyen-webhook", "al-go-deployment", "data-export", "job-queue-runner", "mcp-host", "reporting-read-only",
        "shopify-webhooks",
    }  # fmt: skip


def test_no_two_presets_make_applications_of_one_name() -> None:
    values = [PRESETS.read(name).values for name in PRESETS.names]
    names = [each["displayName"] for each in values if "displayName" in each]
    assert len(set(names)) == len(names)
    assert all("%" not in str(each) for each in values)


IN_VAULT = "roles: [API.ReadWrite.All]\ncredentials: {vaultCertificate: {keyVault: kv-acme, certificateName: robots}}\n"


def test_a_preset_may_have_a_certificate_in_a_vault_whose_date_is_the_stack_file_s(tmp_path: Path) -> None:
    (tmp_path / "robots.yaml").write_text(IN_VAULT)
    assert preset_problems(tmp_path, "robots") == []
    values = Presets(tmp_path).read("robots").values
    first = FirstStackFile(
        "11111111-2222-3333-4444-555555555555",
        ["Production"],
        "a",
        "robots",
        values,
        "Robots",
        ["D365 READ"],
        "2026-11-23",
    )
    config = read_yaml(first.text())["config"]
    settings = load(project_configuration(config), presets=tmp_path, stack_file=Path("x.yaml"))
    certificate = settings.integrations[0].credentials.vault_certificate
    assert certificate
    assert certificate.issued == ("2026-11-23",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("preset: magento\n", "shop.yaml must not have `preset`: a preset cannot build upon another"),
        ("formerly: [a]\n", "must not have `formerly`"),
        ("credentials: {secrets: {issued: ['2026-01-01']}}\n", "must not have `credentials.secrets.issued`: a date here"),
        ("credentials: {secrets: {known: []}}\n", "must not have `credentials.secrets.known`"),
        ("credentials: {vaultCertificate: {issued: ['2026-01-01']}}\n", "must not have `credentials.vaultCertificate.issued`: a date"),
        ("roles: [API.ReadWrite.All]\n\nprotec: true\n", "shop.yaml, line 3, protec: unknown key (did you mean 'protect'?)"),
        ("roles: [nope]\n", "shop.yaml, line 1, roles[0]: 'nope' is not allowed"),
        ("roles: [API.ReadWrite.All]\nstate: x\n", "line 2, state: unknown key; `state` belongs under `the integration.environments"),
        ("a: [", "shop.yaml is not valid YAML"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_preset_is_told_with_its_line(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "shop.yaml").write_text(content)
    (problem,) = preset_problems(tmp_path, "shop")
    assert says in problem
