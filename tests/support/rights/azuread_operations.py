"""What azuread does in Entra. It is the stand-in, whose requests are held against those recorded of the real plugin."""

from __future__ import annotations

from typing import Any

from tests.support.azuread_plugin import (
    APPLICATION,
    CERTIFICATE,
    FEDERATED,
    FLEXIBLE,
    PASSWORD,
    SERVICE_PRINCIPAL,
    WANTED_PERMISSIONS,
    Resource,
)
from tests.support.certificates import make_certificate
from tests.support.outside_issuer import AUDIENCE, GITHUB
from tests.support.rights.case import NotDone, Operation, World
from tests.support.rights.catalogue import ALL, CAREFUL, DEPLOYER, DIRECTORY, OWNED, READ, READER

_SECTION = "Applications, which azuread makes"
_CERTIFICATE, _ = make_certificate("kitchen")


def _inputs(world: World, *owners: str) -> dict[str, Any]:
    """Inputs of an application as our component gives them; the caller owns it where nobody else is named."""
    return {
        "displayName": "Kitchen display",
        "preventDuplicateNames": True,
        "signInAudience": "AzureADMyOrg",
        "tags": ["entra-business-central:demo:kitchen"],
        "owners": list(owners) or [world.caller.object_id],
        "requiredResourceAccesses": WANTED_PERMISSIONS,
    }


def _person(world: World) -> str:
    return str(world.tenant.control("GET", "/users")[0]["objectId"])


def _preview(world: World) -> None:
    world.azuread.preview(APPLICATION, _inputs(world))


def _make(world: World, *owners: str) -> dict[str, Resource]:
    plugin, inputs = world.azuread, _inputs(world, *owners)
    application = plugin.create(APPLICATION, inputs)
    principal = {"clientId": application.outputs["clientId"], "owners": inputs["owners"]}
    secret = {"applicationId": application.id, "displayName": "Kitchen display - 2026-11-30"}
    return {
        "application": application,
        "principal": plugin.create(SERVICE_PRINCIPAL, principal),
        "secret": plugin.create(PASSWORD, secret),
    }


def _make_with_trusts(world: World) -> None:
    world.made |= _make(world)
    application_id = world.made["application"].id
    for type_ in (FEDERATED, FLEXIBLE, CERTIFICATE):
        world.made[type_] = _add(world, type_, application_id)


def _add(world: World, type_: str, application_id: str = "") -> Resource:
    """Add a trust or a certificate to an application, to the caller's own where none is named."""
    common = {"applicationId": application_id or f"/applications/{world.application.object_id}"}
    inputs: dict[str, dict[str, Any]] = {
        FEDERATED: {"issuer": GITHUB, "displayName": "github", "audiences": [AUDIENCE], "subject": "repo:a/b:ref:c"},
        FLEXIBLE: {
            "issuer": GITHUB,
            "displayName": "releases",
            "audience": AUDIENCE,
            "claimsMatchingExpression": "claims['sub'] matches 'repo:a/b:ref:refs/heads/release/*'",
        },
        CERTIFICATE: {"type": "AsymmetricX509Cert", "value": _CERTIFICATE.decode()},
    }
    return world.azuread.create(type_, {**common, **inputs[type_]})


def _read(world: World, *names: str) -> None:
    plugin = world.azuread
    for name in names:
        if plugin.read(world.made[name]) is None:
            raise NotDone(f"{name} is taken for gone")


def _delete(world: World) -> None:
    plugin = world.azuread
    for name in ("secret", FEDERATED, FLEXIBLE, CERTIFICATE, "principal", "application"):
        plugin.delete(world.made[name])


def _change_owners(world: World) -> None:
    world.azuread.update(world.made["application"], _inputs(world, world.caller.object_id, _person(world)))


OPERATIONS = [
    Operation(
        _SECTION, "`preview` without a refresh: whether a display name is taken", (READ,), _preview, by=(READER,)
    ),
    Operation(
        _SECTION,
        "`up`: an application with service principal and client secret, owned by the caller",
        (OWNED,),
        lambda world: world.made.update(_make(world)),
        by=(DEPLOYER, CAREFUL),
    ),
    Operation(
        _SECTION,
        "the same, where `owners` does not name the caller",
        (ALL,),
        lambda world: world.made.update(_make(world, _person(world))),
    ),
    Operation(
        _SECTION,
        "`up`: one more owner of an application that is there",
        (OWNED, DIRECTORY),
        _change_owners,
        lambda world: world.made.update(_make(world)),
    ),
    Operation(
        _SECTION, "`up`: a federated credential", (OWNED,), lambda world: world.made.update(it=_add(world, FEDERATED))
    ),
    Operation(
        _SECTION,
        "`up`: a federated credential with an expression",
        (OWNED,),
        lambda world: world.made.update(it=_add(world, FLEXIBLE)),
    ),
    Operation(_SECTION, "`up`: a certificate", (OWNED,), lambda world: world.made.update(it=_add(world, CERTIFICATE))),
    Operation(
        _SECTION,
        "`refresh` of application, service principal, client secret and certificate",
        (READ,),
        lambda world: _read(world, "application", "principal", "secret", CERTIFICATE),
        _make_with_trusts,
    ),
    Operation(
        _SECTION,
        "`refresh` of federated credentials",
        (OWNED,),
        lambda world: _read(world, FEDERATED, FLEXIBLE),
        _make_with_trusts,
        "Microsoft lists Application.Read.All for their list, and not for one of them, which is what azuread reads.",
    ),
    Operation(_SECTION, "`destroy` of all of these", (OWNED,), _delete, _make_with_trusts, by=(DEPLOYER, CAREFUL)),
]
