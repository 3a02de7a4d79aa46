"""Microsoft Graph, as far as consent needs it: service principals and application role assignments.

https://learn.microsoft.com/graph/api/resources/approleassignment
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.errors import BadRequest, Conflict, NotFound, ServiceError
from clients.transport import Problem, Transport, as_mapping


@dataclass(frozen=True)
class ServicePrincipal:
    """A service principal that others can be given roles on.

    Attributes:
        id: its object id.
        app_id: the client id of its application.
        display_name: its name.
        roles: the application roles that it offers and that are enabled, value -> id.
    """

    id: str
    app_id: str
    display_name: str
    roles: Mapping[str, str]


@dataclass(frozen=True)
class RoleAssignment:
    """An application role that a principal holds on a resource.

    Attributes:
        id: id of the assignment.
        role_id: id of the role (a GUID).
        resource_id: object id of the resource's service principal.
    """

    id: str
    role_id: str
    resource_id: str


def read_problem(body: Mapping[str, Any]) -> Problem:
    """Read the body of a Graph error: https://learn.microsoft.com/graph/errors ."""
    error = as_mapping(body.get("error"))
    inner = as_mapping(error.get("innerError"))
    return Problem(*(str(text or "") for text in (error.get("code"), error.get("message"), inner.get("request-id"))))


# The least that the caller needs, by what it does: https://learn.microsoft.com/graph/permissions-reference
READS = "Application.Read.All (or Directory.Read.All)"
CREATES = "Application.ReadWrite.All"
CONSENTS = "AppRoleAssignment.ReadWrite.All and Application.Read.All"


class Graph:
    """Microsoft Graph v1.0. Every method raises `clients.errors.AccessError` when it cannot do what it says."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def service_principal(self, app_id: str) -> ServicePrincipal | None:
        """Return the service principal of an application in this tenant, None where it has none.

        Asks for it by key: a 404 with Graph's own code proves absence, which an empty list would not.
        """
        try:
            found = self._request(
                "GET",
                f"/v1.0/servicePrincipals(appId='{app_id}')?$select=id,appId,displayName,appRoles",
                attempting=f"find the service principal of application {app_id}",
                needs=READS,
            )
        except NotFound as problem:
            if problem.code == "Request_ResourceNotFound":
                return None
            raise
        return _service_principal(found)

    def create_service_principal(self, app_id: str) -> ServicePrincipal:
        """Make an application known in this tenant (https://learn.microsoft.com/graph/api/serviceprincipal-post-serviceprincipals)."""
        return _service_principal(
            self._request(
                "POST",
                "/v1.0/servicePrincipals",
                attempting=f"add the service principal of application {app_id} to this tenant",
                needs=CREATES,
                body={"appId": app_id},
            )
        )

    def role_assignments(self, principal_id: str, resource_id: str) -> list[RoleAssignment] | None:
        """Return what a principal holds on a resource, None where there is no such principal.

        The whole list is read and narrowed here: whether Graph accepts a filter by resource is not documented.
        """
        try:
            held = list(
                self._transport.pages(
                    f"/v1.0/servicePrincipals/{principal_id}/appRoleAssignments",
                    attempting=f"list the roles that service principal {principal_id} holds",
                )
            )
        except NotFound as problem:
            if problem.code == "Request_ResourceNotFound":
                return None
            raise
        except ServiceError as problem:
            raise _with_remedy(problem, READS) from None
        return [
            RoleAssignment(item["id"], item["appRoleId"], item["resourceId"])
            for item in held
            if item["resourceId"] == resource_id
        ]

    def assign_role(self, principal_id: str, resource_id: str, role_id: str, *, attempting: str) -> str | None:
        """Grant an application role and return the assignment's id, None where it was granted already."""
        try:
            made = self._request(
                "POST",
                f"/v1.0/servicePrincipals/{resource_id}/appRoleAssignedTo",
                attempting=attempting,
                needs=CONSENTS,
                body={"principalId": principal_id, "resourceId": resource_id, "appRoleId": role_id},
            )
        except (BadRequest, Conflict) as problem:
            if is_already_assigned(problem):
                return None
            raise
        return str(made["id"])

    def remove_assignment(self, resource_id: str, assignment_id: str, *, attempting: str) -> None:
        """Take an application role back; one that is gone already is fine."""
        try:
            self._request(
                "DELETE",
                f"/v1.0/servicePrincipals/{resource_id}/appRoleAssignedTo/{assignment_id}",
                attempting=attempting,
                needs=CONSENTS,
            )
        except NotFound as problem:
            if problem.code != "Request_ResourceNotFound":
                raise

    def _request(
        self, method: str, path: str, *, attempting: str, needs: str, body: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return self._transport.request(method, path, attempting=attempting, body=body)
        except ServiceError as problem:
            raise _with_remedy(problem, needs) from None


def _with_remedy(problem: ServiceError, needs: str) -> ServiceError:
    if problem.code == "Authorization_RequestDenied":
        problem.with_remedy(
            f"The application (or user) that runs this needs the Microsoft Graph permission {needs}, consented to."
        )
    return problem


def is_already_assigned(problem: ServiceError) -> bool:
    """Tell whether an assignment was refused because it exists: a 400 with one of two texts, never seen as a 409."""
    return "already exist" in problem.message


def is_not_replicated(problem: ServiceError) -> bool:
    """Tell whether an assignment was refused because Graph does not see a new principal or role everywhere yet.

    The texts are those that other clients report; there is no documented promise about how long it lasts.
    """
    return problem.code == "Request_ResourceNotFound" or "Not a valid reference update" in problem.message


def _service_principal(found: Mapping[str, Any]) -> ServicePrincipal:
    roles = {
        role["value"]: role["id"]
        for role in found.get("appRoles", [])
        if role.get("isEnabled", True) and role.get("value") and "Application" in role.get("allowedMemberTypes", [])
    }
    return ServicePrincipal(found["id"], found["appId"], found.get("displayName") or found["appId"], roles)
