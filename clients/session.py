"""Everything that one process needs to talk to one tenant: who signs in, where, and the clients of the services."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property

from azure.core.credentials import TokenCredential

from clients import business_central, cloud
from clients.business_central import BusinessCentral
from clients.graph import Graph
from clients.graph import read_problem as read_graph_problem
from clients.transport import Transport


class Session:
    """The clients of one tenant, made when they are first used, so that a run with nothing to do asks nothing.

    Args:
        settings: stack configuration, keys with their namespace; read for `azuread:tenantId`, `azuread:environment`
            and `azuread:metadataHost`. Everything else comes from the environment (`clients.cloud`).
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._lock = threading.RLock()

    @property
    def tenant_id(self) -> str:
        """The directory's id, a GUID in lower case."""
        return cloud.find_tenant(self._settings)

    @property
    def graph(self) -> Graph:
        """The client of Microsoft Graph."""
        with self._lock:
            return self._graph

    @property
    def business_central(self) -> BusinessCentral:
        """The client of Business Central."""
        with self._lock:
            return self._business_central

    @cached_property
    def _cloud(self) -> cloud.Cloud:
        return cloud.find_cloud(self._settings)

    @cached_property
    def _credential(self) -> TokenCredential:
        return cloud.find_credential(self.tenant_id, self._cloud)

    @cached_property
    def _graph(self) -> Graph:
        token = cloud.token_source(self._credential, f"{self._cloud.graph}/.default")
        return Graph(Transport("Microsoft Graph", self._cloud.graph, token=token, read_problem=read_graph_problem))

    @cached_property
    def _business_central(self) -> BusinessCentral:
        return BusinessCentral(
            Transport(
                "Business Central",
                cloud.business_central_url(),
                token=cloud.token_source(self._credential, cloud.BUSINESS_CENTRAL_SCOPE),
                read_problem=business_central.read_problem,
            ),
            self.tenant_id,
        )
