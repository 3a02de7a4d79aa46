"""The permissions that an application requests (`requiredResourceAccess`), which the approval page lists.

It grants nothing by itself. Graph wants ids in it, and the stack file has values (`API.ReadWrite.All`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi
import pulumi_azuread as azuread

from settings.business_central_permissions import (
    BUSINESS_CENTRAL_APP_ID,
    BUSINESS_CENTRAL_ROLES,
    BUSINESS_CENTRAL_SCOPES,
)
from settings.models import Integration


def required_resource_accesses(integration: Integration) -> list[azuread.ApplicationRequiredResourceAccessArgs]:
    """Return the permissions that an integration's own application requests, by resource.

    Those on Business Central, whose ids are known; and those on other resources where an administrator approves by hand
    (`consent: manual`): their ids are looked up, in previews too.

    Raises:
        pulumi.RunError: another resource is not there, or does not offer something.
    """
    requested = []
    if BUSINESS_CENTRAL_APP_ID in integration.permissions:
        requested.append(
            _on_one_resource(
                BUSINESS_CENTRAL_APP_ID,
                (BUSINESS_CENTRAL_ROLES[role] for role in integration.roles),
                (BUSINESS_CENTRAL_SCOPES[scope] for scope in integration.delegated_scopes),
            )
        )
    if integration.consent == "manual":
        for app_id, permissions in integration.other_permissions.items():
            where = f"integrations.{integration.key}.otherPermissions.{app_id}"
            offers = _look_up(app_id, where)
            roles = _ids(permissions.roles, offers.app_role_ids, f"{where}.roles", offers.display_name)
            scopes = _ids(
                permissions.delegated_scopes,
                offers.oauth2_permission_scope_ids,
                f"{where}.delegatedScopes",
                offers.display_name,
            )
            requested.append(_on_one_resource(app_id, roles, scopes))
    return requested


def _look_up(app_id: str, where: str) -> azuread.GetServicePrincipalResult:
    try:
        return azuread.get_service_principal(client_id=app_id)
    except Exception as problem:  # noqa: BLE001 - Pulumi raises nothing more exact
        raise pulumi.RunError(f"{where}: could not look up what it offers: {problem}") from None


def _ids(values: Iterable[str], offered: Mapping[str, str], where: str, resource: str) -> list[str]:
    """Return the ids of permissions by their values."""
    if unknown := [value for value in values if value not in offered]:
        raise pulumi.RunError(f"{where}: {resource} does not offer {', '.join(unknown)}: correct the stack file")
    return [offered[value] for value in values]


def _on_one_resource(
    app_id: str, roles: Iterable[str], scopes: Iterable[str]
) -> azuread.ApplicationRequiredResourceAccessArgs:
    accesses = [*((id_, "Role") for id_ in roles), *((id_, "Scope") for id_ in scopes)]
    return azuread.ApplicationRequiredResourceAccessArgs(
        resource_app_id=app_id,
        resource_accesses=[
            azuread.ApplicationRequiredResourceAccessResourceAccessArgs(id=id_, type=kind) for id_, kind in accesses
        ],
    )
