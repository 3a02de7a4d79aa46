"""What the resources for credentials of an application share: which application, and its credential in a list."""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar, NoReturn

from rehearsal.azuread_plugin.directory_object import DELETION_PAUSE
from rehearsal.azuread_plugin.errors import DiagnosticError, PartialFailure, StandInError
from rehearsal.azuread_plugin.graph_session import JSON, GraphSession, diagnosing
from rehearsal.azuread_plugin.planning import Plan, known
from rehearsal.azuread_plugin.polling import ABSENCES_TOLERATED
from rehearsal.azuread_plugin.resource_type import ResourceType
from rehearsal.azuread_plugin.schema import UNKNOWN, Properties, Values

APPEARANCE_PAUSE = 1.0  # seconds between two reads for a new one, with REHEARSAL_PLUGIN_WAITS=1


def application_of(planned: Values) -> tuple[str, str]:
    """Return the path and the object id of the application that a credential is planned for.

    Raises:
        DiagnosticError: `application_id` is no id of an application.
    """
    path = str(planned["applicationId"])
    match = re.fullmatch(r"/applications/([^/]+)", path)
    if match is None:
        text = f'parsing "{path}": parsing the Application ID: expected /applications/applicationId'
        raise DiagnosticError("Parsing `application_id`", text, "application_id")
    return path, match[1]


def named(object_id: str) -> str:
    """Return an application as the plugin's errors name it."""
    return f'Application (Application: "{object_id}")'


def has_key_id(credential: JSON, key_id: str) -> bool:
    """Tell whether a credential has a key id; case does not count."""
    return str(credential.get("keyId")).lower() == key_id.lower()


class ApplicationCredential(ResourceType):
    """Creates, reads and removes certificates or client secrets; a change of any input is a new one.

    What fails is a DiagnosticError.

    Attributes:
        noun: what Pulumi's ids and error texts call it.
        kind: the list of an application that it is in.
        shown: the property that only this kind has, in Graph as in Pulumi.
    """

    type: ClassVar[str]
    noun: ClassVar[str]
    kind: ClassVar[str]
    shown: ClassVar[str]
    id_prefix = ""
    timeouts: ClassVar[dict[str, float]]  # seconds
    properties: ClassVar[Properties]

    # --- what differs by kind -----------------------------------------------------------------------------------------

    def add(self, graph: GraphSession, object_id: str, planned: Values, deadline: float) -> tuple[str, Values]:
        """Add a credential; returns its key id, and outputs that no read answers."""
        raise NotImplementedError

    def remove(self, graph: GraphSession, object_id: str, key_id: str, deadline: float) -> None:
        """Remove a credential."""
        raise NotImplementedError

    def application(self, graph: GraphSession, path: str, deadline: float) -> JSON | None:
        """Return the application for a read, None where its absence is that of the credential."""
        raise NotImplementedError

    def origin(self, object_id: str) -> str:
        """Return the application as the texts about a deletion name it."""
        raise NotImplementedError

    # --- what is the same ---------------------------------------------------------------------------------------------

    def create(self, graph: GraphSession, planned: Values, deadline: float) -> tuple[str, Values | None]:
        """Add a credential and read until it was there five times; returns Pulumi's id and the outputs.

        Raises:
            DiagnosticError: none was added, or a new one never appeared: then no state records it.
            PartialFailure: it was added and seen, but could not be read at the end.
        """
        path, object_id = application_of(planned)
        with graph.write_lock(object_id):
            key_id, more = self.add(graph, object_id, planned, deadline)
            with diagnosing(f"Waiting for {self.noun} credential for {named(object_id)}"):
                graph.poller.wait_until_stable(
                    lambda: self._find(graph.get(path, deadline=deadline), key_id) is not None,
                    APPEARANCE_PAUSE,
                    deadline,
                    ABSENCES_TOLERATED,
                )
            pulumi_id = f"{object_id}/{self.noun}/{key_id}"
            prior = {**known(self.properties, planned), "id": pulumi_id, **more}
            try:
                return pulumi_id, self.read(graph, pulumi_id, prior, deadline)
            except DiagnosticError as error:
                raise PartialFailure(pulumi_id, prior, error) from None

    def read(self, graph: GraphSession, id: str, prior: Values, deadline: float) -> Values | None:  # noqa: A002
        """Return the outputs, or None where the credential is gone; what Graph does not answer is from `prior`."""
        object_id, key_id = self._parsed(id)
        path = f"/applications/{object_id}"
        with diagnosing(f"Retrieving {named(object_id)}", "application_id"):
            found = self.application(graph, path, deadline)
        credential = self._find(found, key_id) if found else None
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
            self.shown: credential.get(self.shown) or "",
        }

    def update(self, graph: GraphSession, id: str, plan: Plan, deadline: float) -> NoReturn:  # noqa: A002, ARG002
        """Refuse: every input replaces, so no engine asks for this."""
        raise StandInError(f"a {self.noun} cannot be updated, only replaced: {id}")

    def delete(self, graph: GraphSession, id: str, deadline: float) -> None:  # noqa: A002
        """Remove a credential, and read until it is absent five times in a row."""
        object_id, key_id = self._parsed(id)
        path = f"/applications/{object_id}"
        with graph.write_lock(object_id):
            self.remove(graph, object_id, key_id, deadline)
            waiting = f'Waiting for deletion of {self.noun} credential "{key_id}" from {self.origin(object_id)}'
            with diagnosing(waiting):
                graph.poller.wait_until_stable(
                    lambda: self._find(graph.get(path, deadline=deadline), key_id) is None, DELETION_PAUSE, deadline
                )

    def end_date(self, planned: Values, object_id: str) -> dict[str, str]:
        """Return the end that the program set, as Graph takes it; {} where it set none."""
        end = planned["endDate"]
        if end in (None, "", UNKNOWN):
            return {}
        try:
            # As Go's RFC 3339: a "T", whole seconds shown, a time zone that must be there.
            moment = datetime.strptime(end, "%Y-%m-%dT%H:%M:%S%z")
        except ValueError:
            detail = (
                f'Unable to parse the provided end date "{end}": '
                f'parsing time "{end}" as "2006-01-02T15:04:05Z07:00": cannot parse'
            )
            summary = f"Generating {self.noun} credentials for {named(object_id)}"
            raise DiagnosticError(summary, detail, "end_date") from None
        return {"endDateTime": moment.isoformat().replace("+00:00", "Z")}

    def _find(self, application: JSON, key_id: str) -> JSON | None:
        credentials: list[JSON] = application.get(self.kind) or []
        return next((each for each in credentials if has_key_id(each, key_id)), None)

    def _parsed(self, pulumi_id: str) -> tuple[str, str]:
        match = re.fullmatch(rf"([^/]+)/{self.noun}/([^/]+)", pulumi_id)
        if match is None:
            text = f"unable to parse {self.noun.capitalize()} ID: it must be <object id>/{self.noun}/<key id>"
            raise DiagnosticError(f'Parsing {self.noun} credential with ID "{pulumi_id}"', text, "id")
        return match[1], match[2]
