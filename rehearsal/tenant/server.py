"""The servers of the tenant's process in one event loop: the services over TLS, the control port, and the proxy."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import trustme
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from rehearsal.tenant import portal
from rehearsal.tenant.asgi import ABORT
from rehearsal.tenant.key_vault.model import SUFFIX
from rehearsal.tenant.name_proxy import NameProxy

HOST = "127.0.0.1"


def make_certificates() -> tuple[ssl.SSLContext, bytes]:
    """Make an authority, and a certificate for this machine, all vaults and the portal's API that it has signed.

    Returns:
        The server's context, whose private key is on no disk once this is done, and the authority's certificate (PEM).
    """
    authority = trustme.CA(organization_name="Rehearsal tenant")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert(HOST, "localhost", f"*.{SUFFIX}", portal.HOST).configure_cert(context)
    return context, authority.cert_pem.bytes()


def listen(port: int) -> socket.socket:
    """Listen on a port of this machine, 0 for any that is free.

    asyncio sets TCP_NODELAY on the connections of a socket only where that names TCP as its protocol, which
    `socket.create_server` does not; without it each answer waits some 40 ms for an acknowledgement.

    Raises:
        OSError: the port cannot be had.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # as `socket.create_server`: elsewhere the option lets two listen on one port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


async def serve(
    services: tuple[ASGIApp, socket.socket, ssl.SSLContext],
    control: tuple[ASGIApp, socket.socket],
    names: tuple[NameProxy, socket.socket],
    *,
    on_ready: Callable[[], None],
    die_with: int | None,
) -> None:
    """Answer on all ports until SIGINT, SIGTERM or the end of the process `die_with`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    watch = asyncio.create_task(_set_when_process_ends(die_with, stop)) if die_with is not None else None
    app, app_socket, context = services
    control_app, control_socket = control
    servers = [
        (
            _Server(_config(app, http=_AbortableProtocol, ssl_context_factory=lambda *_: context)),
            app_socket,
        ),
        # Kept alive long: a connection that is closed while a test reuses it would fail that request.
        (_Server(_config(control_app, http="h11", timeout_keep_alive=600)), control_socket),
    ]
    serving = [asyncio.create_task(server.serve(sockets=[bound])) for server, bound in servers]
    while not all(server.started for server, _ in servers):
        await asyncio.sleep(0.005)
    proxy = await names[0].serve(names[1])
    on_ready()
    await stop.wait()
    # Requests that a fault holds are cut off, which is intended: uvicorn's complaint about it is not shown.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
    proxy.close()
    for server, _ in servers:
        server.should_exit = server.force_exit = True
    await asyncio.gather(*serving, return_exceptions=True)
    if watch is not None:
        watch.cancel()


def _config(app: ASGIApp, **settings: Any) -> uvicorn.Config:
    # The real plugin opens one connection for each request and leaves it idle, so hundreds would add up: they are
    # closed after 5 seconds.
    # docs/reference/facts-graph.md, "Connections" and "Requests of the plugin".
    settings = {"timeout_keep_alive": 5, **settings}
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=0,
        **settings,
    )


class _Server(uvicorn.Server):
    """A server that leaves the signals to `serve`, which has two of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _AbortableProtocol(H11Protocol):
    """Lets the application close a connection without a response, which ASGI has no message for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in H11Protocol
        super().connection_made(transport)
        app = self.app

        async def with_abort(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, ABORT: transport.abort}, receive, send)

        self.app = with_abort


async def _set_when_process_ends(process: int, stop: asyncio.Event) -> None:
    """Set an event when a process has ended.

    Linux tells through a pidfd, at once. PR_SET_PDEATHSIG would fire too early: when the *thread* that started this
    process ends. Elsewhere the process is looked for twice a second.
    """
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        stop.set()
        return
    except (AttributeError, OSError):  # not Linux, or a kernel before 5.3
        while psutil.pid_exists(process):
            await asyncio.sleep(0.5)
        stop.set()
        return
    asyncio.get_running_loop().add_reader(descriptor, stop.set)
