"""Where the API of an environment is, for whoever calls it.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure
"""

from __future__ import annotations

from collections.abc import Iterable

from clients.business_central.application_client import route_for
from clients.business_central.routes import STANDARD_ROUTE, online_path


def api_address(roles: Iterable[str], online: str, tenant_id: str, environment: str, base_url: str = "") -> str:
    """Return the address of the API that an application with these roles calls, "" where it is not known.

    Args:
        roles: values of its application roles; an application without one of an API gets the standard one's.
        online: base address of Business Central online, "" where it is not known.
        tenant_id: the directory.
        environment: its name.
        base_url: its address where it is a container or on-premises, perhaps with a query; "" online.

    Returns:
        The address, perhaps with a query at its end; `/companies` comes before that.
    """
    route = route_for(roles) or STANDARD_ROUTE
    if base_url:
        address, mark, query = base_url.partition("?")
        return f"{address.rstrip('/')}/api/{route}{mark}{query}"
    return f"{online}{online_path(tenant_id, environment)}/api/{route}" if online else ""
