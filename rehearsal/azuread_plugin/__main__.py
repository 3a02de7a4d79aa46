"""`python -m rehearsal.azuread_plugin <engine-address>`: what an engine starts as `pulumi-resource-azuread`.

It ends on the first interrupt, and not with its engine, as the real one.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import rehearsal.pulumi_cli.language_host.sdk_messages  # noqa: F401 # isort: skip - before what is of Pulumi

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from rehearsal.azuread_plugin.provider import AzureadProvider

_LARGEST_MESSAGE = 400 << 20  # bytes, as the Pulumi SDKs have it
_OPERATIONS_AT_ONCE = 64  # the real plugin has no limit; engines ask for as many as `--parallel` says


def main() -> None:
    """Serve on a free loopback port until told to stop. The engine's address, the one argument, is not needed."""
    # The engine gives 5 seconds and expects exit code 0:
    # docs/reference/facts-pulumi.md, "How a provider process starts and ends".
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    server = grpc.server(
        ThreadPoolExecutor(_OPERATIONS_AT_ONCE),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AzureadProvider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # the first line of the output is the port
    server.wait_for_termination()


if __name__ == "__main__":
    main()
