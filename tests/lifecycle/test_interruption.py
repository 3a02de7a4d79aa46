"""A program that the engine interrupts ends without a word: run by Pulumi's own script, as every CLI does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from tests.support.stack import ENVIRONMENTS, MAGENTO, PROJECT, pulumi_cli
from tests.support.tenant import REPOSITORY, Tenant


class Engine(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """An engine that lets a program wait for the registration of its first resource, for ever."""

    def __init__(self) -> None:
        self.waited_for = threading.Event()
        self.over = threading.Event()
        self.log: list[str] = []

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "")

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.waited_for.set()
        self.over.wait()
        context.abort(grpc.StatusCode.CANCELLED, "")

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.waited_for.set()
        self.over.wait()
        context.abort(grpc.StatusCode.CANCELLED, "")

    def RegisterPackage(self, request: Any, context: Any) -> Any:  # noqa: N802
        return resource_pb2.RegisterPackageResponse(ref="azuread")

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.severity != engine_pb2.DEBUG:
            self.log.append(request.message)
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, request: Any, context: Any) -> Any:  # noqa: N802
        return engine_pb2.RequirePulumiVersionResponse()


@pytest.fixture
def engine() -> Iterator[tuple[Engine, str]]:
    served = Engine()
    server = grpc.server(futures.ThreadPoolExecutor(16))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(served, server)
    engine_pb2_grpc.add_EngineServicer_to_server(served, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield served, f"127.0.0.1:{port}"
    served.over.set()
    server.stop(0)


def start(tenant: Tenant, address: str) -> subprocess.Popen[str]:
    """Run this project's program by Pulumi's script."""
    script = shutil.which("pulumi-language-python-exec", path=pulumi_cli().path(os.environ))
    assert script, "Pulumi's, beside the CLI"
    config = {
        "azuread:tenantId": tenant.ready.tenantId,
        f"{PROJECT}:environments": json.dumps(ENVIRONMENTS),
        f"{PROJECT}:integrations": json.dumps({"magento": MAGENTO}),
    }
    command = [sys.executable, script, "--monitor", address, "--engine", address, "--project", PROJECT, "--stack", "x"]
    return subprocess.Popen(
        [*command, "--parallel", "4", "--pwd", str(REPOSITORY), "--dry_run", "false", "."],
        cwd=Path(REPOSITORY),
        env={"PATH": os.environ["PATH"], **tenant.ready.environment(), "PULUMI_CONFIG": json.dumps(config)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_program_ends_quietly_when_the_engine_interrupts_it(tenant: Tenant, engine: tuple[Engine, str]) -> None:
    served, address = engine
    program = start(tenant, address)
    assert served.waited_for.wait(60), program.communicate(timeout=5)
    program.send_signal(signal.SIGINT)
    said = program.communicate(timeout=30)[0]
    assert (program.returncode, said) == (32, ""), "32: the host adds nothing of its own"


def test_what_the_engine_cancels_when_it_stops_is_one_line_and_no_traceback(
    tenant: Tenant, engine: tuple[Engine, str]
) -> None:
    served, address = engine
    served.over.set()  # every request is cancelled
    program = start(tenant, address)
    said = program.communicate(timeout=60)[0]
    assert program.returncode != 0
    assert "Traceback" not in said + "".join(served.log)
    assert served.log == ["Resource monitor has terminated, shutting down"]
