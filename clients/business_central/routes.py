"""The APIs of an environment that this program calls, by their routes, and where Business Central online has them."""

from __future__ import annotations

from urllib.parse import quote

COMPANION_APP_ID = "a944837a-e3c7-4266-a7fc-97f21c0d0b95"
COMPANION_ROUTE = "entraBusinessCentral/registration/v1.0"
AUTOMATION_ROUTE = "microsoft/automation/v2.0"
STANDARD_ROUTE = "v2.0"


def online_path(tenant_id: str, environment: str) -> str:
    """Return the path of an environment of Business Central online, which comes after its base address.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure

    Args:
        tenant_id: the directory.
        environment: its name.
    """
    return f"/v2.0/{quote(tenant_id, safe='')}/{quote(environment, safe='')}"
