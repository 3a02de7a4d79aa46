"""The border of our providers: what a state leaves out because an id says it, and what an older state has all the same."""

from __future__ import annotations

from typing import Any

import pytest

from dynamic_providers.access_proof import AccessProofProvider
from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.base import Provider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from reconcilers.recording import resource_id
from tests.support.directory_objects import BUSINESS_CENTRAL, MICROSOFT_GRAPH

TENANT, CLIENT, OTHER = "a tenant", "an application", "another application"
REGISTRATION = {"environment": "Production", "client_id": CLIENT, "description": "A shop", "declared_at": "x"}
MADE = {"user_id": "a user", "revision": "0badcafe"}
CONSENT = {"client_id": CLIENT, "service_principal_id": "p", "roles": ["R"], "declared_at": "x"}
PROOF = {"environment": "Production", "client_id": CLIENT, "roles": ["R"], "triggers": ["1"], "declared_at": "x"}


def recorded(provider: Provider, id_: str, outputs: dict[str, Any]) -> dict[str, Any]:
    return provider.recorded_outputs({**provider.defaults, **outputs}, id_)


def differences(provider: Provider, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> tuple[bool, list[str]]:
    """Whether an `up` would change something, and which inputs make it another object."""
    found = provider.diff(id_, olds, provider.without_defaults(news))
    return bool(found.changes), list(found.replaces or ())


@pytest.mark.parametrize("resource", [BUSINESS_CENTRAL, MICROSOFT_GRAPH], ids=["Business Central", "another"])
def test_a_consent_is_for_the_application_and_the_resource_of_its_id(resource: str) -> None:
    provider, news = AdminConsentProvider(), {**CONSENT, "resource_app_id": resource}
    id_ = resource_id(TENANT, CLIENT, resource)
    olds = recorded(provider, id_, news)
    assert {"client_id", "resource_app_id"}.isdisjoint(olds)
    assert differences(provider, id_, olds, news) == (False, [])
    assert differences(provider, id_, olds, {**news, "client_id": OTHER}) == (True, ["client_id"])
    another = MICROSOFT_GRAPH if resource == BUSINESS_CENTRAL else BUSINESS_CENTRAL
    assert differences(provider, id_, olds, {**news, "resource_app_id": another}) == (True, ["resource_app_id"])
    assert differences(provider, id_, {**olds, **news}, news) == (False, []), "an older state has both"


def test_a_registration_is_for_the_application_and_the_environment_of_its_id() -> None:
    provider, id_ = BusinessCentralRegistrationProvider(), resource_id(TENANT, "Production", CLIENT)
    olds = recorded(provider, id_, {**REGISTRATION, **MADE})
    assert {"client_id", "environment"}.isdisjoint(olds)
    assert differences(provider, id_, olds, REGISTRATION) == (False, [])
    assert differences(provider, id_, olds, {**REGISTRATION, "client_id": OTHER}) == (True, ["client_id"])
    assert differences(provider, id_, olds, {**REGISTRATION, "environment": "Live"}) == (True, ["environment"])


@pytest.mark.parametrize(
    ("provider", "made"),
    [(BusinessCentralRegistrationProvider(), {**REGISTRATION, **MADE}), (AccessProofProvider(), PROOF)],
)
def test_in_the_name_of_an_environment_case_does_not_count(provider: Provider, made: dict[str, Any]) -> None:
    id_ = resource_id(TENANT, "Production", CLIENT)
    respelled = {**made, "environment": "production"}
    assert differences(provider, id_, recorded(provider, id_, made), respelled) == (False, [])


def test_an_environment_that_was_renamed_is_recorded_since_the_id_has_its_old_name() -> None:
    provider, id_ = BusinessCentralRegistrationProvider(), resource_id(TENANT, "Production", CLIENT)
    renamed = {**REGISTRATION, "environment": "Live", "formerly": ["Production"]}
    olds = recorded(provider, id_, {**REGISTRATION, **MADE})
    assert differences(provider, id_, olds, renamed) == (True, []), "an update, and no other object"
    updated = recorded(provider, id_, {**renamed, **MADE})
    assert updated["environment"] == "Live"
    assert differences(provider, id_, updated, renamed) == (False, [])


@pytest.mark.parametrize("older", [False, True], ids=["of now", "of an older state"])
def test_a_read_gives_back_what_is_recorded(older: bool) -> None:
    provider, id_ = AccessProofProvider(), resource_id(TENANT, "Production", CLIENT)
    olds = PROOF if older else recorded(provider, id_, PROOF)
    assert set(PROOF) - set(olds) == (set() if older else {"environment", "client_id", "declared_at"})
    assert provider.read(id_, olds).outs == olds
    assert differences(provider, id_, olds, PROOF) == (False, [])
