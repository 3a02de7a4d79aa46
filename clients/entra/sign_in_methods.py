"""By which way the environment says to sign in, and as which application: in the azuread provider's order.

Both halves of an `up`, azuread's and ours, read the same variables, so that they are one caller. Nothing here signs in:
a preview can say what is missing, and whom a sign-in would speak for, before anything is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

from clients.http.errors import FailedPrecondition
from clients.http.redaction import redact

ATTEMPTING = "sign in to Entra"

_UNSUPPORTED_VARIABLES = ("ARM_USE_AKS_WORKLOAD_IDENTITY", "ARM_MSI_ENDPOINT")
"""Sign-in variables of the azuread provider that we do not support.

Set, they are an error: azuread would sign in by them, and this program as another caller."""

# The order in which the azuread provider reads them; its 3.9, source: internal/provider/provider.go.
REQUEST_URL = ("ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI")
REQUEST_TOKEN = ("ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN")
SERVICE_CONNECTION = ("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID")


class SignInMethod(Enum):
    """How a caller signs in; the value names it, with the variable that chose it."""

    CERTIFICATE = "a certificate (ARM_CLIENT_CERTIFICATE or ARM_CLIENT_CERTIFICATE_PATH)"
    SECRET = "a client secret (ARM_CLIENT_SECRET)"  # noqa: S105 - a name
    STATIC_TOKEN = "a federated token (ARM_OIDC_TOKEN)"  # noqa: S105 - a name
    TOKEN_FILE = "a federated token from a file (ARM_OIDC_TOKEN_FILE_PATH)"  # noqa: S105 - a name
    AZURE_PIPELINES = "a token of Azure Pipelines (ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID)"
    GITHUB = "a token of GitHub Actions (ACTIONS_ID_TOKEN_REQUEST_URL)"
    REQUEST_ADDRESS = "a token from ARM_OIDC_REQUEST_URL"
    MANAGED_IDENTITY = "a managed identity (ARM_USE_MSI)"
    AZURE_CLI = "the Azure CLI (`az login`)"


@dataclass(frozen=True)
class ChosenSignIn:
    """What the environment says.

    Attributes:
        way: the way.
        client_id: the application that signs in; of a managed identity the one that is asked for, "" for the machine's
            own; "" for the Azure CLI.
    """

    way: SignInMethod
    client_id: str

    @property
    def known_application(self) -> str:
        """The application that any token of this way speaks for; "" where only a token tells who it is."""
        return "" if self.way in {SignInMethod.MANAGED_IDENTITY, SignInMethod.AZURE_CLI} else self.client_id.lower()


def choose_sign_in(environment: Mapping[str, str]) -> ChosenSignIn:
    """Return which way the environment says, by the variables that the azuread provider uses too.

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
        FailedPrecondition: the variables name no way, one that lacks another variable, or one that only azuread
            supports.
    """
    for variable in _UNSUPPORTED_VARIABLES:
        if environment.get(variable, "").lower() not in {"", "false", "0", "f"}:
            raise FailedPrecondition(
                ATTEMPTING,
                f"{variable} is set: the azuread provider obeys it, and this program does not",
                "Sign in another way, so that both are one caller: ARM_USE_OIDC=true with ARM_OIDC_TOKEN_FILE_PATH, "
                "for a workload identity the file that AZURE_FEDERATED_TOKEN_FILE names.",
            )
    try:
        return _chosen(environment)
    except (OSError, ValueError) as problem:
        raise unusable(problem) from None


def unusable(problem: Exception) -> FailedPrecondition:
    """Return that a credential cannot be used: a file that is not there, or a certificate that is none."""
    return FailedPrecondition(
        ATTEMPTING,
        f"the credential cannot be used ({redact(' '.join(str(problem).split())).rstrip('.')})",
        "Check the ARM_ variables that name it, and the file that they name.",
    )


def _chosen(environment: Mapping[str, str]) -> ChosenSignIn:
    client_id = value(environment, "ARM_CLIENT_ID")
    if first(environment, "ARM_CLIENT_CERTIFICATE", "ARM_CLIENT_CERTIFICATE_PATH"):
        return ChosenSignIn(SignInMethod.CERTIFICATE, _needed(client_id))
    if value(environment, "ARM_CLIENT_SECRET"):
        return ChosenSignIn(SignInMethod.SECRET, _needed(client_id))
    if _on(environment, "ARM_USE_OIDC"):
        return ChosenSignIn(_federated(environment), _needed(client_id))
    if _on(environment, "ARM_USE_MSI"):
        return ChosenSignIn(SignInMethod.MANAGED_IDENTITY, client_id)
    if _on(environment, "ARM_USE_CLI", default=True):
        return ChosenSignIn(SignInMethod.AZURE_CLI, "")
    raise FailedPrecondition(
        ATTEMPTING,
        "the environment names no credential",
        "Set ARM_CLIENT_ID and ARM_CLIENT_SECRET (or another sign-in of the azuread provider), or run `az login`.",
    )


def _federated(environment: Mapping[str, str]) -> SignInMethod:
    """Return by which federated token an application signs in (workload identity).

    Raises:
        FailedPrecondition: a variable is missing for it; the text names it.
    """
    if environment.get("ARM_OIDC_TOKEN"):
        return SignInMethod.STATIC_TOKEN
    if environment.get("ARM_OIDC_TOKEN_FILE_PATH"):
        return SignInMethod.TOKEN_FILE
    url, token = first(environment, *REQUEST_URL), first(environment, *REQUEST_TOKEN)
    if first(environment, *SERVICE_CONNECTION):
        if not url:
            raise _lacks(
                "Azure Pipelines gives no address of its token service",
                "SYSTEM_OIDCREQUESTURI is set in each job of Azure Pipelines; elsewhere, leave "
                "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID out, and use ARM_OIDC_TOKEN_FILE_PATH.",
            )
        if not token:
            raise _lacks("SYSTEM_ACCESSTOKEN is not set", _HOW_TO_MAP)
        return SignInMethod.AZURE_PIPELINES
    if is_azure_pipelines(environment, url):
        also = "" if token else f" SYSTEM_ACCESSTOKEN is not set either. {_HOW_TO_MAP}"
        raise _lacks(
            "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID is not set, without which Azure Pipelines issues no token",
            "Set it to the id of the service connection: the `resourceId` in the address of its page in Azure DevOps."
            f"{also}",
        )
    if url:
        github = not environment.get("ARM_OIDC_REQUEST_URL") or is_github(url)
        if not token:
            missing = "ACTIONS_ID_TOKEN_REQUEST_TOKEN" if github else "ARM_OIDC_REQUEST_TOKEN"
            raise _lacks(
                f"{missing} is not set",
                "Give the job the permission `id-token: write`: GitHub Actions then sets it, beside the address."
                if github
                else "Set it to the token that the service at ARM_OIDC_REQUEST_URL wants.",
            )
        return SignInMethod.GITHUB if github else SignInMethod.REQUEST_ADDRESS
    raise _lacks(
        "ARM_USE_OIDC is set without a token",
        "Set ARM_OIDC_TOKEN_FILE_PATH or ARM_OIDC_TOKEN; in GitHub Actions give the job the permission "
        "`id-token: write`; in Azure Pipelines set ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID, and SYSTEM_ACCESSTOKEN to "
        "$(System.AccessToken).",
    )


_HOW_TO_MAP = (
    "Azure Pipelines gives it to no step by itself: write `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` under the `env` "
    "of the step."
)


def _lacks(reason: str, remedy: str) -> FailedPrecondition:
    return FailedPrecondition(ATTEMPTING, reason, remedy)


def is_azure_pipelines(environment: Mapping[str, str], url: str) -> bool:
    """Tell whether the address of a token service is that of Azure Pipelines.

    https://learn.microsoft.com/azure/devops/pipelines/build/variables: TF_BUILD is True in every job of it, and
    System.OidcRequestUri the address; on Azure DevOps Server it can have any host.
    """
    own = environment.get("SYSTEM_OIDCREQUESTURI") or environment.get("TF_BUILD", "").lower() == "true"
    foreign = first(environment, "ACTIONS_ID_TOKEN_REQUEST_URL") == url
    host = (urlsplit(url).hostname or "").lower()
    return bool(url) and (host.endswith(("dev.azure.com", ".visualstudio.com")) or (bool(own) and not foreign))


def is_github(url: str) -> bool:
    """Tell whether the address of a token service is that of GitHub Actions, which ends in this domain."""
    return (urlsplit(url).hostname or "").lower().endswith(".actions.githubusercontent.com")


def first(environment: Mapping[str, str], *variables: str) -> str:
    """Return the value of the first of these variables that is set, "" where none is."""
    return next((found for each in variables if (found := environment.get(each))), "")


def value(environment: Mapping[str, str], variable: str) -> str:
    """Return the value of a variable, or of the file that `<variable>_FILE_PATH` names.

    Raises:
        OSError, ValueError: the file cannot be read, or says something else than the variable.
    """
    given = environment.get(variable, "").strip()
    if file := environment.get(f"{variable}_FILE_PATH"):
        written = Path(file).read_text(encoding="utf-8").strip()
        if given and given != written:
            raise ValueError(f"{variable} and the file that {variable}_FILE_PATH names differ")
        return written
    return given


def _needed(client_id: str) -> str:
    if not client_id:
        raise FailedPrecondition(ATTEMPTING, "ARM_CLIENT_ID is not set", "Set it to the application that runs this.")
    return client_id


def _on(environment: Mapping[str, str], variable: str, *, default: bool = False) -> bool:
    """Read a switch in every spelling that the azuread provider takes (Go's strconv.ParseBool)."""
    match environment.get(variable, "").lower():
        case "":
            return default
        case "1" | "t" | "true":
            return True
        case "0" | "f" | "false":
            return False
    raise ValueError(f"{variable} is neither true nor false")
