"""`azuread:index/applicationPassword:ApplicationPassword`: a client secret.

Its requests: docs/reference/facts-graph.md, "Secrets of the plugin".
"""

from __future__ import annotations

from typing import ClassVar

from rehearsal.azuread_plugin import schema
from rehearsal.azuread_plugin.credentials import ApplicationCredential, named
from rehearsal.azuread_plugin.errors import DiagnosticError
from rehearsal.azuread_plugin.graph_session import JSON, GraphSession, diagnosing
from rehearsal.azuread_plugin.schema import UNKNOWN, Properties, Values


class ApplicationPassword(ApplicationCredential):
    """Client secrets. Graph answers the value once: from then on it is that of the state."""

    type = "azuread:index/applicationPassword:ApplicationPassword"
    noun = "password"
    kind = "passwordCredentials"
    shown = "displayName"
    timeouts: ClassVar[dict[str, float]] = {"create": 900.0, "read": 300.0, "update": 300.0, "delete": 300.0}
    properties: ClassVar[Properties] = schema.properties("applicationPassword")

    def add(self, graph: GraphSession, object_id: str, planned: Values, deadline: float) -> tuple[str, Values]:
        """Add a password, and return its value beside its key id."""
        what, path = named(object_id), f"/applications/{object_id}"
        name = planned["displayName"]
        credential = {} if name in (None, "", UNKNOWN) else {"displayName": name}
        body = {"passwordCredential": {**credential, **self.end_date(planned, object_id)}}
        with diagnosing(f"Retrieving {what}", "application_id"):
            if graph.find(path, deadline=deadline) is None:
                raise DiagnosticError(f"{what} was not found", attribute="application_id")
        with diagnosing(f"Adding password for {what}"):
            added = graph.write("POST", f"{path}/addPassword", body, deadline=deadline)
        for field, called in (("keyId", "keyId"), ("secretText", "password")):
            if not added.get(field):
                raise DiagnosticError(f"API error adding password for {what}", f"nil or empty {called} received")
        return added["keyId"], {"value": added["secretText"]}

    def remove(self, graph: GraphSession, object_id: str, key_id: str, deadline: float) -> None:
        """Remove a password. One that was gone before is an error."""
        with diagnosing(f'Removing password credential "{key_id}" from {self.origin(object_id)}'):
            body = {"keyId": key_id}
            graph.write("POST", f"/applications/{object_id}/removePassword", body, deadline=deadline)

    def application(self, graph: GraphSession, path: str, deadline: float) -> JSON | None:
        """Return the application, None where it is gone, and its passwords with it."""
        return graph.find(path, deadline=deadline)

    def origin(self, object_id: str) -> str:
        """Return the application as the texts about a deletion name it."""
        return named(object_id)
