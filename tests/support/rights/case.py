"""An operation is done by a caller with exactly its rights, and then again and again without one of them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from pulumi.dynamic import CreateResult

from clients.http.errors import UserFacingError
from clients.session import Session
from commands.__main__ import main
from dynamic_providers.base import Provider
from tests.support.azuread_plugin import STAND_IN, AzureadPlugin, PluginError
from tests.support.directory_objects import BUSINESS_CENTRAL, MICROSOFT_GRAPH, Caller, Graph
from tests.support.entra import EntraApplication
from tests.support.rights.catalogue import Right
from tests.support.tenant import Tenant
from tests.support.vaults import VAULT

_WAITS = {"ENTRA_BC_LONGEST_WAIT": "1"}
"""Seconds: what is refused for want of a right is not tried again, and what is not there does not come."""


class NotDone(Exception):
    """An operation that ended without an error, and without having done all of it; the text says what is missing."""


class CommandFailed(NotDone):
    """A command that ended with another exit code; the text is what it said."""


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        does: in the words of the page.
        rights: what it takes, and no more.
        run: does it, as the caller; what it raises refuses it.
        prepare: what was there before, made by the rehearsal's deployer, who may do everything, or by an administrator.
        section: heading of the page.
        note: what the page says of it besides.
        tried: which of the rights are taken away; all where none are named.
        by: the presets of the identities that the bootstrap stack makes for it.
    """

    section: str
    does: str
    rights: tuple[Right, ...]
    run: Callable[[World], object]
    prepare: Callable[[World], object] = lambda _world: None
    note: str = ""
    tried: tuple[Right, ...] = ()
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        refused: what was said with all of the rights; "" where it was done.
        without: what was said without each of them; "" where it was done all the same.
    """

    refused: str
    without: Mapping[Right, str]


@dataclass
class World:
    """A tenant with a caller, who has the rights of one operation.

    Attributes:
        folder: for files.
        caller: who does the operation.
        acting: who acts at the moment: client id and secret.
        application: one that the caller made and owns.
        made: what the preparation made, for the operation.
    """

    tenant: Tenant
    folder: Path
    plugins: Plugins
    caller: Caller = field(init=False)
    acting: tuple[str, str] = field(init=False)
    application: EntraApplication = field(init=False)
    made: dict[str, Any] = field(default_factory=dict)

    def provider(self, kind: type[Provider]) -> Provider:
        """Return a provider as a new process would have it."""
        provider = kind()
        provider.session = Session({"azuread:tenantId": self.tenant.ready.tenantId})
        return provider

    def create(self, kind: type[Provider], inputs: Mapping[str, Any]) -> CreateResult:
        """Check and create a resource of ours."""
        provider = self.provider(kind)
        checked = provider.check({}, dict(inputs))
        assert not checked.failures, [each.reason for each in checked.failures]
        return provider.create(checked.inputs)

    @property
    def azuread(self) -> AzureadPlugin:
        """The azuread stand-in, signed in as whoever acts."""
        return self.plugins.signed_in(*self.acting)

    def command(self, *arguments: str, state: Mapping[str, Any] | None = None, code: int = 0) -> dict[str, Any]:
        """Run a command and return what `--json` printed.

        Raises:
            CommandFailed: it ended with another exit code.
        """
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.object(sys, "stdin", io.StringIO(json.dumps(state or {}))),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            ended = main([*arguments, "--stack", "demo", "--json", *(["--stdin"] if state else [])])
        if ended != code:
            raise CommandFailed(" ".join(err.getvalue().split()) or f"exit code {ended}")
        found: dict[str, Any] = json.loads(out.getvalue())
        return found

    def edit(self, do: str, **fields: Any) -> dict[str, Any]:
        """Do what an administrator would do by hand."""
        return self.tenant.edit(do, **fields)

    def grant(self, rights: Sequence[Right]) -> None:
        """Let the caller have rights, as administrators give them; a permission set takes a registration."""
        who = {"clientId": self.caller.client_id}
        for right in rights:
            match right.where:
                case "Microsoft Graph" | "Business Central":
                    self.edit("add_app_role_assignment", **who, resourceAppId=_RESOURCES[right.where], role=right.name)
                case "permission set":
                    self.edit("add_permission_set", **who, environment="Production", roleId=right.name, company="")
                case "admin center":
                    self.edit("authorize_admin_application", **who)
                case "Key Vault":
                    self.edit("grant_vault_role", **who, vault=VAULT, role=right.name)
        if policies := [each.name for each in rights if each.where == "access policy"]:
            self.edit("grant_vault_policy", **who, vault=VAULT, permissions=policies)

    def take(self, right: Right, rights: Sequence[Right]) -> None:
        """Take one of the caller's rights away, and leave the lesser one."""
        who = {"clientId": self.caller.client_id}
        match right.where:
            case "Microsoft Graph" | "Business Central":
                self.edit("remove_app_role_assignment", **who, resourceAppId=_RESOURCES[right.where], role=right.name)
            case "permission set":
                self.edit("remove_permission_set", **who, environment="Production", roleId=right.name, company="")
            case "admin center":
                self.edit("unauthorize_admin_application", **who)
            case "Key Vault":
                self.edit("revoke_vault_roles", **who, vault=VAULT)
                self.grant([each for each in rights if each.where == "Key Vault" and each != right])
            case "access policy":
                left = [each.name for each in rights if each.where == "access policy" and each != right]
                self.edit("grant_vault_policy", **who, vault=VAULT, permissions=left)
        if right.instead and right.instead not in {each.name for each in rights}:
            self.grant([Right(right.instead, right.where, "")])

    @contextlib.contextmanager
    def signed_in(self, client_id: str, secret: str) -> Iterator[None]:
        """Let what runs in this process sign in as somebody."""
        self.acting = (client_id, secret)
        environment = {
            **self.tenant.ready.environment(),
            **_WAITS,
            "ARM_CLIENT_ID": client_id,
            "ARM_CLIENT_SECRET": secret,
        }
        with patch.dict(os.environ, environment):
            yield


