"""Signing in as the real plugin does: metadata document, token, claims.

docs/reference/facts-graph.md, "Metadata document", "Token requests" and "Claims of a token".
"""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import requests

from rehearsal.azuread_plugin import azure_cli
from rehearsal.azuread_plugin.configuration import Configuration, require_loopback
from rehearsal.azuread_plugin.errors import StandInError
from rehearsal.azuread_plugin.polling import Poller

# The real plugin asks for metadata and token with Go's own user agent, and names itself to Graph only.
_GO_USER_AGENT = "Go-http-client/1.1"
_TIMEOUT = 600  # seconds for one answer; a request that the tenant holds ends when the plugin does
_TOKEN_RETRIES = 4  # go-retryablehttp's default, for the sign-in only
_LONGEST_WAIT = 61  # seconds
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class NoResponseError(Exception):
    """A request got no answer at all.

    Attributes:
        was_reset: the other side reset the connection; Go retries then, but not after an end of file.
    """

    def __init__(self, method: str, url: str, problem: requests.RequestException) -> None:
        self.was_reset = "reset by peer" in str(problem)
        if isinstance(problem, requests.exceptions.SSLError):
            reason = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
        elif self.was_reset:
            reason = "connection reset by peer"
        elif "NewConnectionError" in repr(problem):
            reason = "dial tcp: connect: connection refused"
        else:
            reason = "EOF"
        if method != "GET":  # the real plugin gives no reason for a write, which may have been done
            reason = "HTTP response was nil; connection may have been reset"
        super().__init__(f'{method.capitalize()} "{url}": {reason}')


class SignIn:
    """A caller's endpoints and its token, renewed in time.

    Attributes:
        graph: base address of Graph, no trailing slash.
        object_id: object id of the caller's service principal, from the token.
    """

    def __init__(self, configuration: Configuration, poller: Poller) -> None:
        """Fetch the metadata document and a first token."""
        self.configuration = configuration
        self._poller = poller
        self._lock = threading.Lock()
        self._renew_at = 0.0
        self._token = ""
        self._login, self.graph = self._endpoints()
        self.object_id = _object_id(self.token())

    def token(self) -> str:
        """Return an access token for Graph that is good for a while."""
        with self._lock:
            if time.monotonic() >= self._renew_at:
                self._token, lifetime = self._request_token()
                # Renewed 20 minutes before its end, or at half its life where that is later:
                # docs/reference/facts-graph.md, "Token requests".
                self._renew_at = time.monotonic() + max(lifetime - 1200, lifetime / 2)
            return self._token

    def send(self, method: str, url: str, **arguments: Any) -> requests.Response:
        """Send one request on a connection of its own, as the real plugin does; through no proxy, to no redirect."""
        with requests.Session() as session:
            session.trust_env = False  # Go's handling of HTTPS_PROXY spares loopback, requests' does not
            try:
                return session.request(
                    method,
                    url,
                    verify=self.configuration.ca_file or True,
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                    **arguments,
                )
            except requests.RequestException as problem:
                raise NoResponseError(method, url, problem) from None

    def _endpoints(self) -> tuple[str, str]:
        endpoint = f"https://{self.configuration.metadata_host}"
        failed = f'retrieving metadata from endpoint "{endpoint}"'
        query, headers = {"api-version": "2022-09-01"}, {"User-Agent": _GO_USER_AGENT}
        try:
            response = self.send("GET", f"{endpoint}/metadata/endpoints", params=query, headers=headers)
        except NoResponseError as problem:
            raise StandInError(f"{failed}: performing request: {problem}") from None
        if response.status_code != requests.codes.ok:
            status = f"{response.status_code} {response.status_code} {response.reason}"
            raise StandInError(f"{failed}: performing request: expected 200 OK but got {status}")
        try:
            document = response.json()
            login, graph = document["authentication"]["loginEndpoint"], document["microsoftGraphResourceId"].rstrip("/")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StandInError(f"{failed}: no `loginEndpoint` or `microsoftGraphResourceId` was returned") from None
        require_loopback(login)
        require_loopback(graph)
        return login, graph

    def _request_token(self) -> tuple[str, float]:
        if not self.configuration.client_secret and not self.configuration.federated_token:
            return azure_cli.token(f"{self.graph}/.default", self.configuration.tenant_id)
        response = self._token_response()
        if not response.ok:
            text = f"received HTTP status {response.status_code} with response: {response.text}"
            raise StandInError(f"clientCredentialsToken: {text}")
        answer = response.json()
        return str(answer["access_token"]), float(answer["expires_in"])

    def _token_response(self) -> requests.Response:
        url = f"{self._login}/{self.configuration.tenant_id}/oauth2/v2.0/token"
        headers = {"Accept": "application/json", "User-Agent": _GO_USER_AGENT}
        token = self.configuration.federated_token
        assertion = {"client_assertion": token, "client_assertion_type": _ASSERTION_TYPE}
        form = {
            "client_id": self.configuration.client_id,
            **(assertion if token else {"client_secret": self.configuration.client_secret}),
            "grant_type": "client_credentials",
            "scope": f"{self.graph}/.default",
        }
        attempt = 0
        while True:
            retry_after = None
            try:
                response = self.send("POST", url, data=form, headers=headers)
            except NoResponseError as problem:
                if attempt == _TOKEN_RETRIES:
                    raise StandInError(f"clientCredentialsToken: cannot request token: {problem}") from None
            else:
                transient = response.status_code == requests.codes.too_many_requests or response.status_code >= 500
                if not transient or attempt == _TOKEN_RETRIES:
                    return response
                retry_after = response.headers.get("Retry-After")
            self._poller.pause(retry_delay(retry_after, attempt))
            attempt += 1


def retry_delay(retry_after: str | None, attempt: int) -> float:
    """Return seconds to wait: what the service says in whole seconds (a date is ignored), else 1, 2, 4, ... 61."""
    if retry_after is not None and re.fullmatch(r"\d+", retry_after):
        return float(retry_after)
    return float(min(2**attempt, _LONGEST_WAIT))


def _object_id(token: str) -> str:
    """Return the `oid` claim; like the real plugin, it does not verify the signature."""
    import jwt  # late: it brings all of cryptography, and a plugin that is not asked anything needs no token

    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise StandInError("unable to parse claims in access token: unexpected token format") from None
    if not claims.get("oid"):
        raise StandInError("building client: parsing claims in access token: oid claim is empty")
    return str(claims["oid"])
