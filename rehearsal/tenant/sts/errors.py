"""Errors of the token service (contracts/graph.md, section 5). Texts marked * there are not: see DIFFERENCES.md."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.tenant.messages import Answer

if TYPE_CHECKING:
    from datetime import datetime


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


def tenant_not_found(name: str) -> StsError:
    """Refuse an unknown tenant."""
    return StsError(
        90002,
        f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
    )


def parameter_missing(name: str) -> StsError:
    """Refuse a form that lacks a parameter."""
    return StsError(900144, f"The request body must contain the following parameter: '{name}'.")


def grant_type_unsupported(grant_type: str) -> StsError:
    """Refuse any grant but client credentials and password."""
    return StsError(
        70003, f"The app requested an unsupported grant type '{grant_type}'.", error="unsupported_grant_type"
    )


def application_not_found(client_id: str, tenant_name: str) -> StsError:
    """Refuse an unknown application."""
    return StsError(
        700016,
        f"Application with identifier '{client_id}' was not found in the directory '{tenant_name}'. This can happen "
        "if the application has not been installed by the administrator of the tenant or consented to by any user in "
        "the tenant. You may have sent your authentication request to the wrong tenant.",
        error="unauthorized_client",
    )


def client_not_public() -> StsError:
    """Refuse a password sign-in through an application that has to show a credential of its own *."""
    return StsError(
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        error="invalid_client",
        status=401,
    )


def user_not_found(tenant_name: str) -> StsError:
    """Refuse an unknown user *."""
    return StsError(
        50034,
        f"The user account {{EUII Hidden}} does not exist in the {tenant_name} directory. To sign into this "
        "application, the account must be added to the directory.",
        error="invalid_grant",
    )


def password_wrong() -> StsError:
    """Refuse a password that is not the user's *."""
    return StsError(50126, "Error validating credentials due to invalid username or password.", error="invalid_grant")


def not_preauthorized(client_id: str, resource_id: str) -> StsError:
    """Refuse one of Microsoft's applications on a resource that has not let it in beforehand *."""
    return StsError(
        65002,
        f"Consent between first party application '{client_id}' and first party resource '{resource_id}' must be "
        "configured via preauthorization - applications owned and operated by Microsoft must get approval from the "
        "API owner before requesting tokens for that API.",
        error="invalid_client",
        status=401,
    )


def credential_missing() -> StsError:
    """Refuse whoever brings no credential."""
    return StsError(
        7000216,
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        error="invalid_client",
        status=401,
    )


def secret_wrong(client_id: str) -> StsError:
    """Refuse a secret that is not the application's."""
    return StsError(
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        f"the client secret ID, for a secret added to app '{client_id}'.",
        error="invalid_client",
        status=401,
    )


def secret_expired(client_id: str) -> StsError:
    """Refuse a secret that was the application's."""
    return StsError(
        7000222,
        f"The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new "
        "keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added "
        "security: https://aka.ms/certCreds.",
        error="invalid_client",
        status=401,
    )


def service_principal_missing(client_id: str, tenant_id: str) -> StsError:
    """Refuse an application that is not in the tenant by a service principal."""
    return StsError(
        7000229,
        f"The client application {client_id} is missing service principal in the tenant {tenant_id}. See instructions "
        "here: https://go.microsoft.com/fwlink/?linkid=2225119",
        error="invalid_client",
        status=401,
    )


def service_principal_disabled(client_id: str, display_name: str) -> StsError:
    """Refuse an application whose service principal is disabled *."""
    return StsError(
        7000112, f"Application '{client_id}'({display_name}) is disabled.", error="unauthorized_client", status=401
    )


def scope_invalid(scope: str) -> StsError:
    """Refuse a scope other than a resource's default *."""
    return StsError(
        1002012,
        f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
        error="invalid_scope",
    )


def resource_not_found(resource: str, tenant_name: str) -> StsError:
    """Refuse a resource that is not in the tenant."""
    return StsError(
        500011,
        f"The resource principal named {resource} was not found in the tenant named {tenant_name}. This can happen if "
        "the application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You might have sent your authentication request to the wrong tenant.",
        error="invalid_resource",
    )


def assertion_malformed() -> StsError:
    """Refuse what is no JSON Web Token, or none for this *."""
    return StsError(50027, "JWT token is invalid or malformed.")


def certificate_not_registered(thumbprint: str) -> StsError:
    """Refuse a certificate that the application does not have *."""
    return StsError(
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on application. "
        f"[Reason - The key was not found., Thumbprint of key used by client: '{thumbprint}']",
        error="invalid_client",
        status=401,
    )


def certificate_expired() -> StsError:
    """Refuse a certificate that has ended *."""
    return StsError(
        700027,
        "The certificate with identifier used to sign the client assertion is expired on application. "
        "[Reason - The key used is expired.]",
        error="invalid_client",
        status=401,
    )


def assertion_signature_wrong() -> StsError:
    """Refuse an assertion that the certificate did not sign *."""
    return StsError(700027, "Client assertion failed signature validation.", error="invalid_client", status=401)


def assertion_not_in_its_time() -> StsError:
    """Refuse an assertion that is too old or too young *."""
    return StsError(700024, "Client assertion is not within its valid time range.", error="invalid_client", status=401)


def assertion_audience_wrong() -> StsError:
    """Refuse an assertion made for somebody else *."""
    return StsError(
        700023, "Client assertion audience claim does not match Realm issuer.", error="invalid_client", status=401
    )


def federated_identity_not_matched(issuer: str, subject: str) -> StsError:
    """Refuse an issuer and subject that no credential of the application names."""
    return StsError(
        70021,
        f"No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. "
        f"Assertion Subject: '{subject}'.",
        error="unauthorized_client",
        status=401,
    )


def federated_issuer_out_of_reach() -> StsError:
    """The rehearsal tenant fetches no outside issuer's keys, so it says what Entra says when it cannot."""
    return StsError(50166, "Request to External OIDC endpoint failed.", error="invalid_client", status=401)
