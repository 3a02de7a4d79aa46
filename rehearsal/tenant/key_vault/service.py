"""Azure Key Vault: checks host, token and rights, and finds the endpoint of a request.

A request without a token is answered with the challenge that azure-keyvault-secrets reads: which tenant signs in, and
for which resource. https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.key_vault import edits, errors, routes
from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.model import AUDIENCE, SUFFIX, Vault
from rehearsal.tenant.key_vault.permissions import require, require_network
from rehearsal.tenant.messages import Caller, HttpRequest, HttpResponse
from rehearsal.tenant.refusals import Refusal
from rehearsal.tenant.sts.tokens import InvalidTokenError

API_VERSIONS = frozenset({"7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01"})
_HEADERS = {
    "cache-control": "no-cache",
    "x-ms-keyvault-region": "westeurope",
    "x-ms-keyvault-service-version": "1.9.0.0",
    "x-ms-keyvault-network-info": "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;",
}


def host_of(request: HttpRequest) -> str:
    """Return the host that a request is for, without its port."""
    return request.headers.get("host", "").partition(":")[0].lower()


def is_vault(host: str) -> bool:
    """Tell whether a name is one below which vaults have theirs."""
    return host.lower().endswith(f".{SUFFIX}")


class KeyVault:
    """Answers for all vaults of a tenant.

    Args:
        origin: of the tenant, where its token service is.
        tenant_id: the directory.
        now: the tenant's clock.
        directory: who can have rights in a vault.
    """

    def __init__(self, origin: str, tenant_id: str, now: Callable[[], datetime], directory: Directory) -> None:
        self._origin = origin
        self._tenant_id = tenant_id
        self._now = now
        self._directory = directory
        self.vaults: dict[str, Vault] = {}

    def has(self, host: str) -> bool:
        """Tell whether the DNS would have this name."""
        return host.lower() in {each.host for each in self.vaults.values()}

    def edit(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Do what an administrator would do by hand."""
        return edits.edit(self.vaults, operation, self._now(), self._object_id_of)

    def _object_id_of(self, client_id: str) -> str:
        found = self._directory.find_by_app_id("servicePrincipal", client_id)
        if found is None:
            raise LookupError(f"There is no service principal of {client_id}.")
        return found.id

    def snapshot(self) -> dict[str, Any]:
        """Return what the vaults hold, without values."""
        return {each.name: each.snapshot() for each in self.vaults.values()}

    def answer(self, request: HttpRequest, caller: Caller | InvalidTokenError) -> HttpResponse:
        """Answer one request; instead of a caller there may be the reason why its token is not valid."""
        try:
            answer = self._answer(request, caller)
        except Refusal as problem:
            answer = errors.answer(problem)
        headers = {**_HEADERS, "x-ms-request-id": str(uuid.uuid4())}
        if answer.status == 401:
            headers["www-authenticate"] = (
                f'Bearer authorization="{self._origin}/{self._tenant_id}", resource="{AUDIENCE}"'
            )
        return replace(answer, headers={**headers, **answer.headers})

    def _answer(self, request: HttpRequest, caller: Caller | InvalidTokenError) -> HttpResponse:
        vault = next((each for each in self.vaults.values() if each.host == host_of(request)), None)
        if vault is None:
            raise refusal("unsupported", f"host {host_of(request)}")
        if not request.headers.get("authorization"):
            raise refusal("token_missing")
        if isinstance(caller, InvalidTokenError):
            raise refusal("token_refused", str(caller))
        if caller.audience != AUDIENCE:
            raise refusal("audience", caller.audience)
        require_network(vault, caller, self._tenant_id)
        if (version := request.query.get("api-version", "")) not in API_VERSIONS:
            raise refusal("api_version", version)
        return self._act(vault, request, caller)

    def _act(self, vault: Vault, request: HttpRequest, caller: Caller) -> HttpResponse:
        def may(action: str, permission: str, name: str = "") -> None:
            require(vault, caller, action, permission, name, self._tenant_id)

        def page(items: list[dict[str, Any]]) -> HttpResponse:
            return self._page(vault, request, items)

        parts = [unquote(each) for each in request.path.strip("/").split("/")]
        return routes.act(vault, self._now(), request, parts, may, page)

    def _page(self, vault: Vault, request: HttpRequest, items: list[dict[str, Any]]) -> HttpResponse:
        """Return a page of a list; the next one's address names the port, as the service's does."""
        wanted = request.query.get("maxresults", "")
        if wanted and not (wanted.isdecimal() and 1 <= int(wanted) <= vault.page_size):
            raise refusal("bad_parameter", f"maxresults has invalid value {wanted}")
        size = int(wanted or vault.page_size)
        try:
            start = int(base64.urlsafe_b64decode(request.query.get("$skiptoken", "MA==").encode()))
        except ValueError:
            raise refusal("bad_parameter", "$skiptoken has invalid value") from None
        following = start + size
        token = base64.urlsafe_b64encode(str(following).encode()).decode()
        version = request.query["api-version"]
        link = (
            f"https://{vault.host}:443{quote(request.path)}?api-version={version}&$skiptoken={token}&maxresults={size}"
        )
        return HttpResponse(
            200, {"value": items[start:following], "nextLink": link if following < len(items) else None}
        )
