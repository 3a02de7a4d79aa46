"""The directory: objects, assignments, grants and deleted items.

Each has one look-up, so that replication (a delay after creation) is applied in one place.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from jwt.utils import base64url_encode

from rehearsal.tenant.clock import timestamp
from rehearsal.tenant.directory.app_management_policy import new_policy
from rehearsal.tenant.directory.model import DirectoryObject, Kind
from rehearsal.tenant.replication import Replication

Records = dict[str, dict[str, Any]]
"""Assignments or grants by their ids."""


class Directory:
    """All of one tenant's directory. Not thread-safe, as the tenant.

    Attributes:
        domain: its initial domain, which is also its display name here.
        assignments: id -> app role assignment, as Microsoft Graph shows it.
        grants: id -> delegated permission grant, as Microsoft Graph shows it.
        deleted: id -> a deleted application or service principal, until it is restored or purged.
        replication: which of its objects are not replicated yet.
        app_management_policy: the tenant's default one, as Microsoft Graph shows it.
        has_premium_licence: whether it has Microsoft Entra ID P1, which reports of sign-ins need.
        sign_ins: client id -> kind of activity, as Microsoft Graph names it -> when it was last, as the report has it.
        not_in_this_cloud: client ids of other tenants' applications that Entra does not know in this cloud.
        closed_to_azure_cli: client ids of resources that do not let the Azure CLI in.
    """

    def __init__(self, tenant_id: str, domain: str, now: Callable[[], datetime]) -> None:
        self.tenant_id = tenant_id
        self.domain = domain
        self.now = now
        self.assignments: Records = {}
        self.grants: Records = {}
        self.deleted: dict[str, DirectoryObject] = {}
        self.replication = Replication(now)
        self.app_management_policy = new_policy()
        self.has_premium_licence = False
        self.sign_ins: dict[str, dict[str, str]] = {}
        self.not_in_this_cloud: set[str] = set()
        self.closed_to_azure_cli: set[str] = set()
        self._objects: dict[str, DirectoryObject] = {}
        self._removed: list[tuple[Records, dict[str, Any]]] = []

    def add(self, new: DirectoryObject) -> DirectoryObject:
        """Put an object into the directory."""
        self._objects[new.id] = new
        self.replication.created(new.id)
        return new

    def find(self, object_id: str, *kinds: Kind) -> DirectoryObject | None:
        """Return the object of this id if there is one, of one of these kinds (of any, if none is given)."""
        found = self._objects.get(object_id.lower())
        return found if found is not None and (not kinds or found.kind in kinds) else None

    def owners_of(self, item: DirectoryObject) -> list[DirectoryObject]:
        """Return the owners of an object that are there."""
        return [owner for owner in map(self.find, item.owners) if owner is not None]

    def find_by_app_id(self, kind: Kind, app_id: str) -> DirectoryObject | None:
        """Return the application or the service principal of an application (client) id."""
        return next((item for item in self.all(kind) if item.app_id == app_id.lower()), None)

    def find_user(self, name: str) -> DirectoryObject | None:
        """Return the user of a user principal name, in any case."""
        users = self.all("user")
        return next((user for user in users if user.body["userPrincipalName"].lower() == name.lower()), None)

    def all(self, kind: Kind) -> Iterator[DirectoryObject]:
        """Return all objects of one kind, in the order of their creation."""
        return (item for item in self._objects.values() if item.kind == kind)

    def delete(self, item: DirectoryObject) -> None:
        """Move an object to the deleted items; an application's service principal goes with it.

        What was assigned or granted to or on a service principal is gone for good, also when it is restored (inferred:
        docs/reference/facts-graph.md, "Deleted objects").
        """
        if item.kind == "application":
            service_principal = self.find_by_app_id("servicePrincipal", item.app_id)
            if service_principal is not None:
                self.delete(service_principal)
        del self._objects[item.id]
        item.body["deletedDateTime"] = timestamp(self.now())
        self.deleted[item.id] = item
        for records, ends in (
            (self.assignments, ("principalId", "resourceId")),
            (self.grants, ("clientId", "resourceId")),
        ):
            for key in [key for key, record in records.items() if item.id in (record[end] for end in ends)]:
                self.remove_record(records, key)
        for other in self._objects.values():
            if item.id in other.owners:
                other.owners.remove(item.id)

    def restore(self, object_id: str) -> DirectoryObject:
        """Restore an object from the deleted items; an application comes without its service principal."""
        restored = self.deleted.pop(object_id)
        restored.body["deletedDateTime"] = None
        return self.add(restored)

    def assign(self, principal: DirectoryObject, resource: DirectoryObject, role_id: str) -> dict[str, Any]:
        """Assign an app role, unchecked, and return the assignment."""
        # The id's form is Microsoft's: base64url of the principal's id, little-endian, and a second GUID
        # (docs/reference/facts-graph.md, "App role assignments").
        raw = uuid.UUID(principal.id).bytes_le + uuid.uuid4().bytes
        assignment: dict[str, Any] = {
            "id": base64url_encode(raw).decode(),
            "deletedDateTime": None,
            "appRoleId": role_id.lower(),
            "createdDateTime": timestamp(self.now()),
            "principalDisplayName": principal.display_name,
            "principalId": principal.id,
            "principalType": "ServicePrincipal",
            "resourceDisplayName": resource.display_name,
            "resourceId": resource.id,
        }
        self.assignments[assignment["id"]] = assignment
        self.replication.created(assignment["id"])
        return assignment

    def assignments_of(self, principal: DirectoryObject, resource: DirectoryObject) -> list[dict[str, Any]]:
        """Return what is assigned to a principal on a resource."""
        return [
            assignment
            for assignment in self.assignments.values()
            if assignment["principalId"] == principal.id and assignment["resourceId"] == resource.id
        ]

    def find_grant(self, client_id: str, resource_id: str) -> dict[str, Any] | None:
        """Return the grant of a client on a resource, None where there is none."""
        return self.grants.get(_grant_id(client_id, resource_id))

    def grant(self, client_id: str, resource_id: str, scope: str) -> dict[str, Any]:
        """Grant delegated permissions on behalf of all users, unchecked, and return the grant."""
        grant: dict[str, Any] = {
            "id": _grant_id(client_id, resource_id),
            "clientId": client_id,
            "consentType": "AllPrincipals",
            "principalId": None,
            "resourceId": resource_id,
            "scope": scope,
        }
        self.grants[grant["id"]] = grant
        self.replication.created(grant["id"])
        return grant

    def role_values(self, principal: DirectoryObject, resource: DirectoryObject) -> list[str]:
        """Return the values of the app roles that a principal holds on a resource: the `roles` of its tokens."""
        held = self.replicated(self.assignments_of(principal, resource))
        roles = (resource.role(assignment["appRoleId"]) for assignment in held)
        return [role["value"] for role in roles if role is not None and role.get("value")]

    def replicated(self, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return assignments, grants or the like without those that are not replicated yet; writes see all."""
        return [record for record in records if self.replication.is_replicated(record["id"])]

    def remove_record(self, records: Records, id_: str) -> None:
        """Remove an assignment or a grant; lists may show it a while longer."""
        removed = records.pop(id_)
        if self.replication.deletions:
            self.replication.deleted(id_)
            self._removed.append((records, removed))

    def listed(self, records: Records) -> list[dict[str, Any]]:
        """Return the assignments or grants as lists show them."""
        removed = [record for origin, record in self._removed if origin is records and record["id"] not in records]
        listed = [record for record in removed if self.replication.is_still_listed(record["id"])]
        return self.replicated(records.values()) + listed

    def snapshot(self) -> dict[str, Any]:
        """Return everything as JSON, without anything that is part of a secret."""
        return {
            "applications": [_snapshot(item) for item in self.all("application")],
            "servicePrincipals": [_snapshot(item) for item in self.all("servicePrincipal")],
            "appRoleAssignments": list(self.assignments.values()),
            "oauth2PermissionGrants": list(self.grants.values()),
            "deletedItems": [{"@odata.type": item.odata_type, **_snapshot(item)} for item in self.deleted.values()],
        }


def _grant_id(client_id: str, resource_id: str) -> str:
    # base64url of both ends' ids: another emulator's form, which azuread accepts; Entra's is not documented
    # (docs/reference/facts-graph.md, "Delegated permission grants").
    raw = uuid.UUID(client_id).bytes_le + uuid.UUID(resource_id).bytes_le
    return base64url_encode(raw).decode()


def _snapshot(item: DirectoryObject) -> dict[str, Any]:
    passwords = [
        {name: value for name, value in credential.items() if name not in {"hint", "secretText"}}
        for credential in item.body.get("passwordCredentials", ())
    ]
    return {
        **item.body,
        "passwordCredentials": passwords,
        "owners": list(item.owners),
        "federatedIdentityCredentials": list(item.federated_credentials.values()),
    }
