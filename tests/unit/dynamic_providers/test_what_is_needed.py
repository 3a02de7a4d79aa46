"""What a resource is not made without: with `--continue-on-error` the engine leaves out what a failed one did not give."""

from __future__ import annotations

from typing import Any

import pytest

from clients.http.errors import FailedPrecondition
from dynamic_providers.access_proof import AccessProofProvider
from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.base import Provider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from dynamic_providers.companion_extension import CompanionExtensionProvider
from dynamic_providers.vault_certificate import VaultCertificateProvider
from dynamic_providers.vault_delivery import VaultDeliveryProvider, VaultRetirementProvider
from dynamic_providers.vault_secret import VaultSecretProvider

WAITS_FOR: list[tuple[type[Provider], str]] = [
    (AccessProofProvider, "client_id"),
    (AdminConsentProvider, "client_id"),
    (BusinessCentralRegistrationProvider, "client_id"),
    (CompanionExtensionProvider, "app_id"),
    (VaultCertificateProvider, "client_id"),
    *((VaultDeliveryProvider, each) for each in ("client_id", "mark", "client_secret", "key_id", "expires")),
    (VaultRetirementProvider, "client_id"),
    *((VaultSecretProvider, each) for each in ("client_id", "application_object_id")),
]


@pytest.mark.parametrize(("provider", "missing"), WAITS_FOR)
def test_what_another_resource_has_not_given_is_named(provider: type[Provider], missing: str) -> None:
    inputs: dict[str, Any] = dict.fromkeys(provider.needed, "x")
    del inputs[missing]
    made = provider()
    for verb, do in (("create", lambda: made.create(inputs)), ("update", lambda: made.update("id", inputs, inputs))):
        with pytest.raises(FailedPrecondition) as refused:
            do()
        assert str(refused.value) == (
            f"x: could not {verb} {provider.__name__.removesuffix('Provider')}: what it needs was not made: {missing}. "
            "Put right what the other error says; the next `pulumi up` goes on."
        )
