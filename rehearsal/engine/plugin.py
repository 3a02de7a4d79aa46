"""A provider plugin: a child process that serves pulumirpc.ResourceProvider (contracts/engine.md 3.1)."""

from __future__ import annotations

import contextlib
import select
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2  # its own copy of google.rpc.Status

from rehearsal.engine import processes
from rehearsal.engine.errors import EngineError, Unsupported

DYNAMIC = "pulumi-python"
AZUREAD = "azuread"
MESSAGE_LIMIT = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]
_CHANNEL_OPTIONS = [*MESSAGE_LIMIT, ("grpc.enable_http_proxy", 0)]  # it is on this machine, whatever HTTP_PROXY says
_START = 10.0  # seconds until the port must be known, as the CLI has it
_REPOSITORY = Path(__file__).resolve().parents[2]

# Called after each RPC with (method, package, request, response or None): for tests that compare with recordings.
Recorder = Callable[[str, str, Message, Message | None], None]


class PluginError(EngineError):
    """A call was answered with an error.

    Attributes:
        code: the gRPC status.
        partial: what an azuread create or update had done before it failed, None mostly.
    """

    def __init__(
        self, message: str, code: grpc.StatusCode, partial: provider_pb2.ErrorResourceInitFailed | None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.partial = partial


@dataclass(frozen=True)
class PluginSource:
    """How plugins are started: the SDK's own dynamic host, and the azuread plugin that the rehearsal finds.

    Attributes:
        launcher: starts their processes.
        environment: the whole environment of a child, before what each plugin adds.
        project_folder: a dynamic provider imports its modules from there.
        find_azuread: returns the azuread plugin's command line.
        on_output: called with (package, line) for what a plugin prints.
        recorder: called after each RPC, for tests.
    """

    launcher: processes.Launcher
    environment: Mapping[str, str]
    project_folder: Path
    find_azuread: Callable[[], list[str]]
    on_output: Callable[[str, str], None]
    recorder: Recorder | None = None

    def start(self, package: str, version: str, extra: Mapping[str, str]) -> Plugin:
        """Start the plugin of a package.

        Args:
            package: the package.
            version: what the SDK asks for; empty where any will do.
            extra: what its environment has beside the common part.

        Raises:
            EngineError: there is none for it, it does not start, or it has another version.
        """
        if package == DYNAMIC:
            # `-u -m`: the same command line as the CLI's; the interpreter is the engine's own
            command, folder = [sys.executable, "-u", "-m", "pulumi.dynamic"], self.project_folder
        elif package == AZUREAD:
            command, folder = self.find_azuread(), _REPOSITORY  # from where the stand-in can be imported
        else:
            raise Unsupported(f"a resource or function of the package `{package}`")
        try:
            # The plugins never call the engine (measured, contracts/engine.md 3.1), so its address may be a bogus one.
            process = self.launcher.start([*command, "127.0.0.1:1"], {**self.environment, **extra}, folder)
        except OSError as problem:
            raise EngineError(f"the plugin {package} could not be started: {problem}") from None
        plugin = Plugin(package, process, lambda line: self.on_output(package, line), self.recorder)
        found = plugin.call("GetPluginInfo", empty_pb2.Empty()).version.removeprefix("v")
        if version and version != found:
            plugin.stop()
            raise EngineError(f"the program's SDK wants the {package} plugin {version}, and the one here is {found}")
        return plugin


class Plugin:
    """A running plugin process."""

    def __init__(
        self,
        package: str,
        process: processes.Child,
        on_output: Callable[[str], None],
        recorder: Recorder | None = None,
    ) -> None:
        """Wait for the port that the process says.

        Raises:
            EngineError: it does not say it in time.
        """
        self.package = package
        self._process = process
        self._recorder = recorder
        self._last_words: deque[str] = deque(maxlen=20)

        def hear(line: str) -> None:
            self._last_words.append(line.strip())
            on_output(line)

        assert process.stdout is not None  # noqa: S101 - it is a pipe
        self._readers = [processes.each_line(process.stderr, hear)]
        spoke, _, _ = select.select([process.stdout], [], [], _START)
        first = process.stdout.readline() if spoke else ""
        self._readers.append(processes.each_line(process.stdout, hear))
        if not first.strip().isdigit():
            processes.stop(process)
            self._join()
            words = " ".join([first.strip(), *self._last_words]).strip() or "it printed nothing"
            raise EngineError(f"the plugin {package} did not say its port within {_START:.0f} s: {words}")
        self._channel = grpc.insecure_channel(f"127.0.0.1:{int(first)}", options=_CHANNEL_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def call(self, method: str, request: Message) -> Any:
        """Make one RPC and return its response.

        Raises:
            PluginError: the plugin answered with an error, or has died.
        """
        response: Message | None = None
        try:
            response = getattr(self._stub, method)(request)
        except grpc.RpcError as problem:
            raise self._explain(problem) from None
        finally:
            if self._recorder:
                self._recorder(method, self.package, request, response)
        return response

    def _explain(self, problem: Any) -> PluginError:
        code, details = problem.code(), (problem.details() or "").strip()
        if code == grpc.StatusCode.UNAVAILABLE:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            details = f"the plugin {self.package} has died: {' '.join(self._last_words) or details}"
        return PluginError(details or code.name, code, _partial(problem))

    def stop(self) -> None:
        """Ask it to cancel, then end it."""
        with contextlib.suppress(grpc.RpcError):
            self._stub.Cancel(empty_pb2.Empty(), timeout=1)
        self._channel.close()
        processes.stop(self._process)
        self._join()

    def _join(self) -> None:
        for reader in self._readers:
            reader.join(1)


def _partial(problem: Any) -> provider_pb2.ErrorResourceInitFailed | None:
    """Read what the status carries of a half-done create or update (contracts/engine.md 3.3)."""
    for key, value in problem.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        status = status_pb2.Status()
        status.ParseFromString(value)
        for detail in status.details:
            failed = provider_pb2.ErrorResourceInitFailed()
            if detail.Unpack(failed):
                return failed
    return None
