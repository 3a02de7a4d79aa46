"""Fixtures: our providers in their real host, against the rehearsal tenant. tests/conftest.py makes them known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from dynamic_providers.access_proof import AccessProofProvider
from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.base import Provider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from dynamic_providers.vault_delivery import VaultDeliveryProvider, VaultRetirementProvider
from tests.support.access_proofs import ROLES
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.entra import EntraApplication, make_application
from tests.support.provider_host import ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.tenant import Tenant
from tests.support.vaults import CERTIFICATES_OFFICER, CRYPTO_USER, AdministeredVault


@pytest.fixture
def start_host(tenant: Tenant) -> Iterator[Callable[..., ProviderHost]]:
    """Start a provider's host; a fresh process each time, as each operation of Pulumi has."""
    with ExitStack() as hosts:

        def start(provider: Provider, **environment: str) -> ProviderHost:
            config = {"azuread:tenantId": tenant.ready.tenantId}
            return hosts.enter_context(ProviderHost(provider, {**tenant.ready.environment(), **environment}, config))

        yield start


@pytest.fixture
def registrations(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    """The host of BusinessCentralRegistration."""
    return start_host(BusinessCentralRegistrationProvider())


@pytest.fixture
def consents(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    """The host of AdminConsent."""
    return start_host(AdminConsentProvider())


@pytest.fixture
def application(tenant: Tenant) -> EntraApplication:
    """An application with its service principal, made in the tenant as azuread would."""
    return make_application(tenant, "NaviPartner Magento 2 integration")


@pytest.fixture
def inputs(application: EntraApplication) -> Inputs:
    """Inputs for the application."""
    return Inputs(application)


@pytest.fixture
def proofs(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    """The host of AccessProof, with little patience."""
    return start_host(AccessProofProvider(), ENTRA_BC_LONGEST_WAIT="0.2")


@pytest.fixture
def patient_proofs(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    """The same, with the patience that users have."""
    return start_host(AccessProofProvider())


@pytest.fixture
def system(tenant: Tenant, application: EntraApplication) -> EntraApplication:
    """An application that can use the environment Production."""
    for role in ROLES:
        tenant.edit(
            "add_app_role_assignment", clientId=application.client_id, resourceAppId=BUSINESS_CENTRAL, role=role
        )
    tenant.edit("create_registration", environment="Production", clientId=application.client_id)
    tenant.edit("add_permission_set", environment="Production", clientId=application.client_id, roleId="D365 READ")
    tenant.clear_requests()
    return application


@pytest.fixture
def vault(tenant: Tenant) -> AdministeredVault:
    """A vault in which the deployer sets secrets."""
    return AdministeredVault(tenant)


@pytest.fixture
def certificate_vault(tenant: Tenant) -> AdministeredVault:
    """A vault in which the deployer makes certificates, and signs with their keys."""
    return AdministeredVault(tenant, CERTIFICATES_OFFICER, more_roles=[CRYPTO_USER])


@pytest.fixture
def deliveries(start_host: Callable[..., ProviderHost], vault: AdministeredVault) -> ProviderHost:
    """The host of VaultDelivery."""
    return start_host(VaultDeliveryProvider())


@pytest.fixture
def retirements(start_host: Callable[..., ProviderHost], vault: AdministeredVault) -> ProviderHost:
    """The host of VaultRetirement."""
    return start_host(VaultRetirementProvider())
