"""What an administrator would do by hand in the Entra admin center, for tests and the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.tenant.clock import timestamp
from rehearsal.tenant.directory.first_party import BUSINESS_CENTRAL, MICROSOFT_GRAPH
from rehearsal.tenant.directory.secrets import remove_secret
from rehearsal.tenant.directory.seed import DEPLOYER_CLIENT_ID
from rehearsal.tenant.directory.shapes import follow_application, new_service_principal
from rehearsal.tenant.directory.vendors import application_of_elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rehearsal.tenant.directory.model import DirectoryObject, Kind
    from rehearsal.tenant.directory.store import Directory

_RESOURCES = {"graph": MICROSOFT_GRAPH, "businessCentral": BUSINESS_CENTRAL}


def edit(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    """Do one operation and return what it changed.

    Args:
        directory: what there is.
        operation: `do` names the operation (one of OPERATIONS), the rest is its own.

    Raises:
        LookupError: an object that it names is not there.
        ValueError: something is missing in the operation, or wrong.
    """
    return _OPERATIONS[operation["do"]](directory, operation)


def _rename_application(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    application = _named(directory, "application", operation)
    application.body["displayName"] = _text(operation, "displayName")
    service_principal = directory.find_by_app_id("servicePrincipal", application.app_id)
    if service_principal is not None:
        follow_application(service_principal, application)
    return {"id": application.id}


def _delete_application(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    application = _named(directory, "application", operation)
    directory.delete(application)
    return {"id": application.id}


def _delete_service_principal(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    service_principal = _named(directory, "servicePrincipal", operation)
    directory.delete(service_principal)
    return {"id": service_principal.id}


def _remove_app_role_assignment(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    """Remove an assignment by the role's value, on whichever resource has one of that value (or on resourceAppId)."""
    principal = _named(directory, "servicePrincipal", operation)
    value = _text(operation, "role")
    for resource in list(directory.all("servicePrincipal")):
        if operation.get("resourceAppId", resource.app_id) != resource.app_id:
            continue
        for assignment in directory.assignments_of(principal, resource):
            role = resource.role(assignment["appRoleId"])
            if role is not None and role["value"] == value:
                del directory.assignments[assignment["id"]]
                return {"id": assignment["id"]}
    raise LookupError(f"{principal.display_name} ({principal.app_id}) does not hold the role {value}.")


