"""Tokens of a pipeline's own token service, with which an application signs in to Entra instead of a secret.

Which variables choose it: sign_in_methods.py. How it signs in: sign_in.py. What Entra refuses: refusals.py.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from clients.entra.refusals import AUDIENCE
from clients.entra.sign_in_methods import REQUEST_TOKEN, REQUEST_URL, SERVICE_CONNECTION, SignInMethod, first
from clients.http.errors import (
    CertificateNotTrusted,
    FailedPrecondition,
    NoResponse,
    ServiceError,
    SignInFailed,
    Unavailable,
    UnexpectedAnswer,
    UserFacingError,
)
from clients.http.failures import ErrorBody
from clients.http.transport import Transport

_TRIES, _LONGEST_WAIT = 3, 5


def request_token(way: SignInMethod) -> str:
    """Return a token for Entra from the service that the environment names.

    GitHub Actions is asked as
    https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect
    says, Azure Pipelines as the azuread provider does it (go-azure-sdk, source), and
    https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create.

    Args:
        way: GITHUB, AZURE_PIPELINES or REQUEST_ADDRESS.

    Raises:
        UserFacingError: it gives none; the text names the service and the variables.
    """
    url = first(os.environ, *REQUEST_URL)
    service = _name(way, url)
    attempting = f"get a token of {service}"
    transport = Transport(
        service,
        url,
        authorization=lambda: f"Bearer {first(os.environ, *REQUEST_TOKEN)}",
        read_error_body=_read_error_body,
        headers={"X-TFS-FedAuthRedirect": "Suppress"},  # Azure DevOps: 401 in place of a page to sign in at
    )

    def ask() -> str:
        if way is SignInMethod.AZURE_PIPELINES:
            query = {"api-version": "7.1", "serviceConnectionId": first(os.environ, *SERVICE_CONNECTION)}
            return transport.read(partial(_token, "oidcToken"), "POST", "", attempting=attempting, query=query)
        return transport.read(partial(_token, "value"), "GET", "", attempting=attempting, query={"audience": AUDIENCE})

    again = Retrying(
        retry=retry_if_exception_type((Unavailable, NoResponse)) if way is SignInMethod.AZURE_PIPELINES else _never,
        stop=stop_after_attempt(_TRIES),
        wait=wait_random_exponential(max=_LONGEST_WAIT),
        reraise=True,
    )
    try:
        return again(ask)
    except UserFacingError as problem:
        if isinstance(problem, (CertificateNotTrusted, FailedPrecondition)) and not isinstance(
            problem, UnexpectedAnswer
        ):
            raise  # nothing was sent: the service is not the cause, and the remedy says what is
        raise SignInFailed(attempting, problem.reason, _remedy(way, problem)) from None


def _token(name: str, answer: Mapping[str, Any]) -> str:
    """Read a token from an answer.

    Raises:
        LookupError, TypeError: there is none.
    """
    if not isinstance(token := answer[name], str) or not token:
        raise TypeError(f"no token in {name}")
    return token


def _never(_: object) -> bool:
    return False


def _name(way: SignInMethod, url: str) -> str:
    """Return the service's name in messages: what it is, or its address where that is not known."""
    match way:
        case SignInMethod.AZURE_PIPELINES:
            return "Azure Pipelines"
        case SignInMethod.GITHUB:
            return "GitHub Actions"
    return f"the token service at {urlsplit(url).netloc or url}"


def _read_error_body(body: Mapping[str, Any]) -> ErrorBody:
    """Read an error: GitHub's and Azure DevOps's have a `message`, the latter a `typeKey` too."""
    return ErrorBody(str(body.get("typeKey") or ""), str(body.get("message") or ""), "")


def _remedy(way: SignInMethod, problem: UserFacingError) -> str:
    status = problem.status if isinstance(problem, ServiceError) else 0
    refused = status in {301, 302, 303, 307, 308, 401, 403} or isinstance(problem, UnexpectedAnswer)
    match way:
        case SignInMethod.AZURE_PIPELINES if refused:
            return (
                "Set SYSTEM_ACCESSTOKEN to $(System.AccessToken) under the `env` of this step; a token of another job "
                "is not taken. The pipeline has to be permitted to use the service connection."
            )
        case SignInMethod.AZURE_PIPELINES:
            return (
                "Check ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID: the `resourceId` in the address of the service "
                "connection's page, of the kind workload identity federation. SYSTEM_OIDCREQUESTURI is the pipeline's "
                "own."
            )
        case SignInMethod.GITHUB:
            return (
                "Give the job the permission `id-token: write`; the address and the token in "
                "ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are good for this job only."
            )
    also = (
        " It does not take GET: if it is Azure Pipelines, set ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID and "
        "SYSTEM_ACCESSTOKEN instead."
        if status == 405
        else ""
    )
    return f"Check ARM_OIDC_REQUEST_URL and ARM_OIDC_REQUEST_TOKEN.{also}"
