"""`azuread:index/getServicePrincipal:getServicePrincipal`, by client id (contracts/graph.md 2.3)."""

from __future__ import annotations

import time

from rehearsal.azuread_plugin.errors import DiagnosticError, StandInError
from rehearsal.azuread_plugin.graph_session import GraphError, GraphSession
from rehearsal.azuread_plugin.schema import Values
from rehearsal.azuread_plugin.service_principal import described

TOKEN = "azuread:index/getServicePrincipal:getServicePrincipal"  # noqa: S105 - Pulumi's word for a function's name
_SECONDS = 300.0  # the data source's own timeout


def get_service_principal(graph: GraphSession, arguments: Values) -> Values:
    """Return a service principal as the resource of that name shows it, as far as the data source does.

    Raises:
        DiagnosticError: there is none, or it cannot be read.
        StandInError: it is asked for by something else than its client id.
    """
    if set(arguments) != {"clientId"}:
        raise StandInError("The rehearsal's stand-in for azuread looks service principals up by clientId alone")
    client_id, until = arguments["clientId"], time.monotonic() + _SECONDS
    wanted = f"appId eq '{client_id}'"
    try:
        found = graph.list("/servicePrincipals", {"$filter": wanted}, until=until)
    except GraphError as error:
        raise DiagnosticError(f'Listing service principals for filter "{wanted}"', error) from None
    if not found:
        raise DiagnosticError(f'No service principal found for client ID: "{client_id}"')
    outputs = described(graph, f"/servicePrincipals/{found[0]['id']}", found[0], {}, until)
    shown = {name: value for name, value in outputs.items() if name not in ("samlSingleSignOn", "useExisting")}
    return {**shown, "samlSingleSignOns": [outputs["samlSingleSignOn"]] if outputs["samlSingleSignOn"] else []}
