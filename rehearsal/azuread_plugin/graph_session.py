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
from rehearsal.azuread_plugin.polling import Poller, PollingError
from rehearsal.azuread_plugin.sign_in import NoResponseError, SignIn, retry_delay

JSON = dict[str, Any]
RetryWhen = Callable[["GraphError"], bool]

# The last word is ours, so that a request log tells the stand-in from the real plugin.
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
    """An answer that is not a success, in the words of go-azure-sdk.

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
        problem = cls(text, response.status_code, error)
        problem.retry_after = response.headers.get("Retry-After")
        return problem

    def matches(self, status: int, pattern: str) -> bool:
        """Tell whether this is the error of that status whose `code: message` matches the regular expression."""
        return self.status == status and re.search(pattern, self.error) is not None


@contextmanager
def diagnosing(summary: str, attribute: str = "") -> Iterator[None]:
    """Turn an error within into a DiagnosticError; `attribute` is the Terraform attribute, "" for none."""
    try:
        yield
    except (GraphError, PollingError) as error:
        raise DiagnosticError(summary, error, attribute) from None


class GraphSession:
    """A signed-in caller of Graph. A request that fails, after its retries, raises a GraphError.

    Attributes:
        object_id: object id of the caller's service principal.
    """

    def __init__(self, configuration: Configuration, poller: Poller, debug: Callable[[str], None]) -> None:
        """Sign in; `debug` takes lines for the engine's log of the highest level."""
        self._sign_in = SignIn(configuration, poller)
        self._debug = debug
        self.tenant_id = configuration.tenant_id
        self.client_id = configuration.client_id
        self.object_id = self._sign_in.object_id
        self.poller = poller
        self._locks: dict[str, threading.Lock] = {}

    def write_lock(self, object_id: str) -> threading.Lock:
        """Return an application's lock: the real plugin, too, makes its updates and password changes one by one."""
        return self._locks.setdefault(object_id, threading.Lock())

    def get(self, path: str, query: Mapping[str, str] | None = None, *, version: str = "v1.0", deadline: float) -> JSON:
        """GET one object; `path` begins with a slash, `deadline` is on the clock of `time.monotonic`."""
        return self._send("GET", f"{self._sign_in.graph}/{version}{path}", query, None, deadline)

    def find(self, path: str, *, version: str = "v1.0", deadline: float) -> JSON | None:
        """GET one object, or None where there is none."""
        try:
            return self.get(path, version=version, deadline=deadline)
        except GraphError as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, query: Mapping[str, str] | None = None, *, deadline: float) -> list[JSON]:
        """GET a collection, all pages of it."""
        answer = self.get(path, query, deadline=deadline)
        items: list[JSON] = answer.get("value") or []
        while link := answer.get("@odata.nextLink"):
            require_loopback(link)
            answer = self._send("GET", link, None, None, deadline)
            items += answer.get("value") or []
        return items

    def write(
        self,
        method: str,
        path: str,
        body: JSON | None = None,
        *,
        version: str = "v1.0",
        deadline: float,
        retry_when: RetryWhen | None = None,
    ) -> JSON:
        """POST, PATCH or DELETE; `retry_when` tells which errors of this request are worth a retry."""
        return self._send(method, f"{self._sign_in.graph}/{version}{path}", None, body, deadline, retry_when)

    def directory_object(self, object_id: str) -> str:
        """Return the address that a reference (`@odata.id`, `@odata.bind`) has for an object."""
        return f"{self._sign_in.graph}/v1.0/directoryObjects/{object_id}"

    def _send(
        self,
        method: str,
        url: str,
        query: Mapping[str, str] | None,
        body: JSON | None,
        deadline: float,
        retry_when: RetryWhen | None = None,
    ) -> JSON:
        attempt, most = 0, _retries_within(deadline - time.monotonic())
        while True:
            try:
                return self._send_once(method, url, query, body)
            except GraphError as error:
                transient = _is_transient(error, method) or (retry_when is not None and retry_when(error))
                if not transient or attempt >= most:
                    raise
                self.poller.pause(retry_delay(error.retry_after, attempt))
                attempt += 1

    def _send_once(self, method: str, url: str, query: Mapping[str, str] | None, body: JSON | None) -> JSON:
        headers = {**_HEADERS, "Authorization": f"Bearer {self._sign_in.token()}"}
        data = None if body is None else json.dumps(body)
        try:
            response = self._sign_in.send(method, url, headers=headers, params=query, data=data)
        except NoResponseError as problem:
            error = GraphError(str(problem))
            error.was_reset = problem.was_reset
            raise error from None
        if response.status_code not in (200, 201, 202, 204):
            raise GraphError.of(response)
        if method != "GET" and response.content:
            # As the real one, which logs every request and answer: the answer of addPassword has the secret's text.
            self._debug(f"{method} {response.url}")
            self._debug(response.text)
        try:
            answer: JSON = response.json() if response.content else {}
        except ValueError as problem:
            raise GraphError(f"unmarshaling response: {problem}") from None
        return answer


def _error_text(error: Mapping[str, Any]) -> str:
    parts = [error.get("code"), error.get("message")]
    if isinstance(inner := error.get("innerError"), dict):
        parts.append(_error_text(inner))
    return ": ".join(str(part) for part in parts if part)


def _is_transient(error: GraphError, method: str) -> bool:
    if error.status == 0:  # a write without an answer may have been done: do not repeat it
        return method == "GET" and error.was_reset
    return error.status in (408, 424, 429) or (error.status >= 500 and error.status != 501)


def _retries_within(seconds: float) -> int:
    """Return how many retries the real plugin has time for (go-azure-sdk, sdk/client/client.go, safeRetryNumber)."""
    if seconds <= 63:
        return max(int(math.log2(max(seconds, 0) + 1)) - 1, 0)
    return (int(seconds) - 63) // 61 + 6
