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
from pathlib import Path
from typing import Any

from clients.entra.cloud import CLOUDS, Cloud
from clients.entra.credential import AccessToken, Credential
from clients.http.errors import FailedPrecondition, SignInFailed
from clients.http.transport import USER_AGENT, Problem, Transport, redact

# It logs a warning for every failure that it raises too, and Python prints those where logging is not set up.
logging.getLogger("azure.identity").addHandler(logging.NullHandler())

BUSINESS_CENTRAL_SCOPE = "https://api.businesscentral.dynamics.com/.default"
RENEWED_BEFORE_SECONDS = 300  # before a token ends, as azure-core's own policy does it

_ATTEMPTING = "sign in to Entra"
_UNSUPPORTED_VARIABLES = ("ARM_USE_AKS_WORKLOAD_IDENTITY", "ARM_MSI_ENDPOINT")
"""Sign-in variables of the azuread provider that we do not support.

Set, they are an error: azuread would sign in by them, and this program as another caller."""


def find_credential(tenant_id: str, cloud: Cloud) -> Credential:
    """Return the credential that the environment holds, by the variables that the azuread provider uses too.

    In the azuread provider's order, so that both sign in as the same caller in one `up`:

    1. a certificate: ARM_CLIENT_CERTIFICATE (PKCS#12 in base64) or ARM_CLIENT_CERTIFICATE_PATH;
    2. a secret: ARM_CLIENT_SECRET, or the file ARM_CLIENT_SECRET_FILE_PATH;
    3. with ARM_USE_OIDC=true a token: ARM_OIDC_TOKEN, or the file ARM_OIDC_TOKEN_FILE_PATH; Azure Pipelines' own, with
       ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID and SYSTEM_ACCESSTOKEN; GitHub's own;
    4. with ARM_USE_MSI=true a managed identity;
    5. the Azure CLI (`az login`), unless ARM_USE_CLI=false.

    The application is ARM_CLIENT_ID, or what the file ARM_CLIENT_ID_FILE_PATH says.
    https://www.pulumi.com/registry/packages/azuread/installation-configuration/

    Raises:
        FailedPrecondition: the variables name no credential, one that cannot be used, or a sign-in that only
            azuread supports.
    """
    for variable in _UNSUPPORTED_VARIABLES:
        if os.environ.get(variable, "").lower() not in {"", "false", "0", "f"}:
            raise FailedPrecondition(
                _ATTEMPTING,
                f"{variable} is set: the azuread provider obeys it, and this program does not",
                "Sign in another way, so that both are one caller: ARM_USE_OIDC=true with ARM_OIDC_TOKEN_FILE_PATH, "
                "for a workload identity the file that AZURE_FEDERATED_TOKEN_FILE names.",
            )
    try:
        return _credential(tenant_id, cloud)
    except (OSError, ValueError) as problem:  # azure-identity's words for a file that is not there, or no certificate
        raise FailedPrecondition(
            _ATTEMPTING,
            f"the credential cannot be used ({redact(' '.join(str(problem).split())).rstrip('.')})",
            "Check the ARM_ variables that name it, and the file that they name.",
        ) from None


def _credential(tenant_id: str, cloud: Cloud) -> Credential:
    from azure import identity

    client_id = _value("ARM_CLIENT_ID")
    common = _options(cloud)
    certificate = os.environ.get("ARM_CLIENT_CERTIFICATE")
    path = os.environ.get("ARM_CLIENT_CERTIFICATE_PATH")
    if certificate or path:
        return identity.CertificateCredential(
            tenant_id,
            _needed(client_id),
            None if certificate else path,
            certificate_data=base64.b64decode(certificate) if certificate else None,
            password=os.environ.get("ARM_CLIENT_CERTIFICATE_PASSWORD"),
            **common,
        )
    if secret := _value("ARM_CLIENT_SECRET"):
        return identity.ClientSecretCredential(tenant_id, _needed(client_id), secret, **common)
    if _on("ARM_USE_OIDC"):
        return _federated(tenant_id, _needed(client_id), common)
    if _on("ARM_USE_MSI"):
        return identity.ManagedIdentityCredential(client_id=client_id or None)
    if _on("ARM_USE_CLI", default=True):
        return identity.AzureCliCredential(tenant_id=tenant_id)
    raise FailedPrecondition(
        _ATTEMPTING,
        "the environment names no credential",
        "Set ARM_CLIENT_ID and ARM_CLIENT_SECRET (or another sign-in of the azuread provider), or run `az login`.",
    )


