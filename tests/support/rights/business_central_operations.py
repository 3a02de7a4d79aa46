"""What our registrations and the companion extension do in an environment of Business Central."""

from __future__ import annotations

from functools import partial
from typing import Any

from dynamic_providers.access_proof import AccessProofProvider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from dynamic_providers.companion_extension import CompanionExtensionProvider
from tests.support.access_proofs import inputs as proof_inputs
from tests.support.app_file import COMPANION_APP_ID, write_app_file
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.registrations import declared_registration
from tests.support.rights.case import NotDone, Operation, World
from tests.support.rights.catalogue import (
    ADMIN_CENTER,
    API,
    AUTHORIZED,
    AUTOMATION,
    CAREFUL,
    D365_AUTOMATION,
    DEPLOYER,
    EXTENSIONS,
    HANDED_OUT,
    REGISTRATION,
    SECURITY,
)

_REGISTRATIONS = "Registration in an environment"
_EXTENSION = "The companion extension"
_ROLES = {"roles": ["API.ReadWrite.All", "Automation.ReadWrite.All"]}


def _registration(world: World, **changed: Any) -> dict[str, Any]:
    sets = [{"role_id": HANDED_OUT.name}]
    return declared_registration(world.application.client_id, **{"permission_sets": sets, **changed})


def _register(world: World, **changed: Any) -> None:
    made = world.create(BusinessCentralRegistrationProvider, _registration(world, **changed))
    world.made["registration"] = (made.id, made.outs)


def _update(world: World, **changed: Any) -> None:
    id_, outputs = world.made["registration"]
    provider = world.provider(BusinessCentralRegistrationProvider)
    provider.update(id_, outputs, provider.check(outputs, _registration(world, **changed)).inputs)


def _refresh(world: World) -> None:
    id_, outputs = world.made["registration"]
    if not world.provider(BusinessCentralRegistrationProvider).read(id_, outputs).id:
        raise NotDone("the registration is taken for gone")


def _deregister(world: World) -> None:
    world.provider(BusinessCentralRegistrationProvider).delete(*world.made["registration"])


def _prove(world: World) -> None:
    world.create(AccessProofProvider, {**proof_inputs(world.application), "roles": ["API.ReadWrite.All"]})


def make_usable(world: World) -> None:
    """Let the application use the environment."""
    who = {"clientId": world.application.client_id}
    world.edit("add_app_role_assignment", **who, resourceAppId=BUSINESS_CENTRAL, role="API.ReadWrite.All")
    world.edit("create_registration", **who, environment="Production")
    world.edit("add_permission_set", **who, environment="Production", roleId="D365 READ")


def _extension(world: World, channel: str) -> dict[str, Any]:
    return {
        "environment": "Production",
        "file": str(write_app_file(world.folder, "1.0.0.0")),
        "channel": channel,
        "uninstall_on_destroy": False,
        "declared_at": "companionExtension",
    }


def _install(world: World, channel: str) -> None:
    world.create(CompanionExtensionProvider, _extension(world, channel))


def _installed(world: World) -> None:
    """Install it as somebody who may; the rehearsal's deployer may not."""
    world.edit(
        "add_permission_set",
        clientId=world.tenant.ready.deployer.clientId,
        environment="Production",
        roleId=EXTENSIONS.name,
    )
    _uninstall_companion(world)
    made = world.create(CompanionExtensionProvider, {**_extension(world, "automation"), "uninstall_on_destroy": True})
    world.made["extension"] = (made.id, made.outs)


def _uninstall(world: World) -> None:
    world.provider(CompanionExtensionProvider).delete(*world.made["extension"])
    extensions = world.tenant.state()["businessCentral"]["Production"]["extensions"]
    if any(each["id"] == COMPANION_APP_ID and each["installed"] for each in extensions):
        raise NotDone("it stays installed")


def _uninstall_companion(world: World) -> None:
    world.edit("uninstall_companion", environment="Production")


OPERATIONS = [
    Operation(
        _REGISTRATIONS,
        f"`up`: a registration with the permission set `{HANDED_OUT.name}`, which stands for each that is handed out",
        (API, AUTOMATION, REGISTRATION, SECURITY, HANDED_OUT),
        _register,
        by=(DEPLOYER, CAREFUL),
    ),
    Operation(
        _REGISTRATIONS, "`up`: another description", (API, AUTOMATION, REGISTRATION),
        partial(_update, description="Kitchen"), _register,
    ),
    Operation(
        _REGISTRATIONS, "`up`: a permission set is taken away", (API, AUTOMATION, REGISTRATION, SECURITY, HANDED_OUT),
        partial(_update, permission_sets=[]), _register, by=(DEPLOYER, CAREFUL),
    ),
    Operation(_REGISTRATIONS, "`refresh`", (API, AUTOMATION, REGISTRATION), _refresh, _register),
    Operation(_REGISTRATIONS, "`destroy`", (API, AUTOMATION, REGISTRATION, SECURITY), _deregister, _register, by=(DEPLOYER, CAREFUL)),
    Operation(
        _REGISTRATIONS, "`up`: the proof, which the application gives with its own secret", (), _prove, make_usable
    ),
    Operation(
        _EXTENSION, "`up`: installed through the Automation API (`channel: automation`)",
        (AUTOMATION, D365_AUTOMATION, EXTENSIONS), partial(_install, channel="automation"), _uninstall_companion,
    ),
    Operation(
        _EXTENSION, "`destroy` with `uninstallOnDestroy`, through the Automation API",
        (AUTOMATION, D365_AUTOMATION, EXTENSIONS), _uninstall, _installed,
    ),
    Operation(
        _EXTENSION, "`up`: installed through the admin center (`channel: adminCenter`)",
        (ADMIN_CENTER, AUTHORIZED, EXTENSIONS), partial(_install, channel="adminCenter"), _uninstall_companion,
        "Editions of Microsoft's page disagree on whether the admin center asks for `EXTEN. MGT. - ADMIN`.",
    ),
]  # fmt: skip
