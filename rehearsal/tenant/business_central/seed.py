"""What the rehearsal tenant's Business Central holds at first: three environments of two companies each.

Ids are derived from names, so that they are the same in every run and differ between environments.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from rehearsal.tenant.business_central import companion, extensions
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
from rehearsal.tenant.directory.seed import ADMINISTRATOR_OBJECT_ID

_NAMESPACE = UUID("3d0f9a52-3f8b-4d0e-9a43-27c5f2f3b6d1")

BASE_APP = "437dbf0e-84ff-417a-965d-ed2bb9650972"
SYSTEM_APP = "63ca2fa4-4f03-4f2b-a480-172fef340d3f"
NP_RETAIL = "992c2309-cca4-43cb-9e41-911f482ec088"
OTHER_APP = "7c2a5b0e-9d34-4f0c-8f6a-1f6f0b9f2a10"  # a fictitious partner's app

COMPANIES = ("CRONUS DK", "CRONUS SE")
TWICE_DEFINED_ROLE_ID = "WAREHOUSE API"  # two extensions define it, so it is ambiguous without an app id
ADMINISTRATOR_NAME = "ADMIN"
CONTAINER = "container"  # the name of the third environment in the control port; its own address has no name in it

# Roles and app ids: contracts/business-central.md, 3; captions abridged.
PERMISSION_SETS = (
    PermissionSet("System", NULL_GUID, "SUPER", "This role has all permissions."),
    PermissionSet("System", NULL_GUID, "SECURITY", "Assign permissions to users"),
    PermissionSet("System", SYSTEM_APP, "AUTOMATE - EXEC", "Run automation", "System Application"),
    PermissionSet("System", SYSTEM_APP, "EXTEN. MGT. - ADMIN", "Extension Management Admin", "System Application"),
    PermissionSet("System", SYSTEM_APP, "LOGIN", "Minimum log-in permissions", "System Application"),
    PermissionSet("System", SYSTEM_APP, "SUPER (DATA)", "Superuser of data", "System Application"),
    PermissionSet("System", SYSTEM_APP, "TROUBLESHOOT TOOLS", "Troubleshoot Tools", "System Application"),
    PermissionSet("System", BASE_APP, "D365 AUTOMATION", "Dynamics 365 Automation", "Base Application"),
    PermissionSet("System", BASE_APP, "D365 BUS FULL ACCESS", "Dynamics 365 Full Business Acc.", "Base Application"),
    PermissionSet("System", BASE_APP, "D365 FULL ACCESS", "Dynamics 365 Full access", "Base Application"),
    PermissionSet("System", BASE_APP, "D365 RAPIDSTART", "Dynamics 365 RapidStart", "Base Application"),
    PermissionSet("System", BASE_APP, "D365 READ", "Dynamics 365 Read access", "Base Application"),
    PermissionSet("System", BASE_APP, "LOCAL", "Country/region-specific functionality", "Base Application"),
    PermissionSet("System", NP_RETAIL, "NPR ADYEN WEBHOOK", "NP Adyen Webhook", "NP Retail"),
    PermissionSet("System", NP_RETAIL, "NPR EXT JQ REFRESHER", "NP External Job Queue Refresher", "NP Retail"),
    PermissionSet("System", NP_RETAIL, "NPR KDS WEBSERVICE", "NP KDS WebService", "NP Retail"),
    PermissionSet("System", NP_RETAIL, "NPR NP RETAIL", "NP Retail", "NP Retail"),
    PermissionSet("System", NP_RETAIL, "NPR SPFY WEBHOOK", "NP Shopify Webhook", "NP Retail"),
    PermissionSet("System", NP_RETAIL, TWICE_DEFINED_ROLE_ID, "Warehouse API", "NP Retail"),
    PermissionSet("System", OTHER_APP, TWICE_DEFINED_ROLE_ID, "Warehouse API", "Cronus Warehouse"),
    PermissionSet("Tenant", NULL_GUID, "SHOP FLOOR", "Made by an administrator"),
)

# A holder of SECURITY can hand out and take away only what it holds itself: these are the sets of the presets, and one
# more, so that there is something foreign which it can take away. D365 FULL ACCESS is one that it cannot.
DEPLOYER_HOLDS = (
    "D365 AUTOMATION",
    "SECURITY",
    "D365 BUS FULL ACCESS",
    "D365 READ",
    "NPR NP RETAIL",
    "NPR KDS WEBSERVICE",
    "NPR EXT JQ REFRESHER",
    "NPR ADYEN WEBHOOK",
    "NPR SPFY WEBHOOK",
    "EBC REGISTRATION",
)

MICROSOFT_APPLICATIONS = {  # client id -> description; the descriptions are ours
    "af30e371-ad4a-4097-88c1-5555e7ada96f": "Virtual tables",
    "bf9c07cb-3385-4de3-a63a-b630340b14be": "Power Pages (authenticated)",
    "ea76fed3-daf0-4865-a0c5-8d40c168791a": "Power Pages (anonymous)",
    "ee1eb5fd-719b-44f2-97d0-0efd34bc4148": "Expense Agent",
}
DEPLOYER_DESCRIPTION = "Rehearsal deployer"


def environments(deployer_client_id: str, web_service_key: str, now: datetime) -> list[Environment]:
    """Make two environments online and a container, the deployer registered in each.

    Args:
        deployer_client_id: client id of the application that the program signs in with.
        web_service_key: what the administrator signs in with at the container.
        now: the tenant's time.
    """
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
    environment = Environment(
        name=name,
        type=type_,
        application_version="27.1.0.0",
        permission_sets=list(PERMISSION_SETS),
        extensions=[
            Extension(_id(name, "base package"), BASE_APP, "Base Application", "Microsoft", (27, 1, 0, 0)),
            Extension(_id(name, "system package"), SYSTEM_APP, "System Application", "Microsoft", (27, 1, 0, 0)),
            Extension(_id(name, "np retail package"), NP_RETAIL, "NP Retail", "NaviPartner", (27, 0, 0, 0)),
        ],
    )
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

    for client_id, description in MICROSOFT_APPLICATIONS.items():
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
    for role_id in DEPLOYER_HOLDS:
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
