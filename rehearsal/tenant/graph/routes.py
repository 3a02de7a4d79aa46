"""All endpoints of Microsoft Graph that the tenant has, v1.0 and beta alike. Any other one answers 501."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rehearsal.tenant.graph import (
    app_role_assignments,
    applications,
    deleted_items,
    federated_credentials,
    owners,
    passwords,
    permission_grants,
    service_principals,
)
from rehearsal.tenant.graph.permissions import (
    ASSIGN_APP_ROLES,
    READ_APPLICATIONS,
    READ_GRANTS,
    WRITE_APPLICATIONS,
    WRITE_GRANTS,
    Roles,
)
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.messages import Answer


@dataclass(frozen=True)
class Route:
    """One endpoint.

    Attributes:
        method: HTTP method.
        path: below the version; `{name}` stands for one segment.
        roles: the caller needs one of each set.
        handler: answers it.
    """

    method: str
    path: str
    roles: Roles
    handler: Callable[[GraphRequest], Answer]


_APPLICATIONS = (
    Route("GET", "applications", READ_APPLICATIONS, applications.list_applications),
    Route("POST", "applications", WRITE_APPLICATIONS, applications.create_application),
    Route("GET", "applications/{id}", READ_APPLICATIONS, applications.get_application),
    Route("PATCH", "applications/{id}", WRITE_APPLICATIONS, applications.update_application),
    Route("DELETE", "applications/{id}", WRITE_APPLICATIONS, applications.delete_application),
    Route("POST", "applications/{id}/addPassword", WRITE_APPLICATIONS, passwords.add_password),
    Route("POST", "applications/{id}/removePassword", WRITE_APPLICATIONS, passwords.remove_password),
)

_FEDERATED = "applications/{id}/federatedIdentityCredentials"
_FEDERATED_CREDENTIALS = (
    Route("GET", _FEDERATED, READ_APPLICATIONS, federated_credentials.list_credentials),
    Route("POST", _FEDERATED, WRITE_APPLICATIONS, federated_credentials.create_credential),
    Route("GET", f"{_FEDERATED}/{{credential}}", READ_APPLICATIONS, federated_credentials.get_credential),
    Route("PATCH", f"{_FEDERATED}/{{credential}}", WRITE_APPLICATIONS, federated_credentials.update_credential),
    Route("DELETE", f"{_FEDERATED}/{{credential}}", WRITE_APPLICATIONS, federated_credentials.delete_credential),
)

_OWNERS = tuple(
    route
    for owned in ("applications", "servicePrincipals")
    for route in (
        Route("GET", f"{owned}/{{id}}/owners", READ_APPLICATIONS, owners.list_owners),
        Route("POST", f"{owned}/{{id}}/owners/$ref", WRITE_APPLICATIONS, owners.add_owner),
        Route("DELETE", f"{owned}/{{id}}/owners/{{owner}}/$ref", WRITE_APPLICATIONS, owners.remove_owner),
    )
)

_SERVICE_PRINCIPALS = (
    Route("GET", "servicePrincipals", READ_APPLICATIONS, service_principals.list_service_principals),
    Route("POST", "servicePrincipals", WRITE_APPLICATIONS, service_principals.create_service_principal),
    Route("GET", "servicePrincipals/{id}", READ_APPLICATIONS, service_principals.get_service_principal),
    Route("PATCH", "servicePrincipals/{id}", WRITE_APPLICATIONS, service_principals.update_service_principal),
    Route("DELETE", "servicePrincipals/{id}", WRITE_APPLICATIONS, service_principals.delete_service_principal),
    Route("GET", "servicePrincipals/{id}/oauth2PermissionGrants", READ_GRANTS, permission_grants.list_grants_of),
)

_APP_ROLE_ASSIGNMENTS = tuple(
    route
    for path, end in (
        ("servicePrincipals/{id}/appRoleAssignedTo", "resourceId"),
        ("servicePrincipals/{id}/appRoleAssignments", "principalId"),
    )
    for route in (
        Route("GET", path, READ_APPLICATIONS, partial(app_role_assignments.list_assignments, end)),
        Route("POST", path, ASSIGN_APP_ROLES, partial(app_role_assignments.create_assignment, end)),
        Route("GET", f"{path}/{{assignment}}", READ_APPLICATIONS, partial(app_role_assignments.get_assignment, end)),
        Route(
            "DELETE", f"{path}/{{assignment}}", ASSIGN_APP_ROLES, partial(app_role_assignments.delete_assignment, end)
        ),
    )
)

_GRANTS = (
    Route("GET", "oauth2PermissionGrants", READ_GRANTS, permission_grants.list_grants),
    Route("POST", "oauth2PermissionGrants", WRITE_GRANTS, permission_grants.create_grant),
    Route("GET", "oauth2PermissionGrants/{grant}", READ_GRANTS, permission_grants.get_grant),
    Route("PATCH", "oauth2PermissionGrants/{grant}", WRITE_GRANTS, permission_grants.update_grant),
    Route("DELETE", "oauth2PermissionGrants/{grant}", WRITE_GRANTS, permission_grants.delete_grant),
)

_DIRECTORY = (
    Route("GET", "directory/deletedItems", READ_APPLICATIONS, deleted_items.refuse_untyped_list),
    Route("GET", "directory/deletedItems/{item}", READ_APPLICATIONS, deleted_items.list_or_get),
    Route("POST", "directory/deletedItems/{item}/restore", WRITE_APPLICATIONS, deleted_items.restore),
    Route("DELETE", "directory/deletedItems/{item}", WRITE_APPLICATIONS, deleted_items.purge),
)

ROUTES = (
    *_APPLICATIONS,
    *_FEDERATED_CREDENTIALS,
    *_OWNERS,
    *_SERVICE_PRINCIPALS,
    *_APP_ROLE_ASSIGNMENTS,
    *_GRANTS,
    *_DIRECTORY,
)
