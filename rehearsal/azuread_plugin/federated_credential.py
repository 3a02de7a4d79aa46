"""`azuread:index/applicationFederatedIdentityCredential:…` and its flexible kind: what an application trusts.

Their requests: docs/reference/facts-graph.md, "Certificates and federated credentials". The flexible kind asks the beta
endpoint alone, and has other words for errors, since the real plugin has it in another framework.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from rehearsal.azuread_plugin import schema
from rehearsal.azuread_plugin.credentials import APPEARANCE_PAUSE, application_of, named
from rehearsal.azuread_plugin.directory_object import DELETION_PAUSE
from rehearsal.azuread_plugin.errors import DiagnosticError, PartialFailure, StandInError
from rehearsal.azuread_plugin.graph_session import JSON, GraphError, GraphSession, diagnosing
from rehearsal.azuread_plugin.planning import Plan, known
from rehearsal.azuread_plugin.polling import ABSENCES_TOLERATED, PollingError
from rehearsal.azuread_plugin.resource_type import ResourceType
from rehearsal.azuread_plugin.schema import Properties, Values

FLEXIBLE_DELAY = 10.0  # seconds before the first read for a new flexible one, with REHEARSAL_PLUGIN_WAITS=1


class FederatedCredential(ResourceType):
    """Creates, reads, changes and deletes trusts with one subject."""

    type = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
    id_prefix = ""
    timeouts: ClassVar[dict[str, float]] = {"create": 900.0, "read": 300.0, "update": 300.0, "delete": 300.0}  # seconds
    properties: ClassVar[Properties] = schema.properties("applicationFederatedIdentityCredential")
    version = "v1.0"
    id_form = r"(?P<application>[^/]+)/federatedIdentityCredential/(?P<credential>[^/]+)"

    def create(self, graph: GraphSession, planned: Values, deadline: float) -> tuple[str, Values | None]:
        """Add a trust and read until it is there; returns Pulumi's id and the outputs.

        Raises:
            DiagnosticError: none was added, or a new one never appeared: then no state records it.
            PartialFailure: it was added and seen, but could not be read at the end.
        """
        path, object_id = application_of(planned)
        what = named(object_id)
        with graph.write_lock(object_id):
            try:
                graph.get(path, version=self.version, deadline=deadline)
            except GraphError as error:  # told twice: the real plugin puts it into summary and detail
                with self.telling(f"retrieving {what}: {error}" if self.version == "v1.0" else f"retrieving {what}"):
                    raise
            with self.telling(f"Adding federated identity credential for {what}"):
                body = {"@odata.type": "#microsoft.graph.federatedIdentityCredential", **self.body(planned)}
                added = graph.write(
                    "POST", f"{path}/federatedIdentityCredentials", body, version=self.version, deadline=deadline
                )
            if not added.get("id"):
                said = "nil or empty ID received"
                raise DiagnosticError(f"API error adding federated identity credential for {what}", said)
            id_ = self.pulumi_id(object_id, added["id"])
            self.wait_until_seen(graph, id_, deadline)
        prior = {**known(self.properties, planned), "id": id_}
        try:
            return id_, self.read(graph, id_, prior, deadline)
        except DiagnosticError as error:
            raise PartialFailure(id_, prior, error) from None

    def wait_until_seen(self, graph: GraphSession, id: str, deadline: float) -> None:  # noqa: A002
        """Read until it was there five times."""
        with self.telling(f"Waiting for {self._named(id)}"):
            graph.poller.wait_until_stable(
                lambda: graph.find(self._path(id), version=self.version, deadline=deadline) is not None,
                APPEARANCE_PAUSE,
                deadline,
                ABSENCES_TOLERATED,
            )

    def read(self, graph: GraphSession, id: str, prior: Values, deadline: float) -> Values | None:  # noqa: A002
        """Return the outputs, or None where it or its application is gone."""
        object_id, key = self._parsed(id)
        text = f'Retrieving federated identity credential with ID "{key}" for application with object ID "{object_id}"'
        with self.telling(text, "id"):
            found = graph.find(self._path(id), version=self.version, deadline=deadline)
        if found is None:
            return None
        return {**prior, "id": id, "applicationId": f"/applications/{object_id}", "credentialId": key} | self.outputs(
            found
        )

    def update(self, graph: GraphSession, id: str, plan: Plan, deadline: float) -> Values:  # noqa: A002
        """Change issuer, subject, audience or description, all sent whichever has changed."""
        object_id, key = self._parsed(id)
        text = f'Updating federated identity credential with ID "{key}" for application with object ID "{object_id}"'
        body = {
            "@odata.type": "#microsoft.graph.federatedIdentityCredential",
            "id": key,
            **self.body(plan.planned),
        }
        with graph.write_lock(object_id), self.telling(text):
            graph.write("PATCH", self._path(id), body, version=self.version, deadline=deadline)
        outputs = self.read(graph, id, plan.planned, deadline)
        if outputs is None:
            raise StandInError(f"Resource provider reported that the resource did not exist while updating {id}.")
        return outputs

    def delete(self, graph: GraphSession, id: str, deadline: float) -> None:  # noqa: A002
        """Remove it, and read until it is absent five times in a row. One that was gone before is an error."""
        object_id, _ = self._parsed(id)
        with graph.write_lock(object_id):
            with self.telling(f"Removing {self._named(id)}"):
                graph.write("DELETE", self._path(id), version=self.version, deadline=deadline)
            with self.telling(f"Waiting for deletion of {self._named(id)}"):
                graph.poller.wait_until_stable(
                    lambda: graph.find(self._path(id), version=self.version, deadline=deadline) is None,
                    DELETION_PAUSE,
                    deadline,
                )

    def body(self, planned: Values) -> JSON:
        """Return what create and update both send."""
        return {
            "audiences": planned["audiences"],
            "description": planned["description"] or "",
            "issuer": planned["issuer"],
            "name": planned["displayName"],
            "subject": planned["subject"],
        }

    def outputs(self, found: JSON) -> Values:
        """Return what Graph has to say of one."""
        return {
            "audiences": found.get("audiences") or [],
            "description": found.get("description") or "",
            "displayName": found.get("name") or "",
            "issuer": found.get("issuer") or "",
            "subject": found.get("subject") or "",
        }

    def pulumi_id(self, object_id: str, key: str) -> str:
        """Return Pulumi's id."""
        return f"{object_id}/federatedIdentityCredential/{key}"

    telling: ClassVar[Callable[..., Any]] = staticmethod(diagnosing)
    """Turns an error of Graph into the real plugin's words."""

    def _parsed(self, id_: str) -> tuple[str, str]:
        match = re.fullmatch(self.id_form, id_)
        if match is None:
            raise DiagnosticError(f'Parsing federated identity credential with ID "{id_}"', "unable to parse", "id")
        return match["application"], match["credential"]

    def _path(self, id_: str) -> str:
        object_id, key = self._parsed(id_)
        return f"/applications/{object_id}/federatedIdentityCredentials/{key}"

    def _named(self, id_: str) -> str:
        object_id, key = self._parsed(id_)
        return (
            f'Application Id Federated Identity Credential (Application: "{object_id}"\n'
            f'Federated Identity Credential: "{key}")'
        )


