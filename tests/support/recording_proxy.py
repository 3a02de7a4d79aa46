"""A TLS proxy before the rehearsal tenant that keeps what passes, bodies included: the tenant's own log has none."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, quote, urlsplit

import requests
import trustme

_HEADERS_OF_THE_CONNECTION = ("host", "content-length", "connection", "accept-encoding", "transfer-encoding", "date")


class _QuietServer(ThreadingHTTPServer):
    """Says nothing of a client that breaks off: some tests are about clients that trust no certificate."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class Request(NamedTuple):
    """One request that passed; `body` is decoded JSON or form, None where there was none; `status` 0: no answer."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    user_agent: str


class RecordingProxy:
    """Stands before a TLS service on loopback; addresses in bodies are rewritten both ways.

    Attributes:
        host: `127.0.0.1:<port>`.
        ca_file: PEM file of the authority of its certificate.
        requests: what has passed, oldest first.
        rewrite: what is done to the text of each answer.
    """

    def __init__(self, origin: str, ca_file: str, folder: Path) -> None:
        self._behind, self._behind_ca = origin, ca_file
        self.requests: list[Request] = []
        self.rewrite: Callable[[str], str] = str
        self._lock = threading.Lock()
        authority = trustme.CA()
        self.ca_file = folder / "proxy-ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        self._server = _QuietServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        # The handshake belongs to the thread of the connection, not to the one that accepts.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def taken(self) -> list[Request]:
        """Return what has passed since the last call."""
        with self._lock:
            taken, self.requests = self.requests, []
        return taken

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        own = f"https://{self.host}"
        sent = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in _HEADERS_OF_THE_CONNECTION}
        outgoing = sent.replace(own, self._behind).replace(quote(own, ""), quote(self._behind, ""))  # JSON, then a form
        try:
            answer = requests.request(
                handler.command,
                self._behind + handler.path,
                data=outgoing.encode(),
                headers=headers,
                verify=self._behind_ca,
                allow_redirects=False,
                timeout=60,
            )
        except requests.ConnectionError:  # a fault dropped the connection: so does the proxy
            answer = None
        address = urlsplit(handler.path)
        passed = Request(
            handler.command,
            address.path,
            dict(parse_qsl(address.query, keep_blank_values=True)),
            _decoded(sent, handler.headers.get("Content-Type") or ""),
            answer.status_code if answer is not None else 0,
            handler.headers.get("User-Agent") or "",
        )
        with self._lock:
            self.requests.append(passed)
        if answer is None:
            handler.close_connection = True
            return
        body = self.rewrite(answer.text.replace(self._behind, own)).encode()
        handler.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in (*_HEADERS_OF_THE_CONNECTION, "content-encoding"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                proxy._pass_on(self)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """Be silent."""

        return Handler


def _decoded(text: str, content_type: str) -> Any:
    if not text:
        return None
    return json.loads(text) if "json" in content_type else dict(parse_qsl(text))
