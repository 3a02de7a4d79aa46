"""Inputs of our resources, as the components give them."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.support.directory_objects import BUSINESS_CENTRAL, JOB_QUEUE_RUNNER
from tests.support.entra import EntraApplication
from tests.support.registrations import declared_registration


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


def tenant_consent(client_id: str, **changed: Any) -> dict[str, Any]:
    """Inputs of AdminConsent as the component gives them for an identity of this tenant that others made."""
    return {
        "client_id": client_id,
        "service_principal_id": "",
        "owner": "tenant",
        "resource_app_id": BUSINESS_CENTRAL,
        "roles": ["API.ReadWrite.All", "Automation.ReadWrite.All"],
        "declared_at": "integrations.export",
        **changed,
    }
