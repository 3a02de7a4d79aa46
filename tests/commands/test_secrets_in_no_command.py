"""No command prints a secret or logs one, whatever a service answers: each of its requests fails once, in words with secrets.

At the highest level of every library's log, with tracebacks on, and in each encoding in which a secret can stand somewhere.
"""

from __future__ import annotations

import io
import itertools
import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from clients.http.errors import DEBUG_VARIABLE
from commands.__main__ import _COMMANDS, main
from rehearsal.demo.secret_search import search_texts
from tests.support.entra import EntraApplication, make_application, tag
from tests.support.preflight import exported
from tests.support.stack import FIRST, MAGENTO
from tests.support.telltale_answers import answers_with
from tests.support.tenant import OURS, Tenant
from tests.support.vaults import VAULT, AdministeredVault

AT = {"userAgent": OURS, "path": "/v1.0/|/bc/|secrets|/oauth2/"}
"""Every request of ours but those for addresses."""
COMMANDS: dict[str, tuple[str, ...]] = {
    "preflight": ("preflight", "--stdin"),
    "prove": ("prove", "--stdin", "--wait", "0"),
    "adopt": ("adopt", "--json"),
    "remains": ("remains",),
    "remains --purge": ("remains", "--purge", "--json"),
    "remains --restore": ("remains", "--restore", "magento"),
    "handover": ("handover", "magento", "--stdin"),
    "handover --env": ("handover", "magento", "--stdin", "--env"),
    "rotate": ("rotate", "--stdin"),
    "rotate --check": ("rotate", "--stdin", "--check", "--json"),
    "rotate --now": ("rotate", "--stdin", "--now", "magento", "--reason", "a leak"),
    "presets": ("presets", "--explain", "magento"),
    "new": ("new",),
}
MANY = {"preflight", "adopt", "prove"}
"""Commands with many requests that are alike: each third of these fails, in each of the ways."""
PIPED = {"preflight": "state", "rotate": "state", "prove": "outputs", "handover": "outputs"}


class World:
    """A stack with a secret of each kind, each of which really signs in, and commands in this process.

    Args:
        tenant: where.
        folder: for files.
    """

    def __init__(self, tenant: Tenant, folder: Path) -> None:
        self.tenant = tenant
        self.folder = folder
        self.vault = AdministeredVault(tenant)
        self.applications = {key: make_application(tenant, key) for key in ("magento", "warehouse")}
        for key, each in self.applications.items():
            tag(each, tenant, f"entra-business-central:demo:{key}")
        warehouse = self.applications["warehouse"]
        made = self.vault.edit("set_vault_secret", secret="warehouse", value=warehouse.secret)
        self.secrets = {
            "the caller's": tenant.ready.deployer.clientSecret,
            "that of the outputs": self.applications["magento"].secret,
            "that in the vault": warehouse.secret,
        }
        at = {"keyVault": VAULT, "secretName": "warehouse", "version": made["version"]}
        outputs = {
            "magento": self._handed_over(
                self.applications["magento"], clientSecret=self.secrets["that of the outputs"]
            ),
            "warehouse": self._handed_over(warehouse, clientSecretIn=at),
        }
        self.piped = {
            "state": json.dumps(exported(self.applications["magento"])), "outputs": json.dumps({"integrations": outputs})
        }  # fmt: skip
        self.file = folder / "Pulumi.demo.yaml"

    def _handed_over(self, application: EntraApplication, **secret: Any) -> dict[str, Any]:
        return {
            "tenantId": self.tenant.ready.tenantId,
            "clientId": application.client_id,
            "clientSecretExpires": "2027-03-23T00:00:00Z",
            "tokenEndpoint": f"{self.tenant.ready.origin}/token",
            "scope": "https://api.businesscentral.dynamics.com/.default",
            "roles": ["API.ReadWrite.All"],
            "environments": ["Production"],
            "access": {"Production": {"apiUrl": "https://bc.example/api"}},
            **secret,
        }

    def write(self) -> None:
        """Write the stack file as it was."""
        custody = {"keyVault": VAULT, "secretName": "warehouse"}
        deliver = {"keyVault": VAULT, "secretName": "magento"}
        integrations = {
            "magento": {**MAGENTO, "credentials": {"secrets": {"issued": [FIRST], "deliver": deliver}}},
            "warehouse": {
                **MAGENTO, "displayName": "W", "credentials": {"secrets": {"issued": [FIRST], "custody": custody}}
            },
        }  # fmt: skip
        config = {
            "azuread:tenantId": self.tenant.ready.tenantId,
            "entra-business-central:environments": {
                "production": {"name": "Production"},
                "sandbox": {"name": "Sandbox"},
            },
            "entra-business-central:integrations": integrations,
        }
        self.file.write_text(json.dumps({"config": config}))

    def run(self, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
        """Run a command in this process, and return everything that it printed, raised and had logged."""
        self.write()
        options = ["--stack", "demo", *([] if command[0] == "new" else ["--config-file", str(self.file)])]
        if command[0] in {"adopt"} or "--restore" in command:
            options += ["--import-file", str(self.folder / "import.json")]
        if command[0] == "new":
            options += ["--folder", str(self.folder), "--preset", "magento", "--environment", "Production"]
        monkeypatch.setattr(sys, "stdin", io.StringIO(self.piped.get(PIPED.get(command[0], ""), "")))
        raised = ""
        logged = io.StringIO()
        handler = logging.StreamHandler(logged)
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            main([*command, *options])
        except Exception as problem:  # noqa: BLE001 - a traceback would have its text
            raised = f"{problem!r} {problem}"
        except SystemExit as end:
            raised = str(end)
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        printed = capsys.readouterr()
        return "\n".join([printed.out, printed.err, raised, logged.getvalue()])


@pytest.fixture
def world(tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name, value in {**tenant.ready.environment(), DEBUG_VARIABLE: "1"}.items():
        monkeypatch.setenv(name, value)
    return World(tenant, tmp_path)


def test_every_command_is_here() -> None:
    assert {each[0] for each in COMMANDS.values()} == {name for name, _, _ in _COMMANDS}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_no_secret_is_printed_or_logged_whatever_a_service_says(
    world: World, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {}
    step = 3 if command[0] in MANY else 1
    for number, answer in zip(itertools.count(step=step), answers_with(*world.secrets.values()), strict=False):
        ordered = world.tenant.fault(AT, skip=number, **answer)
        said = world.run(command, monkeypatch, capsys)
        hits = ordered.hits
        world.tenant.clear_faults()
        for whose, secret in world.secrets.items():
            if places := search_texts(secret, {f"request {number}, {answer['status']}": said}):
                found[whose, number] = places
        if not hits:
            break
    assert found == {}
    assert number >= (0 if command[0] in {"presets", "new", "handover"} else 3), "requests that failed once each"


def test_the_search_finds_what_is_printed(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the redaction, a service's words are quoted as they are."""
    monkeypatch.setattr("clients.http.bodies.redact", lambda text: text)
    found = []
    for number, answer in zip(range(4), answers_with(*world.secrets.values()), strict=False):
        world.tenant.fault(AT, skip=number, **answer)
        said = world.run(COMMANDS["preflight"], monkeypatch, capsys)
        world.tenant.clear_faults()
        found += search_texts(world.secrets["the caller's"], {"printed": said})
    assert found
