"""The life of the plugin's process: it ends with the engine that started it, and on the first interrupt."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from rehearsal.azuread_plugin.provider import AzureadProvider

_LARGEST_MESSAGE = 400 << 20  # bytes, as the Pulumi SDKs have it
_OPERATIONS_AT_ONCE = 64  # the real plugin has no limit; engines ask for as many as `--parallel` says
_LOOK_FOR_PARENT_EVERY = 0.1  # seconds


def serve(provider: AzureadProvider) -> tuple[grpc.Server, int]:
    """Start a server for this provider on a free loopback port; answers it and the port."""
    server = grpc.server(
        ThreadPoolExecutor(_OPERATIONS_AT_ONCE),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def die_with_parent() -> None:
    """End this process when its parent ends: no orphan shall go on changing a directory.

    By asking who the parent is, and not by Linux' PR_SET_PDEATHSIG: that signal comes when the *thread* ends that
    started the process, and engines start plugins from short-lived threads.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_FOR_PARENT_EVERY)
        os._exit(1)

    threading.Thread(target=watch, name="die-with-parent", daemon=True).start()


def exit_on_interrupt() -> None:
    """Exit with 0 on SIGINT and SIGTERM, at once: engines give 5 seconds and expect 0 (contracts/engine.md 3.1)."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
