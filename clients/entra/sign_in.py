"""The credential that environment variables name, and the Authorization headers made with it.

None of this is ever a resource's input: so no credential enters the state, and each run uses its own.

azure-identity is imported where it is used: it takes longer to import than all of our own code, and a preview, or an
`up` that has nothing to do, signs in nowhere.
"""

from __future__ import annotations

import base64
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from clients.entra.cloud import CLOUDS, Cloud
from clients.entra.credential import AccessToken, Credential
from clients.entra.ways import (
    REQUEST_TOKEN,
    REQUEST_URL,
    SERVICE_CONNECTION,
    SignInBy,
    Way,
    first,
    sign_in_by,
    unusable,
    value,
)
from clients.http.errors import SignInFailed
from clients.http.transport import USER_AGENT, Problem, Transport, redact
from clients.http.trust import NO_RETRIES, UntrustedCertificate, trusting_session

# It logs a warning for every failure that it raises too, and Python prints those where logging is not set up.
logging.getLogger("azure.identity").addHandler(logging.NullHandler())

BUSINESS_CENTRAL_SCOPE = "https://api.businesscentral.dynamics.com/.default"
RENEWED_BEFORE_SECONDS = 300  # before a token ends, as azure-core's own policy does it


def find_credential(tenant_id: str, cloud: Cloud) -> Credential:
    """Return the credential that the environment holds, by the way that `clients.entra.ways` finds.

    Raises:
        FailedPrecondition: the variables name no credential, one that cannot be used, or a sign-in that only
            azuread supports.
    """
    chosen = sign_in_by(os.environ)
    try:
        return _credential(tenant_id, cloud, chosen)
    except (OSError, ValueError) as problem:  # azure-identity's words for a file that is not there, or no certificate
        raise unusable(problem) from None


def _credential(tenant_id: str, cloud: Cloud, chosen: SignInBy) -> Credential:
    from azure import identity

    client_id, common = chosen.client_id, _options(cloud)
    match chosen.way:
        case Way.CERTIFICATE:
            certificate = os.environ.get("ARM_CLIENT_CERTIFICATE")
            return identity.CertificateCredential(
                tenant_id,
                client_id,
                None if certificate else os.environ["ARM_CLIENT_CERTIFICATE_PATH"],
                certificate_data=base64.b64decode(certificate) if certificate else None,
                password=os.environ.get("ARM_CLIENT_CERTIFICATE_PASSWORD"),
                **common,
            )
        case Way.SECRET:
            secret = value(os.environ, "ARM_CLIENT_SECRET")
            return identity.ClientSecretCredential(tenant_id, client_id, secret, **common)
        case Way.MANAGED_IDENTITY:
            return identity.ManagedIdentityCredential(client_id=client_id or None)
        case Way.AZURE_CLI:
            return identity.AzureCliCredential(tenant_id=tenant_id)
        case Way.STATIC_TOKEN:
            return identity.ClientAssertionCredential(
                tenant_id, client_id, lambda: os.environ["ARM_OIDC_TOKEN"], **common
            )
        case Way.TOKEN_FILE:
            file = os.environ["ARM_OIDC_TOKEN_FILE_PATH"]
            return identity.WorkloadIdentityCredential(
                tenant_id=tenant_id, client_id=client_id, token_file_path=file, **common
            )
        case Way.AZURE_PIPELINES:
            return identity.AzurePipelinesCredential(
                tenant_id=tenant_id,
                client_id=client_id,
                service_connection_id=first(os.environ, *SERVICE_CONNECTION),
                system_access_token=first(os.environ, *REQUEST_TOKEN),
                **common,
            )
        case Way.GITHUB | Way.REQUEST_ADDRESS:
            return identity.ClientAssertionCredential(tenant_id, client_id, github_token, **common)


def github_token() -> str:
    """Return a token of GitHub Actions for Entra, asked for as the runner says.

    https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect

    Raises:
        UserFacingError: GitHub does not give one.
    """
    answer = Transport(
        "GitHub",
        first(os.environ, *REQUEST_URL),
        authorization=lambda: f"Bearer {first(os.environ, *REQUEST_TOKEN)}",
        read_problem=lambda body: Problem("", str(body.get("message") or ""), ""),
    ).request("GET", "", attempting="get a token of GitHub Actions", query={"audience": "api://AzureADTokenExchange"})
    return str(answer["value"])


def secret_credential(tenant_id: str, cloud: Cloud, client_id: str, secret: str) -> Credential:
    """Return the credential of an application with a client secret; its tokens are kept in memory only."""
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(tenant_id, client_id, secret, retry_total=3, **_options(cloud))


def bearer(credential: Credential, scope: str) -> Callable[[], str]:
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
        except (AzureError, OSError, ValueError, UntrustedCertificate) as problem:
            # azure-identity wraps whatever is raised below it.
            if isinstance(problem.__cause__ or problem, UntrustedCertificate):
                refused: Any = problem.__cause__ or problem
                raise refused.while_attempting(f"get a token for {scope.removesuffix('/.default')}") from None
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


def _options(cloud: Cloud) -> dict[str, Any]:
    """Return what every credential of azure-identity is made with."""
    from azure.core.pipeline.transport import RequestsTransport

    session = trusting_session(NO_RETRIES)  # azure-core has retries of its own
    # Our own name beside the library's, so that one search in a sign-in log finds everything we did.
    options: dict[str, Any] = {
        "authority": cloud.login,
        "user_agent": USER_AGENT,
        "transport": RequestsTransport(session=session, session_owner=False),
    }
    if cloud not in CLOUDS.values():
        options["disable_instance_discovery"] = True  # which would ask login.microsoftonline.com about an unknown host
    return options
