"""Requests to Microsoft Graph and their retries, as the real plugin makes them.

docs/reference/facts-graph.md, "Requests of the plugin" and "Retries of the plugin".
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests

from rehearsal.azuread_plugin.configuration import Configuration, require_loopback
from rehearsal.azuread_plugin.errors import DiagnosticError
from rehearsal.azuread_plugin.polling import Patience, PollingError
from rehearsal.azuread_plugin.sign_in import NoAnswerError, SignIn, wait_before_retry

JSON = dict[str, Any]
RetryWhen = Callable[["GraphError"], bool]

# The last word is ours: a request log shall not pass the stand-in off as the real plugin.
_USER_AGENT = (
    "HashiCorp Terraform/dev (+https://www.terraform.io) Terraform Plugin SDK/2.40.1 terraform-provider-azuread/dev "
    "HashiCorp/go-azure-sdk (Go-http-Client/1.1 MicrosoftGraph/v1.0) pid-222c6c49-1b0a-5959-a213-6608f9eb8820 "
    "rehearsal-stand-in"
)
_HEADERS = {
    "Accept": "application/json; charset=utf-8; IEEE754Compatible=false",
    "Content-Type": "application/json; charset=utf-8",
    "OData-Version": "4.0",
    "OData-MaxVersion": "4.0",
    "User-Agent": _USER_AGENT,
}


class GraphError(Exception):
    """An answer that is no success, worded as go-azure-sdk words it.

    Attributes:
        status: HTTP status, 0 where there was no answer.
        error: `code: message` of the error body, empty where there was none.
    """

    def __init__(self, text: str, status: int = 0, error: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.error = error
        self.retry_after: str | None = None
        self.was_reset = False

    @classmethod
    def of(cls, response: requests.Response) -> GraphError:
        """Read an error answer."""
        try:
            error = _error_text(response.json()["error"])
        except (ValueError, KeyError, TypeError, AttributeError):
            error = ""
        status = f"{response.status_code} ({response.status_code} {response.reason})"
        if error:
            text = f"unexpected status {status} with error: {error}"
        elif response.text:
            text = f"unexpected status {status} with response: {response.text}"
        else:
            text = f"unexpected status {status} received with no body"
        it = cls(text, response.status_code, error)
        it.retry_after = response.headers.get("Retry-After")
        return it

    def matches(self, status: int, pattern: str) -> bool:
        """Tell whether this is the error of that status whose `code: message` matches the regular expression."""
        return self.status == status and re.search(pattern, self.error) is not None


@contextmanager
def diagnosing(summary: str, attribute: str = "") -> Iterator[None]:
    """Report what fails within as a diagnostic: what was attempted, and on which Terraform attribute, "" for none."""
    try:
        yield
    except (GraphError, PollingError) as error:
        raise DiagnosticError(summary, error, attribute) from None


class GraphSession:
    """A signed-in caller of Graph; a request that gets no success, after its retries, is a GraphError.

    Attributes:
        object_id: object id of the caller's service principal.
    """

    def __init__(self, configuration: Configuration, patience: Patience) -> None:
        """Sign in."""
        self._sign_in = SignIn(configuration, patience)
        self.tenant_id = configuration.tenant_id
        self.client_id = configuration.client_id
        self.object_id = self._sign_in.object_id
        self.patience = patience
        self._locks: dict[str, threading.Lock] = {}

    def writing(self, object_id: str) -> threading.Lock:
        """Return an application's lock: its updates and password changes take turns, as in the real plugin."""
        return self._locks.setdefault(object_id, threading.Lock())

    def get(self, path: str, query: Mapping[str, str] | None = None, *, version: str = "v1.0", until: float) -> JSON:
        """GET one object; `path` begins with a slash, `until` is on the clock of `time.monotonic`."""
        return self._send("GET", f"{self._sign_in.graph}/{version}{path}", query, None, until)

    def find(self, path: str, *, until: float) -> JSON | None:
        """GET one object, or None where there is none."""
        try:
            return self.get(path, until=until)
        except GraphError as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, query: Mapping[str, str] | None = None, *, until: float) -> list[JSON]:
        """GET a collection, all pages of it."""
        answer = self.get(path, query, until=until)
        items: list[JSON] = answer.get("value") or []
        while link := answer.get("@odata.nextLink"):
            require_loopback(link)
            answer = self._send("GET", link, None, None, until)
            items += answer.get("value") or []
        return items

    def write(
        self, method: str, path: str, body: JSON | None = None, *, until: float, retry_when: RetryWhen | None = None
    ) -> JSON:
        """POST, PATCH or DELETE; `retry_when` tells which refusals of this request pass with time."""
        return self._send(method, f"{self._sign_in.graph}/v1.0{path}", None, body, until, retry_when)

    def directory_object(self, object_id: str) -> str:
        """Return the address that a reference (`@odata.id`, `@odata.bind`) has for an object."""
        return f"{self._sign_in.graph}/v1.0/directoryObjects/{object_id}"

    def _send(
        self,
        method: str,
        url: str,
        query: Mapping[str, str] | None,
        body: JSON | None,
        until: float,
        retry_when: RetryWhen | None = None,
    ) -> JSON:
        attempt, most = 0, _retries_within(until - time.monotonic())
        while True:
            try:
                return self._send_once(method, url, query, body)
            except GraphError as error:
                passing = _passes_with_time(error, method) or (retry_when is not None and retry_when(error))
                if not passing or attempt >= most:
                    raise
                self.patience.pause(wait_before_retry(error.retry_after, attempt))
                attempt += 1

    def _send_once(self, method: str, url: str, query: Mapping[str, str] | None, body: JSON | None) -> JSON:
        headers = {**_HEADERS, "Authorization": f"Bearer {self._sign_in.token()}"}
        data = None if body is None else json.dumps(body)
        try:
            response = self._sign_in.exchange(method, url, headers=headers, params=query, data=data)
        except NoAnswerError as problem:
            error = GraphError(str(problem))
            error.was_reset = problem.was_reset
            raise error from None
        if response.status_code not in (200, 201, 202, 204):
            raise GraphError.of(response)
        answer: JSON = response.json() if response.content else {}
        return answer


def _error_text(error: Mapping[str, Any]) -> str:
    parts = [error.get("code"), error.get("message")]
    if isinstance(inner := error.get("innerError"), dict):
        parts.append(_error_text(inner))
    return ": ".join(str(part) for part in parts if part)


def _passes_with_time(error: GraphError, method: str) -> bool:
    if error.status == 0:  # a write that got no answer may have been done: never again
        return method == "GET" and error.was_reset
    return error.status in (408, 424, 429) or (error.status >= 500 and error.status != 501)


def _retries_within(seconds: float) -> int:
    """Return how many retries the real plugin has time for (go-azure-sdk, sdk/client/client.go, safeRetryNumber)."""
    if seconds <= 63:
        return max(int(math.log2(max(seconds, 0) + 1)) - 1, 0)
    return (int(seconds) - 63) // 61 + 6
