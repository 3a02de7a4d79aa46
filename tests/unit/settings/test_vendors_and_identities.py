"""Integrations whose application is not made here: a vendor's, or one of this tenant, by its client id."""

from __future__ import annotations

from typing import Any

import pytest

from settings import models as settings
from settings.client_ids import StackOutput
from tests.support.loaded_settings import MAGENTO, RUNNER, load, problem


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


@pytest.mark.parametrize("preset", ["job-queue-runner", "adyen-webhook", "shopify-webhooks"])
def test_the_presets_of_vendors_name_application_publisher_and_permission_set(preset: str) -> None:
    vendors = load(vendor={"preset": preset, "environments": ["production"]}).integrations[0]
    assert vendors.client_id
    assert vendors.expected_publisher
    assert len(vendors.permission_sets) == 1