@contextmanager
def _telling_twice(attempted: str, attribute: str = "") -> Iterator[None]:  # noqa: ARG001 - as `diagnosing`
    """As `diagnosing`, in the words of the framework that the flexible kind is written in: summary and detail are one.

    What Graph says of an addition is left out there (measured; source: `fmt.Errorf` without the error).
    """
    try:
        yield
    except PollingError as error:
        raise DiagnosticError(str(error), error) from None
    except GraphError as error:
        text = attempted[0].lower() + attempted[1:]
        text = text.replace("removing ", "deleting ").replace("adding federated", "adding flexible federated")
        text = text if text.startswith("adding ") else f"{text}: {error}"
        raise DiagnosticError(text, text) from None


class FlexibleFederatedCredential(FederatedCredential):
    """The same with an expression about the claims in place of a subject."""

    type = "azuread:index/applicationFlexibleFederatedIdentityCredential:ApplicationFlexibleFederatedIdentityCredential"
    properties: ClassVar[Properties] = schema.properties("applicationFlexibleFederatedIdentityCredential")
    version = "beta"
    id_form = r"/applications/(?P<application>[^/]+)/federatedIdentityCredentials/(?P<credential>[^/]+)"
    telling: ClassVar[Callable[..., Any]] = staticmethod(_telling_twice)

    def wait_until_seen(self, graph: GraphSession, id: str, deadline: float) -> None:  # noqa: A002
        """Read until it is there once, but not at once (go-azure-sdk's poller begins with a delay)."""
        with self.telling(f"waiting for {self._named(id)}"):
            if graph.poller.fixed_waits:
                graph.poller.pause(FLEXIBLE_DELAY)
            while graph.find(self._path(id), version=self.version, deadline=deadline) is None:
                graph.poller.pause(APPEARANCE_PAUSE)
                if time.monotonic() > deadline:
                    raise PollingError("context deadline exceeded")

    def body(self, planned: Values) -> JSON:
        """Return what create and update both send."""
        return {
            "audiences": [planned["audience"]],
            "claimsMatchingExpression": {
                "languageVersion": 1,
                "value": planned["claimsMatchingExpression"],
            },
            "description": planned["description"] or "",
            "issuer": planned["issuer"],
            "name": planned["displayName"],
        }

    def outputs(self, found: JSON) -> Values:
        """Return what Graph has to say of one."""
        return {
            "audience": next(iter(found.get("audiences") or []), ""),
            "claimsMatchingExpression": (found.get("claimsMatchingExpression") or {}).get("value") or "",
            "description": found.get("description") or "",
            "displayName": found.get("name") or "",
            "issuer": found.get("issuer") or "",
        }

    def pulumi_id(self, object_id: str, key: str) -> str:
        """Return Pulumi's id."""
        return f"/applications/{object_id}/federatedIdentityCredentials/{key}"
