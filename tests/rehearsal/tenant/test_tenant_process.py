"""The process: what it writes, what it removes, and that it never outlives whoever started it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import requests

from rehearsal.ready_file import ReadyFile
from tests.support.tenant import REPOSITORY, open_connection, start_tenant, wait_for

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "rehearsal", "tenant"]


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a tenant and wait for its ready-file."""
    ready_file = folder / "tenant.json"
    process = subprocess.Popen(
        [*COMMAND, "--ready-file", str(ready_file), *arguments], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: ready_file.exists() or process.poll() is not None, 60, "the tenant to be ready")
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_though_it_holds_a_request(tmp_path: Path, number: int) -> None:
    process = start(tmp_path, "--env-file", str(tmp_path / "tenant.env"))
    ready = ReadyFile.load(tmp_path / "tenant.json")
    assert (ready.pid, sorted(path.name for path in tmp_path.iterdir())) == (
        process.pid,
        ["tenant-ca.pem", "tenant.env", "tenant.json"],
    )
    requests.post(f"{ready.controlUrl}/faults", json={"action": "hold"}, timeout=30)
    idle = socket.create_connection(("127.0.0.1", int(ready.metadataHost.split(":")[1])))
    with idle, open_connection(ready) as connection:
        connection.request("GET", "/metadata/endpoints")
        held = lambda: requests.get(f"{ready.controlUrl}/faults", timeout=30).json()[0]["held"]  # noqa: E731
        wait_for(held, 30, "the request to be held")
        process.send_signal(number)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert said == f"rehearsal tenant at {ready.origin}, control port {ready.controlUrl}\n"
    assert ready.deployer.clientSecret not in said
    assert list(tmp_path.iterdir()) == []


def test_what_it_writes_is_for_its_owner_and_complete(tmp_path: Path) -> None:
    with start_tenant(tmp_path) as tenant:
        ready_file = tmp_path / "tenant.json"
        assert stat.S_IMODE(ready_file.stat().st_mode) == 0o600
        assert all(json.loads(ready_file.read_text()).values())
        assert b"PRIVATE KEY" not in (tmp_path / "tenant-ca.pem").read_bytes()
        assert tenant.get(f"{tenant.ready.origin}/metadata/endpoints").status_code == 200
        publisher, group, version = tenant.ready.companionRoute.split("/")
        assert all((publisher, group, version))


def test_the_env_file_points_a_program_at_it(tmp_path: Path) -> None:
    process = start(tmp_path, "--env-file", str(tmp_path / "tenant.env"))
    try:
        ready = ReadyFile.load(tmp_path / "tenant.json")
        text = subprocess.run(
            ["sh", "-c", f". {shlex.quote(str(tmp_path / 'tenant.env'))}; env"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        environment = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        assert environment.items() >= ready.environment().items()
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_it_ends_with_the_process_that_it_is_told_to_end_with(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = start(tmp_path, "--die-with", str(parent.pid))
    assert process.poll() is None
    os.kill(parent.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    parent.communicate()
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_it_ends_at_once_where_that_process_is_gone_already(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    process = start(tmp_path, "--die-with", str(gone.pid))
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(tmp_path, "--port", str(taken.getsockname()[1]))
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    assert said == "The rehearsal tenant cannot listen on 127.0.0.1: Address already in use.\n"


def test_each_start_makes_its_own_secret_and_authority(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with start_tenant(tmp_path / "one") as one, start_tenant(tmp_path / "two") as two:
        assert one.ready.tenantId == two.ready.tenantId
        assert one.ready.deployer.clientId == two.ready.deployer.clientId
        assert one.ready.deployer.clientSecret != two.ready.deployer.clientSecret
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(two.ready.origin, verify=one.ready.caFile, timeout=30)


def test_no_answer_waits_for_an_acknowledgement(tmp_path: Path) -> None:
    """Without TCP_NODELAY each takes more than 40 ms, also the quickest of many on a connection that is kept."""
    with start_tenant(tmp_path) as tenant:
        for ask in (tenant.requests, lambda: tenant.get("/metadata/endpoints")):
            took = []
            for _ in range(10):
                began = time.perf_counter()
                ask()
                took.append(time.perf_counter() - began)
            assert min(took[5:]) < 0.03
