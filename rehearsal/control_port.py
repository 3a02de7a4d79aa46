"""A client of the tenant's control port: what it holds, what it was asked, what an administrator does by hand."""

from __future__ import annotations

from typing import Any

import requests

_ANSWER = 30.0  # seconds


class ControlPortError(Exception):
    """The tenant does not answer, or refuses; the text is its sentence."""


class ControlPort:
    """The control port of a running tenant; CONTRIBUTING.md, "Adding a fault", lists its requests.

    Args:
        url: its address, `controlUrl` of the ready-file.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # it is on this machine, whatever HTTP_PROXY says

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Make a request and return the JSON of its answer, None where it has none.

        Raises:
            ControlPortError: it gets no answer, or is refused.
        """
        try:
            answer = self._session.request(method, self.url + path, json=body, timeout=_ANSWER)
        except requests.RequestException as problem:
            raise ControlPortError(f"the rehearsal tenant does not answer ({type(problem).__name__})") from None
        if not answer.ok:
            raise ControlPortError(f"the rehearsal tenant refuses {method} {path}: {answer.text.strip()}")
        return answer.json() if answer.content else None

    def state(self) -> dict[str, Any]:
        """Return everything that the tenant holds, without secrets."""
        return dict(self.ask("GET", "/state"))

    def requests(self) -> list[dict[str, Any]]:
        """Return the request log, oldest first."""
        return list(self.ask("GET", "/requests"))

    def clear_requests(self) -> None:
        """Empty the request log."""
        self.ask("DELETE", "/requests")

    def edit(self, do: str, **fields: Any) -> dict[str, Any]:
        """Do by hand what an administrator would do, and return what the tenant says of it."""
        return dict(self.ask("POST", "/edit", {"do": do, **fields}) or {})
