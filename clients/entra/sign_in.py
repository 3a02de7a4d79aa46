"""The credential that environment variables name, and the Authorization headers made with it.

None of this is ever a resource's input: so no credential enters the state, and each run uses its own.

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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clients.entra import person, token_responses
from clients.entra.caller import Caller
from clients.entra.cloud import CLOUDS, Cloud
from clients.entra.credential import AccessToken, Credential
from clients.entra.federated_tokens import request_token
from clients.entra.refusals import remedy
from clients.entra.sign_in_methods import ChosenSignIn, SignInMethod, choose_sign_in, unusable, value
from clients.http.bodies import shortened
from clients.http.errors import SignInFailed, UserFacingError
from clients.http.failures import MESSAGE_CHARACTERS
from clients.http.transport import USER_AGENT
from clients.http.trust import NO_RETRIES, OwnSession, UntrustedCertificate, trusting_session

# Both log what they raise too, in the service's own words, which may quote a secret; Python prints that where logging
# is not set up. Our errors say it, without what looks like a secret.
for _name in ("azure", "msal"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False

BUSINESS_CENTRAL_SCOPE = "https://api.businesscentral.dynamics.com/.default"
RENEWED_BEFORE_SECONDS = 300  # before a token ends, as azure-core's own policy does it


def find_credential(tenant_id: str, cloud: Cloud) -> Credential:
    """Return the credential that the environment holds, by the way that `clients.entra.sign_in_methods` finds.

    Raises:
        FailedPrecondition: the variables name no credential, one that cannot be used, or a sign-in that only
            azuread supports.
    """
    chosen = choose_sign_in(os.environ)
    sent = [""]

    def assertion() -> str:
        sent[0] = _assertion(chosen.way)
        return sent[0]

    try:
        credential = _credential(tenant_id, cloud, chosen, assertion)
    except (OSError, ValueError) as problem:  # azure-identity's words for a file that is not there, or no certificate
        raise unusable(problem) from None
    return _CredentialWithRemedy(credential, lambda said: remedy(said, chosen, sent[0]))


def business_central_credential(
    tenant_id: str, cloud: Cloud, credential: Credential, at_graph: Callable[[], Caller | None]
) -> Credential:
    """Return the credential for Business Central's token: after `az login` another one, where there is a public client.

    Args:
        tenant_id: the directory.
        cloud: its cloud.
        credential: that of whoever runs this.
        at_graph: who that is, as Microsoft Graph's token says; None where it does not.

    Raises:
        FailedPrecondition: BUSINESS_CENTRAL_CLIENT_ID is no client id.
    """
    client_id = person.public_client()
    if not client_id or choose_sign_in(os.environ).way is not SignInMethod.AZURE_CLI:
        return credential
    return _CredentialWithRemedy(
        person.Person(tenant_id, client_id, credential, at_graph, _options(cloud)), person.remedy
    )


class _CredentialWithRemedy:
    """The credential of whoever runs this, with what to do where it is refused.

    Args:
        credential: one of azure-identity's.
        remedy: what to do, by what was said.
    """

    def __init__(self, credential: Credential, remedy: Callable[[str], str]) -> None:
        self._credential = credential
        self._getting = threading.Lock()
        self.remedy = remedy

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token; one at a time, since two first ones would both ask where Entra issues them."""
        with self._getting:
            return self._credential.get_token(*scopes, **options)


def _credential(tenant_id: str, cloud: Cloud, chosen: ChosenSignIn, assertion: Callable[[], str]) -> Credential:
    from azure import identity

    client_id, common = chosen.client_id, _options(cloud)
    match chosen.way:
        case SignInMethod.CERTIFICATE:
            certificate = os.environ.get("ARM_CLIENT_CERTIFICATE")
            return identity.CertificateCredential(
                tenant_id,
                client_id,
                None if certificate else os.environ["ARM_CLIENT_CERTIFICATE_PATH"],
                certificate_data=base64.b64decode(certificate) if certificate else None,
                password=os.environ.get("ARM_CLIENT_CERTIFICATE_PASSWORD"),
                **common,
            )
        case SignInMethod.SECRET:
            secret = value(os.environ, "ARM_CLIENT_SECRET")
            return identity.ClientSecretCredential(tenant_id, client_id, secret, **common)
        case SignInMethod.MANAGED_IDENTITY:
            return identity.ManagedIdentityCredential(client_id=client_id or None, transport=_transport_of_machine())
        case SignInMethod.AZURE_CLI:
            return identity.AzureCliCredential(tenant_id=tenant_id)
        case _:
            return identity.ClientAssertionCredential(tenant_id, client_id, assertion, **common)


def _assertion(way: SignInMethod) -> str:
    """Return a new federated token, as the environment says.

    Raises:
        UserFacingError: there is none.
    """
    match way:
        case SignInMethod.STATIC_TOKEN:
            return os.environ["ARM_OIDC_TOKEN"].strip()
        case SignInMethod.TOKEN_FILE:
            return Path(os.environ["ARM_OIDC_TOKEN_FILE_PATH"]).read_text(encoding="utf-8").strip()
    return request_token(way)


def secret_credential(tenant_id: str, cloud: Cloud, client_id: str, secret: str) -> Credential:
    """Return the credential of an application with a client secret; its tokens are kept in memory only."""
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(tenant_id, client_id, secret, retry_total=3, **_options(cloud))


