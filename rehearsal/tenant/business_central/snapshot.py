"""An environment as JSON, for `GET /state` of the control port. There is no secret in it: Business Central has none."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rehearsal.tenant.business_central import companion
from rehearsal.tenant.business_central.environment import Environment
from rehearsal.tenant.business_central.page import wire_time


def snapshot(environment: Environment) -> dict[str, Any]:
    """Return companies, users, rows of table 9012 (`applications`), access controls, permission sets and switches."""
    return {
        "type": environment.type,
        "status": environment.status,
        "companies": [{"id": each.id, "name": each.name} for each in environment.companies],
        "users": [
            {
                "userSecurityId": each.security_id,
                "userName": each.name,
                "displayName": each.full_name,
                "licenseType": each.license_type,
                "state": each.state,
                "applicationId": each.application_id,
                "loggedInInteractively": each.security_id in environment.interactive_logins,
            }
            for each in environment.users.values()
        ],
        "applications": [
            {
                "clientId": each.client_id,
                "description": each.description,
                "contactInformation": each.contact_information,
                "permissionGranted": each.permission_granted,
                "state": each.state,
                "userId": each.user_id,
                "lastModifiedDateTime": wire_time(each.modified_at),
            }
            for each in environment.registrations.values()
        ],
        "accessControls": [
            {
                "id": each.system_id,
                "userSecurityId": each.user_security_id,
                "roleId": each.role_id,
                "company": each.company,
                "scope": each.scope,
                "appId": each.app_id,
            }
            for each in environment.access_controls.values()
        ],
        "permissionSets": [
            {
                "roleId": each.role_id,
                "name": each.name,
                "scope": each.scope,
                "appId": each.app_id,
                "appName": each.app_name,
            }
            for each in environment.permission_sets
        ],
        "extensions": [
            {"id": each.app_id, "name": each.name, "version": each.version_text, "installed": each.installed}
            for each in environment.extensions
        ],
        "deployments": [
            {
                "id": each.id,
                "type": each.type,
                "appId": each.extension.app_id,
                "version": each.extension.version_text,
                "status": each.status,
            }
            for each in environment.deployments
        ],
        "companionInstalled": companion.is_installed(environment),
        "switches": asdict(environment.switches),
    }
