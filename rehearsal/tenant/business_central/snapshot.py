"""An environment as JSON, for `GET /state` of the control port. There is no secret in it: Business Central has none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rehearsal.tenant.business_central import companion
from rehearsal.tenant.business_central.environment import Environment
from rehearsal.tenant.business_central.field import Field


def snapshot(environment: Environment) -> dict[str, Any]:
    """Return companies, users, rows of table 9012 (`applications`), access controls, permission sets and switches."""
    users = "userSecurityId=security_id userName=name displayName=full_name licenseType state applicationId"
    applications = "clientId description contactInformation permissionGranted state userId"
    return {
        "type": environment.type,
        "status": environment.status,
        "companies": _shown(environment.companies, "id name"),
        "users": [
            {**shown, "loggedInInteractively": shown["userSecurityId"] in environment.interactive_logins}
            for shown in _shown(environment.users.values(), users)
        ],
        "applications": _shown(environment.registrations.values(), f"{applications} lastModifiedDateTime=modified_at"),
        "accessControls": _shown(
            environment.access_controls.values(), "id=system_id userSecurityId roleId company scope appId"
        ),
        "permissionSets": _shown(environment.permission_sets, "roleId name scope appId appName"),
        "extensions": _shown(environment.extensions, "id=app_id name version=version_text installed"),
        "deployments": [
            {**shown, "appId": each.extension.app_id, "version": each.extension.version_text}
            for each, shown in zip(
                environment.deployments, _shown(environment.deployments, "id type status"), strict=True
            )
        ],
        "companionInstalled": companion.is_installed(environment),
        "switches": asdict(environment.switches),
    }


def _shown(rows: Iterable[Any], names: str) -> list[dict[str, Any]]:
    """Return rows with the names given, each followed by `=` and its attribute where that is called something else."""
    pairs = [name.partition("=") for name in names.split()]
    return [{name: Field(name, source=source).show(row) for name, _, source in pairs} for row in rows]
