"""The outside system: it has what the stack's outputs hand over, and nothing else."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import jwt
import requests

from rehearsal.demo.errors import ClaimFailed
from rehearsal.ready_file import ReadyFile

USER_AGENT = "rehearsal-demo-shop/1"
_SCOPE = "https://api.businesscentral.dynamics.com/.default"
_ANSWER = 30.0  # seconds


class OutsideSystem:
    """A shop that signs in with its client secret and calls Business Central.

    Args:
        ready: the tenant; a real shop knows the addresses from Microsoft's documentation.
        client_id: of its application.
        client_secret: the secret it was given.
    """

    def __init__(self, ready: ReadyFile, client_id: str, client_secret: str) -> None:
        self._ready = ready
        self._client_id = client_id
        self._client_secret = client_secret
        self._session = requests.Session()
        self._session.trust_env = False  # neither a proxy nor a certificate bundle of the person's own
        self._session.verify = ready.caFile
        self._session.headers["User-Agent"] = USER_AGENT

    def token(self) -> str:
        """Sign in with the client credentials flow and return the access token.

        Raises:
            ClaimFailed: Entra refuses it.
        """
        answer = self._ask(
            "POST",
            f"{self._ready.origin}/{self._ready.tenantId}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": self._client_secret,
                "scope": _SCOPE,
            },
        )
        if not answer.ok:
            raise ClaimFailed(f"The new secret gets no token: {answer.status_code} {_reason(answer)}")
        return str(answer.json()["access_token"])

    def companies(self, token: str, environment: str) -> list[str]:
        """Return the names of the companies of an environment.

        Raises:
            ClaimFailed: Business Central refuses the call.
        """
        tenant, name = quote(self._ready.tenantId, safe=""), quote(environment, safe="")
        answer = self._ask(
            "GET",
            f"{self._ready.businessCentralUrl}/v2.0/{tenant}/{name}/api/v2.0/companies",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        )
        if not answer.ok:
            raise ClaimFailed(
                f"Business Central does not answer the companies request to {environment}: "
                f"{answer.status_code} {_reason(answer)}"
            )
        return [company["name"] for company in answer.json()["value"]]

    def _ask(self, method: str, url: str, **arguments: Any) -> requests.Response:
        try:
            return self._session.request(method, url, timeout=_ANSWER, allow_redirects=False, **arguments)
        except requests.RequestException as problem:
            raise ClaimFailed(f"{method} {url} got no answer ({type(problem).__name__}).") from None


def roles(token: str) -> frozenset[str]:
    """Return the application roles that an access token carries; it is not verified, its receiver does that."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return frozenset(claims.get("roles", ()))


def _reason(answer: requests.Response) -> str:
    """Return the service's own words: of Entra `error_description`, of an API `error.code` and `error.message`."""
    try:
        body = answer.json()
    except ValueError:
        return answer.reason
    error = body.get("error")
    if isinstance(error, dict):
        return f"{error.get('code')}: {error.get('message')}"
    return str(body.get("error_description") or error or answer.reason).splitlines()[0]
