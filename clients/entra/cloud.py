"""Which Microsoft cloud and which tenant: read from the environment, as the azuread provider reads it.

None of this is ever a resource's input: an address is not part of an identity, and a plain `pulumi refresh` gets the
configuration of the last `up` from the state, while environment variables are those of this run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.http.errors import FailedPrecondition, UnexpectedAnswer
from clients.http.transport import Problem, Transport

BUSINESS_CENTRAL_URL = "https://api.businesscentral.dynamics.com"


@dataclass(frozen=True)
class Cloud:
    """Addresses of one Microsoft cloud, without trailing slashes."""

    login: str
    graph: str


# https://learn.microsoft.com/graph/deployments and /entra/identity-platform/authentication-national-cloud;
# the names are those that the azuread provider accepts in `azuread:environment` and ARM_ENVIRONMENT.
_PUBLIC = Cloud("https://login.microsoftonline.com", "https://graph.microsoft.com")
_US_L4 = Cloud("https://login.microsoftonline.us", "https://graph.microsoft.us")
_US_L5 = Cloud("https://login.microsoftonline.us", "https://dod-graph.microsoft.us")
CLOUDS = {
    "public": _PUBLIC,
    "global": _PUBLIC,
    "usgovernment": _US_L4,
    "usgovernmentl4": _US_L4,
    "usgovernmentl5": _US_L5,
    "dod": _US_L5,
    "china": Cloud("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
}


def find_cloud(settings: Mapping[str, str]) -> Cloud:
    """Return the cloud that `azuread:metadataHost`, `azuread:environment` or their ARM_ variables name.

    Args:
        settings: stack configuration, keys with their namespace.

    Raises:
        FailedPrecondition: the named cloud is not known, or its metadata lacks an address.
        UserFacingError: the metadata host does not answer.
    """
    host = settings.get("azuread:metadataHost") or os.environ.get("ARM_METADATA_HOSTNAME")
    if host:
        return _cloud_from_metadata(host)
    name = settings.get("azuread:environment") or os.environ.get("ARM_ENVIRONMENT") or "public"
    try:
        return CLOUDS[name.lower()]
    except KeyError:
        raise FailedPrecondition(
            "find the addresses of Entra and Microsoft Graph",
            f"there is no Microsoft cloud called {name!r}",
            f"Set azuread:environment or ARM_ENVIRONMENT to one of {', '.join(CLOUDS)}, or leave it out.",
        ) from None


def _cloud_from_metadata(host: str) -> Cloud:
    attempting = f"find the addresses of Entra and Microsoft Graph (metadata host {host})"
    metadata_host = Transport(
        "the metadata host", f"https://{host}", authorization=None, read_problem=lambda _: Problem("", "", "")
    )
    query = {"api-version": "2022-09-01"}
    try:
        return metadata_host.read(_cloud_of, "GET", "/metadata/endpoints", attempting=attempting, query=query)
    except UnexpectedAnswer as problem:
        raise FailedPrecondition(
            attempting,
            f"its answer has no loginEndpoint or no microsoftGraphResourceId ({problem.reason})",
            "Check azuread:metadataHost and ARM_METADATA_HOSTNAME.",
        ) from None


def _cloud_of(metadata: Mapping[str, Any]) -> Cloud:
    return Cloud(
        login=str(metadata["authentication"]["loginEndpoint"]).rstrip("/"),
        graph=str(metadata["microsoftGraphResourceId"]).rstrip("/"),
    )


def find_tenant(settings: Mapping[str, str]) -> str:
    """Return the id of the directory (a GUID) that `azuread:tenantId` or ARM_TENANT_ID names.

    Raises:
        FailedPrecondition: neither is set, or it is not a GUID.
    """
    tenant = settings.get("azuread:tenantId") or os.environ.get("ARM_TENANT_ID")
    if not tenant:
        raise FailedPrecondition(
            "sign in to Entra",
            "no tenant is named",
            "Set azuread:tenantId in the stack file, or the environment variable ARM_TENANT_ID.",
        )
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", tenant.lower()):
        raise FailedPrecondition(
            "sign in to Entra",
            f"{tenant!r} is not a tenant id",
            "Set azuread:tenantId or ARM_TENANT_ID to the GUID that stands under Overview in the Entra admin center: a "
            "domain would not tell applications of this tenant from a vendor's.",
        )
    return tenant.lower()


def business_central_url() -> str:
    """Return the base address of Business Central online: BUSINESS_CENTRAL_URL, or Microsoft's.

    Raises:
        FailedPrecondition: the address is not https, so that a token would travel in the clear.
    """
    url = os.environ.get("BUSINESS_CENTRAL_URL", BUSINESS_CENTRAL_URL).rstrip("/")
    if not url.startswith("https://"):
        raise FailedPrecondition(
            "find Business Central",
            f"BUSINESS_CENTRAL_URL is {url!r}, which is not an https address",
            f"Leave it out for Business Central online ({BUSINESS_CENTRAL_URL}).",
        )
    return url
