"""`python -m rehearsal.azuread_plugin <engine-address>`: what an engine starts as `pulumi-resource-azuread`.

It ends on the first interrupt, and not with its engine, as the real one.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import rehearsal.pulumi_cli.language_host.sdk_messages  # noqa: F401 # isort: skip - before what is of Pulumi

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from rehearsal.azuread_plugin.provider import AzureadProvider

_LARGEST_MESSAGE = 400 << 20  # bytes, as the Pulumi SDKs have it
_LOGGING = 5.0  # seconds for a line of the log
# The real plugin has no limit. Engines ask for as many operations as `--parallel` says (README: 64), and must still be
# able to cancel all of them.
_CALLS_AT_ONCE = 72


def main() -> None:
    """Serve on a free loopback port until told to stop. The last argument is the engine's address."""
    # The engine gives 5 seconds and expects exit code 0:
    # docs/reference/facts-pulumi.md, "How a provider process starts and ends".
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    server = grpc.server(
        ThreadPoolExecutor(_CALLS_AT_ONCE),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AzureadProvider(_log_of_the_engine(sys.argv)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # the first line of the output is the port
    server.wait_for_termination()


def _log_of_the_engine(arguments: list[str]) -> Callable[[str], None]:
    """Return what writes a line into the engine's log of the highest level (`-v=9`), where there is an engine."""
    if len(arguments) < 2:
        return lambda _: None
    stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(arguments[-1]))

    def debug(line: str) -> None:
        with suppress(grpc.RpcError):  # an engine that has just gone
            stub.Log(engine_pb2.LogRequest(severity=engine_pb2.DEBUG, message=line), timeout=_LOGGING)

    return debug


if __name__ == "__main__":
    main()
