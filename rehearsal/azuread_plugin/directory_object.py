"""What applications and service principals have in common.

A create is followed by a second write (`confirm_replication`), both have owners, a read asks v1.0 and beta, and a
delete waits until they are gone.
"""

from __future__ import annotations

from typing import ClassVar

from rehearsal.azuread_plugin import owners, tags
from rehearsal.azuread_plugin.errors import DiagnosticError, PartialFailure, StandInError
from rehearsal.azuread_plugin.graph_session import JSON, GraphSession, RetryWhen, diagnosing
from rehearsal.azuread_plugin.planning import Plan, after_apply, known
from rehearsal.azuread_plugin.resource_type import ResourceType
from rehearsal.azuread_plugin.schema import Properties, Values

DELETION_PAUSE = 5.0  # seconds between two reads, with REHEARSAL_PLUGIN_WAITS=1


class DirectoryObject(ResourceType):
    """Creates, reads, changes and deletes one type of object; `deadline` is on the clock of `time.monotonic`.

    What fails is a DiagnosticError.

    Attributes:
        noun: what error texts call it.
        collection: path of all of them; an object's path is its Pulumi id.
        beta: the property that only the beta endpoint answers.
    """

    type: ClassVar[str]
    noun: ClassVar[str]
    kind: ClassVar[str]
    collection: ClassVar[str]
    timeouts: ClassVar[dict[str, float]] = {"create": 600.0, "read": 300.0, "update": 600.0, "delete": 300.0}
    properties: ClassVar[Properties]
    beta: ClassVar[str]

    @property
    def id_prefix(self) -> str:
        """How all its Pulumi ids begin."""
        return f"{self.collection}/"

    # --- what differs by type -----------------------------------------------------------------------------------------

    def create(self, graph: GraphSession, planned: Values, deadline: float) -> tuple[str, Values | None]:
        """Create; answers Pulumi's id and the outputs, None where the read that follows finds nothing.

        Raises:
            DiagnosticError: nothing was created.
            PartialFailure: the object exists, something after it failed.
        """
        raise NotImplementedError

    def confirm_replication(self, graph: GraphSession, id: str, planned: Values, deadline: float) -> None:  # noqa: A002
        """Write to the new object once more: that succeeds only once the directory has replicated it."""
        raise NotImplementedError

    def to_send(self, planned: Values) -> JSON:
        """Return what create and update both send."""
        simple: JSON = {"@odata.type": f"#microsoft.graph.{self.kind}"}
        for name, prop in self.properties.items():
            if prop.sent:
                outer, _, inner = prop.graph.rpartition(".")
                target = simple.setdefault(outer, {}) if outer else simple
                target[inner] = prop.to_send(planned[name])
        return {**simple, "tags": tags.to_send(planned["tags"])}

    def outputs(self, found: JSON, prior: Values) -> Values:
        """Return the outputs; what Graph does not answer is taken from `prior`."""
        return {
            **prior,
            "id": f"{self.collection}/{found['id']}",
            **{name: prop.from_graph(found) for name, prop in self.properties.items() if prop.graph},
            "featureTags": tags.features(found.get("tags") or []),
        }

    # --- what is the same -----------------------------------------------------------------------------------------

    def read(self, graph: GraphSession, id: str, prior: Values, deadline: float) -> Values | None:  # noqa: A002
        """Return the outputs, or None where the object is gone."""
        what = self._named(id)
        with diagnosing(f"Retrieving {what}", "id"):
            found = graph.find(id, deadline=deadline)
        if found is None:
            return None
        outputs = self.outputs_with_beta(graph, found, prior, deadline)
        try:
            return {**outputs, "owners": owners.read(graph, id, what, deadline)}
        except DiagnosticError as failure:
            failure.outputs = outputs
            raise

    def outputs_with_beta(self, graph: GraphSession, found: JSON, prior: Values, deadline: float) -> Values:
        """Return the outputs of an object that was found, without its owners; one property is in beta only."""
        id_, additional = f"{self.collection}/{found['id']}", self.properties[self.beta]
        with diagnosing(f"Retrieving additional properties for {self._named(id_)}"):
            beta = graph.get(id_, {"$select": additional.graph}, version="beta", deadline=deadline)
        return {**self.outputs(found, prior), self.beta: additional.from_graph(beta)}

    def update(self, graph: GraphSession, id: str, plan: Plan, deadline: float) -> Values:  # noqa: A002
        """Change; the PATCH carries every simple property, changed or not, as the real plugin's."""
        return self._patch(graph, id, self.to_send(plan.planned), plan, deadline)

    def delete(self, graph: GraphSession, id: str, deadline: float) -> None:  # noqa: A002
        """Delete, and read until it is absent five times in a row. An object that was gone before is an error."""
        with diagnosing(f"Deleting {self._named(id)}", "id"):
            graph.write("DELETE", id, deadline=deadline)
        with diagnosing(f"Waiting for deletion of {self._named(id)}"):
            graph.poller.wait_until_stable(lambda: graph.find(id, deadline=deadline) is None, DELETION_PAUSE, deadline)

    def _post(
        self, graph: GraphSession, planned: Values, body: JSON, deadline: float, retry_when: RetryWhen | None = None
    ) -> tuple[str, Values | None]:
        bound, further, remove_caller = owners.split_for_creation(graph, planned["owners"] or [])
        with diagnosing(f"Could not create {self.noun.lower()}"):
            body = {**self.to_send(planned), **body, "owners@odata.bind": bound}
            made = graph.write("POST", self.collection, body, deadline=deadline, retry_when=retry_when)
        if not made.get("id"):
            raise DiagnosticError("Bad API response", f"object ID returned for {self.noun.lower()} is nil")
        id_ = f"{self.collection}/{made['id']}"
        prior = known(self.properties, planned)
        try:
            self.confirm_replication(graph, id_, planned, deadline)
            owners.finish(graph, id_, self._named(id_), further, remove_caller=remove_caller, deadline=deadline)
            outputs = self.read(graph, id_, prior, deadline)
        except DiagnosticError as error:
            outputs = error.outputs or {**prior, "id": id_}
            raise PartialFailure(id_, after_apply(self.properties, planned, outputs), error) from None
        return id_, outputs and after_apply(self.properties, planned, outputs)

    def _patch(self, graph: GraphSession, id_: str, body: JSON, plan: Plan, deadline: float) -> Values:
        with diagnosing(f"Could not update {self.noun.lower()} {self._named(id_)}"):
            graph.write("PATCH", id_, body, deadline=deadline)
        if "owners" in plan.changes:
            owners.reconcile(graph, id_, self._named(id_), plan.planned["owners"], deadline)
        outputs = self.read(graph, id_, plan.planned, deadline)
        if outputs is None:
            raise StandInError(
                f"Resource provider reported that the resource did not exist while updating {id_}.\n\n"
                "This is usually a result of the resource having been deleted outside of Pulumi, and can often be "
                "fixed by running `pulumi refresh` before updating."
            )
        return after_apply(self.properties, plan.planned, outputs)

    def _named(self, id_: str) -> str:
        return f'{self.noun} ({self.noun}: "{id_.rpartition("/")[2]}")'
