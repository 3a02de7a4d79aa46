"""Which Microsoft cloud, and who signs in to it: read from the environment, as the azuread provider reads it.

Nothing of this is ever a resource's input: an address or a credential is no part of an identity, and a plain
`pulumi refresh` sees the configuration of the last `up`, while the environment is always today's.

azure-identity is imported where it is used: it takes longer to import than all of our own code, and a preview, or an
`up` that has nothing to do, signs in nowhere.
"""

from __future__ import annotations

import base64
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clients.errors import Refused, SignInFailed
from clients.transport import USER_AGENT, Problem, Transport, redact

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

# It logs a warning for every failure that it raises too, and Python prints those where logging is not set up.
logging.getLogger("azure.identity").addHandler(logging.NullHandler())

BUSINESS_CENTRAL_SCOPE = "https://api.businesscentral.dynamics.com/.default"
BUSINESS_CENTRAL_URL = "https://api.businesscentral.dynamics.com"
RENEWED_BEFORE_SECONDS = 300  # before a token ends, as azure-core's own policy does it


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
        Refused: the named cloud is not known, or its metadata lacks an address.
        AccessError: the metadata host does not answer.
    """
    host = settings.get("azuread:metadataHost") or os.environ.get("ARM_METADATA_HOSTNAME")
    if host:
        return _cloud_from_metadata(host)
    name = settings.get("azuread:environment") or os.environ.get("ARM_ENVIRONMENT") or "public"
    try:
        return CLOUDS[name.lower()]
    except KeyError:
        raise Refused(
            "find the addresses of Entra and Microsoft Graph",
            f"there is no Microsoft cloud called {name!r}",
            f"Set azuread:environment or ARM_ENVIRONMENT to one of {', '.join(CLOUDS)}, or leave it out.",
        ) from None


def _cloud_from_metadata(host: str) -> Cloud:
    attempting = f"find the addresses of Entra and Microsoft Graph (metadata host {host})"
    metadata = Transport(
        "the metadata host", f"https://{host}", authorization=None, read_problem=lambda _: Problem("", "", "")
    ).request("GET", "/metadata/endpoints", attempting=attempting, query={"api-version": "2022-09-01"})
    try:
        return Cloud(
            login=str(metadata["authentication"]["loginEndpoint"]).rstrip("/"),
            graph=str(metadata["microsoftGraphResourceId"]).rstrip("/"),
        )
    except (KeyError, TypeError):
        raise Refused(
            attempting,
            "its answer has no loginEndpoint or no microsoftGraphResourceId",
            "Check azuread:metadataHost and ARM_METADATA_HOSTNAME.",
        ) from None


def find_tenant(settings: Mapping[str, str]) -> str:
    """Return the id of the directory (a GUID) that `azuread:tenantId` or ARM_TENANT_ID names.

    Raises:
        Refused: neither is set, or it is no GUID.
    """
    tenant = settings.get("azuread:tenantId") or os.environ.get("ARM_TENANT_ID")
    if not tenant:
        raise Refused(
            "sign in to Entra",
            "no tenant is named",
            "Set azuread:tenantId in the stack file, or the environment variable ARM_TENANT_ID.",
        )
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", tenant.lower()):
        raise Refused(
            "sign in to Entra",
            f"{tenant!r} is no tenant id",
            "Set azuread:tenantId or ARM_TENANT_ID to the GUID that stands under Overview in the Entra admin center: a "
            "domain would not tell applications of this tenant from a vendor's.",
        )
    return tenant.lower()


def find_credential(tenant_id: str, cloud: Cloud) -> TokenCredential:
    """Return the credential that the environment holds, by the variables that the azuread provider uses too.

    In the azuread provider's order, so that both halves of an `up` sign in alike: ARM_CLIENT_CERTIFICATE_PATH;
    ARM_CLIENT_SECRET; with ARM_USE_OIDC=true ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH or GitHub's own token; with
    ARM_USE_MSI=true a managed identity; otherwise the Azure CLI (`az login`), unless ARM_USE_CLI=false.

    Raises:
        Refused: the variables name no credential, or one that cannot be used.
    """
    try:
        return _credential(tenant_id, cloud)
    except (OSError, ValueError) as problem:  # azure-identity's words for a file that is not there, or no certificate
        raise Refused(
            "sign in to Entra",
            f"the credential cannot be used ({redact(' '.join(str(problem).split())).rstrip('.')})",
            "Check the ARM_ variables that name it, and the file that they name.",
        ) from None


def _credential(tenant_id: str, cloud: Cloud) -> TokenCredential:
    from azure import identity

    client_id = os.environ.get("ARM_CLIENT_ID", "")
    common = _options(cloud)
    if path := os.environ.get("ARM_CLIENT_CERTIFICATE_PATH"):
        password = os.environ.get("ARM_CLIENT_CERTIFICATE_PASSWORD")
        return identity.CertificateCredential(tenant_id, _needed(client_id), path, password=password, **common)
    if secret := os.environ.get("ARM_CLIENT_SECRET"):
        return identity.ClientSecretCredential(tenant_id, _needed(client_id), secret, **common)
    if _on("ARM_USE_OIDC"):
        if token := os.environ.get("ARM_OIDC_TOKEN"):
            return identity.ClientAssertionCredential(tenant_id, _needed(client_id), lambda: token, **common)
        if file := os.environ.get("ARM_OIDC_TOKEN_FILE_PATH"):
            return identity.WorkloadIdentityCredential(
                tenant_id=tenant_id, client_id=_needed(client_id), token_file_path=file, **common
            )
        if os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
            return identity.ClientAssertionCredential(tenant_id, _needed(client_id), github_token, **common)
        raise Refused(
            "sign in to Entra",
            "ARM_USE_OIDC is set without a token",
            "Set ARM_OIDC_TOKEN_FILE_PATH or ARM_OIDC_TOKEN; in GitHub Actions give the job the permission "
            "`id-token: write`.",
        )
    if _on("ARM_USE_MSI"):
        return identity.ManagedIdentityCredential(client_id=client_id or None)
    if os.environ.get("ARM_USE_CLI", "true").lower() != "false":
        return identity.AzureCliCredential(tenant_id=tenant_id)
    raise Refused(
        "sign in to Entra",
        "the environment names no credential",
        "Set ARM_CLIENT_ID and ARM_CLIENT_SECRET (or another sign-in of the azuread provider), or run `az login`.",
    )


def github_token() -> str:
    """Return a token of GitHub Actions for Entra, asked for as the runner says.

    https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect

    Raises:
        AccessError: GitHub does not give one.
    """
    attempting = "get a token of GitHub Actions"
    answer = Transport(
        "GitHub",
        os.environ["ACTIONS_ID_TOKEN_REQUEST_URL"],
        authorization=lambda: f"Bearer {os.environ.get('ACTIONS_ID_TOKEN_REQUEST_TOKEN', '')}",
        read_problem=lambda body: Problem("", str(body.get("message") or ""), ""),
    ).request("GET", "", attempting=attempting, query={"audience": "api://AzureADTokenExchange"})
    return str(answer["value"])


def secret_credential(tenant_id: str, cloud: Cloud, client_id: str, secret: str) -> TokenCredential:
    """Return the credential of an application with a client secret; its tokens are kept in memory only."""
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(tenant_id, client_id, secret, retry_total=3, **_options(cloud))


def bearer(credential: TokenCredential, scope: str) -> Callable[[], str]:
    """Return a function that gives an Authorization header for a scope.

    The token is got by one thread, kept for all, and renewed in time: not every credential of azure-identity does that
    (AzureCliCredential starts `az` each time), and none of them for threads that ask at once.

    The function raises SignInFailed when none can be had.
    """
    from azure.core.exceptions import AzureError

    getting = threading.Lock()
    kept: AccessToken | None = None

    def authorization() -> str:
        nonlocal kept
        try:
            with getting:
                if kept is None or kept.expires_on - time.time() < RENEWED_BEFORE_SECONDS:
                    kept = credential.get_token(scope)
                return f"Bearer {kept.token}"
        except (AzureError, OSError, ValueError) as problem:
            raise SignInFailed(
                f"get a token for {scope.removesuffix('/.default')}",
                redact(" ".join(str(problem).split())).rstrip("."),
                "Check ARM_TENANT_ID, ARM_CLIENT_ID and the credential of the application that runs this.",
            ) from None

    return authorization


def basic() -> Callable[[], str] | None:
    """Return a function that gives an Authorization header from BUSINESS_CENTRAL_USER and _PASSWORD, if both are set.

    For containers and on-premises only; the password is a user's web service key:
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/web-services-authentication
    """
    user, password = (os.environ.get(f"BUSINESS_CENTRAL_{name}") for name in ("USER", "PASSWORD"))
    if not user or not password:
        return None
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return lambda: f"Basic {encoded}"


def business_central_url() -> str:
    """Return the base address of Business Central online: BUSINESS_CENTRAL_URL, or Microsoft's.

    Raises:
        Refused: the address is not https, so that a token would travel in the clear.
    """
    url = os.environ.get("BUSINESS_CENTRAL_URL", BUSINESS_CENTRAL_URL).rstrip("/")
    if not url.startswith("https://"):
        raise Refused(
            "find Business Central",
            f"BUSINESS_CENTRAL_URL is {url!r}, which is not an https address",
            f"Leave it out for Business Central online ({BUSINESS_CENTRAL_URL}).",
        )
    return url


def _options(cloud: Cloud) -> dict[str, Any]:
    """Return what every credential of azure-identity is made with."""
    # Our own name beside the library's, so that one search in a sign-in log finds everything we did.
    options: dict[str, Any] = {"authority": cloud.login, "user_agent": USER_AGENT}
    if cloud not in CLOUDS.values():
        options["disable_instance_discovery"] = True  # which would ask login.microsoftonline.com about an unknown host
    return options


def _needed(client_id: str) -> str:
    if not client_id:
        raise Refused("sign in to Entra", "ARM_CLIENT_ID is not set", "Set it to the application that runs this.")
    return client_id


def _on(variable: str) -> bool:
    return os.environ.get(variable, "").lower() in {"true", "1"}
