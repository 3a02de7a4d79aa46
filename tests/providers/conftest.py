"""Our providers in their real host, against the rehearsal tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.base import Provider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.entra import EntraApplication, make_application
from tests.support.provider_host import ProviderHost
from tests.support.registrations import declared_registration
from tests.support.tenant import Tenant

BUSINESS_CENTRAL = "996def3d-b36c-4153-8607-a6fd3c01b89f"


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


class Inputs(NamedTuple):
    """Inputs as the component gives them, for one application."""

    application: EntraApplication

    def registration(self, **changed: Any) -> dict[str, Any]:
        return {**declared_registration(self.application.client_id), **changed}

    def consent(self, **changed: Any) -> dict[str, Any]:
        return {
            "client_id": self.application.client_id,
            "service_principal_id": self.application.principal_id,
            "resource_app_id": BUSINESS_CENTRAL,
            "roles": ["API.ReadWrite.All", "Automation.ReadWrite.All"],
            "declared_at": "integrations.magento",
            **changed,
        }


JOB_QUEUE_RUNNER = "bdf6bb95-9dad-4504-91ab-8404427f4043"
"""NaviPartner's; in the directory's catalogue, not in the tenant."""


def vendor_consent(**changed: Any) -> dict[str, Any]:
    """Inputs of AdminConsent as the component gives them for a vendor's application."""
    return {
        "client_id": JOB_QUEUE_RUNNER,
        "service_principal_id": "",
        "owner": "vendor",
        "expected_publisher": {"display_name": "Navi Partner København ApS"},
        "resource_app_id": BUSINESS_CENTRAL,
        "roles": ["API.ReadWrite.All", "Automation.ReadWrite.All"],
        "declared_at": "integrations.jobQueueRunner",
        **changed,
    }


@pytest.fixture
def inputs(application: EntraApplication) -> Inputs:
    """Inputs for the application."""
    return Inputs(application)
