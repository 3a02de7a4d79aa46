"""Integrations where people sign in, and what a stack file may say of an application's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from settings import loading
from settings import models as settings

PRESETS = Path(__file__).parents[3] / "presets"
ENVIRONMENTS = {"production": {"name": "Production"}}
ASSISTANT = {"preset": "mcp-host"}


def load(**integrations: Any) -> settings.Integration:
    values = {"environments": ENVIRONMENTS, "integrations": integrations}
    return loading.load(values, presets=PRESETS, stack_file=Path("x.yaml")).integrations[0]


def problem(**integrations: Any) -> str:
    with pytest.raises(loading.SettingsError) as refused:
        load(**integrations)
    return str(refused.value)


def test_the_preset_of_an_assistants_host_is_a_public_client_of_one_tenant_and_needs_no_environment() -> None:
    assistant = load(assistant=ASSISTANT)
    assert assistant.people_sign_in
    assert (assistant.roles, assistant.delegated_scopes) == ((), ("Financials.ReadWrite.All",))
    assert assistant.redirect_uris.public_client == ("http://localhost:33418/callback",)
    assert assistant.sign_in_audience == "AzureADMyOrg"
    assert (assistant.environments, assistant.credentials.secrets) == ({}, None)


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_stack_file_of_such_integrations_alone_needs_no_environments(is_empty: bool) -> None:
    values: dict[str, Any] = {"integrations": {"assistant": ASSISTANT}, **({"environments": {}} if is_empty else {})}
    assert loading.load(values, presets=PRESETS, stack_file=Path("x.yaml")).environments == {}


PLAIN = {"displayName": "A", "roles": ["API.ReadWrite.All"]}


@pytest.mark.parametrize(
    "values",
    [
        {"integrations": {"assistant": ASSISTANT, "a": {**PLAIN, "environments": ["production"]}}},
        {"integrations": {"assistant": {**ASSISTANT, "environments": ["production"]}}},
        {"integrations": {"a": PLAIN}},
        {"integrations": {}},
        {"companionExtension": {"file": "x.app"}},
    ],
)
def test_any_other_stack_file_needs_environments(values: dict[str, Any]) -> None:
    none: dict[str, Any] = {"environments": {}}
    for each, says in ((values, "environments: is missing"), ({**none, **values}, "environments: is empty")):
        with pytest.raises(loading.SettingsError, match=f"\n  {says}"):
            loading.load(each, presets=PRESETS, stack_file=Path("x.yaml"))


def test_where_there_are_roles_environments_may_not_be_left_out() -> None:
    assert "integrations.a.environments: is empty; it needs at least one" in problem(a=PLAIN)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"permissionSets": ["D365 READ"]}, "assistant.permissionSets: are those of each user"),
        (
            {"environments": {"production": {"permissionSets": ["D365 READ"]}}},
            "assistant.environments.production.permissionSets: are those of each user",
        ),
        (
            {"credentials": {"secrets": {"issued": ["2026-11-23"], "lifetimeDays": 9}}},
            "assistant.credentials.secrets: are for a program that can keep one",
        ),
        ({"redirectUris": {"publicClient": []}}, "assistant.redirectUris.publicClient: is missing"),
    ],
)
def test_what_an_integration_cannot_have_where_people_sign_in_is_named(change: dict[str, Any], says: str) -> None:
    text = problem(assistant={**ASSISTANT, **change})
    assert says in text
    assert "people sign in here, since there are no `roles`" in text


def test_a_device_code_needs_no_redirect_address() -> None:
    changed = {**ASSISTANT, "redirectUris": {"publicClient": []}, "fallbackPublicClient": True}
    assert load(assistant=changed).fallback_public_client


@pytest.mark.parametrize(
    "change",
    [
        {"redirectUris": {"web": []}},
        {"signInAudience": "AzureADMyOrg"},
        {"fallbackPublicClient": False},
        {"notes": "A"},
        {"serviceManagementReference": "A"},
        {"enabled": True},
    ],
)
def test_the_settings_of_a_vendors_application_are_the_vendors(change: dict[str, Any]) -> None:
    runner = {"preset": "job-queue-runner", "environments": ["production"], **change}
    (key,) = change
    assert f"integrations.runner.{key}: is for an application that this stack makes" in problem(runner=runner)
