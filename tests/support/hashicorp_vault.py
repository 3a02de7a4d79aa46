"""The part of HashiCorp Vault that keeps the keys of stacks: its transit engine, on loopback.

A stack's secrets are encrypted with a key of its own, which a secrets provider keeps. With a passphrase, each verb of
the CLI hashes it a million times, or two million times where the stack file has no salt yet: a fifth of the processor
that a small stack takes. A vault decrypts the key in one request. What is encrypted, and how, is the same.

https://developer.hashicorp.com/vault/api-docs/secret/transit
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRETS_PROVIDER = "hashivault://stacks"
"""What `pulumi stack init --secrets-provider` takes for it."""
_VERSION = "vault:v1:"


@cache
def hashicorp_vault() -> dict[str, str]:
    """Variables with which the CLI finds the vault of this test process."""
    server = _TransitEngine()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {"VAULT_SERVER_URL": f"http://127.0.0.1:{server.server_port}", "VAULT_SERVER_TOKEN": server.token}


class _TransitEngine(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.token = secrets.token_urlsafe()
        self.key = AESGCM(AESGCM.generate_key(256))


class _Request(BaseHTTPRequestHandler):
    server: _TransitEngine

    def do_PUT(self) -> None:
        """Encrypt or decrypt what the body holds."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("X-Vault-Token") != self.server.token:
            return self._answer(403, {"errors": ["permission denied"]})
        match self.path:
            case "/v1/transit/encrypt/stacks":
                return self._answer(200, {"data": {"ciphertext": self._encrypted(asked["plaintext"])}})
            case "/v1/transit/decrypt/stacks":
                try:
                    return self._answer(200, {"data": {"plaintext": self._decrypted(asked["ciphertext"])}})
                except (ValueError, InvalidTag):
                    return self._answer(400, {"errors": ["invalid ciphertext: unable to decrypt"]})
        return self._answer(404, {"errors": [f"no handler for route {self.path!r}"]})

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - as the base class has it
        """Say nothing."""

    def _encrypted(self, plaintext: str) -> str:
        nonce = secrets.token_bytes(12)
        sealed = nonce + self.server.key.encrypt(nonce, base64.b64decode(plaintext), None)
        return _VERSION + base64.b64encode(sealed).decode()

    def _decrypted(self, ciphertext: str) -> str:
        sealed = base64.b64decode(ciphertext.removeprefix(_VERSION), validate=True)
        return base64.b64encode(self.server.key.decrypt(sealed[:12], sealed[12:], None)).decode()

    def _answer(self, status: int, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
