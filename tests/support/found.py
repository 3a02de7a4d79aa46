"""Applications as an inventory finds them, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from clients.business_central.records import Assignment, PermissionSet, Registration
from clients.graph.applications import Application
from clients.graph.inventory import KnownPrincipal, RegisteredApplication
from clients.graph.objects import DelegatedGrant, ServicePrincipal
from clients.graph.passwords import Password
from commands.adopt.faults import Known
from commands.adopt.found import MICROSOFT, Found, Registered
from commands.adopt.inventory import as_items

TENANT = "6f1d0c5e-0b7a-4c1e-9a54-3f5d7c2b8e10"
CLIENT_ID = "11111111-1111-4111-8111-111111111111"
KEY_ID = "22222222-2222-4222-8222-222222222222"
APP = "437dbf0e-84ff-417a-965d-ed2bb9650972"
OTHER_APP = "992c2309-cca4-43cb-9e41-911f482ec088"
NOW = Known("", (), datetime(2026, 11, 30, tzinfo=UTC))
DEFINITIONS = (
    *(PermissionSet(role_id, "System", APP, role_id) for role_id in ("D365 BUS FULL ACCESS", "D365 READ", "SUPER")),
    PermissionSet("WAREHOUSE API", "System", APP, ""),
    PermissionSet("WAREHOUSE API", "System", OTHER_APP, ""),
)
ROLE = "API.ReadWrite.All"


def secret(name: str = "Shop", ends: str = "2027-01-01T00:00:00Z", key_id: str = KEY_ID) -> Password:
    return Password(key_id, name, "", ends)


def registered(*held: tuple[str, str, str], client_id: str = CLIENT_ID, **row: Any) -> Registered:
    """A registration whose user holds sets, each a role id, a company ("" for all) and the app that defines it."""
    said = {
        "description": "Shop", "contact_information": "", "permission_granted": True, "state": "Enabled",
        "user_id": "u1", "user_state": "Enabled",
    }  # fmt: skip
    assignments = tuple(
        Assignment(f"a{number}", role_id, company, "System", app_id)
        for number, (role_id, company, app_id) in enumerate(held)
    )
    return Registered(Registration(client_id, **{**said, **row}), assignments, as_items(assignments, DEFINITIONS))


def principal(*, owner_tenant: str = TENANT, name: str = "Shop", **more: Any) -> KnownPrincipal:
    known = ServicePrincipal(
        "p1",
        CLIENT_ID,
        name,
        {},
        frozenset(),
        owner_tenant,
        more.pop("publisher", ""),
        "",
        more.pop("type", "Application"),
    )
    return KnownPrincipal(known, more.pop("enabled", True), {}, **more)


def own(
    name: str = "Shop",
    *,
    secrets: Sequence[Password] = (),
    registrations: Mapping[str, Registered] | None = None,
    roles: Sequence[str] = (ROLE,),
    scopes: Sequence[str] = (),
    shares_name_with: Sequence[str] = (),
    enabled: bool = True,
    **more: Any,
) -> Found:
    """An application of this tenant, registered in production, that asks for what it holds."""
    owners = more.pop("owners", {"o1": "Anna"})
    requested, audience = more.pop("requested", frozenset()), more.pop("audience", "AzureADMyOrg")
    is_public_client = more.pop("is_public_client", None)
    application = Application(
        "o1", CLIENT_ID, name, "2024-05-01T00:00:00Z", **{"tags": frozenset(), **more}, secrets=tuple(secrets)
    )
    return Found(
        CLIENT_ID,
        TENANT,
        RegisteredApplication(application, owners, audience, requested, is_public_client),
        principal(name=name, enabled=enabled),
        {role: f"id of {role}" for role in roles},
        DelegatedGrant("g1", frozenset(scopes), "p1") if scopes else None,
        {"production": registered(("D365 READ", "", APP))} if registrations is None else registrations,
        tuple(shares_name_with),
    )


def foreign(**more: Any) -> Found:
    """An application of another tenant, registered in production."""
    found = {"owner_tenant": "77777777-7777-4777-8777-777777777777", "publisher": "Vendor ApS", **more}
    return Found(
        CLIENT_ID,
        TENANT,
        None,
        principal(**found),
        {ROLE: "id"},
        None,
        {"production": registered(("D365 READ", "", APP))},
    )


MICROSOFTS = foreign(owner_tenant=MICROSOFT, publisher="")
