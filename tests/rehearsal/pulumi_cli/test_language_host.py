"""Our language host, as the CLI starts it: what it answers, what it refuses by name, and how it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from rehearsal.pulumi_cli.pin import VERSION
from tests.support.fake_go import FakeGo
from tests.support.stack import pulumi_cli
from tests.support.tenant import REPOSITORY, wait_for

OURS = REPOSITORY / "rehearsal" / "pulumi_cli" / "language_host" / "pulumi-language-python"


class Host:
    """A running language host."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout
        port = process.stdout.readline().strip()
        assert port.isdecimal(), port + process.communicate(timeout=5)[0]
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = language_pb2_grpc.LanguageRuntimeStub(self.channel)


@contextmanager
def started(host: Path = OURS, project: Path = REPOSITORY, path: str = os.environ["PATH"]) -> Iterator[Host]:
    process = subprocess.Popen(
        [host, "127.0.0.1:1"], cwd=project, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, env={"PATH": path, "HOME": os.environ["HOME"]}, start_new_session=True,
    )  # fmt: skip
    made = Host(process)
    try:
        yield made
    finally:
        made.channel.close()
        process.kill()
        process.communicate()


def info(project: Path = REPOSITORY, virtualenv: str = ".venv") -> language_pb2.ProgramInfo:
    options = struct_pb2.Struct()
    options.update({"toolchain": "pip", "virtualenv": virtualenv})
    return language_pb2.ProgramInfo(
        root_directory=str(project), program_directory=str(project), entry_point=".", options=options
    )


def test_it_names_the_azuread_plugin_with_its_version_and_the_packages() -> None:
    with started() as host:
        host.stub.Handshake(language_pb2.LanguageHandshakeRequest(engine_address="127.0.0.1:1"))
        needed = host.stub.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=info())).packages
        assert ("azuread", f"v{metadata.version('pulumi-azuread')}") in {(each.name, each.version) for each in needed}
        request = language_pb2.GetProgramDependenciesRequest
        all_of_them = host.stub.GetProgramDependencies(request(info=info(), transitiveDependencies=True)).dependencies
        direct = host.stub.GetProgramDependencies(request(info=info())).dependencies
        assert {"pulumi_azuread", "grpcio"} <= {each.name for each in all_of_them}
        assert "pulumi_azuread" in {each.name for each in direct}
        assert "typing_extensions" not in {each.name for each in direct}, "others brought it"
        assert host.stub.GetPluginInfo(empty_pb2.Empty()).version == metadata.version("pulumi")
        about = host.stub.About(language_pb2.AboutRequest(info=info()))
        assert about.version == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize(
    ("method", "request_type"),
    [
        ("GetRequiredPlugins", language_pb2.GetRequiredPluginsRequest),
        ("RuntimeOptionsPrompts", language_pb2.RuntimeOptionsRequest),
        ("Template", language_pb2.TemplateRequest),
        ("GenerateProgram", language_pb2.GenerateProgramRequest),
        ("GenerateProject", language_pb2.GenerateProjectRequest),
        ("GeneratePackage", language_pb2.GeneratePackageRequest),
        ("Pack", language_pb2.PackRequest),
        ("Link", language_pb2.LinkRequest),
    ],
)
def test_what_it_does_not_do_is_refused_by_name(method: str, request_type: Any) -> None:
    with started() as host, pytest.raises(grpc.RpcError) as refused:
        getattr(host.stub, method)(request_type())
    error: Any = refused.value
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED
    assert error.details().startswith(f"{method} is not offered by the language host of")


