"""`azuread:index/applicationCertificate:ApplicationCertificate`: the public part of a certificate.

Its requests: docs/reference/facts-graph.md, "Certificates and federated credentials".
"""

from __future__ import annotations

import base64
import re
import uuid
from datetime import datetime
from typing import ClassVar, NoReturn

from rehearsal.azuread_plugin import schema
from rehearsal.azuread_plugin.credentials import APPEARANCE_PAUSE, application_of, find_credential, has_key_id, named
from rehearsal.azuread_plugin.directory_object import DELETION_PAUSE
from rehearsal.azuread_plugin.errors import DiagnosticError, PartialFailure, StandInError
from rehearsal.azuread_plugin.graph_session import JSON, GraphSession, diagnosing
from rehearsal.azuread_plugin.planning import Plan, known
from rehearsal.azuread_plugin.schema import UNKNOWN, Properties, Values

_KIND = "keyCredentials"


class ApplicationCertificate:
    """Creates, reads and removes certificates, of PEM text alone; a change of any input is a new one."""

    type = "azuread:index/applicationCertificate:ApplicationCertificate"
    id_prefix = ""
    timeouts: ClassVar[dict[str, float]] = {"create": 600.0, "read": 300.0, "update": 600.0, "delete": 300.0}  # seconds
    properties: ClassVar[Properties] = schema.properties("applicationCertificate")

    def verify_plan(self, graph: GraphSession, olds: Values, plan: Plan, deadline: float) -> None:
        """Accept every plan: the provider has no CustomizeDiff here."""

    def create(self, graph: GraphSession, planned: Values, deadline: float) -> tuple[str, Values | None]:
        """Add a certificate to those that there are; returns Pulumi's id and the outputs.

        Raises:
            DiagnosticError: none was added, or a new one never appeared: then no state records it.
            PartialFailure: it was added and seen, but could not be read at the end.
        """
        path, object_id = application_of(planned)
        key_id = str(uuid.uuid4())
        what = named(object_id)
        credential = _credential(planned, key_id, what)
        with graph.write_lock(object_id):
            with diagnosing(f"Retrieving {what}", "application_id"):
                there = graph.get(path, deadline=deadline).get(_KIND) or []
            with diagnosing(f"Adding certificate for {what}"):
                _write(graph, object_id, [*there, credential], deadline)
            with diagnosing(f"Waiting for certificate credential for {what}"):
                graph.poller.wait_until_stable(
                    lambda: find_credential(graph.get(path, deadline=deadline), _KIND, key_id) is not None,
                    APPEARANCE_PAUSE,
                    deadline,
                )
            pulumi_id = f"{object_id}/certificate/{key_id}"
            prior = {**known(self.properties, planned), "id": pulumi_id}
            try:
                return pulumi_id, self.read(graph, pulumi_id, prior, deadline)
            except DiagnosticError as error:
                raise PartialFailure(pulumi_id, prior, error) from None

    def read(self, graph: GraphSession, id: str, prior: Values, deadline: float) -> Values | None:  # noqa: A002
        """Return the outputs, or None where the certificate is gone. An application that is gone is an error here."""
        object_id, key_id = _parse(id)
        path = f"/applications/{object_id}"
        with diagnosing(f"Retrieving {named(object_id)}", "application_id"):
            credential = find_credential(graph.get(path, deadline=deadline), _KIND, key_id)
        if credential is None:
            return None
        return {
            **dict.fromkeys(self.properties),
            **prior,
            "applicationId": path,
            "endDate": credential.get("endDateTime") or "",
            "id": id,
            "keyId": key_id,
            "startDate": credential.get("startDateTime") or "",
            "type": credential.get("type") or "",
        }

    def update(self, graph: GraphSession, id: str, plan: Plan, deadline: float) -> NoReturn:  # noqa: A002, ARG002
        """Refuse: every input replaces, so no engine asks for this."""
        raise StandInError(f"a certificate cannot be updated, only replaced: {id}")

    def delete(self, graph: GraphSession, id: str, deadline: float) -> None:  # noqa: A002
        """Remove a certificate, also one that was gone before, and read until it is absent five times in a row."""
        object_id, key_id = _parse(id)
        what, path = f'from application with object ID "{object_id}"', f"/applications/{object_id}"
        with graph.write_lock(object_id):
            with diagnosing(f"Retrieving {named(object_id)}", "application_id"):
                there = graph.get(path, deadline=deadline).get(_KIND) or []
            with diagnosing(f'Removing certificate credential "{key_id}" {what}'):
                _write(graph, object_id, [one for one in there if not has_key_id(one, key_id)], deadline)
            with diagnosing(f'Waiting for deletion of certificate credential "{key_id}" {what}'):
                graph.poller.wait_until_stable(
                    lambda: find_credential(graph.get(path, deadline=deadline), _KIND, key_id) is None,
                    DELETION_PAUSE,
                    deadline,
                )


def _parse(pulumi_id: str) -> tuple[str, str]:
    match = re.fullmatch(r"([^/]+)/certificate/([^/]+)", pulumi_id)
    if match is None:
        text = "unable to parse Certificate ID: it must be <object id>/certificate/<key id>"
        raise DiagnosticError(f'Parsing certificate credential with ID "{pulumi_id}"', text, "id")
    return match[1], match[2]


def _write(graph: GraphSession, object_id: str, credentials: list[JSON], deadline: float) -> None:
    body = {"@odata.type": "#microsoft.graph.application", "id": object_id, _KIND: credentials}
    graph.write("PATCH", f"/applications/{object_id}", body, deadline=deadline)


def _credential(planned: Values, key_id: str, what: str) -> JSON:
    if planned["encoding"] != "pem":
        raise StandInError(
            "the rehearsal's stand-in for azuread takes certificates as PEM; the real plugin all encodings"
        )
    credential: JSON = {
        "key": base64.b64encode(str(planned["value"]).encode()).decode(),
        "keyId": key_id,
        "type": planned["type"],
        "usage": "Verify",
    }
    if (end := planned["endDate"]) not in (None, "", UNKNOWN):
        try:
            moment = datetime.strptime(end, "%Y-%m-%dT%H:%M:%S%z")
        except ValueError:
            detail = f'Unable to parse the provided end date "{end}"'
            raise DiagnosticError(f"Generating certificate credentials for {what}", detail, "end_date") from None
        credential["endDateTime"] = moment.isoformat().replace("+00:00", "Z")
    return credential
