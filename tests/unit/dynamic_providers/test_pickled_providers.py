"""What is pickled into every user's state. A change here is a decision (docs/decisions/0003-stored-names.md).

The names that an engine writes (types, logical names, parents, property keys, ids) are held by
tests/lifecycle/test_stored_names.py.
"""

from __future__ import annotations

import base64
import pickletools
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from dynamic_providers.access_proof import AccessProof, AccessProofProvider
from dynamic_providers.admin_consent import AdminConsent, AdminConsentProvider
from dynamic_providers.business_central_registration import (
    BusinessCentralRegistration,
    BusinessCentralRegistrationProvider,
)
from dynamic_providers.companion_extension import CompanionExtension, CompanionExtensionProvider
from dynamic_providers.vault_certificate import VaultCertificate, VaultCertificateProvider
from dynamic_providers.vault_delivery import (
    VaultDelivery,
    VaultDeliveryProvider,
    VaultRetirement,
    VaultRetirementProvider,
)
from dynamic_providers.vault_secret import VaultSecret, VaultSecretProvider
from settings import models as settings

ROOT = Path(__file__).parents[3]

PROVIDERS = {
    "dynamic_providers.access_proof AccessProofProvider": AccessProofProvider,
    "dynamic_providers.admin_consent AdminConsentProvider": AdminConsentProvider,
    "dynamic_providers.business_central_registration BusinessCentralRegistrationProvider": BusinessCentralRegistrationProvider,
    "dynamic_providers.companion_extension CompanionExtensionProvider": CompanionExtensionProvider,
    "dynamic_providers.vault_certificate VaultCertificateProvider": VaultCertificateProvider,
    "dynamic_providers.vault_delivery VaultDeliveryProvider": VaultDeliveryProvider,
    "dynamic_providers.vault_delivery VaultRetirementProvider": VaultRetirementProvider,
    "dynamic_providers.vault_secret VaultSecretProvider": VaultSecretProvider,
}


@pytest.mark.parametrize(("stored", "provider"), PROVIDERS.items())
def test_what_is_pickled_into_the_state_is_a_module_and_a_class_and_nothing_else(
    stored: str, provider: type[Any]
) -> None:
    pickled = base64.b64decode(serialize_provider(provider()))
    strings = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]
    assert strings == stored.split()


@pytest.mark.parametrize(
    ("resource", "type_token"),
    [
        (AccessProof, "dynamic/entra-business-central:AccessProof"),
        (AdminConsent, "dynamic/entra-business-central:AdminConsent"),
        (BusinessCentralRegistration, "dynamic/entra-business-central:BusinessCentralRegistration"),
        (CompanionExtension, "dynamic/entra-business-central:CompanionExtension"),
        (VaultCertificate, "dynamic/entra-business-central:VaultCertificate"),
        (VaultDelivery, "dynamic/entra-business-central:VaultDelivery"),
        (VaultSecret, "dynamic/entra-business-central:VaultSecret"),
        (VaultRetirement, "dynamic/entra-business-central:VaultRetirement"),
    ],
)
def test_types_of_dynamic_resources(resource: Any, type_token: str) -> None:
    assert resource._resource_type_name == type_token


def test_the_project_is_called_as_pulumi_yaml_says() -> None:
    assert f"name: {settings.PROJECT}\n" in (ROOT / "Pulumi.yaml").read_text()
