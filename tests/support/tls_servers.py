"""Small TLS servers and a proxy on loopback, which count what reaches them."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import trustme


class _Quiet(ThreadingHTTPServer):
    """Counts connections, and says nothing of a client that breaks off."""

    daemon_threads = True
    connections = 0

    def process_request(self, request: object, client_address: object) -> None:
        """Count it."""
        self.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class _Running:
    """A server in a thread of its own, for a `with` statement."""

    _server: _Quiet

    @property
    def host(self) -> str:
        """Its address, `127.0.0.1:<port>`."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def connections(self) -> int:
        """How many connections were made to it."""
        return self._server.connections

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class TlsServer(_Running):
    """Answers every request with `{}` behind a certificate.

    Args:
        certificate: its certificate.

    Attributes:
        authorizations: the Authorization header of each request, None where it has none.
    """

    def __init__(self, certificate: trustme.LeafCert) -> None:
        self.authorizations: list[str | None] = []
        authorizations = self.authorizations

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                authorizations.append(self.headers["Authorization"])
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            do_POST = do_GET  # noqa: N815 - http.server's name

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """Be silent."""

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)


class ConnectProxy(_Running):
    """A proxy that passes TLS on as it is, by CONNECT.

    Args:
        refuses: the status that it answers in place of passing on; 0 for none.

    Attributes:
        asked: where it was asked to connect to, in order.
    """

    def __init__(self, refuses: int = 0) -> None:
        self.asked: list[str] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_CONNECT(self) -> None:
                proxy.asked.append(self.path)
                if refuses:
                    self.send_error(refuses)
                    return
                host, _, port = self.path.partition(":")
                with socket.create_connection((host, int(port))) as there:
                    self.send_response(200, "Connection established")
                    self.end_headers()
                    _pass_on(self.connection, there)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """Be silent."""

        self._server = _Quiet(("127.0.0.1", 0), Handler)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Pass on what each says to the other, until one of them leaves."""
    to = {one: other, other: one}
    while True:
        ready, _, _ = select.select([one, other], [], [], 60)
        for each in ready:
            data = each.recv(65536)
            if not data:
                return
            to[each].sendall(data)
        if not ready:
            return
