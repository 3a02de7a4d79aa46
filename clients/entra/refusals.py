"""What to do where no token is issued: by Entra's own codes, and by what the caller signs in with. Pure.

Codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes, and as named at each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.entra.caller import claims_of
from clients.entra.sign_in_methods import ChosenSignIn, SignInMethod

AUDIENCE = "api://AzureADTokenExchange"
"""What a federated token has to be for, unless the federated credential says otherwise.

https://learn.microsoft.com/graph/api/resources/federatedidentitycredential"""


@dataclass(frozen=True)
class KnownRefusal:
    """A refusal of Entra's token service.

    Attributes:
        code: its code.
        says: what it means, for readers.
        remedy: what to do.
        claim: what of a federated token no federated credential has, "" for any of it; None where it is about
            something else. Then the error has what came, and what is expected, in place of the remedy.
    """

    code: str
    says: str
    remedy: str
    claim: str | None = None


_OUTSIDE_VALIDITY = "AADSTS700024"
_NO_SUCH_RESOURCE = "AADSTS500011"
_CORRECT_ONE = (
    "Correct the federated credential, or what asks for the token: the error has what came, and what is expected."
)

KNOWN_REFUSALS = (
    KnownRefusal(
        "AADSTS90002",
        "there is no such directory in this cloud",
        "Set azuread:tenantId or ARM_TENANT_ID to the directory's id, and ARM_ENVIRONMENT to its cloud.",
    ),
    KnownRefusal(
        "AADSTS700016",
        "the directory has no such application",
        "Set ARM_CLIENT_ID to an application of the directory that azuread:tenantId or ARM_TENANT_ID names.",
    ),
    KnownRefusal(
        "AADSTS7000112",
        "the application's service principal is disabled",
        "Enable the application's service principal, under Enterprise applications, Properties.",
    ),
    KnownRefusal(
        "AADSTS7000215",
        "the client secret is wrong",
        "Set ARM_CLIENT_SECRET to the secret's value, which is not its id.",
    ),
    KnownRefusal(
        "AADSTS7000222",
        "the client secret has ended",
        "Make a new secret for the application in ARM_CLIENT_ID, and set ARM_CLIENT_SECRET to it.",
    ),
    KnownRefusal(
        "AADSTS7000229",
        "the application has no service principal in this directory",
        "Make its service principal: `az ad sp create --id <the id in ARM_CLIENT_ID>`.",
    ),
    KnownRefusal(
        "AADSTS700027",
        "the application does not have the certificate that signed, or it has ended",
        "Register the certificate of ARM_CLIENT_CERTIFICATE or ARM_CLIENT_CERTIFICATE_PATH on the application in "
        "ARM_CLIENT_ID; where it has ended, a new one.",
    ),
    KnownRefusal(
        _NO_SUCH_RESOURCE,
        "the directory has no service principal of what the token is for",
        "This tenant has no service principal of what the token is for. That of Business Central comes with `az ad sp "
        "create --id 996def3d-b36c-4153-8607-a6fd3c01b89f`.",
    ),
    KnownRefusal(
        "AADSTS65002",
        "a client of Microsoft's, such as the Azure CLI, is not let in there",
        "Entra does not let this client in there, one of Microsoft's such as the Azure CLI after `az login`. "
        "For Business Central, set BUSINESS_CENTRAL_CLIENT_ID to a public client of this tenant, as the bootstrap "
        "stack makes it (docs/bootstrap.md), or sign in as an application.",
    ),
    KnownRefusal(
        "AADSTS5002741",
        "the federated token is for several audiences",
        "The token is for several audiences: ask its issuer for one for api://AzureADTokenExchange alone.",
    ),
    KnownRefusal(
        "AADSTS7000272",
        "the federated token is signed with a key that Entra does not know",
        "The token is signed with a key that its issuer does not publish (any more), or that Entra does not "
        "know yet: compare `kid` in its header with the keys at the issuer's jwks_uri; new keys count after some time.",
    ),
    KnownRefusal(
        "AADSTS50166",
        "Entra cannot read the keys of the federated token's issuer",
        "Entra could not read the keys of the token's issuer: the address in its claim `iss` has to answer "
        "/.well-known/openid-configuration from the internet.",
    ),
    KnownRefusal(
        _OUTSIDE_VALIDITY,
        "the federated token has ended, or the clock that a certificate signed by is wrong",
        "Have a new token made for each sign-in, or set the clock: the error says which.",
    ),
    KnownRefusal(
        "AADSTS70021", "no federated credential fits the token, or a new one is not known yet", _CORRECT_ONE, ""
    ),
    KnownRefusal("AADSTS70025", "the application has no federated credential", _CORRECT_ONE, ""),
    KnownRefusal("AADSTS700211", "no federated credential has the token's issuer", _CORRECT_ONE, "issuer"),
    KnownRefusal("AADSTS700212", "no federated credential has the token's audience", _CORRECT_ONE, "audience"),
    KnownRefusal("AADSTS7002121", "no federated credential has the token's audience", _CORRECT_ONE, "audience"),
    KnownRefusal("AADSTS700213", "no federated credential has the token's subject", _CORRECT_ONE, "subject"),
    KnownRefusal("AADSTS7002138", "the subject differs in upper and lower case", _CORRECT_ONE, "subject"),
)
"""Those about no federated credential were seen in reports."""

_USE_RENEWED_TOKENS = (
    "Remove ARM_OIDC_TOKEN, and let this program ask for a new token whenever it needs one: in GitHub Actions with the "
    "permission `id-token: write`; in Azure Pipelines with ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID and "
    "SYSTEM_ACCESSTOKEN; elsewhere with ARM_OIDC_REQUEST_URL and ARM_OIDC_REQUEST_TOKEN, or from a file that is kept "
    "new, ARM_OIDC_TOKEN_FILE_PATH."
)


def is_no_such_resource(said: str) -> bool:
    """Tell whether Entra refused because of what the token is for, and not because of who asked."""
    return _code(said) == _NO_SUCH_RESOURCE


def _code(said: str) -> str:
    return next(iter(re.findall(r"AADSTS\d+", said)), "")


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
    if known := next((each for each in KNOWN_REFUSALS if each.code == code), None):
        if known.claim is not None:
            return _not_matched(known.claim, chosen, claims_of(f"Bearer {assertion}"))
        return known.remedy
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