_REFUSED = re.compile(r" answered 40[013] |stays in this tenant")
"""How an error says that a service refused; Business Central refuses a right with 400 too."""

_RESOURCES = {"Microsoft Graph": MICROSOFT_GRAPH, "Business Central": BUSINESS_CENTRAL}


class Plugins:
    """One process of the azuread stand-in, for one caller after the other; it keeps no state of a resource."""

    def __init__(self, tenant: Tenant) -> None:
        self._environment = tenant.ready.environment()
        self._plugin: AzureadPlugin | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._plugin:
            self._plugin.stop()

    def signed_in(self, client_id: str, secret: str) -> AzureadPlugin:
        """Return it, configured anew: with a token of this moment."""
        if self._plugin is None:
            self._plugin = AzureadPlugin(STAND_IN, self._environment)
        self._plugin.configure(clientId=client_id, clientSecret=secret)
        return self._plugin


def play(operation: Operation, tenant: Tenant, folder: Path, plugins: Plugins) -> Outcome:
    """Do an operation with exactly its rights, and without each of them."""
    tenant.reset()
    world = World(tenant, folder, plugins)
    graph = Graph(tenant)
    world.caller = graph.caller()
    held_in = {each.where for each in operation.rights}
    if held_in & {"Key Vault", "access policy"}:
        world.edit("add_vault", vault=VAULT, access="policies" if "access policy" in held_in else "rbac")
    if "permission set" in held_in:
        world.edit("create_registration", environment="Production", clientId=world.caller.client_id)
    world.edit("set_switch", environment="Production", name="automationRoleOnly", value=True)  # as documented
    world.grant(operation.rights)
    world.application = _owned_application(world, graph)
    deployer = tenant.ready.deployer
    with world.signed_in(deployer.clientId, deployer.clientSecret):
        operation.prepare(world)
    copy = tenant.keep_copy()
    refused = _attempt(operation, world)
    without = {}
    for right in operation.tried or operation.rights:
        tenant.reset(copy)
        world.take(right, operation.rights)
        without[right] = _attempt(operation, world)
    return Outcome(refused, without)


def _attempt(operation: Operation, world: World) -> str:
    try:
        with world.signed_in(world.caller.client_id, world.caller.secret):
            operation.run(world)
    except (UserFacingError, PluginError, NotDone) as problem:
        said = " ".join(str(problem).split())
        if isinstance(problem, UserFacingError | CommandFailed) and not _REFUSED.search(said):
            raise AssertionError(f"it failed for another reason than a right: {said}") from problem
        return said
    return ""


def _owned_application(world: World, graph: Graph) -> EntraApplication:
    """Make an application as azuread would for the caller: tagged, with a secret, and owned by it."""
    owners = {"owners@odata.bind": [f"{world.tenant.ready.origin}/v1.0/directoryObjects/{world.caller.object_id}"]}
    application = graph.application("Warehouse robots", tags=["entra-business-central:demo:magento"], **owners)
    principal = graph.made("/servicePrincipals", {"appId": application["appId"], **owners})
    secret = graph.password(application["id"], displayName="x")
    return EntraApplication(application["appId"], application["id"], principal["id"], secret["secretText"])
