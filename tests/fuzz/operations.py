"""What is answered in odd ways: each operation of each of our providers, preflight and prove, in this process."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from commands.__main__ import main
from dynamic_providers import base
from dynamic_providers.access_proof import AccessProofProvider
from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.base import Provider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from dynamic_providers.companion_extension import CompanionExtensionProvider
from tests.support.app_file import write_app_file
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.entra import EntraApplication, make_application
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.registrations import declared_registration
from tests.support.tenant import Tenant

ROLE = "API.ReadWrite.All"
Outcome = str
"""`done`; `gone` of a read, `proven` of a proof; else what a user would see."""


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        name: for the table.
        run: does it, in this process, and returns its outcome.
        clean: its outcome without any odd answer; `error` for an error that a user can read.
        is_false: an outcome that would be a lie in this world, "" for none.
    """

    name: str
    run: Callable[[], Outcome]
    clean: Outcome = "done"
    is_false: Outcome = ""


@dataclass(frozen=True)
class World:
    """A tenant with an application, in which operations are prepared one after the other."""

    tenant: Tenant
    folder: Path
    application: EntraApplication

    def provider(self, kind: type[Provider]) -> Provider:
        """Return a provider as a new process would have it."""
        base._SESSIONS.clear()
        made = kind()
        made.configure(ConfigureRequest(Config({"azuread:tenantId": self.tenant.ready.tenantId}, "test")))
        return made

    def checked(self, kind: type[Provider], inputs: dict[str, Any]) -> dict[str, Any]:
        result = self.provider(kind).check({}, inputs)
        assert not result.failures, [each.reason for each in result.failures]
        return result.inputs

    def lifecycle(
        self, name: str, kind: type[Provider], old: dict[str, Any], new: dict[str, Any]
    ) -> Iterator[Operation]:
        """Yield create, read, update and delete; what comes before each is done when it is asked for."""
        olds, news = self.checked(kind, old), self.checked(kind, new)

        def create() -> Outcome:
            self.provider(kind).create(olds)
            return clean

        clean = "proven" if kind is AccessProofProvider else "done"
        yield Operation(f"{name}: create", create, clean)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            made = self.provider(kind).create(olds)
        outputs = made.outs or {}

        def read() -> Outcome:
            return "done" if self.provider(kind).read(made.id, outputs).id else "gone"

        def update() -> Outcome:
            self.provider(kind).update(made.id, outputs, news)
            return "done"

        def delete() -> Outcome:
            self.provider(kind).delete(made.id, outputs)
            return "done"

        yield Operation(f"{name}: read", read, is_false="gone")
        yield Operation(f"{name}: update", update)
        yield Operation(f"{name}: delete", delete)

    def edit(self, do: str, **fields: Any) -> None:
        self.tenant.edit(do, **fields)

    def command(self, *arguments: str, stdin: str) -> Outcome:
        """Run a command and return what it printed last of what matters, or `internal error`."""
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.object(sys, "stdin", io.StringIO(stdin)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(
                [*arguments, "--stack", "demo", "--stdin", "--json", "--config-file", str(self.folder / "s.yaml")]
            )
        out.getvalue().encode()  # as a terminal would have it
        if "internal error" in err.getvalue() + out.getvalue():
            return "internal error"
        return {0: "proven" if arguments[0] == "prove" else "ready", 1: "found", 2: "unusable"}[code]


def consents(world: World) -> Iterator[Operation]:
    inputs = Inputs(world.application)
    old = inputs.consent(roles=[ROLE], delegated_scopes=["user_impersonation"])
    new = inputs.consent(roles=["Automation.ReadWrite.All"], delegated_scopes=["Financials.ReadWrite.All"])
    yield from world.lifecycle("consent", AdminConsentProvider, old, new)


def vendors(world: World) -> Iterator[Operation]:
    vendor, more = vendor_consent(roles=[ROLE]), vendor_consent(roles=["Automation.ReadWrite.All"])
    yield from world.lifecycle("vendor's consent", AdminConsentProvider, vendor, more)


def registrations(world: World) -> Iterator[Operation]:
    client_id = world.application.client_id
    old = declared_registration(client_id, permission_sets=[{"role_id": "D365 BUS FULL ACCESS"}])
    new = declared_registration(client_id, permission_sets=[{"role_id": "NPR NP RETAIL"}], contact_information="Ada")
    yield from world.lifecycle("registration", BusinessCentralRegistrationProvider, old, new)


def extensions(world: World) -> Iterator[Operation]:
    deployer = world.tenant.ready.deployer.clientId
    admin = "AdminCenter.ReadWrite.All"
    world.edit("add_app_role_assignment", clientId=deployer, resourceAppId=BUSINESS_CENTRAL, role=admin)
    managing = {"clientId": deployer, "roleId": "EXTEN. MGT. - ADMIN", "company": ""}
    for environment in ("Production", "Sandbox"):
        world.edit("uninstall_companion", environment=environment)
        world.edit("add_permission_set", environment=environment, **managing)
    for environment, channel in [("Production", "adminCenter"), ("Sandbox", "automation")]:
        common = {
            "environment": environment,
            "channel": channel,
            "uninstall_on_destroy": True,
            "declared_at": "companionExtension",
        }
        old = {**common, "file": str(write_app_file(world.folder, "1.0.0.0"))}
        new = {**common, "file": str(write_app_file(world.folder, "1.0.1.0"))}
        yield from world.lifecycle(f"extension ({channel})", CompanionExtensionProvider, old, new)


def proofs(world: World) -> Iterator[Operation]:
    """What works, and what does not: there, `proven` would be a lie."""
    client_id = world.application.client_id
    world.edit("add_app_role_assignment", clientId=client_id, resourceAppId=BUSINESS_CENTRAL, role=ROLE)
    world.edit("create_registration", environment="Production", clientId=client_id)
    world.edit("add_permission_set", environment="Production", clientId=client_id, roleId="D365 READ")
    proof = {
        "client_id": client_id,
        "client_secret": world.application.secret,
        "credential_id": "key-1",
        "roles": [ROLE],
        "environment": "Production",
        "base_url": "",
        "companies": [],
        "not_provable": "",
        "triggers": [],
        "declared_at": "integrations.magento",
    }
    yield from world.lifecycle("proof", AccessProofProvider, proof, {**proof, "triggers": ["again"]})
    handed_over = {
        "tenantId": world.tenant.ready.tenantId,
        "clientId": client_id,
        "clientSecret": world.application.secret,
        "roles": [ROLE],
        "environments": ["Production"],
    }
    outputs = json.dumps({"integrations": {"magento": handed_over}})
    _write_stack_file(world)
    prove = lambda: world.command("prove", "--wait", "0", stdin=outputs)  # noqa: E731
    yield Operation("prove", prove, "proven")
    world.edit("remove_permission_set", environment="Production", clientId=client_id, roleId="D365 READ")
    checked = world.checked(AccessProofProvider, proof)

    def attempt() -> Outcome:
        world.provider(AccessProofProvider).create(checked)
        return "proven"

    yield Operation("proof, no permission set", attempt, "error", is_false="proven")
    world.edit("disable_registration", environment="Production", clientId=client_id)
    yield Operation("proof, disabled", attempt, "error", is_false="proven")
    yield Operation("prove, disabled", prove, "found", is_false="proven")


def preflights(world: World) -> Iterator[Operation]:
    _write_stack_file(world)
    state = json.dumps({"version": 3, "deployment": {"resources": []}})
    preflight = lambda: world.command("preflight", stdin=state)  # noqa: E731
    yield Operation("preflight", preflight, "ready")
    world.edit("uninstall_companion", environment="Production")
    yield Operation("preflight, no companion", preflight, "found", is_false="ready")


def _write_stack_file(world: World) -> None:
    integration = {
        "preset": "magento",
        "environments": ["production"],
        "credentials": {"secrets": {"issued": ["2026-11-01"]}},
    }
    config = {
        "azuread:tenantId": world.tenant.ready.tenantId,
        "entra-business-central:environments": {"production": {"name": "Production"}},
        "entra-business-central:integrations": {"magento": integration},
    }
    (world.folder / "s.yaml").write_text(json.dumps({"config": config}), encoding="utf-8")


GROUPS: dict[str, Callable[[World], Iterator[Operation]]] = {
    "extensions": extensions,
    "proofs": proofs,
    "preflights": preflights,
    "registrations": registrations,
    "consents": consents,
    "vendors": vendors,
}
"""The longest first, so that none is left to one processor at the end."""


def world_of(tenant: Tenant, folder: Path) -> World:
    """Return a new world in a tenant."""
    tenant.reset()
    return World(tenant, folder, make_application(tenant, "Fuzzed"))
