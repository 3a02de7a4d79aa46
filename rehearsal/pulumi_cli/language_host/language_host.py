"""Pulumi's Python language host, for a CLI that comes without one: runs programs and policy packs.

It belongs to no clone: it is copied beside the CLI that `rehearsal/pulumi_cli` builds, together with Pulumi's
script that runs a program, and takes the virtual environment of the project that it is started for. It does what
Pulumi's does (sdk/python/cmd/pulumi-language-python/main.go), and refuses by name what it does not have.
"""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, Self

import grpc
import sdk_messages  # type: ignore[import-not-found] # noqa: F401 - beside this file; before what is of Pulumi
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

RUN_PROGRAM = Path(__file__).with_name("pulumi-language-python-exec")  # Pulumi's
MESSAGE_LIMIT = 400 << 20  # bytes, as the CLI has it
EXITED_AFTER_LOGGING = 32  # the SDK's ProcessExitedAfterLoggingUserActionableMessage: the error has been shown
GRACE = 5.0  # seconds between SIGINT and SIGKILL, as Pulumi's has it
UNSUPPORTED = (
    "GetRequiredPlugins", "RuntimeOptionsPrompts", "Template", "GenerateProgram", "GenerateProject",
    "GeneratePackage", "Pack", "Link",
)  # fmt: skip


