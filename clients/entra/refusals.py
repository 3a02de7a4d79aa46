"""What to do where no token is issued: by Entra's own codes, and by what the caller signs in with. Pure.

Codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes, and as named at each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from clients.entra.caller import claims_of
from clients.entra.sign_in_methods import ChosenSignIn, SignInMethod

AUDIENCE = "api://AzureADTokenExchange"
"""What a federated token has to be for, unless the federated credential says otherwise.

https://learn.microsoft.com/graph/api/resources/federatedidentitycredential"""

_OUTSIDE_VALIDITY = "700024"
_NOT_MATCHED = {
    "70021": "",
    "70025": "",
    "700211": "issuer",
    "700212": "audience",
    "7002121": "audience",
    "700213": "subject",
    "7002138": "subject",
}
"""No federated credential fits the token: seen in reports. The first is the general one; the second says that there is
none at all, the last that only the case of letters differs."""

_NO_SUCH_RESOURCE = "500011"

_USE_RENEWED_TOKENS = (
    "Remove ARM_OIDC_TOKEN, and let this program ask for a new token whenever it needs one: in GitHub Actions with the "
    "permission `id-token: write`; in Azure Pipelines with ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID and "
    "SYSTEM_ACCESSTOKEN; elsewhere with ARM_OIDC_REQUEST_URL and ARM_OIDC_REQUEST_TOKEN, or from a file that is kept "
    "new, ARM_OIDC_TOKEN_FILE_PATH."
)

_REMEDIES = {
    "90002": "Set azuread:tenantId or ARM_TENANT_ID to the directory's id, and ARM_ENVIRONMENT to its cloud.",
    "700016": "Set ARM_CLIENT_ID to an application of the directory that azuread:tenantId or ARM_TENANT_ID names.",
    "7000112": "Enable the application's service principal, under Enterprise applications, Properties.",
    "7000215": "Set ARM_CLIENT_SECRET to the secret's value, which is not its id.",
    "7000222": "Make a new secret for the application in ARM_CLIENT_ID, and set ARM_CLIENT_SECRET to it.",
    "7000229": "Make its service principal: `az ad sp create --id <the id in ARM_CLIENT_ID>`.",
    "700027": "Register the certificate of ARM_CLIENT_CERTIFICATE or ARM_CLIENT_CERTIFICATE_PATH on the application in "
    "ARM_CLIENT_ID; where it has ended, a new one.",
    _NO_SUCH_RESOURCE: "This tenant has no service principal of what the token is for. That of Business Central comes "
    "with `az ad sp create --id 996def3d-b36c-4153-8607-a6fd3c01b89f`.",
    "65002": "Entra does not let this client in there, one of Microsoft's such as the Azure CLI after `az login`. "
    "For Business Central, set BUSINESS_CENTRAL_CLIENT_ID to a public client of this tenant, as the bootstrap stack "
    "makes it (docs/bootstrap.md), or sign in as an application.",
    "5002741": "The token is for several audiences: ask its issuer for one for api://AzureADTokenExchange alone.",
    "7000272": "The token is signed with a key that its issuer does not publish (any more), or that Entra does not "
    "know yet: compare `kid` in its header with the keys at the issuer's jwks_uri; new keys count after some time.",
    "50166": "Entra could not read the keys of the token's issuer: the address in its claim `iss` has to answer "
    "/.well-known/openid-configuration from the internet.",
}


def is_no_such_resource(said: str) -> bool:
    """Tell whether Entra refused because of what the token is for, and not because of who asked."""
    return _code(said) == _NO_SUCH_RESOURCE


def _code(said: str) -> str:
    return next(iter(re.findall(r"AADSTS(\d+)", said)), "")


def remedy(said: str, chosen: ChosenSignIn, assertion: str) -> str:
    """Return what to do where Entra, or what signs in to it, refuses.

    Args:
        said: what it said, with its code if it has one.
        chosen: by which way the caller signs in.
        assertion: the federated token that was sent, "" where there was none.
    """
    code = _code(said)
    if code == _OUTSIDE_VALIDITY:
        return _outside_validity(chosen.way)
    if code in _NOT_MATCHED:
        return _not_matched(_NOT_MATCHED[code], chosen, claims_of(f"Bearer {assertion}"))
    if code in _REMEDIES:
        return _REMEDIES[code]
    if chosen.way is SignInMethod.AZURE_CLI:
        return "Run `az login`, with --tenant where you have several; or set the variables of an application."
    if chosen.way is SignInMethod.MANAGED_IDENTITY:
        return (
            "ARM_USE_MSI works on a machine in Azure with a managed identity; ARM_CLIENT_ID has to be that of an "
            "identity assigned to it, or left out."
        )
    return f"The sign-in is by {chosen.way.value}: check it, ARM_CLIENT_ID and ARM_TENANT_ID."


def _outside_validity(way: SignInMethod) -> str:
    match way:
        case SignInMethod.STATIC_TOKEN:
            return f"The token in ARM_OIDC_TOKEN lives for minutes only, and has ended. {_USE_RENEWED_TOKENS}"
        case SignInMethod.TOKEN_FILE:
            return "The token in the file that ARM_OIDC_TOKEN_FILE_PATH names has ended: who writes it has to renew it."
        case SignInMethod.CERTIFICATE:
            return "The clock of this machine is wrong: the signature was made with its time."
    return "The token ended on its way: check the clocks of this machine and of the token's service."


def _not_matched(what: str, chosen: ChosenSignIn, claims: Mapping[str, Any]) -> str:
    """Return what came and what is expected."""
    names = {"issuer": "iss", "subject": "sub", "audience": "aud"}
    came = ", ".join(f"{name} {_text(claims.get(claim))}" for name, claim in names.items())
    sentences = [f"The token came with {came}." if claims else ""]
    if what == "audience":
        sentences.append(f"Expected is the audience {AUDIENCE}, or what the federated credential says.")
    sentences.append(
        f"Expected is a federated credential of application {chosen.client_id} with exactly "
        f"{f'this {what}' if what else 'these'}, upper and lower case included: "
        f"`az ad app federated-credential list --id {chosen.client_id}` shows what there is. A new one counts after "
        "some minutes."
    )
    return " ".join(filter(None, sentences))


def _text(claim: object) -> str:
    values = claim if isinstance(claim, list) else [claim]
    return " and ".join(f"'{value}'" for value in values) if claim else "(none)"
