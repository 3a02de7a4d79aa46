"""A running rehearsal tenant, as tests and scripts see it: its ready-file, its control port, and a client for itself."""

from __future__ import annotations

import contextlib
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests import Response, Session

from rehearsal.control_port import ControlPort
from rehearsal.ready_file import ReadyFile

if TYPE_CHECKING:
    from types import TracebackType

REPOSITORY = Path(__file__).resolve().parents[2]
OURS = "entra-business-central/"
"""How the user agent of our own requests begins, as against azuread's."""
_START_TIMEOUT = 60.0  # seconds; generous, since the machine may be busy
_TIMEOUT = 30.0


class Fault:
    """A fault that was ordered from a tenant."""

    def __init__(self, tenant: Tenant, number: str) -> None:
        self._tenant = tenant
        self.id = number

    @property
    def hits(self) -> int:
        """How many requests it has hit."""
        return int(self._state()["hits"])

    @property
    def held(self) -> int:
        """How many requests it holds open at this moment."""
        return int(self._state()["held"])

    def release(self) -> None:
        """Let the requests go on that it holds."""
        self._tenant.control("POST", f"/faults/{self.id}/release")

    def wait_until_held(self, timeout: float = 30.0) -> None:
        """Wait until it holds a request.

        Raises:
            TimeoutError: it holds none after `timeout` seconds.
        """
        wait_for(lambda: self.held > 0, timeout, f"fault {self.id} to hold a request")

    def _state(self) -> dict[str, Any]:
        faults = self._tenant.control("GET", "/faults")
        return next(fault for fault in faults if fault["id"] == self.id)


