"""What applications and service principals have in common.

After the creation they are written to once more (`prove`), they have owners, a read asks v1.0 and beta, and a delete
waits until they are seen to be gone.
"""

from __future__ import annotations

from typing import ClassVar

from rehearsal.azuread_plugin import owners, tags
from rehearsal.azuread_plugin.errors import DiagnosticError, PartialFailure, StandInError
from rehearsal.azuread_plugin.graph_session import JSON, GraphSession, RetryWhen, diagnosing
from rehearsal.azuread_plugin.schema import Plan, Properties, Values, after_apply, known

DELETION_PAUSE = 5.0  # seconds between two looks, with REHEARSAL_PLUGIN_WAITS=1


class DirectoryObject:
    """Creates, reads, changes and deletes one type of object; `until` is a deadline on the clock of `time.monotonic`.

    What fails is a DiagnosticError.

    Attributes:
        noun: what error texts call it.
        collection: path of all of them; an object's path is its Pulumi id.
        beta: the property that only the beta endpoint has.
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

    # --- what each type does its own way ------------------------------------------------------------------------------

    def verify_plan(self, graph: GraphSession, olds: Values, plan: Plan, until: float) -> None:
        """Refuse, before anything is changed, what cannot be done (the provider's CustomizeDiff)."""

    def create(self, graph: GraphSession, planned: Values, until: float) -> tuple[str, Values | None]:
        """Create; answers Pulumi's id and the outputs, None where the read that follows finds nothing.

        Raises:
            DiagnosticError: nothing was created.
            PartialFailure: the object exists, something after it failed.
        """
        raise NotImplementedError

    def prove(self, graph: GraphSession, id: str, planned: Values, until: float) -> None:  # noqa: A002
        """Write once more to what was created: only once that succeeds has the directory replicated it."""
        raise NotImplementedError

    def to_send(self, planned: Values) -> JSON:
        """Return what create and update both send."""
        simple: JSON = {"@odata.type": f"#microsoft.graph.{self.kind}"}
        for name, it in self.properties.items():
            if it.sent:
                outer, _, inner = it.graph.rpartition(".")
                target = simple.setdefault(outer, {}) if outer else simple
                target[inner] = it.to_send(planned[name])
        return {**simple, "tags": tags.to_send(planned["tags"])}

    def outputs(self, found: JSON, prior: Values) -> Values:
        """Return the outputs; what Graph does not tell is what it was before."""
        return {
            **prior,
            "id": f"{self.collection}/{found['id']}",
            **{name: it.shown(found) for name, it in self.properties.items() if it.graph},
            "featureTags": tags.features(found.get("tags") or []),
        }

    # --- what is the same -----------------------------------------------------------------------------------------

    def read(self, graph: GraphSession, id: str, prior: Values, until: float) -> Values | None:  # noqa: A002
        """Return the outputs, or None where the object is gone."""
        what = self._named(id)
        with diagnosing(f"Retrieving {what}", "id"):
            found = graph.find(id, until=until)
        if found is None:
            return None
        outputs = self.described(graph, found, prior, until)
        try:
            return {**outputs, "owners": owners.of(graph, id, what, until)}
        except DiagnosticError as failure:
            failure.outputs = outputs
            raise

    def described(self, graph: GraphSession, found: JSON, prior: Values, until: float) -> Values:
        """Return the outputs of an object that was found, without its owners; one property is in beta only."""
        id_, additional = f"{self.collection}/{found['id']}", self.properties[self.beta]
        with diagnosing(f"Retrieving additional properties for {self._named(id_)}"):
            beta = graph.get(id_, {"$select": additional.graph}, version="beta", until=until)
        return {**self.outputs(found, prior), self.beta: additional.shown(beta)}

    def update(self, graph: GraphSession, id: str, plan: Plan, until: float) -> Values:  # noqa: A002
        """Change; the PATCH carries every simple property, changed or not, as the real plugin's."""
        return self._patch(graph, id, self.to_send(plan.planned), plan, until)

    def delete(self, graph: GraphSession, id: str, until: float) -> None:  # noqa: A002
        """Delete, and see five times that it is gone. What was gone before is an error."""
        with diagnosing(f"Deleting {self._named(id)}", "id"):
            graph.write("DELETE", id, until=until)
        with diagnosing(f"Waiting for deletion of {self._named(id)}"):
            graph.patience.until_stable(lambda: graph.find(id, until=until) is None, DELETION_PAUSE, until)

    def _post(
        self, graph: GraphSession, planned: Values, body: JSON, until: float, retry_when: RetryWhen | None = None
    ) -> tuple[str, Values | None]:
        bound, further, remove_caller = owners.at_creation(graph, planned["owners"] or [])
        with diagnosing(f"Could not create {self.noun.lower()}"):
            body = {**self.to_send(planned), **body, "owners@odata.bind": bound}
            made = graph.write("POST", self.collection, body, until=until, retry_when=retry_when)
        if not made.get("id"):
            raise DiagnosticError("Bad API response", f"object ID returned for {self.noun.lower()} is nil")
        id_ = f"{self.collection}/{made['id']}"
        prior = known(self.properties, planned)
        try:
            self.prove(graph, id_, planned, until)
            owners.complete(graph, id_, self._named(id_), further, remove_caller=remove_caller, until=until)
            outputs = self.read(graph, id_, prior, until)
        except DiagnosticError as error:
            outputs = error.outputs or {**prior, "id": id_}
            raise PartialFailure(id_, after_apply(self.properties, planned, outputs), error) from None
        return id_, outputs and after_apply(self.properties, planned, outputs)

    def _patch(self, graph: GraphSession, id_: str, body: JSON, plan: Plan, until: float) -> Values:
        with diagnosing(f"Could not update {self.noun.lower()} {self._named(id_)}"):
            graph.write("PATCH", id_, body, until=until)
        if "owners" in plan.changes:
            owners.reconcile(graph, id_, self._named(id_), plan.planned["owners"], until)
        outputs = self.read(graph, id_, plan.planned, until)
        if outputs is None:
            raise StandInError(
                f"Resource provider reported that the resource did not exist while updating {id_}.\n\n"
                "This is usually a result of the resource having been deleted outside of Pulumi, and can often be "
                "fixed by running `pulumi refresh` before updating."
            )
        return after_apply(self.properties, plan.planned, outputs)

    def _named(self, id_: str) -> str:
        return f'{self.noun} ({self.noun}: "{id_.rpartition("/")[2]}")'