def assertion_credential(tenant_id: str, cloud: Cloud, client_id: str, assertion: Callable[[], str]) -> Credential:
    """Return the credential of an application that signs assertions; its tokens are kept in memory only.

    Args:
        tenant_id: the directory.
        cloud: its cloud.
        client_id: the application.
        assertion: makes a new one (`clients.entra.client_assertion`).
    """
    from azure.identity import ClientAssertionCredential

    return ClientAssertionCredential(tenant_id, client_id, assertion, retry_total=3, **_options(cloud))


def bearer(credential: Credential, scope: str) -> Callable[[], str]:
    """Return a function that gives an Authorization header for a scope; it raises what `cached_token` says."""
    token = cached_token(credential, scope)
    return lambda: f"Bearer {token().token}"


def cached_token(credential: Credential, scope: str) -> Callable[..., AccessToken]:
    """Return a function that gives a token for a scope.

    The token is got by one thread, kept for all, and renewed in time: not every credential of azure-identity does that
    (AzureCliCredential starts `az` each time), and none of them for threads that ask at once. Where the function is
    given claims, which a service asks for when it does not accept a token any more, it gets a new token with them.

    The function raises a UserFacingError, most often SignInFailed, when none can be had.
    """
    getting = threading.Lock()
    kept: AccessToken | None = None

    def token(**options: Any) -> AccessToken:
        nonlocal kept
        with getting:
            if kept is None or options.get("claims") or kept.expires_on - time.time() < RENEWED_BEFORE_SECONDS:
                kept = get_token(credential, scope, **options)
            return kept

    return token


def get_token(credential: Credential, scope: str, **options: Any) -> AccessToken:
    """Return a token for a scope, as the credential gives it.

    Raises:
        UserFacingError: none can be had; most often SignInFailed.
    """
    token_responses.clear()
    try:
        return _usable(credential.get_token(scope, **options))
    except Exception as problem:  # noqa: BLE001 - an odd answer can break any line of azure-identity and msal
        raise _token_not_issued(problem, f"get a token for {scope.removesuffix('/.default')}", credential) from None


def _usable(token: AccessToken) -> AccessToken:
    """Return a token if it can be sent.

    Raises:
        ValueError: a service answered something else in its place.
    """
    if not re.fullmatch(r"[\x21-\x7e]+", token.token):
        raise ValueError("what came in place of a token cannot be sent")
    float(token.expires_on)
    return token


def _token_not_issued(problem: Exception, attempting: str, credential: Credential) -> UserFacingError:
    """Return why no token was issued, as an error for the user."""
    from azure.core.exceptions import AzureError, DecodeError

    cause = problem.__cause__ if isinstance(problem, AzureError) else problem  # azure-identity wraps whatever is raised
    if isinstance(cause, UserFacingError):
        return cause
    if isinstance(cause, UntrustedCertificate):
        return cause.while_attempting(attempting)
    if odd := token_responses.unexpected_response():
        return SignInFailed(attempting, odd, _NOT_ENTRA)
    said = shortened(str(getattr(problem, "message", "") or problem), MESSAGE_CHARACTERS).rstrip(".")
    if isinstance(cause, (ValueError, TypeError, AttributeError, LookupError, DecodeError)):
        unreadable = f"the answer of the token service cannot be read ({said.removeprefix('Authentication failed: ')})"
        return SignInFailed(attempting, unreadable, _NOT_ENTRA)
    remedy_for = credential.remedy if isinstance(credential, _CredentialWithRemedy) else _no_remedy
    return SignInFailed(attempting, said, remedy_for(said))


_NOT_ENTRA = (
    "Something else than Entra answers there, such as a proxy's page: check HTTPS_PROXY, NO_PROXY and "
    "ARM_METADATA_HOSTNAME."
)


def _no_remedy(_: str) -> str:
    return "Check the tenant, the client id and the secret."


def basic() -> Callable[[], str] | None:
    """Return a function that gives an Authorization header from BUSINESS_CENTRAL_USER and _PASSWORD, if both are set.

    For containers and on-premises only; the password is a user's web service key:
    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/web-services-authentication
    """
    user, password = map(os.environ.get, ("BUSINESS_CENTRAL_USER", "BUSINESS_CENTRAL_PASSWORD"))
    if not user or not password:
        return None
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return lambda: f"Basic {encoded}"


def _transport_of_machine() -> Any:
    """Return what asks the machine for a managed identity's token, and trusts as the library does.

    Service Fabric's endpoint has a certificate of its own, which the library checks by a thumbprint.
    """
    from azure.core.pipeline.transport import RequestsTransport

    return RequestsTransport(session=OwnSession())


def _options(cloud: Cloud) -> dict[str, Any]:
    """Return what every credential of azure-identity is made with."""
    from azure.core.pipeline.transport import RequestsTransport

    session = trusting_session(NO_RETRIES)  # azure-core has retries of its own
    # Our own name beside the library's, so that one search in a sign-in log finds everything we did.
    options: dict[str, Any] = {
        "authority": cloud.login,
        "user_agent": USER_AGENT,
        "transport": RequestsTransport(session=session, session_owner=False),
        "raw_response_hook": token_responses.record,
    }
    if cloud.login not in {each.login for each in CLOUDS.values()}:
        options["disable_instance_discovery"] = True  # which would ask login.microsoftonline.com about an unknown host
    return options