def test_it_installs_what_a_project_requires(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("")
    with started() as host:
        request = language_pb2.InstallDependenciesRequest(info=info(tmp_path, "made/here"))
        said = b"".join(each.stdout for each in host.stub.InstallDependencies(request))
        assert (tmp_path / "made" / "here" / "bin" / "python").exists(), said
        (tmp_path / "requirements.txt").write_text("no-such-package-of-ours==1 --no-index\n")
        with pytest.raises(grpc.RpcError, match=r"pip install -r requirements\.txt` ended with"):
            list(host.stub.InstallDependencies(request))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_at_a_signal_with_the_program_that_it_runs(tmp_path: Path, number: signal.Signals) -> None:
    pulumis = shutil.which("pulumi-language-python-exec", path=pulumi_cli().path(os.environ))
    assert pulumis
    for each in (OURS, OURS.with_name("sdk_messages.py"), OURS.with_name("language_host.py"), Path(pulumis)):
        shutil.copy(each, tmp_path)
    with started(tmp_path / OURS.name) as host:
        # No engine is there: the program waits for it.
        request = language_pb2.RunRequest(
            project="x", stack="y", pwd=str(REPOSITORY), info=info(), monitor_address="127.0.0.1:1", parallel=4
        )
        running: Any = host.stub.Run.future(request)
        process = psutil.Process(host.process.pid)
        wait_for(lambda: process.children(), 30, "the program to start")
        (program,) = process.children()
        host.process.send_signal(number)
        assert host.process.wait(timeout=4) == 0, "the CLI waits for five seconds"
        wait_for(lambda: not program.is_running(), 10, "the program to end")
        running.cancel()


def test_it_ends_with_its_parent() -> None:
    """As the CLI's killed process leaves it: nobody interrupts it then."""
    script = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(OURS), "127.0.0.1:1"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert parent.stdout
    parent.stdout.readline()
    (host,) = psutil.Process(parent.pid).children()
    parent.kill()
    parent.communicate()
    wait_for(lambda: not host.is_running(), 10, "the host to end")


def test_it_belongs_to_no_clone_and_takes_the_virtual_environment_of_the_project_that_it_is_started_for(
    tmp_path: Path,
) -> None:
    fake_go = FakeGo(tmp_path)
    clone = tmp_path / "clone"
    shutil.copytree(REPOSITORY / "rehearsal", clone / "rehearsal", ignore=shutil.ignore_patterns("__pycache__"))
    got = subprocess.run(
        [sys.executable, "-m", "rehearsal", "pulumi"], cwd=clone, env=fake_go.environment, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert "export PATH" in got.stdout
    shutil.rmtree(clone)
    project = tmp_path / "a project"
    (project / "below").mkdir(parents=True)
    (project / "its venv").symlink_to(REPOSITORY / ".venv")
    (project / "Pulumi.yaml").write_text(
        'name: x\nruntime: {name: python, options: {toolchain: pip, virtualenv: "its venv"}}\n'
    )
    (host_file,) = (fake_go.cache / VERSION).glob("bin-*/pulumi-language-python")
    with started(host_file, project / "below") as host:
        about = host.stub.About(language_pb2.AboutRequest(info=info(project, "its venv")))
        assert about.executable.startswith(str(project / "its venv"))


PULUMI_YAML = "name: x\nruntime:\n  name: python\n  options:\n    virtualenv: .made\n"


def test_on_a_python_without_pulumis_sdk_it_says_how_the_virtual_environment_is_made(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PULUMI_YAML)
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        [OURS, "127.0.0.1:1"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"neither in the virtual environment that Pulumi.yaml names ({tmp_path}/.made)" in done.stderr
    assert f'"{tmp_path}/.made/bin/python" -m pip install -r requirements.txt' in done.stderr


def test_on_another_python_with_pulumis_sdk_it_makes_the_virtual_environment_and_mends_half_of_one(
    tmp_path: Path,
) -> None:
    """As in an activated clone, where `pulumi new` makes another project."""
    (tmp_path / "Pulumi.yaml").write_text(PULUMI_YAML)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    made, needed = info(tmp_path, ".made"), language_pb2.GetRequiredPackagesRequest
    with started(project=tmp_path, path=path) as host:
        with pytest.raises(grpc.RpcError, match=r"has no Python: .*/\.made/bin/python\. `pulumi install` makes it"):
            host.stub.GetRequiredPackages(needed(info=made))
        (tmp_path / ".made" / "bin").mkdir(parents=True)
        (tmp_path / ".made" / "bin" / "python").symlink_to(sys.executable)
        said = b"".join(
            each.stdout for each in host.stub.InstallDependencies(language_pb2.InstallDependenciesRequest(info=made))
        )
        assert list(tmp_path.glob(".made/lib/python3*/site-packages/pip")), said
        assert not host.stub.GetRequiredPackages(needed(info=made)).packages
    with started(project=tmp_path, path=path) as host:  # the new one has no SDK yet
        about = host.stub.About(language_pb2.AboutRequest(info=made))
        assert Path(about.executable).parent == Path(sys.executable).parent
