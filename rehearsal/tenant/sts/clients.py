"""The application that a token request names, and its service principal in this tenant."""

from __future__ import annotations

from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.sts.errors import refusal


def application_of(directory: Directory, client_id: str) -> DirectoryObject:
    """Return the application of a client id."""
    found = directory.find_by_app_id("application", client_id)
    if found is None:
        raise refusal("application_not_found", client_id, directory.domain)
    return found


def principal_of(directory: Directory, client_id: str) -> DirectoryObject:
    """Return the service principal of a client id, by which the application signs in here."""
    found = directory.find_by_app_id("servicePrincipal", client_id)
    if found is None:
        raise refusal("service_principal_missing", client_id, directory.tenant_id)
    if not found.body["accountEnabled"]:
        raise refusal("service_principal_disabled", client_id, found.display_name)
    return found
