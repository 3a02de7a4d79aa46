"""Nothing but a rehearsal tenant on this machine is ever worked on."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.engine import safety
from rehearsal.engine.errors import EngineError
from rehearsal.engine.project import Config
from rehearsal.loopback import is_loopback
from rehearsal.ready_file import Deployer, ReadyFile


@pytest.fixture
def ready() -> Iterator[ReadyFile]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        yield ReadyFile(
            pid=os.getpid(),
            origin=f"https://{address}",
            metadataHost=address,
            tenantId="11111111-2222-3333-4444-555555555555",
            caFile="/ca.pem",
            businessCentralUrl=f"https://{address}/bc",
            environments=["Production"],
            deployer=Deployer("client", "secret", "object"),
            companionRoute="a/b/v1.0",
            controlUrl=f"http://{address}",
        )


def load(ready: ReadyFile, folder: Path) -> ReadyFile:
    ready.save(folder / "tenant.json")
    return safety.load_tenant(folder / "tenant.json")


def test_a_tenant_that_answers_is_taken(ready: ReadyFile, tmp_path: Path) -> None:
    assert load(ready, tmp_path) == ready


@pytest.mark.parametrize("field", ["origin", "metadataHost", "businessCentralUrl", "controlUrl"])
def test_an_endpoint_elsewhere_is_refused(field: str, ready: ReadyFile, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="not on this machine"):
        load(ReadyFile(**{**vars(ready), field: "https://login.microsoftonline.com"}), tmp_path)


def test_a_tenant_whose_process_is_gone_is_said(ready: ReadyFile, tmp_path: Path) -> None:
    gone = 2**22 + 1  # beyond the kernel's largest process id
    with pytest.raises(EngineError, match=r"does not answer.*start it again"):
        load(replace(ready, pid=gone), tmp_path)


def test_a_missing_ready_file_is_said_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="python -m rehearsal tenant --ready-file"):
        safety.load_tenant(tmp_path / "tenant.json")


def test_a_stack_for_another_tenant_is_refused(ready: ReadyFile) -> None:
    safety.check_config(Config({"azuread:tenantId": ready.tenantId.upper()}, frozenset()), ready)
    with pytest.raises(EngineError, match="this stack is for the tenant 9999"):
        safety.check_config(Config({"azuread:tenantId": "9999"}, frozenset()), ready)


@pytest.mark.parametrize(
    "values",
    [
        {"azuread:metadataHost": "management.azure.com"},
        {"p:environments": json.dumps({"test": {"baseUrl": "https://bc.example:7048/BC"}})},
        {"p:environments": json.dumps([{"deep": {"baseUrl": "https://127.0.0.1.example"}}])},
    ],
)
def test_a_setting_that_leads_elsewhere_is_refused(values: dict[str, str], ready: ReadyFile) -> None:
    with pytest.raises(EngineError, match="not on this machine"):
        safety.check_config(Config(values, frozenset()), ready)


def test_children_see_the_tenant_and_nothing_of_the_person(ready: ReadyFile) -> None:
    person = {
        "PATH": "/bin",
        "ENTRA_BC_TRACEBACK": "1",
        "ARM_CLIENT_SECRET": "theirs",
        "AZURE_TENANT_ID": "theirs",
        "HTTPS_PROXY": "http://proxy",
        "PYTHONPATH": "/x",
        "PULUMI_CONFIG_PASSPHRASE": "theirs",
    }
    seen = safety.child_environment(ready, person)
    assert seen == {"PATH": "/bin", "ENTRA_BC_TRACEBACK": "1", **ready.environment()}
    assert "theirs" not in seen.values()


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("https://127.0.0.1:8443/x", True),
        ("127.0.0.1:8443", True),
        ("http://[::1]:80", True),
        ("localhost:1", True),
        ("https://127.0.0.1.example", False),
        ("https://user@example:443", False),
        ("10.0.0.1:443", False),
        ("", False),
        ("https://[broken", False),
    ],
)
def test_only_this_machine_is_this_machine(address: str, here: bool) -> None:
    assert is_loopback(address) is here
