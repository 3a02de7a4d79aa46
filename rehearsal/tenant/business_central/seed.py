"""The initial state of Business Central: three environments of two companies each.

The rest is in `seed.yaml`. Ids of companies and packages are derived from names, so that they are the same in
every run and differ between environments.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from rehearsal import tables
from rehearsal.tenant.business_central import access_controls, companion, extensions, registrations
from rehearsal.tenant.business_central.access_controls import AssignmentRequest
from rehearsal.tenant.business_central.environment import (
    NULL_GUID,
    AccessControl,
    Company,
    Environment,
    Extension,
    PermissionSet,
    Registration,
    User,
)
from rehearsal.tenant.business_central.permissions import SUPER, Session
from rehearsal.tenant.directory.seed import ADMINISTRATOR_OBJECT_ID

_NAMESPACE = UUID("3d0f9a52-3f8b-4d0e-9a43-27c5f2f3b6d1")

COMPANIES = ("CRONUS DK", "CRONUS SE")
ADMINISTRATOR_NAME = "ADMIN"
CONTAINER = "container"  # the name of the third environment in the control port; its own address has no name in it

_SEED: dict[str, Any] = tables.read(__file__, "seed.yaml")


def environments(deployer_client_id: str, web_service_key: str, now: datetime) -> list[Environment]:
    """Make two environments online and a container, where the web service key is the administrator's."""
    made = [
        Environment(name="Production", type="Production"),
        Environment(name="Sandbox", type="Sandbox"),
        Environment(name=CONTAINER, type="OnPremises"),
    ]
    for environment in made:
        _fill(environment, deployer_client_id, "" if environment.is_online else web_service_key, now)
    return made


def _fill(environment: Environment, deployer_client_id: str, web_service_key: str, now: datetime) -> None:
    name = environment.name
    for app in _SEED["apps"]:
        if version := app.get("version"):
            extension = Extension(_id(name, app["name"]), app["id"], app["name"], app["publisher"], tuple(version))
            environment.extensions.append(extension)
        for role_id, caption in app["permissionSets"].items():
            defined = PermissionSet(app.get("scope", "System"), app["id"], role_id, caption, app["name"])
            environment.permission_sets.append(defined)
    for company in COMPANIES:
        environment.companies.append(Company(_id(name, company), company, environment.next_version()))
    extensions.publish(environment, companion.EXTENSION)

    administrator = User(
        ADMINISTRATOR_NAME,
        "Full User",
        "Enabled",
        full_name="Administrator",
        entra_object_id=ADMINISTRATOR_OBJECT_ID,
        web_service_key=web_service_key,
        version=environment.next_version(),
    )
    environment.users[administrator.security_id] = administrator
    environment.interactive_logins.add(administrator.security_id)
    all_permissions = AccessControl(
        administrator.security_id, SUPER, "", "System", NULL_GUID, environment.next_version()
    )
    environment.access_controls[all_permissions.system_id] = all_permissions

    session = Session(environment, administrator, "", now)
    for client_id, description in _SEED["microsoftApplications"].items():
        registrations.insert(session, Registration(client_id, now, description))
    deployer = Registration(deployer_client_id, now, "Rehearsal deployer", permission_granted=True)
    registrations.insert(session, deployer)
    registrations.validate_state(session, deployer, "Enabled")
    for role_id in _SEED["deployerHolds"]:
        access_controls.insert(session, environment.users[deployer.user_id], AssignmentRequest(role_id))


def _id(environment: str, what: str) -> str:
    return str(uuid5(_NAMESPACE, f"{environment}/{what}"))
