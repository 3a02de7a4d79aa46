"""Asks a vault of the rehearsal tenant without any library of Microsoft's."""

from __future__ import annotations

from typing import Any

from requests import Response, Session

from tests.support.tenant import Tenant

ADDRESS = "https://integrations.vault.azure.net"


class Client:
    """Asks the vault through the proxy that knows its name."""

    def __init__(self, tenant: Tenant) -> None:
        self._session = Session()
        self._session.trust_env = False
        self._session.verify = tenant.ready.caFile
        self._session.proxies = {"https": tenant.ready.namesProxy}
        self._token = tenant.token(scope="https://vault.azure.net/.default")

    def ask(self, method: str, path: str, body: Any = None, token: str | None = "", **query: str) -> Response:
        address = path if path.startswith("https://") else ADDRESS + path
        token = self._token if token == "" else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        parameters = {} if path.startswith("https://") else {"api-version": "7.4", **query}
        return self._session.request(method, address, json=body, params=parameters, headers=headers, timeout=30)