class Tenant:
    """A rehearsal tenant that somebody has started.

    Attributes:
        ready: its ready-file.
    """

    def __init__(self, ready: ReadyFile, process: subprocess.Popen[str] | None = None) -> None:
        self.ready = ready
        self._process = process
        self._control = ControlPort(ready.controlUrl)
        self._session = Session()
        self._session.trust_env = False
        self._session.verify = ready.caFile
        self._session.headers["User-Agent"] = "tests.support.tenant"

    def __enter__(self) -> Tenant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process, if this object has one."""
        self._control.close()
        self._session.close()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.communicate(timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the control port."""
        return self._control.ask(method, path, body)

    def requests(self, user_agent: str | None = None, method: str | None = None) -> list[dict[str, Any]]:
        """Return the request log, oldest first, or that part of it.

        Args:
            user_agent: only requests whose user agent contains this.
            method: only requests of this method.
        """
        return [
            entry
            for entry in self._control.requests()
            if (user_agent is None or user_agent in entry["userAgent"]) and method in (None, entry["method"])
        ]

    def most_at_once(self, caller: str) -> int:
        """Return how many requests of one caller Business Central had in hand at most, as the log tells."""
        asked = (each for each in self.requests() if each["caller"] == caller and each["path"].startswith("/bc/"))
        return max((int(each["inFlight"]) for each in asked), default=0)

    def clear_requests(self) -> None:
        """Empty the request log."""
        self._control.clear_requests()

    def reset(self, to: str | None = None) -> None:
        """Return the tenant to its initial state, or to the copy of this id."""
        self.control("POST", "/reset", {"to": to})

    def keep_copy(self) -> str:
        """Let the tenant keep a copy of what it holds, and return its id."""
        return str(self.control("POST", "/copies")["id"])

    def state(self) -> dict[str, Any]:
        """Return everything that the tenant holds."""
        return self._control.state()

    def edit(self, do: str, **fields: Any) -> dict[str, Any]:
        """Do what an administrator would do by hand."""
        return self._control.edit(do, **fields)

    def fault(self, match: dict[str, str] | None = None, action: str = "status", **fields: Any) -> Fault:
        """Order a fault; the fields are those of `POST /faults`."""
        number = self.control("POST", "/faults", {"match": match or {}, "action": action, **fields})["id"]
        return Fault(self, number)

    def clear_faults(self) -> None:
        """Forget all faults and let everything go on that they hold."""
        self.control("DELETE", "/faults")

    def advance(self, seconds: float) -> None:
        """Set the tenant's clock forward."""
        self.control("POST", "/clock", {"advance": seconds})

    def latency(self, seconds: float) -> None:
        """Let every answer of the services take so long."""
        self.control("POST", "/latency", {"seconds": seconds})

    def replication(self, seconds: float, *, by_id: bool = False, deletions: bool = False) -> None:
        """Let what is made from now on be seen everywhere only so long after.

        Args:
            seconds: how long.
            by_id: let it not be found by its id either.
            deletions: let lists show for as long what is deleted.
        """
        self.control("POST", "/replication", {"seconds": seconds, "byId": by_id, "deletions": deletions})

    def token_response(self, form: dict[str, str], tenant: str | None = None) -> Response:
        """Send a form to the token endpoint."""
        address = f"{self.ready.origin}/{tenant or self.ready.tenantId}/oauth2/v2.0/token"
        return self._session.post(address, data=form, timeout=_TIMEOUT)

    def token(self, client_id: str | None = None, secret: str | None = None, scope: str | None = None) -> str:
        """Return an access token: by default the deployer's for Microsoft Graph.

        Raises:
            AssertionError: the token service refuses.
        """
        response = self.token_response(
            {
                "grant_type": "client_credentials",
                "client_id": client_id or self.ready.deployer.clientId,
                "client_secret": secret or self.ready.deployer.clientSecret,
                "scope": scope or f"{self.ready.origin}/.default",
            }
        )
        assert response.ok, f"no token: {response.status_code} {response.json().get('error_description')}"
        return str(response.json()["access_token"])

    def send(
        self,
        method: str,
        url: str,
        token: str | None = None,
        *,
        json: Any = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Send a request to the tenant itself.

        Args:
            method: HTTP method.
            url: absolute, or a path of the tenant's address.
            token: access token, None for none.
            json: body, None for none.
            params: query parameters.
            headers: further headers.
        """
        address = url if url.startswith("https://") else self.ready.origin + url
        authorization = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self._session.request(
            method, address, json=json, params=params, headers={**authorization, **(headers or {})}, timeout=_TIMEOUT
        )

    def get(self, url: str, token: str | None = None, **fields: Any) -> Response:
        """Send a GET to the tenant itself; see `send`."""
        return self.send("GET", url, token, **fields)


def start_tenant(folder: Path) -> Tenant:
    """Start a rehearsal tenant that ends with this process at the latest.

    Args:
        folder: where it writes its ready-file.

    Raises:
        RuntimeError: it did not start; the message holds what it said.
    """
    ready_file = folder / "tenant.json"
    ready_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "rehearsal", "tenant", "--ready-file", str(ready_file)]
    process = subprocess.Popen(
        [*command, "--die-with", str(os.getpid())],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with contextlib.suppress(TimeoutError):
        wait_for(lambda: ready_file.exists() or process.poll() is not None, _START_TIMEOUT, "the tenant to be ready")
    if not ready_file.exists():
        process.kill()
        raise RuntimeError(f"The rehearsal tenant did not start: {process.communicate()[1]}")
    return Tenant(ReadyFile.load(ready_file), process)


@contextlib.contextmanager
def open_connection(ready: ReadyFile) -> Iterator[HTTPSConnection]:
    """Connect to the services of a tenant, to ask without waiting for the answer, and to leave at the end."""
    context = ssl.create_default_context(cafile=ready.caFile)
    with contextlib.closing(HTTPSConnection(urlsplit(ready.origin).netloc, context=context, timeout=60)) as connection:
        yield connection


def wait_for(condition: Any, timeout: float, what: str) -> None:
    """Poll until a condition holds.

    Raises:
        TimeoutError: it does not after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {timeout} s for {what}.")
        time.sleep(0.02)
