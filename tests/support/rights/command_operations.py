"""What the commands do beside Pulumi, each as far as it looks and writes itself."""

from __future__ import annotations

import json
from typing import Any

from tests.support.consents import let_in
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.entra import graph
from tests.support.preflight import exported
from tests.support.rights.business_central_operations import make_usable
from tests.support.rights.case import CommandFailed, NotDone, Operation, World
from tests.support.rights.catalogue import (
    API,
    AUTOMATION,
    CAREFUL,
    D365_AUTOMATION,
    DEPLOYER,
    OWNED,
    READ,
    READ_GRANTS,
    REGISTRATION,
    SIGN_INS,
    USERS,
    VAULT_READER,
)
from tests.support.rotate import LIFETIME, ago, label

_SECTION = "Commands"
_KEY = "robots"
_ADMINISTRATOR = "Administrator"
_SECRETS = {"issued": [label(100)], "lifetimeDays": LIFETIME}


def _stack_file(world: World, **integration: Any) -> list[str]:
    """Write a stack file with one integration, and return the options that name it."""
    declared = {
        "displayName": "Warehouse robots",
        "roles": ["API.ReadWrite.All"],
        "environments": ["production"],
        "permissionSets": ["D365 READ"],
        "credentials": {"secrets": _SECRETS},
        **integration,
    }
    config = {
        "azuread:tenantId": world.tenant.ready.tenantId,
        "entra-business-central:environments": {"production": {"name": "Production"}},
        "entra-business-central:integrations": {_KEY: declared},
    }
    file = world.folder / "Pulumi.demo.yaml"
    file.write_text(json.dumps({"config": config}), encoding="utf-8")
    return ["--config-file", str(file)]


def _state(world: World) -> dict[str, Any]:
    state = exported(world.application)
    return json.loads(json.dumps(state).replace("magento", _KEY))  # type: ignore[no-any-return]


def _preflight(world: World, **integration: Any) -> None:
    """Look at everything: what a command could not read is a finding that says so."""
    found = _findings(world, **integration)
    if not any(each["where"] == "environment Production" for each in found):
        raise NotDone("it does not look at the environment")


def _preflight_without_companion(world: World) -> None:
    if not any("companion extension is not installed" in each["found"] for each in _findings(world)):
        raise NotDone("it does not tell that the companion extension is missing")


def _findings(world: World, **integration: Any) -> list[dict[str, Any]]:
    options = _stack_file(world, **integration)
    for code in (0, 1):  # 1: it may look, and `up` needs more
        try:
            found = world.command("preflight", *options, state=_state(world), code=code)
        except CommandFailed as problem:
            if code or "exit code 1" not in str(problem):
                raise
        else:
            break
    unread = [each["found"] for each in found["findings"] if each["found"].startswith("could not")]
    if unread:
        raise NotDone(unread[0])
    return list(found["findings"])


def _adopt(world: World) -> dict[str, Any]:
    found = world.command("adopt", *_stack_file(world))
    if not found["applications"]:
        raise NotDone("it finds nothing")
    return found


def _adopt_with_sign_ins(world: World) -> None:
    if not_read := _adopt(world)["notRead"]:
        raise NotDone(not_read[0].partition(":")[0])


def _adopt_with_owners(world: World) -> None:
    for each in _adopt(world)["applications"]:
        if _ADMINISTRATOR in each["owners"]:
            return
    raise NotDone("owners who are people are shown by their ids")


def _foreign(world: World) -> None:
    """Somebody gave an application access by hand."""
    let_in(world.tenant)
    who = {"clientId": world.application.client_id}
    world.edit("add_app_role_assignment", **who, resourceAppId=BUSINESS_CENTRAL, role="API.ReadWrite.All")


def _foreign_with_owner(world: World) -> None:
    """The same, with a person as an owner of the application."""
    _foreign(world)
    person = world.tenant.control("GET", "/users")[0]["objectId"]
    path = f"/applications/{world.application.object_id}/owners/$ref"
    graph(world.tenant, "POST", path, {"@odata.id": f"{world.tenant.ready.origin}/v1.0/users/{person}"})


def _foreign_with_report(world: World) -> None:
    """The same, in a tenant whose licence has reports of sign-ins."""
    _foreign(world)
    world.edit("set_premium_licence")


