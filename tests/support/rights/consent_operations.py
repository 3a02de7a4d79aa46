"""What our consents do in Entra."""

from __future__ import annotations

from typing import Any

from dynamic_providers.admin_consent import AdminConsentProvider
from tests.support.consents import let_in, principals
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.rights.case import NotDone, Operation, World
from tests.support.rights.catalogue import ALL, CAREFUL, DEPLOYER, GRANTS, READ, READ_GRANTS, ROLES

_SECTION = "Consent"
_ROLE = {"roles": ["API.ReadWrite.All"]}
_SCOPE = {"roles": [], "delegated_scopes": ["user_impersonation"]}


def _grant(world: World, **given: Any) -> None:
    """Consent to what an application of this stack asks for."""
    made = world.create(AdminConsentProvider, Inputs(world.application).consent(**given))
    world.made["consent"] = (made.id, made.outs)


def _let_in(world: World, **given: Any) -> None:
    """Consent to what a vendor's application asks for."""
    made = world.create(AdminConsentProvider, vendor_consent(**given))
    world.made["consent"] = (made.id, made.outs)


def _approve(world: World, *, scopes: bool = False) -> None:
    """Grant what an application is going to ask for, as an administrator does."""
    who = {"clientId": world.application.client_id, "resourceAppId": BUSINESS_CENTRAL}
    if scopes:
        world.edit("set_delegated_permissions", **who, scope=_SCOPE["delegated_scopes"][0])
    else:
        world.edit("add_app_role_assignment", **who, role=_ROLE["roles"][0])


def _refresh(world: World) -> None:
    id_, outputs = world.made["consent"]
    if not world.provider(AdminConsentProvider).read(id_, outputs).id:
        raise NotDone("the consent is taken for gone")


def _withdraw(world: World) -> None:
    world.provider(AdminConsentProvider).delete(*world.made["consent"])


def _withdraw_vendor(world: World) -> None:
    _withdraw(world)
    if principals(world.tenant):
        raise NotDone("the vendor's application stays in this tenant")


OPERATIONS = [
    Operation(
        _SECTION, "`up`: application roles for an application of this stack", (ROLES, READ),
        lambda world: _grant(world, **_ROLE), by=(DEPLOYER,),
    ),
    Operation(
        _SECTION, "`up`: the same, where Business Central's service principal is not in the tenant", (ROLES, ALL),
        lambda world: _grant(world, **_ROLE),
        lambda world: world.edit("remove_business_central_service_principal"), by=(DEPLOYER,),
    ),
    Operation(
        _SECTION, "`up`: `delegatedScopes`, for all users", (GRANTS, READ), lambda world: _grant(world, **_SCOPE)
    ),
    Operation(
        _SECTION, "`up`: a vendor's application that is not in the tenant", (ROLES, ALL),
        lambda world: _let_in(world, **_ROLE), by=(DEPLOYER,),
    ),
    Operation(
        _SECTION, "`up`: a vendor's application that somebody let in before", (ROLES, READ),
        lambda world: _let_in(world, **_ROLE),
        lambda world: let_in(world.tenant),
    ),
    Operation(
        _SECTION, "`up` with `consent: manual`, once an administrator has approved", (READ,),
        lambda world: _grant(world, **_ROLE, consent="manual"),
        _approve, by=(CAREFUL,),
    ),
    Operation(
        _SECTION, "the same with `delegatedScopes`", (READ, READ_GRANTS),
        lambda world: _grant(world, **_SCOPE, consent="manual"),
        lambda world: _approve(world, scopes=True),
    ),
    Operation(_SECTION, "`refresh`", (READ,), _refresh, lambda world: _grant(world, **_ROLE)),
    Operation(
        _SECTION, "`refresh` with `delegatedScopes`", (READ, READ_GRANTS), _refresh,
        lambda world: _grant(world, **_SCOPE),
    ),
    Operation(
        _SECTION, "`destroy`: application roles are withdrawn", (ROLES,), _withdraw,
        lambda world: _grant(world, **_ROLE), by=(DEPLOYER,),
    ),
    Operation(
        _SECTION, "`destroy` of `delegatedScopes`", (GRANTS,), _withdraw, lambda world: _grant(world, **_SCOPE)
    ),
    Operation(
        _SECTION, "`destroy`: a vendor's application that this stack let in leaves the tenant",
        (ROLES, ALL, READ_GRANTS),
        _withdraw_vendor,
        lambda world: _let_in(world, **_ROLE),
    ),
]  # fmt: skip
