"""What the rehearsal tenant's Business Central holds at first: three environments of two companies each.

The rest of it is in `seed.yaml`. Ids are derived from names, so that they are the same in every run and differ between
environments.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from rehearsal.tenant import tables
from rehearsal.tenant.business_central import companion, extensions
from rehearsal.tenant.business_central.environment import (
    AccessControl,
    Company,
    Environment,
    Extension,
    PermissionSet,
    Registration,
    User,
)
from rehearsal.tenant.directory.seed import ADMINISTRATOR_OBJECT_ID

_NAMESPACE = UUID("3d0f9a52-3f8b-4d0e-9a43-27c5f2f3b6d1")

COMPANIES = ("CRONUS DK", "CRONUS SE")
ADMINISTRATOR_NAME = "ADMIN"
CONTAINER = "container"  # the name of the third environment in the control port; its own address has no name in it
DEPLOYER_DESCRIPTION = "Rehearsal deployer"

_SEED: dict[str, Any] = tables.read(__file__, "seed.yaml")


def environments(deployer_client_id: str, web_service_key: str, now: datetime) -> list[Environment]:
    """Make two environments online and a container, the deployer registered in each."""
    made = [
        _environment("Production", "Production", deployer_client_id, now),
        _environment("Sandbox", "Sandbox", deployer_client_id, now),
        _environment(CONTAINER, "OnPremises", deployer_client_id, now),
    ]
    container = made[-1]
    container.users[_id(CONTAINER, "administrator")].web_service_key = web_service_key
    return made


def _environment(
    name: str, type_: Literal["Production", "Sandbox", "OnPremises"], deployer_client_id: str, now: datetime
) -> Environment:
    environment = Environment(name=name, type=type_, application_version="27.1.0.0")
    for app in _SEED["apps"]:
        if version := app.get("version"):
            extension = Extension(_id(name, app["name"]), app["id"], app["name"], app["publisher"], tuple(version))
            environment.extensions.append(extension)
        for role_id, caption in app["permissionSets"].items():
            defined = PermissionSet(app.get("scope", "System"), app["id"], role_id, caption, app["name"])
            environment.permission_sets.append(defined)
    for company in COMPANIES:
        environment.companies.append(Company(_id(name, company), company, now, environment.next_version()))
    extensions.put(environment, companion.EXTENSION)

    administrator = User(
        security_id=_id(name, "administrator"),
        name=ADMINISTRATOR_NAME,
        full_name="Administrator",
        license_type="Full User",
        state="Enabled",
        entra_object_id=ADMINISTRATOR_OBJECT_ID,
        version=environment.next_version(),
    )
    environment.users[administrator.security_id] = administrator
    environment.interactive_logins.add(administrator.security_id)
    _assign(environment, administrator, "SUPER")

    for client_id, description in _SEED["microsoftApplications"].items():
        _register(environment, client_id, description, now)

    deployer = User(
        security_id=_id(name, "deployer"),
        name=DEPLOYER_DESCRIPTION.upper(),
        full_name=DEPLOYER_DESCRIPTION,
        license_type="Application",
        state="Enabled",
        application_id=deployer_client_id,
        version=environment.next_version(),
    )
    environment.users[deployer.security_id] = deployer
    row = _register(environment, deployer_client_id, DEPLOYER_DESCRIPTION, now)
    row.state, row.user_id, row.permission_granted = "Enabled", deployer.security_id, True
    for role_id in _SEED["deployerHolds"]:
        _assign(environment, deployer, role_id)
    return environment


def _register(environment: Environment, client_id: str, description: str, now: datetime) -> Registration:
    row = Registration(
        system_id=_id(environment.name, client_id),
        client_id=client_id,
        description=description,
        modified_at=now,
        version=environment.next_version(),
    )
    environment.registrations[client_id] = row
    return row


def _assign(environment: Environment, user: User, role_id: str) -> None:
    defined = next(each for each in environment.permission_sets if each.role_id == role_id)
    row = AccessControl(
        system_id=_id(environment.name, f"{user.name} {role_id}"),
        user_security_id=user.security_id,
        role_id=role_id,
        company="",
        scope=defined.scope,
        app_id=defined.app_id,
        version=environment.next_version(),
    )
    environment.access_controls[row.system_id] = row


def _id(environment: str, what: str) -> str:
    return str(uuid5(_NAMESPACE, f"{environment}/{what}"))