def _prove(world: World) -> None:
    handed_over = {
        "tenantId": world.tenant.ready.tenantId,
        "clientId": world.application.client_id,
        "clientSecret": world.application.secret,
        "roles": ["API.ReadWrite.All"],
        "environments": ["Production"],
    }
    world.command("prove", *_stack_file(world), "--wait", "0", state={"integrations": {_KEY: handed_over}})


def _deleted(world: World) -> None:
    """`destroy` has run."""
    world.edit("delete_application", clientId=world.application.client_id)


def _remains(world: World, *options: str) -> dict[str, Any]:
    return world.command("remains", *_stack_file(world), *options)


def _list(world: World) -> None:
    if len(_remains(world)["remains"]) != 2:
        raise NotDone("it does not list application and service principal")


def _purge(world: World) -> None:
    if len(_remains(world, "--purge")["removed"]) != 2:
        raise NotDone("it does not remove application and service principal")


def _restore(world: World) -> None:
    (folder := world.folder / "imports").mkdir(exist_ok=True)  # a file that is there is not written over
    file = folder / f"import-{len(list(folder.iterdir()))}.json"
    _remains(world, "--restore", "magento", "--import-file", str(file))


def _rotate(world: World, *options: str, code: int = 3, **secrets: Any) -> dict[str, Any]:
    declared = {"secrets": {**_SECRETS, **secrets}}
    return world.command("rotate", *_stack_file(world, credentials=declared), *options, state=_state(world), code=code)


def _old_secret(world: World) -> None:
    """Somebody gave the application a secret that nobody here knows, some days ago."""
    began = {"displayName": "by hand", "startDateTime": ago(9).strftime("%Y-%m-%dT%H:%M:%SZ")}
    path = f"/applications/{world.application.object_id}/addPassword"
    world.made["key id"] = graph(world.tenant, "POST", path, {"passwordCredential": began})["keyId"]


def _remove_foreign(world: World) -> None:
    found = _rotate(world, foreignSecrets="remove")
    (one,) = found["integrations"]
    if (world.made["key id"], "removed") not in {(each["keyId"], each["action"]) for each in one["foreign"]}:
        raise NotDone("the secret stays")


def _custody(world: World) -> dict[str, Any]:
    return {"credentials": {"secrets": {**_SECRETS, "custody": {"keyVault": "integrations", "secretName": "robots"}}}}


OPERATIONS = [
    Operation(_SECTION, "`preflight`: all that it looks at", (READ, API, AUTOMATION, REGISTRATION), _preflight, by=(DEPLOYER, CAREFUL)),
    Operation(
        _SECTION, "`preflight` of a stack with a vault", (READ, API, AUTOMATION, REGISTRATION, VAULT_READER),
        lambda world: _preflight(world, **_custody(world)),
    ),
    Operation(
        _SECTION, "`preflight` where the companion extension is not installed yet", (READ, API, AUTOMATION, D365_AUTOMATION),
        _preflight_without_companion, lambda world: world.edit("uninstall_companion", environment="Production"),
        note="`EBC REGISTRATION` includes `D365 AUTOMATION`; it is there once the extension is.", by=(DEPLOYER, CAREFUL),
    ),
    Operation(_SECTION, "`adopt`", (READ, READ_GRANTS, API, AUTOMATION, REGISTRATION), _adopt, _foreign),
    Operation(
        _SECTION, "`adopt`, with when each application last signed in",
        (READ, READ_GRANTS, API, AUTOMATION, REGISTRATION, SIGN_INS), _adopt_with_sign_ins, _foreign_with_report,
        tried=(SIGN_INS,),
    ),
    Operation(
        _SECTION, "`adopt`, with the names of owners who are people",
        (READ, READ_GRANTS, API, AUTOMATION, REGISTRATION, USERS), _adopt_with_owners, _foreign_with_owner, tried=(USERS,),
    ),
    Operation(_SECTION, "`remains`", (READ, API, AUTOMATION, REGISTRATION), _list, _deleted),
    Operation(_SECTION, "`remains --purge`, of what the caller owned", (READ, OWNED, API, AUTOMATION, REGISTRATION), _purge, _deleted),
    Operation(_SECTION, "`remains --restore`, of what the caller owned", (READ, OWNED), _restore, _deleted),
    Operation(_SECTION, "`prove`, with what the stack handed over", (), _prove, make_usable),
    Operation(_SECTION, "`rotate`", (READ,), _rotate),
    Operation(_SECTION, "`rotate` with `foreignSecrets: remove`", (OWNED,), _remove_foreign, _old_secret),
]  # fmt: skip