def _add_app_role_assignment(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    principal = _named(directory, "servicePrincipal", operation)
    resource = _by_app_id(directory, "servicePrincipal", _text(operation, "resourceAppId"))
    value = _text(operation, "role")
    role = next((role for role in resource.body["appRoles"] if role["value"] == value), None)
    if role is None:
        raise LookupError(f"{resource.display_name} has no application role {value}.")
    if any(held["appRoleId"] == role["id"] for held in directory.assignments_of(principal, resource)):
        raise ValueError(f"{principal.display_name} ({principal.app_id}) holds the role {value} already.")
    return directory.assign(principal, resource, role["id"])


def _approve_permissions(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    """Approve what an application asks for, as the page does that `/adminconsent` opens.

    All of `requiredResourceAccess`, for everybody; what was granted before stays:
    https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
    """
    client_id = _text(operation, "clientId").lower()
    principal = _principal_for(directory, client_id)
    granted = []
    for asked in _application(directory, client_id)[0]["requiredResourceAccess"]:
        resource = _principal_for(directory, asked["resourceAppId"])
        scopes = {scope["id"]: scope["value"] for scope in resource.body["oauth2PermissionScopes"]}
        for access in asked["resourceAccess"]:
            held = [each["appRoleId"] for each in directory.assignments_of(principal, resource)]
            if access["type"] == "Role" and access["id"] not in held:
                granted.append(directory.assign(principal, resource, access["id"])["id"])
        if wanted := [scopes[each["id"]] for each in asked["resourceAccess"] if each["type"] == "Scope"]:
            granted.append(_grant_to_all(directory, principal, resource, wanted)["id"])
    return {"granted": granted}


def _set_delegated_permissions(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    """Let a client have these delegated permissions on a resource for all users, and no others; "" for none."""
    client = _named(directory, "servicePrincipal", operation)
    resource = _by_app_id(directory, "servicePrincipal", _text(operation, "resourceAppId"))
    scopes = str(operation.get("scope", "")).split()
    offered = {scope["value"] for scope in resource.body["oauth2PermissionScopes"]}
    if unknown := sorted(set(scopes) - offered):
        raise LookupError(f"{resource.display_name} has no delegated permission {unknown[0]}.")
    for id_, grant in list(directory.grants.items()):
        if (grant["clientId"], grant["resourceId"], grant["principalId"]) == (client.id, resource.id, None):
            del directory.grants[id_]
    return _grant_to_all(directory, client, resource, scopes) if scopes else {}


def _set_publisher(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    """Let an application have another verified publisher; without a name, none."""
    service_principal = _named(directory, "servicePrincipal", operation)
    service_principal.body["verifiedPublisher"] = {
        "displayName": operation.get("displayName"),
        "verifiedPublisherId": operation.get("verifiedPublisherId"),
        "addedDateTime": timestamp(directory.now()) if operation.get("displayName") else None,
    }
    return {"id": service_principal.id}


def _remove_password(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    """Remove the password of that key id; the newest one where none is said."""
    application = _named(directory, "application", operation)
    key_ids = [credential["keyId"] for credential in application.body["passwordCredentials"]]
    key_id = operation.get("keyId") or (key_ids[-1] if key_ids else "")
    if not remove_secret(application, key_id):
        raise LookupError(
            f"{application.display_name} ({application.app_id}) has no password {key_id}.".replace(" .", ".")
        )
    return {"keyId": key_id}


def _revoke_deployer(directory: Directory, operation: dict[str, Any]) -> dict[str, Any]:
    name = _text(operation, "resource")
    if name not in _RESOURCES:
        raise ValueError(f"'resource' is to be one of {', '.join(_RESOURCES)}.")
    wanted = {"clientId": DEPLOYER_CLIENT_ID, "role": _text(operation, "role"), "resourceAppId": _RESOURCES[name]}
    return _remove_app_role_assignment(directory, wanted)


def _remove_business_central_service_principal(directory: Directory, _operation: dict[str, Any]) -> dict[str, Any]:
    service_principal = _by_app_id(directory, "servicePrincipal", BUSINESS_CENTRAL)
    directory.delete(service_principal)
    return {"id": service_principal.id}


_OPERATIONS: dict[str, Callable[[Directory, dict[str, Any]], dict[str, Any]]] = {
    "add_app_role_assignment": _add_app_role_assignment,
    "approve_permissions": _approve_permissions,
    "delete_application": _delete_application,
    "delete_service_principal": _delete_service_principal,
    "remove_app_role_assignment": _remove_app_role_assignment,
    "remove_business_central_service_principal": _remove_business_central_service_principal,
    "remove_password": _remove_password,
    "rename_application": _rename_application,
    "revoke_deployer": _revoke_deployer,
    "set_delegated_permissions": _set_delegated_permissions,
    "set_publisher": _set_publisher,
}

OPERATIONS = frozenset(_OPERATIONS)
"""The names of the operations."""


def _named(directory: Directory, kind: Kind, operation: dict[str, Any]) -> DirectoryObject:
    return _by_app_id(directory, kind, _text(operation, "clientId"))


def _grant_to_all(
    directory: Directory, client: DirectoryObject, resource: DirectoryObject, scopes: list[str]
) -> dict[str, Any]:
    """Grant delegated permissions on behalf of all users, beside those granted before."""
    for grant in directory.grants.values():
        if (grant["clientId"], grant["resourceId"], grant["principalId"]) == (client.id, resource.id, None):
            grant["scope"] = " ".join(dict.fromkeys([*grant["scope"].split(), *scopes]))
            return grant
    return directory.grant(client.id, resource.id, None, " ".join(scopes))


def _principal_for(directory: Directory, app_id: str) -> DirectoryObject:
    """Return an application's service principal, made where it has none yet."""
    found = directory.find_by_app_id("servicePrincipal", app_id)
    if found is not None:
        return found
    body, organization = _application(directory, app_id)
    return directory.add(new_service_principal(body, owner_organization=organization, now=directory.now()))


def _application(directory: Directory, app_id: str) -> tuple[Mapping[str, Any], str]:
    """Return an application, of this tenant or another, and the id of its tenant."""
    if application := directory.find_by_app_id("application", app_id):
        return application.body, directory.tenant_id
    # The address is part of Microsoft Graph's names alone, which every tenant has from its first day.
    if elsewhere := application_of_elsewhere("", app_id):
        return elsewhere
    raise LookupError(f"There is no application with the client id {app_id}.")


def _by_app_id(directory: Directory, kind: Kind, app_id: str) -> DirectoryObject:
    found = directory.find_by_app_id(kind, app_id)
    if found is None:
        raise LookupError(f"There is no {kind} with the client id {app_id}.")
    return found


def _text(operation: dict[str, Any], name: str) -> str:
    value = operation.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(
            f"The operation {operation['do']!r} needs {name!r}." if "do" in operation else f"{name!r} is needed."
        )
    return value
