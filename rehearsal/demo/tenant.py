"""The rehearsal tenant as the tour sees it: started, asked over its control port, ended."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import requests

from rehearsal.demo.errors import DemoError
from rehearsal.demo.folder import DemoFolder
from rehearsal.demo.processes import Processes
from rehearsal.ready_file import ReadyFile

_START = 30.0  # seconds; it takes less than one, and the first time a little more to compile
_ANSWER = 30.0


class Control:
    """The control port: what the tenant holds, what it was asked, and what an administrator does by hand.

    Args:
        url: its address.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # it is on this machine, whatever HTTP_PROXY says

    def state(self) -> dict[str, Any]:
        """Return everything that the tenant holds, without secrets."""
        return dict(self._ask("GET", "/state"))

    def requests(self) -> list[dict[str, Any]]:
        """Return the request log, oldest first, and empty it."""
        log = self._ask("GET", "/requests")
        self._ask("DELETE", "/requests")
        return list(log)

    def edit(self, operation: str, **arguments: str) -> None:
        """Do by hand what an administrator would do."""
        self._ask("POST", "/edit", {"do": operation, **arguments})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            answer = self._session.request(method, self.url + path, json=body, timeout=_ANSWER)
        except requests.RequestException as problem:
            raise DemoError(f"The rehearsal tenant does not answer any more ({type(problem).__name__}).") from None
        if not answer.ok:
            raise DemoError(f"The rehearsal tenant refuses {method} {path}: {answer.text.strip()}")
        return answer.json() if answer.content else None


def start(folder: DemoFolder, processes: Processes, environment: dict[str, str], *, outlives: bool) -> ReadyFile:
    """Start a tenant and wait until it answers.

    Args:
        folder: where its ready-file, its environment file and its log go.
        processes: starts it.
        environment: the whole of its environment.
        outlives: whether it stays when the tour has ended (`--keep`).

    Raises:
        DemoError: it does not start.
    """
    log_file = folder.logs / "tenant.log"
    # It ends by itself when this process is killed, and so can remove what it has written.
    fate = [] if outlives else ["--die-with", str(os.getpid())]
    with log_file.open("w", encoding="utf-8") as log:
        process = processes.start(
            [sys.executable, "-m", "rehearsal", "tenant",
             "--ready-file", str(folder.ready_file), "--env-file", str(folder.env_file), *fate],
            environment,
            cwd=folder.project,
            stdout=log,
            stderr=log,
            tied=False,
        )  # fmt: skip
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        if folder.ready_file.exists():
            return ReadyFile.load(folder.ready_file)
        time.sleep(0.05)
    words = log_file.read_text(encoding="utf-8").strip().splitlines()
    raise DemoError(
        f"The rehearsal tenant did not start ({words[-1] if words else 'it printed nothing'}); "
        f"its log is {folder.relative(log_file)}."
    )
