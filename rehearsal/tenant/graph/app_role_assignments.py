"""App role assignments: one object, seen from its resource (appRoleAssignedTo) and its principal (appRoleAssignments).

See docs/reference/facts-graph.md, "App role assignments" and "Errors of Graph".
"""

from __future__ import annotations

from typing import Any

from rehearsal.tenant.directory.model import NO_ROLE
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.permissions import ASSIGN_APP_ROLES, READ_APPLICATIONS
from rehearsal.tenant.graph.properties import required_text
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import collection, entity, resource_type
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse

_ASSIGNMENT = resource_type("appRoleAssignment")


_HELD_ON = "servicePrincipals/{id}/appRoleAssignedTo"  # this resource
_HELD_BY = "servicePrincipals/{id}/appRoleAssignments"  # this principal


@endpoint("GET", _HELD_ON, READ_APPLICATIONS)
@endpoint("GET", _HELD_BY, READ_APPLICATIONS)
def list_assignments(request: GraphRequest) -> HttpResponse:
    """List what others hold on this resource, or this principal on others."""
    named, end = request.replicated(), _end(request)
    everything = request.directory.listed(request.directory.assignments)
    return collection(request, _ASSIGNMENT, (assignment for assignment in everything if assignment[end] == named.id))


@endpoint("GET", f"{_HELD_ON}/{{assignment}}", READ_APPLICATIONS)
@endpoint("GET", f"{_HELD_BY}/{{assignment}}", READ_APPLICATIONS)
def get_assignment(request: GraphRequest) -> HttpResponse:
    """Answer one."""
    assignment = _addressed(request)
    if not request.directory.replication.is_over(assignment["id"]):
        raise refusal("not_found", assignment["id"])
    return entity(request, _ASSIGNMENT, assignment)


@endpoint("POST", _HELD_ON, ASSIGN_APP_ROLES)
@endpoint("POST", _HELD_BY, ASSIGN_APP_ROLES)
def create_assignment(request: GraphRequest) -> HttpResponse:
    """Assign a role to an application; to a user or a group this tenant assigns none."""
    named, end = request.replicated(), _end(request)
    body = request.body()
    wanted = {
        name: required_text(body, name, "AppRoleAssignment").lower()
        for name in ("principalId", "resourceId", "appRoleId")
    }
    if wanted[end] != named.id:
        raise refusal("bad_request", f"The {end} of the assignment is not the object that the address names.")  # unread
    principal = request.directory.find(wanted["principalId"], "servicePrincipal")
    resource = request.directory.find(wanted["resourceId"], "servicePrincipal")
    if principal is None or resource is None or not request.directory.replication.is_over(principal.id):
        raise refusal("bad_request", "Not a valid reference update")
    role_id = wanted["appRoleId"]
    if not (resource.role(role_id) or (role_id == NO_ROLE and not resource.body["appRoles"])):
        raise refusal("role_not_found")
    if any(held["appRoleId"] == role_id for held in request.directory.assignments_of(principal, resource)):
        raise refusal("role_exists")
    return entity(request, _ASSIGNMENT, request.directory.assign(principal, resource, role_id), 201)


@endpoint("DELETE", f"{_HELD_ON}/{{assignment}}", ASSIGN_APP_ROLES)
@endpoint("DELETE", f"{_HELD_BY}/{{assignment}}", ASSIGN_APP_ROLES)
def delete_assignment(request: GraphRequest) -> HttpResponse:
    """Take a role away."""
    request.directory.take_away(request.directory.assignments, _addressed(request)["id"])
    return HttpResponse(204)


def _end(request: GraphRequest) -> str:
    """Return which end of an assignment the path names."""
    return "resourceId" if request.route.path.startswith(_HELD_ON) else "principalId"


def _addressed(request: GraphRequest) -> dict[str, Any]:
    assignment = request.directory.assignments.get(request.names["assignment"])
    if assignment is None or assignment[_end(request)] != request.addressed().id:
        raise refusal("not_found", request.names["assignment"])
    return assignment
