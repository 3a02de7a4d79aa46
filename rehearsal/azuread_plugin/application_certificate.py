"""`azuread:index/applicationCertificate:ApplicationCertificate`: the public part of a certificate.

Its requests: docs/reference/facts-graph.md, "Certificates and federated credentials".
"""

from __future__ import annotations

import base64
import uuid
from typing import ClassVar

from rehearsal.azuread_plugin import schema
from rehearsal.azuread_plugin.credentials import ApplicationCredential, has_key_id, named
from rehearsal.azuread_plugin.errors import StandInError
from rehearsal.azuread_plugin.graph_session import JSON, GraphSession, diagnosing
from rehearsal.azuread_plugin.schema import Properties, Values


class ApplicationCertificate(ApplicationCredential):
    """Certificates, of PEM text alone."""

    type = "azuread:index/applicationCertificate:ApplicationCertificate"
    noun = "certificate"
    kind = "keyCredentials"
    shown = "type"
    timeouts: ClassVar[dict[str, float]] = {"create": 600.0, "read": 300.0, "update": 600.0, "delete": 300.0}
    properties: ClassVar[Properties] = schema.properties("applicationCertificate")

    def add(self, graph: GraphSession, object_id: str, planned: Values, deadline: float) -> tuple[str, Values]:
        """Add a certificate to those that there are."""
        key_id = str(uuid.uuid4())
        credential = self._credential(planned, key_id, object_id)
        there = self._all(graph, object_id, deadline)
        with diagnosing(f"Adding certificate for {named(object_id)}"):
            self._write(graph, object_id, [*there, credential], deadline)
        return key_id, {}

    def remove(self, graph: GraphSession, object_id: str, key_id: str, deadline: float) -> None:
        """Remove a certificate, also one that was gone before."""
        kept = [one for one in self._all(graph, object_id, deadline) if not has_key_id(one, key_id)]
        with diagnosing(f'Removing certificate credential "{key_id}" from {self.origin(object_id)}'):
            self._write(graph, object_id, kept, deadline)

    def application(self, graph: GraphSession, path: str, deadline: float) -> JSON | None:
        """Return the application; one that is gone is an error here."""
        return graph.get(path, deadline=deadline)

    def origin(self, object_id: str) -> str:
        """Return the application as the texts about a deletion name it."""
        return f'application with object ID "{object_id}"'

    def _all(self, graph: GraphSession, object_id: str, deadline: float) -> list[JSON]:
        with diagnosing(f"Retrieving {named(object_id)}", "application_id"):
            there: list[JSON] = graph.get(f"/applications/{object_id}", deadline=deadline).get(self.kind) or []
        return there

    def _write(self, graph: GraphSession, object_id: str, credentials: list[JSON], deadline: float) -> None:
        body = {"@odata.type": "#microsoft.graph.application", "id": object_id, self.kind: credentials}
        graph.write("PATCH", f"/applications/{object_id}", body, deadline=deadline)

    def _credential(self, planned: Values, key_id: str, object_id: str) -> JSON:
        if planned["encoding"] != "pem":
            raise StandInError(
                "the rehearsal's stand-in for azuread takes certificates as PEM; the real plugin all encodings"
            )
        return {
            "key": base64.b64encode(str(planned["value"]).encode()).decode(),
            "keyId": key_id,
            "type": planned["type"],
            "usage": "Verify",
            **self.end_date(planned, object_id),
        }
