"""`python -m tests.support.warm_interpreter.server <socket>`: forks a process for each that is handed over to it."""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import marshal
import os
import runpy
import select
import signal
import socket
import sys
from pathlib import Path
from typing import NamedTuple

PRELOADED = (
    "azure.core.pipeline.transport._requests_basic", "azure.core.rest._requests_basic", "azure.identity",
    "azure.keyvault.certificates", "azure.keyvault.keys.crypto", "azure.keyvault.secrets", "clients.session",
    "commands.adopt.command", "commands.errors_page", "commands.handover.command", "commands.new",
    "commands.preflight.command", "commands.presets", "commands.prove", "commands.remains.command",
    "commands.rotate.command", "commands.schema", "components.companion", "components.integration",
    "components.program_end", "components.project_name", "components.pulumi_sdk_patches", "components.run",
    "dynamic_providers.companion_extension", "dynamic_providers.vault_certificate", "dynamic_providers.vault_delivery",
    "dynamic_providers.vault_secret", "grpc._server", "grpc.experimental", "importlib.metadata", "jwt",
    "msal_extensions", "pulumi.dynamic", "pulumi.runtime.proto.language_pb2_grpc",
    "pulumi.runtime.proto.provider_pb2_grpc", "pulumi_azuread", "pygments.lexers", "rehearsal.azuread_plugin.provider",
    "rich.live", "rich.syntax", "settings.loading", "settings.rotation_warnings", "truststore",
)  # fmt: skip


class Request(NamedTuple):
    """What is asked for: what stands behind `python`, the working directory, the whole environment."""

    words: list[str]
    folder: str
    environment: dict[str, str]


def next_request(address: str) -> Request:
    """Serve until this is the process that was forked for a request, and return the request."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{address}.new")
    listener.listen(64)
    Path(f"{address}.new").rename(address)  # whoever sees it can connect
    listener.settimeout(1.0)
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at pytest's terminal is pytest's
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the watchers
    gc.collect()
    gc.freeze()
    while os.getppid() == parent:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        if os.fork():
            connection.close()
            continue
        listener.close()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        connection.settimeout(None)
        request = _received(connection)
        until_its_end, held_by_it = os.pipe()
        forked = os.fork()
        if forked == 0:
            connection.close()
            os.close(until_its_end)
            return request
        os.close(held_by_it)
        _watch(connection, forked, until_its_end)
    os._exit(0)


def _received(connection: socket.socket) -> Request:
    length, streams, _, _ = socket.recv_fds(connection, 4, 3)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    data = b""
    while len(data) < int.from_bytes(length, "big"):
        data += connection.recv(1 << 16)
    return Request(*marshal.loads(data))


def _watch(connection: socket.socket, forked: int, until_its_end: int) -> None:
    """Pass signals on to a process, tell how it ended, and end it at once where nobody asks any more."""
    for stream in (0, 1, 2):
        os.close(stream)  # whoever reads them shall see their end when the process ends
    while until_its_end not in select.select([connection.fileno(), until_its_end], [], [])[0]:
        signals = connection.recv(16)
        for number in signals or [signal.SIGKILL]:
            os.kill(forked, number)
        if not signals:
            break
    _, status = os.waitpid(forked, 0)
    try:
        connection.send(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
    finally:
        os._exit(0)


def begin(request: Request) -> list[str]:
    """Become the process that was asked for, and return what it runs: the words behind `python`."""
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(request.folder)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(number, "w", closefd=False), encoding="utf-8", errors=errors, write_through=True)
        for number, errors in ((1, "strict"), (2, "backslashreplace"))
    )
    sys.orig_argv = [sys.executable, *request.words]
    return request.words


if __name__ == "__main__":
    for name in PRELOADED:
        importlib.import_module(name)
    words = begin(next_request(sys.argv[1]))
    codes: list[int] = []
    # First, and so the last of them. What Python does afterwards touches, and by that copies, all that was imported.
    atexit.register(lambda: [os._exit(code) for code in codes])
    # At the top level, so that Python ends the process as it ends any other, but for that.
    try:
        if words[0] == "-m":
            sys.argv, sys.path[0] = words[1:], str(Path.cwd())
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv, sys.path[0] = words, str(Path(words[0]).parent)
            runpy.run_path(words[0], run_name="__main__")
        codes.append(0)
    except SystemExit as ending:
        if ending.code is None or isinstance(ending.code, int):
            codes.append(ending.code or 0)
        raise
