"""Errors of the token service (contracts/graph.md, section 5). Texts marked * there are not: see DIFFERENCES.md."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from rehearsal.tenant.messages import Answer


@dataclass
class StsError(Exception):
    """The token service refuses.

    Attributes:
        code: number of the AADSTS error.
        text: what it says, without the number.
        error: the OAuth error code.
        status: HTTP status.
    """

    code: int
    text: str
    error: str = "invalid_request"
    status: int = 400


def answer(problem: StsError, now: datetime) -> Answer:
    """Write a refusal the way the token service does."""
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    at = f"{now:%Y-%m-%d %H:%M:%S}Z"
    return Answer(
        problem.status,
        {
            "error": problem.error,
            "error_description": (
                f"AADSTS{problem.code}: {problem.text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
            ),
            "error_codes": [problem.code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={problem.code}",
        },
        {"x-ms-request-id": trace},
    )


def _refusal(code: int, text: str, error: str = "invalid_request", status: int = 400) -> Callable[..., StsError]:
    """Return what makes one kind of refusal; what it is called with fills the text, in order."""
    return lambda *values: StsError(code, text.format(*values), error, status)


tenant_not_found = _refusal(
    90002,
    "Tenant '{}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "
    "Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
)
parameter_missing = _refusal(900144, "The request body must contain the following parameter: '{}'.")
grant_type_unsupported = _refusal(70003, "The app requested an unsupported grant type '{}'.", "unsupported_grant_type")
application_not_found = _refusal(
    700016,
    "Application with identifier '{}' was not found in the directory '{}'. This can happen if the application has not "
    "been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent "
    "your authentication request to the wrong tenant.",
    "unauthorized_client",
)
client_not_public = _refusal(  # * a password sign-in through an application that has to show a credential of its own
    7000218,
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    "invalid_client",
    401,
)
user_not_found = _refusal(  # *
    50034,
    "The user account {{EUII Hidden}} does not exist in the {} directory. To sign into this application, the account "
    "must be added to the directory.",
    "invalid_grant",
)
password_wrong = _refusal(  # *
    50126, "Error validating credentials due to invalid username or password.", "invalid_grant"
)
not_preauthorized = _refusal(  # * one of Microsoft's applications, on a resource that has not let it in beforehand
    65002,
    "Consent between first party application '{}' and first party resource '{}' must be configured via "
    "preauthorization - applications owned and operated by Microsoft must get approval from the API owner before "
    "requesting tokens for that API.",
    "invalid_client",
    401,
)
credential_missing = _refusal(
    7000216,
    "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    "invalid_client",
    401,
)
secret_wrong = _refusal(
    7000215,
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the "
    "client secret ID, for a secret added to app '{}'.",
    "invalid_client",
    401,
)
secret_expired = _refusal(
    7000222,
    "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your app: "
    "https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: "
    "https://aka.ms/certCreds.",
    "invalid_client",
    401,
)
service_principal_missing = _refusal(
    7000229,
    "The client application {} is missing service principal in the tenant {}. See instructions here: "
    "https://go.microsoft.com/fwlink/?linkid=2225119",
    "invalid_client",
    401,
)
service_principal_disabled = _refusal(7000112, "Application '{}'({}) is disabled.", "unauthorized_client", 401)  # *
scope_invalid = _refusal(  # *
    1002012,
    "The provided value for scope {} is not valid. Client credential flows must have a scope value with /.default "
    "suffixed to the resource identifier (application ID URI).",
    "invalid_scope",
)
resource_not_found = _refusal(
    500011,
    "The resource principal named {} was not found in the tenant named {}. This can happen if the application has not "
    "been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent "
    "your authentication request to the wrong tenant.",
    "invalid_resource",
)
assertion_malformed = _refusal(50027, "JWT token is invalid or malformed.")  # *
certificate_not_registered = _refusal(  # *
    700027,
    "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The "
    "key was not found., Thumbprint of key used by client: '{}']",
    "invalid_client",
    401,
)
certificate_expired = _refusal(  # *
    700027,
    "The certificate with identifier used to sign the client assertion is expired on application. [Reason - The key "
    "used is expired.]",
    "invalid_client",
    401,
)
assertion_signature_wrong = _refusal(  # *
    700027, "Client assertion failed signature validation.", "invalid_client", 401
)
assertion_not_in_its_time = _refusal(  # *
    700024, "Client assertion is not within its valid time range.", "invalid_client", 401
)
assertion_audience_wrong = _refusal(  # *
    700023, "Client assertion audience claim does not match Realm issuer.", "invalid_client", 401
)
federated_identity_not_matched = _refusal(
    70021,
    "No matching federated identity record found for presented assertion. Assertion Issuer: '{}'. Assertion Subject: "
    "'{}'.",
    "unauthorized_client",
    401,
)
# The rehearsal tenant fetches no outside issuer's keys, so it says what Entra says when it cannot.
federated_issuer_out_of_reach = _refusal(50166, "Request to External OIDC endpoint failed.", "invalid_client", 401)
