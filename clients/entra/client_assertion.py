"""Client assertions: what an application that has a certificate shows in place of a secret, signed with its key.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials . Made here and not by azure-identity,
because that wants the private key, and a vault signs for whoever may have it sign.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

LIFETIME_SECONDS = 600
"""How long an assertion is valid: "5-10 minutes after `nbf` at most", says the page."""


def client_assertion(client_id: str, token_endpoint: str, certificate: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Return a new assertion, a JSON Web Token signed by PS256.

    Args:
        client_id: the application.
        token_endpoint: where it is shown: `LOGIN/TENANT/oauth2/v2.0/token`.
        certificate: DER; Entra finds it by its SHA-256.
        sign: signs a SHA-256 digest by RSASSA-PSS.
    """
    now = int(time.time())
    header = {"alg": "PS256", "typ": "JWT", "x5t#S256": _encoded(hashlib.sha256(certificate).digest())}
    claims = {
        "aud": token_endpoint,
        "iss": client_id,
        "sub": client_id,
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
    }
    signed = f"{_json(header)}.{_json(claims)}"
    return f"{signed}.{_encoded(sign(hashlib.sha256(signed.encode()).digest()))}"


def _json(values: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(values, separators=(",", ":")).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
