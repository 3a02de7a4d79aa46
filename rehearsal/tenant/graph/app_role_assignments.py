"""App role assignments: one object, seen from its resource (appRoleAssignedTo) and its principal (appRoleAssignments).

See contracts/graph.md, sections 2.7, 5 and 6.2.
"""

from __future__ import annotations

from typing import Any

from rehearsal.tenant.directory.model import NO_ROLE, DirectoryObject
from rehearsal.tenant.graph import errors
from rehearsal.tenant.graph.properties import required_text
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import ResourceType, collection, entity
from rehearsal.tenant.messages import Answer

_ASSIGNMENT = ResourceType(
    "appRoleAssignment",
    "appRoleAssignments",
    frozenset(
        {
            "id",
            "deletedDateTime",
            "appRoleId",
            "createdDateTime",
            "principalDisplayName",
            "principalId",
            "principalType",
            "resourceDisplayName",
            "resourceId",
        }
    ),
    frozenset({"principalDisplayName", "resourceId"}),
)


# Each `end` is what the path names: "resourceId" below appRoleAssignedTo, "principalId" below appRoleAssignments.


def list_assignments(end: str, request: GraphRequest) -> Answer:
    """GET /servicePrincipals/{id}/appRole…: what others hold on this resource, or this principal on others."""
    named = request.replicated("servicePrincipal")
    everything = request.directory.listed(request.directory.assignments)
    return collection(request, _ASSIGNMENT, (assignment for assignment in everything if assignment[end] == named.id))


def _addressed(request: GraphRequest, end: str) -> dict[str, Any]:
    named = request.addressed("servicePrincipal")
    assignment = request.directory.assignments.get(request.names["assignment"])
    unseen = request.question.method == "GET" and not request.directory.replication.is_over(request.names["assignment"])
    if assignment is None or assignment[end] != named.id or unseen:
        raise errors.not_found(request.names["assignment"])
    return assignment


def get_assignment(end: str, request: GraphRequest) -> Answer:
    """GET /servicePrincipals/{id}/appRole…/{assignment}."""
    return entity(request, _ASSIGNMENT, _addressed(request, end))


def create_assignment(end: str, request: GraphRequest) -> Answer:
    """POST /servicePrincipals/{id}/appRole…."""
    named = request.replicated("servicePrincipal")
    body = request.body()
    principal_id, resource_id, role_id = (
        required_text(body, name, "AppRoleAssignment").lower() for name in ("principalId", "resourceId", "appRoleId")
    )
    if {"principalId": principal_id, "resourceId": resource_id}[end] != named.id:
        raise errors.bad_request(f"The {end} of the assignment is not the object that the address names.")  # unread
    principal = request.directory.find(principal_id, "servicePrincipal", "user")
    resource = request.directory.find(resource_id, "servicePrincipal")
    if principal is None or resource is None or not request.directory.replication.is_over(principal.id):
        raise errors.bad_request("Not a valid reference update")
    _check_role(resource, principal, role_id)
    if any(held["appRoleId"] == role_id for held in request.directory.assignments_of(principal, resource)):
        raise errors.bad_request("Permission being assigned already exists on the object")
    return entity(request, _ASSIGNMENT, request.directory.assign(principal, resource, role_id), 201)


def _check_role(resource: DirectoryObject, principal: DirectoryObject, role_id: str) -> None:
    role = resource.role(role_id)
    if role is None:
        if role_id == NO_ROLE and not resource.body["appRoles"]:
            return
        raise errors.bad_request("Permission being assigned was not found on application")
    member_type = "User" if principal.kind == "user" else "Application"
    if not role["isEnabled"] or member_type not in role["allowedMemberTypes"]:
        raise errors.bad_request("Permission being assigned was not found on application")  # the real text is unread


def delete_assignment(end: str, request: GraphRequest) -> Answer:
    """DELETE /servicePrincipals/{id}/appRole…/{assignment}."""
    request.directory.take_away(request.directory.assignments, _addressed(request, end)["id"])
    return Answer(204)