class VirtualEnvironment:
    """The Python in which a project runs: its virtual environment, or whatever `python3` is where it names none.

    Args:
        info: what the CLI has read of Pulumi.yaml.
    """

    def __init__(self, info: language_pb2.ProgramInfo) -> None:
        named = json_format.MessageToDict(info.options).get("virtualenv", "")
        self.folder = Path(info.root_directory, named) if named else None

    @property
    def python(self) -> str:
        """The interpreter."""
        return str(self.folder / "bin" / "python") if self.folder else os.environ.get("PULUMI_PYTHON_CMD", "python3")

    @property
    def is_missing(self) -> bool:
        """Whether the project names one that is not made, or only half: without an interpreter, or without pip."""
        if self.folder is None:
            return False
        return not Path(self.python).exists() or not any(self.folder.glob("lib/python3*/site-packages/pip"))

    def require(self, context: Any) -> Self:
        """Return this one; end the call with what to do where it has no interpreter."""
        if self.folder and not Path(self.python).exists():
            context.abort(
                grpc.StatusCode.UNKNOWN,
                f"The virtual environment that Pulumi.yaml names has no Python: {self.python}. `pulumi install` makes "
                "it, with what requirements.txt lists.",
            )
        return self

    def environment(self) -> dict[str, str]:
        """Return the variables of a process in it, as `activate` sets them."""
        if self.folder is None:
            return dict(os.environ)
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
        path = os.pathsep.join([str(self.folder / "bin"), kept.get("PATH", "")])
        return kept | {"VIRTUAL_ENV": str(self.folder), "PATH": path}

    def packages(self) -> list[metadata.Distribution]:
        """Return the packages that are installed in it."""
        if self.folder and self.folder == Path(sys.prefix):
            return list(metadata.distributions())
        # Asked of the interpreter itself: its version tells the folder, and a .pth file may add others.
        command = [self.python, "-c", "import json, sys; print(json.dumps(sys.path[1:]))"]
        path = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=True).stdout
        return list(metadata.distributions(path=json.loads(path)))


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Serves `pulumirpc.LanguageRuntime` (sdk/proto/pulumi/language.proto) for Python."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._running: set[subprocess.Popen[Any]] = set()

    def Handshake(self, request: Any, context: Any) -> language_pb2.LanguageHandshakeResponse:
        """Learn the engine's address."""
        self._engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """Tell our version: that of the SDK that we speak with."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def About(self, request: Any, context: Any) -> language_pb2.AboutResponse:
        """Tell which Python runs programs."""
        return language_pb2.AboutResponse(
            executable=sys.executable,
            version=platform.python_version(),
            metadata={"toolchain": "pip", "languageHost": "entra-business-central's rehearsal"},
        )

    def GetRequiredPackages(self, request: Any, context: Any) -> language_pb2.GetRequiredPackagesResponse:
        """Name the providers that installed packages need, with their versions."""
        found = []
        for package in VirtualEnvironment(request.info).require(context).packages():
            if "pulumi-plugin.json" not in (package.read_text("RECORD") or ""):
                continue  # before `files`, which takes each of some ten thousand lines apart
            for file in package.files or ():
                if file.name != "pulumi-plugin.json":
                    continue
                plugin = json.loads(file.read_text())
                if plugin.get("resource"):
                    version = "v" + str(plugin.get("version") or package.version).removeprefix("v")
                    found.append(
                        plugin_pb2.PackageDependency(
                            name=plugin["name"], kind="resource", version=version, server=plugin.get("server", "")
                        )
                    )
        return language_pb2.GetRequiredPackagesResponse(packages=found)

    def GetProgramDependencies(self, request: Any, context: Any) -> language_pb2.GetProgramDependenciesResponse:
        """Name the packages that are installed; without those that another one requires, unless these are asked for."""
        packages = VirtualEnvironment(request.info).require(context).packages()
        required = {_normalized_name(need) for package in packages for need in package.requires or ()}
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=package.name, version=package.version)
                for package in packages
                if request.transitiveDependencies or _normalized_name(package.name) not in required
            ]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Make the virtual environment, and install requirements.txt into it, where there is one.

        As Pulumi's does (sdk/python/toolchain/pip.go), which also upgrades pip, setuptools and wheel first: nothing
        comes here that requirements.txt does not pin.
        """
        project, venv = request.info.program_directory, VirtualEnvironment(request.info)
        commands = []
        if venv.folder and venv.is_missing:
            commands.append([sys.executable, "-m", "venv", str(venv.folder)])
        if Path(project, "requirements.txt").exists():
            commands.append([venv.python, "-m", "pip", "install", "-r", "requirements.txt"])
        for command in commands:
            yield language_pb2.InstallDependenciesResponse(stdout=f"{' '.join(command)}\n".encode())
            with self._started(
                command, venv.environment(), cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as process:
                assert process.stdout is not None  # noqa: S101 - a pipe was asked for
                for line in process.stdout:
                    yield language_pb2.InstallDependenciesResponse(stdout=line)
            if process.returncode:
                context.abort(grpc.StatusCode.UNKNOWN, f"`{' '.join(command)}` ended with {process.returncode}")

    def Run(self, request: Any, context: Any) -> language_pb2.RunResponse:
        """Run the program in a process of its own, to its end."""
        venv = VirtualEnvironment(request.info).require(context)
        options = {
            "monitor": request.monitor_address, "engine": self._engine, "project": request.project,
            "root_directory": request.info.root_directory, "stack": request.stack, "pwd": request.pwd,
            "dry_run": str(request.dryRun).lower(), "parallel": str(request.parallel),
            "organization": request.organization,
        }  # fmt: skip
        flags = [word for name, value in options.items() if value for word in (f"--{name}", value)]
        environment = venv.environment() | {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        command = [venv.python, str(RUN_PROGRAM), *flags, request.info.entry_point, *request.args]
        with self._started(command, environment) as process:
            context.add_callback(lambda: _end(process))
            code = process.wait()
        if code == EXITED_AFTER_LOGGING:
            return language_pb2.RunResponse(bail=True)
        # As in Go, where a process that a signal has ended has the exit code -1.
        error = f"program exited with non-zero exit code: {max(code, -1)}" if code else ""
        return language_pb2.RunResponse(error=error)

    def RunPlugin(self, request: Any, context: Any) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack in its own virtual environment, and pass on what it prints."""
        if request.kind != "analyzer":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, _unsupported(f"RunPlugin of a {request.kind} plugin"))
        venv, pack = VirtualEnvironment(request.info), request.info.program_directory
        variables = dict(each.split("=", 1) for each in request.env)
        command = [venv.python, "-u", "-m", "pulumi.policy", *request.args, pack]
        with self._started(
            command, venv.environment() | variables, cwd=pack, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            context.add_callback(lambda: _end(process))
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            for line in process.stdout:
                yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=process.returncode)

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Interrupt what runs."""
        for process in list(self._running):
            _end(process)
        return empty_pb2.Empty()

    def end(self) -> None:
        """End what runs, and this process, at once."""
        for process in list(self._running):
            process.kill()
        os._exit(0)

    def _started(self, command: list[str], environment: Mapping[str, str], **options: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, env=environment, **options)
        self._running.add(process)
        return process


def _end(process: subprocess.Popen[Any]) -> None:
    """Interrupt a process, and kill it where it has not ended after a while."""

    def kill_after_grace() -> None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        process.kill()

    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        threading.Thread(target=kill_after_grace, daemon=True).start()


def _normalized_name(requirement: str) -> str:
    """Return the name in a requirement, spelled as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]).lower()


def _unsupported(what: str) -> str:
    return (
        f"{what} is not offered by the language host of entra-business-central's rehearsal. Pulumi's release of "
        "the Pulumi CLI has one that does: https://www.pulumi.com/docs/install/"
    )


def _add_unsupported(name: str) -> None:
    def refused(self: LanguageHost, request: Any, context: Any) -> None:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, _unsupported(name))

    setattr(LanguageHost, name, refused)


for _name in UNSUPPORTED:
    _add_unsupported(_name)


def main() -> None:
    """Serve until the CLI interrupts us, or is gone."""
    parent = os.getppid()
    host = LanguageHost(sys.argv[-1])
    # At once: the CLI gives five seconds to each child that it interrupts, and waits for them.
    signal.signal(signal.SIGINT, lambda *_: host.end())
    signal.signal(signal.SIGTERM, lambda *_: host.end())
    limits = [(f"grpc.max_{way}_message_length", MESSAGE_LIMIT) for way in ("send", "receive")]
    server = grpc.server(ThreadPoolExecutor(max_workers=8), options=limits)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - how a plugin tells its port
    while os.getppid() == parent:
        time.sleep(0.2)
    host.end()


if __name__ == "__main__":
    main()
