"""The identity endpoint of an Azure App Service: gives tokens of a managed identity to what runs there.

https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.outside_issuer import OutsideIssuer

_HEADER = "of-this-machine"


@contextmanager
def app_service(issuer: OutsideIssuer, principal_id: str) -> Iterator[dict[str, str]]:
    """Run one on loopback; yields the variables that a program there has.

    Args:
        issuer: signs as the tenant does.
        principal_id: object id of the managed identity.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            if self.headers["X-IDENTITY-HEADER"] != _HEADER or asked["api-version"] != ["2019-08-01"]:
                self.send_error(400)
                return
            (resource,) = asked["resource"]
            tenant_id = urlsplit(issuer.url).path.split("/")[1]
            token = issuer.token(principal_id, aud=resource, oid=principal_id, tid=tenant_id)
            said = {"access_token": token, "expires_on": str(int(time.time()) + 600), "resource": resource}
            body = json.dumps({**said, "token_type": "Bearer"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"IDENTITY_ENDPOINT": f"http://127.0.0.1:{server.server_port}/token", "IDENTITY_HEADER": _HEADER}
        server.shutdown()