def _federated(tenant_id: str, client_id: str, common: dict[str, Any]) -> Credential:
    """Return the credential of an application that signs in with a federated token (workload identity)."""
    from azure import identity

    if token := os.environ.get("ARM_OIDC_TOKEN"):
        return identity.ClientAssertionCredential(tenant_id, client_id, lambda: token, **common)
    if file := os.environ.get("ARM_OIDC_TOKEN_FILE_PATH"):
        return identity.WorkloadIdentityCredential(
            tenant_id=tenant_id, client_id=client_id, token_file_path=file, **common
        )
    connection = _first("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID")
    if connection:
        return identity.AzurePipelinesCredential(
            tenant_id=tenant_id,
            client_id=client_id,
            service_connection_id=connection,
            system_access_token=_first("ARM_OIDC_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"),
            **common,
        )
    if _first(*_GITHUB_URL):
        return identity.ClientAssertionCredential(tenant_id, client_id, github_token, **common)
    raise FailedPrecondition(
        _ATTEMPTING,
        "ARM_USE_OIDC is set without a token",
        "Set ARM_OIDC_TOKEN_FILE_PATH or ARM_OIDC_TOKEN; in GitHub Actions give the job the permission "
        "`id-token: write`; in Azure Pipelines set ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID, and SYSTEM_ACCESSTOKEN to "
        "$(System.AccessToken).",
    )


_GITHUB_URL = ("ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL")
_GITHUB_TOKEN = ("ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")


def github_token() -> str:
    """Return a token of GitHub Actions for Entra, asked for as the runner says.

    https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect

    Raises:
        UserFacingError: GitHub does not give one.
    """
    answer = Transport(
        "GitHub",
        _first(*_GITHUB_URL),
        authorization=lambda: f"Bearer {_first(*_GITHUB_TOKEN)}",
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


def _options(cloud: Cloud) -> dict[str, Any]:
    """Return what every credential of azure-identity is made with."""
    # Our own name beside the library's, so that one search in a sign-in log finds everything we did.
    options: dict[str, Any] = {"authority": cloud.login, "user_agent": USER_AGENT}
    if cloud.login not in {each.login for each in CLOUDS.values()}:
        options["disable_instance_discovery"] = True  # which would ask login.microsoftonline.com about an unknown host
    return options


def _needed(client_id: str) -> str:
    if not client_id:
        raise FailedPrecondition(_ATTEMPTING, "ARM_CLIENT_ID is not set", "Set it to the application that runs this.")
    return client_id


def _first(*variables: str) -> str:
    return next((value for each in variables if (value := os.environ.get(each))), "")


def _value(variable: str) -> str:
    """Return the value of a variable, or of the file that `<variable>_FILE_PATH` names."""
    value = os.environ.get(variable, "").strip()
    if file := os.environ.get(f"{variable}_FILE_PATH"):
        written = Path(file).read_text(encoding="utf-8").strip()
        if value and value != written:
            raise ValueError(f"{variable} and the file that {variable}_FILE_PATH names differ")
        return written
    return value


def _on(variable: str, *, default: bool = False) -> bool:
    """Read a switch in every spelling that the azuread provider takes (Go's strconv.ParseBool)."""
    match os.environ.get(variable, "").lower():
        case "":
            return default
        case "1" | "t" | "true":
            return True
        case "0" | "f" | "false":
            return False
    raise ValueError(f"{variable} is neither true nor false")
