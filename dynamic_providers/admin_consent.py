"""AdminConsent: the application roles that an application holds on Business Central.

Granting an application role to a service principal *is* admin consent for it, without a browser:
https://learn.microsoft.com/graph/permissions-grant-via-msgraph
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult, ReadResult, Resource, UpdateResult
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from clients.errors import AccessError, Conflict, NotFound, Refused, ServiceError
from clients.graph import RoleAssignment, ServicePrincipal, is_not_replicated
from dynamic_providers.base import Provider, declared, next_revision, readable

T = TypeVar("T")

_INPUTS = ("client_id", "principal_id", "resource_app_id", "roles", "declared_at")

REPLICATION_SECONDS = 120
"""How long a new service principal may take to be seen everywhere in Graph; no promise is documented."""


def _when_replicated(request: Callable[[], T]) -> T:
    """Ask until every server of Graph knows the new principal, with jitter, for a bounded time."""
    for attempt in Retrying(
        retry=retry_if_exception(lambda problem: isinstance(problem, ServiceError) and is_not_replicated(problem)),
        wait=wait_random_exponential(multiplier=0.5, max=8),
        stop=stop_after_delay(REPLICATION_SECONDS),
        reraise=True,
    ):
        with attempt:
            return request()
    raise AssertionError("tenacity either returns or raises")


class AdminConsentProvider(Provider):
    """Grants and withdraws application roles. Authoritative: other roles of ours on that resource are withdrawn."""

    replaced_when = ("client_id", "resource_app_id")
    updated_when = ("principal_id", "roles")

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Sort the roles: their order means nothing."""
        if not inputs.get("roles", ["unknown"]):
            return inputs, [CheckFailure("roles", "at least one application role is needed")]
        return {**inputs, **({"roles": sorted(set(inputs["roles"]))} if "roles" in inputs else {})}, []

    @readable
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Grant what is missing; what an interrupted run already granted is found and kept."""
        id_ = f"{self.session.tenant_id}/{props['client_id']}/{props['resource_app_id']}"
        granted: list[RoleAssignment] = []
        try:
            return CreateResult(id_, {**declared(props), **self._reconcile(props, granted), "revision": 1})
        except AccessError as problem:
            self._take_back(granted, props, problem)
            raise

    @readable
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the roles that are really held."""
        graph = self.session.graph
        resource = graph.service_principal(props["resource_app_id"])
        held = graph.role_assignments(props["principal_id"], resource.id) if resource else None
        if resource is None or held is None:
            return ReadResult("", {})  # Pulumi's way to say that it is gone
        names = {role_id: value for value, role_id in resource.roles.items()}
        assignments = {names.get(item.role_id, item.role_id): item.id for item in held}
        live = {**declared(props), "roles": sorted(assignments)}
        outputs = {**live, "resource_id": resource.id, "assignments": assignments}
        return ReadResult(id_, outputs, {key: live[key] for key in _INPUTS if key in live})

    @readable
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Grant what is missing and withdraw what is too much."""
        return UpdateResult({**declared(news), **self._reconcile(news, []), "revision": next_revision(olds)})

    @readable
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Withdraw what was granted. The resource's service principal stays: others may use it."""
        for role, assignment_id in props.get("assignments", {}).items():
            self.session.graph.remove_assignment(
                props["resource_id"], assignment_id, attempting=f"withdraw {role} from {props['client_id']}"
            )

    def _reconcile(self, inputs: Mapping[str, Any], granted: list[RoleAssignment]) -> dict[str, Any]:
        """Make the roles what the inputs say and return the outputs that tell of it; `granted` collects what is new."""
        graph, principal_id = self.session.graph, inputs["principal_id"]
        resource = self._resource(inputs["resource_app_id"])
        wanted = self._role_ids(resource, inputs)
        held = {item.role_id: item for item in self._held(principal_id, resource, inputs)}
        for role, role_id in wanted.items():
            if role_id not in held:
                attempting = f"grant {role} on {resource.display_name} to {inputs['client_id']}"
                grant = partial(graph.assign_role, principal_id, resource.id, role_id, attempting=attempting)
                made = _when_replicated(grant)
                if made:
                    held[role_id] = RoleAssignment(made, role_id, resource.id)
                    granted.append(held[role_id])
        for role_id in held.keys() - set(wanted.values()):
            attempting = f"withdraw role {role_id} on {resource.display_name} from {inputs['client_id']}"
            graph.remove_assignment(resource.id, held[role_id].id, attempting=attempting)
        if not held.keys() >= set(wanted.values()):  # another run granted one between our look and our grant
            held = {item.role_id: item for item in self._held(principal_id, resource, inputs)}
        assignments = {role: held[role_id].id for role, role_id in wanted.items()}
        return {"resource_id": resource.id, "assignments": assignments}

    def _take_back(self, granted: list[RoleAssignment], inputs: Mapping[str, Any], problem: AccessError) -> None:
        """Withdraw what a failed create granted; say so where even that fails."""
        attempting = f"withdraw what was granted to {inputs['client_id']}"
        try:
            for item in granted:
                self.session.graph.remove_assignment(item.resource_id, item.id, attempting=attempting)
        except AccessError as second:
            problem.remedy += (
                f" A part was granted and could not be withdrawn ({second.reason}); "
                "the next `pulumi up` finds and finishes it."
            )

    def _resource(self, app_id: str) -> ServicePrincipal:
        """Return the service principal of the resource; a tenant that never used it gets one, as the portal does."""
        graph = self.session.graph
        try:
            return graph.service_principal(app_id) or graph.create_service_principal(app_id)
        except Conflict:  # another integration of the same stack made it at this moment
            found = graph.service_principal(app_id)
            if found is None:
                raise
            return found

    def _role_ids(self, resource: ServicePrincipal, inputs: Mapping[str, Any]) -> dict[str, str]:
        unknown = [role for role in inputs["roles"] if role not in resource.roles]
        if unknown:
            raise Refused(
                f"grant {', '.join(unknown)} to {inputs['client_id']}",
                f"{resource.display_name} offers no such application role",
                f"It offers {', '.join(sorted(resource.roles))}: correct `roles` in the stack file.",
            )
        return {role: resource.roles[role] for role in inputs["roles"]}

    def _held(self, principal_id: str, resource: ServicePrincipal, inputs: Mapping[str, Any]) -> list[RoleAssignment]:
        def look() -> list[RoleAssignment]:
            held = self.session.graph.role_assignments(principal_id, resource.id)
            if held is None:
                raise NotFound(
                    f"grant roles to {inputs['client_id']}",
                    service="Microsoft Graph",
                    status=404,
                    code="Request_ResourceNotFound",
                    message=f"service principal {principal_id} does not exist",
                ).with_remedy(
                    "Run the same command again; if it stays so, the service principal was deleted: `pulumi refresh`."
                )
            return held

        return _when_replicated(look)


class AdminConsent(Resource, module="entra-business-central", name="AdminConsent"):
    """Admin consent of one application on one resource, given as application roles.

    Args:
        name: logical name.
        client_id: the application that gets the roles.
        principal_id: object id of its service principal in this tenant.
        resource_app_id: client id of the application that offers the roles.
        roles: values of the roles, as "API.ReadWrite.All".
        declared_at: key in the stack file, for messages.
    """

    assignments: pulumi.Output[dict[str, str]]
    """The ids of the assignments, by role."""
    resource_id: pulumi.Output[str]
    """Object id of the resource's service principal."""
    revision: pulumi.Output[int]
    """1 at creation, one more at each update."""

    def __init__(
        self,
        name: str,
        *,
        client_id: pulumi.Input[str],
        principal_id: pulumi.Input[str],
        resource_app_id: str,
        roles: list[str],
        declared_at: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "client_id": client_id,
            "principal_id": principal_id,
            "resource_app_id": resource_app_id,
            "roles": roles,
            "declared_at": declared_at,
            "assignments": None,
            "resource_id": None,
            "revision": None,
        }
        # Delete first: what replaces it has the same assignments, and a later delete would take them away again.
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        super().__init__(AdminConsentProvider(), name, properties, options)
