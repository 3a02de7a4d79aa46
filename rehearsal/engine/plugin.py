"""A provider plugin: a child process that serves pulumirpc.ResourceProvider (contracts/engine.md 3.1)."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2  # its own copy of google.rpc.Status

from rehearsal.engine import processes
from rehearsal.engine.errors import EngineError

MESSAGE_LIMIT = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]
_CHANNEL_OPTIONS = [*MESSAGE_LIMIT, ("grpc.enable_http_proxy", 0)]  # it is on this machine, whatever HTTP_PROXY says
_START = 10.0  # seconds until the port must be known, as the CLI has it

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


class Plugin:
    """A running plugin process."""

    def __init__(
        self,
        package: str,
        command: list[str],
        launcher: processes.Launcher,
        environment: Mapping[str, str],
        cwd: Path,
        on_output: Callable[[str], None],
        recorder: Recorder | None = None,
    ) -> None:
        """Start the process and wait for its port.

        Args:
            package: `azuread` or `pulumi-python`, for messages.
            command: the command line, without the engine's address.
            launcher: starts it.
            environment: the whole of its environment.
            cwd: the project's folder; a dynamic provider imports its modules from there.
            on_output: called with each further line that it prints.
            recorder: called after each RPC.

        Raises:
            EngineError: it does not start, or does not say its port in time.
        """
        self.package = package
        self._recorder = recorder
        self._last_words: deque[str] = deque(maxlen=20)
        try:
            # The plugins never call the engine (measured, contracts/engine.md 3.1), so its address may be a bogus one.
            self._process = launcher.start([*command, "127.0.0.1:1"], environment, cwd)
        except OSError as problem:
            raise EngineError(f"the plugin {package} could not be started: {problem}") from None
        first: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, first.put, on_output), daemon=True),
            threading.Thread(target=self._read, args=(self._process.stderr, None, on_output), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        port = self._port(first)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def _port(self, first: queue.SimpleQueue[str]) -> int:
        try:
            return int(first.get(timeout=_START))
        except (queue.Empty, ValueError):
            processes.stop(self._process)
            words = " ".join(self._last_words) or "it printed nothing"
            raise EngineError(
                f"the plugin {self.package} did not say its port within {_START:.0f} s: {words}"
            ) from None

    def _read(self, stream: Any, first: Callable[[str], None] | None, on_output: Callable[[str], None]) -> None:
        for line in stream:
            if first:
                first(line)
                first = None
                continue
            self._last_words.append(line.strip())
            on_output(line.rstrip("\n"))
        if first:
            first("")  # it ended without a port
        stream.close()

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
