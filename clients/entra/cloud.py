"""Which Microsoft cloud and which tenant: read from the environment, as the azuread provider reads it.

None of this is ever a resource's input: an address is not part of an identity, and a plain `pulumi refresh` gets the
configuration of the last `up` from the state, while environment variables are those of this run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from clients.http.errors import FailedPrecondition, UnexpectedAnswer
from clients.http.failures import ErrorBody, as_mapping
from clients.http.transport import Transport

BUSINESS_CENTRAL_URL = "https://api.businesscentral.dynamics.com"
_BUSINESS_CENTRAL_DOMAIN = "businesscentral.dynamics.com"
_ATTEMPTING = "find Business Central"


@dataclass(frozen=True)
class Cloud:
    """Addresses of one Microsoft cloud, without trailing slashes.

    Attributes:
        login: Entra's token service.
        graph: Microsoft Graph.
        key_vault: below which the vaults have their names, also the audience of their tokens; "" where a metadata host
            names none.
        business_central: Business Central online; "" where Microsoft documents none.
        admin_center: the Microsoft Entra admin center, for remedies; "" where it is not known.
        token_exchange: what a federated token has to be for; no address.
    """

    login: str
    graph: str
    key_vault: str = ""
    business_central: str = ""
    admin_center: str = ""
    token_exchange: str = "api://AzureADTokenExchange"  # noqa: S105 - no password

    def page(self, path: str) -> str:
        """Return the address of a page of the admin center in brackets, for a remedy; "" where it is not known.

        Args:
            path: after the `#`, such as "view/Microsoft_AAD_IAM/...".
        """
        return f" ({self.admin_center}/#{path})" if self.admin_center else ""


# Entra: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
# Graph: https://learn.microsoft.com/graph/deployments
# Key Vault: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates (DNS suffixes)
# Entra admin center: https://learn.microsoft.com/entra/fundamentals/faq (what a firewall has to let through)
# Business Central: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure
# has one address, and says nothing of the other clouds. Token exchange:
# https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity . The
# names are those that the azuread provider accepts in `azuread:environment` and ARM_ENVIRONMENT.
# docs/reference/facts-graph.md, "Clouds".
PUBLIC = Cloud(
    "https://login.microsoftonline.com",
    "https://graph.microsoft.com",
    "https://vault.azure.net",
    BUSINESS_CENTRAL_URL,
    "https://entra.microsoft.com",
)
_US_L4 = Cloud(
    "https://login.microsoftonline.us",
    "https://graph.microsoft.us",
    "https://vault.usgovcloudapi.net",
    admin_center="https://entra.microsoft.us",
    token_exchange="api://AzureADTokenExchangeUSGov",  # noqa: S106 - no password
)
_US_L5 = replace(_US_L4, graph="https://dod-graph.microsoft.us")
CLOUDS = {
    "public": PUBLIC,
    "global": PUBLIC,
    "usgovernment": _US_L4,
    "usgovernmentl4": _US_L4,
    "usgovernmentl5": _US_L5,
    "dod": _US_L5,
    "china": Cloud(
        "https://login.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://vault.azure.cn",
        admin_center="https://entra.microsoftonline.cn",
        token_exchange="api://AzureADTokenExchangeChina",  # noqa: S106
    ),
}


def find_cloud(settings: Mapping[str, str]) -> Cloud:
    """Return the cloud that `azuread:metadataHost`, `azuread:environment` or their ARM_ variables name.

    Args:
        settings: stack configuration, keys with their namespace.

    Raises:
        FailedPrecondition: the named cloud is not known, or its metadata lacks an address.
        UserFacingError: the metadata host does not answer.
    """
    if host := metadata_host(settings):
        return _cloud_from_metadata(host)
    return cloud_by_name(settings)


def cloud_by_name(settings: Mapping[str, str]) -> Cloud:
    """Return the cloud that `azuread:environment` or ARM_ENVIRONMENT names, else the public one. It makes no request.

    Args:
        settings: stack configuration, keys with their namespace.

    Raises:
        FailedPrecondition: the named cloud is not known.
    """
    name = settings.get("azuread:environment") or os.environ.get("ARM_ENVIRONMENT") or "public"
    try:
        return CLOUDS[name.lower()]
    except KeyError:
        raise FailedPrecondition(
            "find the addresses of Entra and Microsoft Graph",
            f"there is no Microsoft cloud called {name!r}",
            f"Set azuread:environment or ARM_ENVIRONMENT to one of {', '.join(CLOUDS)}, or leave it out.",
        ) from None


def metadata_host(settings: Mapping[str, str]) -> str:
    """Return the host that has to be asked for the addresses of the cloud, "" where its name says them."""
    return settings.get("azuread:metadataHost") or os.environ.get("ARM_METADATA_HOSTNAME") or ""


def _cloud_from_metadata(host: str) -> Cloud:
    attempting = f"find the addresses of Entra and Microsoft Graph (metadata host {host})"
    metadata_host = Transport(
        "the metadata host", f"https://{host}", authorization=None, read_error_body=lambda _: ErrorBody("", "", "")
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
    login = str(metadata["authentication"]["loginEndpoint"]).rstrip("/")
    vaults = as_mapping(metadata.get("suffixes")).get("keyVaultDns")
    return Cloud(
        login=login,
        graph=str(metadata["microsoftGraphResourceId"]).rstrip("/"),
        key_vault=f"https://{vaults}" if vaults else "",
        business_central=PUBLIC.business_central if login == PUBLIC.login else "",
        admin_center=next((each.admin_center for each in CLOUDS.values() if each.login == login), ""),
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


def business_central_url(cloud: Cloud) -> str:
    """Return the base address of Business Central online: BUSINESS_CENTRAL_URL, or Microsoft's in the public cloud.

    Args:
        cloud: whose tokens are sent there.

    Raises:
        FailedPrecondition: none is known in this cloud, the address is not https, so that a token would travel in the
            clear, or it is another cloud's.
    """
    url = (os.environ.get("BUSINESS_CENTRAL_URL") or cloud.business_central).rstrip("/")
    if not url:
        raise FailedPrecondition(
            _ATTEMPTING,
            f"Microsoft documents no Business Central online in the cloud of {cloud.login}",
            "Take out azuread:environment and ARM_ENVIRONMENT (azuread:metadataHost, ARM_METADATA_HOSTNAME) where the "
            "tenant is in the public cloud; set BUSINESS_CENTRAL_URL where you know the address in yours; or declare "
            "servers and containers only, each with its `baseUrl`.",
        )
    if not url.startswith("https://"):
        raise FailedPrecondition(
            _ATTEMPTING,
            f"BUSINESS_CENTRAL_URL is {url!r}, which is not an https address",
            f"Leave it out for Business Central online ({BUSINESS_CENTRAL_URL}).",
        )
    require_same_cloud(url, cloud)
    return url


def require_same_cloud(address: str, cloud: Cloud) -> None:
    """Refuse to send a token of one cloud to another's Business Central.

    Args:
        address: where it would be sent.
        cloud: whose token it is.

    Raises:
        FailedPrecondition: the address is that of Business Central in the public cloud, and the token is not.
    """
    host = (urlsplit(address).hostname or "").rstrip(".")
    is_public = host == _BUSINESS_CENTRAL_DOMAIN or host.endswith(f".{_BUSINESS_CENTRAL_DOMAIN}")
    if is_public and cloud.login != PUBLIC.login:
        raise FailedPrecondition(
            _ATTEMPTING,
            f"{host} belongs to the public cloud, and the tokens come from {cloud.login}",
            "It would get a token that is not meant for it. Set BUSINESS_CENTRAL_URL, or `baseUrl` of the environment, "
            "to an address of your own cloud.",
        )


def refuse_without_business_central(settings: Mapping[str, str]) -> None:
    """Refuse a cloud that is known by its name to have no Business Central online. It makes no request.

    Where a metadata host has to be asked for the cloud, nothing is said here: whoever uses an address then asks.

    Args:
        settings: stack configuration, keys with their namespace.

    Raises:
        FailedPrecondition: as `find_cloud` and `business_central_url`.
    """
    if not metadata_host(settings):
        business_central_url(find_cloud(settings))
