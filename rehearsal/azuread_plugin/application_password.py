"""`azuread:index/applicationPassword:ApplicationPassword`: a client secret.

Its requests: docs/reference/facts-graph.md, "Secrets of the plugin".
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar, NoReturn

from rehearsal.azuread_plugin import schema
from rehearsal.azuread_plugin.credentials import APPEARANCE_PAUSE, application_of, find_credential, named
from rehearsal.azuread_plugin.directory_object import DELETION_PAUSE
from rehearsal.azuread_plugin.errors import DiagnosticError, PartialFailure, StandInError
from rehearsal.azuread_plugin.graph_session import JSON, GraphSession, diagnosing
from rehearsal.azuread_plugin.planning import Plan, known
from rehearsal.azuread_plugin.polling import ABSENCES_TOLERATED
from rehearsal.azuread_plugin.schema import UNKNOWN, Properties, Values

_KIND = "passwordCredentials"


class ApplicationPassword:
    """Creates, reads and removes client secrets; a change of any input is a new one."""

    type = "azuread:index/applicationPassword:ApplicationPassword"
    id_prefix = ""
    timeouts: ClassVar[dict[str, float]] = {"create": 900.0, "read": 300.0, "update": 300.0, "delete": 300.0}  # seconds
    properties: ClassVar[Properties] = schema.properties("applicationPassword")

    def verify_plan(self, graph: GraphSession, olds: Values, plan: Plan, deadline: float) -> None:
        """Accept every plan: the provider has no CustomizeDiff here."""

    def create(self, graph: GraphSession, planned: Values, deadline: float) -> tuple[str, Values | None]:
        """Add a password and read until it is there five times; returns Pulumi's id and the outputs with the value.

        Raises:
            DiagnosticError: no password was added, or a new one never appeared: then no state records it.
            PartialFailure: it was added and seen, but could not be read at the end.
        """
        path, object_id = application_of(planned)
        what = named(object_id)
        credential = _credential(planned, what)
        with graph.write_lock(object_id):
            with diagnosing(f"Retrieving {what}", "application_id"):
                if graph.find(path, deadline=deadline) is None:
                    raise DiagnosticError(f"{what} was not found", attribute="application_id")
            with diagnosing(f"Adding password for {what}"):
                body = {"passwordCredential": credential}
                added = graph.write("POST", f"{path}/addPassword", body, deadline=deadline)
            for field, name in (("keyId", "keyId"), ("secretText", "password")):
                if not added.get(field):
                    raise DiagnosticError(f"API error adding password for {what}", f"nil or empty {name} received")
            key_id = added["keyId"]
            with diagnosing(f"Waiting for password credential for {what}"):
                graph.poller.wait_until_stable(
                    lambda: find_credential(graph.get(path, deadline=deadline), _KIND, key_id) is not None,
                    APPEARANCE_PAUSE,
                    deadline,
                    ABSENCES_TOLERATED,
                )
            pulumi_id = f"{object_id}/password/{key_id}"
            prior = {**known(self.properties, planned), "id": pulumi_id, "value": added["secretText"]}
            try:
                return pulumi_id, self.read(graph, pulumi_id, prior, deadline)
            except DiagnosticError as error:
                raise PartialFailure(pulumi_id, prior, error) from None

    def read(self, graph: GraphSession, id: str, prior: Values, deadline: float) -> Values | None:  # noqa: A002
        """Return the outputs, or None where the password or its application is gone.

        Graph never answers the value again: it is taken from `prior`.
        """
        object_id, key_id = _parse(id)
        path = f"/applications/{object_id}"
        with diagnosing(f"Retrieving {named(object_id)}", "application_id"):
            found = graph.find(path, deadline=deadline)
        credential = find_credential(found, _KIND, key_id) if found else None
        if credential is None:
            return None
        return {
            **dict.fromkeys(self.properties),
            **prior,
            "applicationId": path,
            "displayName": credential.get("displayName") or "",
            "endDate": credential.get("endDateTime") or "",
            "id": id,
            "keyId": key_id,
            "startDate": credential.get("startDateTime") or "",
        }

    def update(self, graph: GraphSession, id: str, plan: Plan, deadline: float) -> NoReturn:  # noqa: A002, ARG002
        """Refuse: every input replaces, so no engine asks for this."""
        raise StandInError(f"a password cannot be updated, only replaced: {id}")

    def delete(self, graph: GraphSession, id: str, deadline: float) -> None:  # noqa: A002
        """Remove a password, and read until it is absent five times in a row. One that was gone before is an error."""
        object_id, key_id = _parse(id)
        what, path = named(object_id), f"/applications/{object_id}"
        with graph.write_lock(object_id):
            with diagnosing(f'Removing password credential "{key_id}" from {what}'):
                graph.write("POST", f"{path}/removePassword", {"keyId": key_id}, deadline=deadline)
            with diagnosing(f'Waiting for deletion of password credential "{key_id}" from {what}'):
                graph.poller.wait_until_stable(
                    lambda: find_credential(graph.get(path, deadline=deadline), _KIND, key_id) is None,
                    DELETION_PAUSE,
                    deadline,
                )


def _parse(pulumi_id: str) -> tuple[str, str]:
    match = re.fullmatch(r"([^/]+)/password/([^/]+)", pulumi_id)
    if match is None:
        text = "unable to parse Password ID: it must be <object id>/password/<key id>"
        raise DiagnosticError(f'Parsing password credential with ID "{pulumi_id}"', text, "id")
    return match[1], match[2]


def _credential(planned: Values, what: str) -> JSON:
    """Return the body of addPassword: the name and the end that the program set."""
    name, end = (None if planned[each] in (None, "", UNKNOWN) else planned[each] for each in ("displayName", "endDate"))
    credential: JSON = {} if name is None else {"displayName": name}
    if end is not None:
        try:
            # As Go's RFC 3339: a "T", whole seconds shown, a time zone that must be there.
            moment = datetime.strptime(end, "%Y-%m-%dT%H:%M:%S%z")
        except ValueError:
            detail = (
                f'Unable to parse the provided end date "{end}": '
                f'parsing time "{end}" as "2006-01-02T15:04:05Z07:00": cannot parse'
            )
            raise DiagnosticError(f"Generating password credentials for {what}", detail, "end_date") from None
        credential["endDateTime"] = moment.isoformat().replace("+00:00", "Z")
    return credential
