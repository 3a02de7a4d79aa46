"""Business Central: companies, permission sets, and the registrations that the companion extension's API pages offer.

The companion extension is this project's own (`companion_extension/`): BC has no API for table 9012. Everything else is
the standard Automation API v2.0: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/itpro-introduction-to-automation-apis
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

from clients.business_central.registrations import Registrations
from clients.business_central.routes import online_path
from clients.business_central.servers import Server
from clients.business_central.users import Users
from clients.http.failures import ErrorBody, as_mapping
from clients.http.transport import Transport

ANSWER_SECONDS = 510
"""Business Central ends an operation after 8 minutes; what it says until then is worth waiting for.
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/operational-limits-online
"""


def read_error_body(body: Mapping[str, Any]) -> ErrorBody:
    """Read the body of a BC error; the correlation id stands at the end of its text."""
    error = as_mapping(body.get("error"))
    text, request_id = str(error.get("message") or ""), ""
    if found := re.search(r"\s+CorrelationId:\s+([0-9a-fA-F-]{36})\.?\s*$", text):
        text, request_id = text[: found.start()], found[1]
    return ErrorBody(str(error.get("code") or ""), text, request_id)


class BusinessCentral:
    """Business Central: online, of one tenant; or one installation (container, on-premises).

    Args:
        transport: to its base address.
        tenant_id: the directory's id, for Business Central online; None for an installation.
        query: sent with every request, as an installation of several tenants wants it (`?tenant=default`).
        server: the installation, as remedies name it; None online.
    """

    def __init__(
        self,
        transport: Transport,
        tenant_id: str | None,
        query: Mapping[str, str] | None = None,
        server: Server | None = None,
    ) -> None:
        self._transport = transport
        self._tenant_id = tenant_id
        self._query = query or {}
        self._server = server
        self._environments: dict[str, Environment] = {}
        self._lock = threading.Lock()

    def environment(self, name: str) -> Environment:
        """Return the client of one environment; the same one for the same name, so that its reads are shared."""
        root = f"{online_path(self._tenant_id, name) if self._tenant_id else ''}/api"
        with self._lock:
            if name not in self._environments:
                self._environments[name] = Environment(self._transport, root, name, self._query, self._server)
            return self._environments[name]


class Environment(Registrations, Users):
    """One environment. Every method raises `clients.http.errors.UserFacingError` when it cannot do what it says.

    Attributes:
        name: its name.
        server: where it is, None for Business Central online.
    """
