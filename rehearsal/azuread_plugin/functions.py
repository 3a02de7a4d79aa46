"""The functions of the provider that a program may call, by their token."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from rehearsal.azuread_plugin.errors import DiagnosticError, StandInError
from rehearsal.azuread_plugin.graph_session import GraphSession, diagnosing
from rehearsal.azuread_plugin.schema import Values
from rehearsal.azuread_plugin.service_principal import ServicePrincipal

_SECONDS = 300.0  # the data source's own timeout


def get_client_config(graph: GraphSession, _arguments: Values) -> Values:
    """Return the caller's tenant, client and object id; it makes no request.

    As the real plugin does: docs/reference/facts-graph.md, "Claims of a token".
    """
    return {
        "clientId": graph.client_id,
        "id": f"{graph.tenant_id}-{graph.client_id}-{graph.object_id}",
        "objectId": graph.object_id,
        "tenantId": graph.tenant_id,
    }


def get_service_principal(graph: GraphSession, arguments: Values) -> Values:
    """Return a service principal as the resource of that name shows it, as far as the real data source does.

    docs/reference/facts-graph.md, "Service principals of the plugin".
    """
    if set(arguments) != {"clientId"}:
        raise StandInError("The rehearsal's stand-in for azuread looks service principals up by clientId alone")
    client_id, deadline = arguments["clientId"], time.monotonic() + _SECONDS
    wanted = f"appId eq '{client_id}'"
    with diagnosing(f'Listing service principals for filter "{wanted}"'):
        found = graph.list("/servicePrincipals", {"$filter": wanted}, deadline=deadline)
    if not found:
        raise DiagnosticError(f'No service principal found for client ID: "{client_id}"')
    outputs = ServicePrincipal().outputs_with_beta(graph, found[0], {}, deadline)
    shown = {name: value for name, value in outputs.items() if name not in ("samlSingleSignOn", "useExisting")}
    return {**shown, "samlSingleSignOns": [outputs["samlSingleSignOn"]] if outputs["samlSingleSignOn"] else []}


FUNCTIONS: Mapping[str, Callable[[GraphSession, Values], Values]] = {
    "azuread:index/getClientConfig:getClientConfig": get_client_config,
    "azuread:index/getServicePrincipal:getServicePrincipal": get_service_principal,
}
