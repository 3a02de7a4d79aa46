"""App role assignments, listed by resource (appRoleAssignedTo) and by principal (appRoleAssignments).

See docs/reference/facts-graph.md, "App role assignments" and "Errors of Graph".
"""

from __future__ import annotations

from typing import Any

from rehearsal.tenant.directory.model import DEFAULT_ACCESS
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.permissions import ASSIGN_APP_ROLES, READ_APPLICATIONS, WITHDRAW_APP_ROLES
from rehearsal.tenant.graph.properties import required_text
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import collection, entity, resource_type
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse

_ASSIGNMENT = resource_type("appRoleAssignment")
_ASSIGNED_TO = "servicePrincipals/{id}/appRoleAssignedTo"  # by resource
_ASSIGNMENTS = "servicePrincipals/{id}/appRoleAssignments"  # by principal


@endpoint("GET", _ASSIGNED_TO, READ_APPLICATIONS)
@endpoint("GET", _ASSIGNMENTS, READ_APPLICATIONS)
def list_assignments(request: GraphRequest) -> HttpResponse:
    """List the assignments on a resource, or those of a principal."""
    target, id_name = request.replicated(), _id_name(request)
    assignments = request.directory.listed(request.directory.assignments)
    return collection(request, _ASSIGNMENT, (each for each in assignments if each[id_name] == target.id))


@endpoint("GET", f"{_ASSIGNED_TO}/{{assignment}}", READ_APPLICATIONS)
@endpoint("GET", f"{_ASSIGNMENTS}/{{assignment}}", READ_APPLICATIONS)
def get_assignment(request: GraphRequest) -> HttpResponse:
    """Answer one assignment."""
    assignment = _target(request)
    if not request.directory.replication.is_replicated(assignment["id"]):
        raise refusal("not_found", assignment["id"])
    return entity(request, _ASSIGNMENT, assignment)


@endpoint("POST", _ASSIGNED_TO, ASSIGN_APP_ROLES)
@endpoint("POST", _ASSIGNMENTS, ASSIGN_APP_ROLES)
def create_assignment(request: GraphRequest) -> HttpResponse:
    """Assign a role to a service principal; users and groups are not supported."""
    target, id_name = request.replicated(), _id_name(request)
    body = request.body()
    wanted = {
        name: required_text(body, name, "AppRoleAssignment").lower()
        for name in ("principalId", "resourceId", "appRoleId")
    }
    if wanted[id_name] != target.id:
        raise refusal(
            "bad_request", f"The {id_name} of the assignment is not the object that the address names."
        )  # unread
    principal = request.directory.find(wanted["principalId"], "servicePrincipal")
    resource = request.directory.find(wanted["resourceId"], "servicePrincipal")
    if principal is None or resource is None or not request.directory.replication.is_replicated(principal.id):
        raise refusal("bad_request", "Not a valid reference update")
    role_id = wanted["appRoleId"]
    if not (resource.role(role_id) or (role_id == DEFAULT_ACCESS and not resource.body["appRoles"])):
        raise refusal("role_not_found")
    if any(held["appRoleId"] == role_id for held in request.directory.assignments_of(principal, resource)):
        raise refusal("role_exists")
    return entity(request, _ASSIGNMENT, request.directory.assign(principal, resource, role_id), 201)


@endpoint("DELETE", f"{_ASSIGNED_TO}/{{assignment}}", WITHDRAW_APP_ROLES)
@endpoint("DELETE", f"{_ASSIGNMENTS}/{{assignment}}", WITHDRAW_APP_ROLES)
def delete_assignment(request: GraphRequest) -> HttpResponse:
    """Remove an assignment."""
    request.directory.remove_record(request.directory.assignments, _target(request)["id"])
    return HttpResponse(204)


def _id_name(request: GraphRequest) -> str:
    """Return the property of an assignment that has the id in the path."""
    return "resourceId" if request.route.path.startswith(_ASSIGNED_TO) else "principalId"


def _target(request: GraphRequest) -> dict[str, Any]:
    assignment = request.directory.assignments.get(request.parameters["assignment"])
    if assignment is None or assignment[_id_name(request)] != request.target().id:
        raise refusal("not_found", request.parameters["assignment"])
    return assignment
