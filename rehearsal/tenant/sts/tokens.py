"""Access tokens: real RS256 JSON Web Tokens, signed with a key made at start."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.utils import base64url_encode

from rehearsal.tenant.messages import Caller
from rehearsal.tenant.sts.validity import signed_claims

ALGORITHM = "RS256"


class InvalidTokenError(Exception):
    """A presented token is not one of ours, or no longer valid; the message is what Microsoft Graph says about it."""


class TokenSigner:
    """Signs access tokens and verifies those that come back."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._key_id = base64url_encode(hashlib.sha256(der).digest()[:20]).decode()

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a signed token with exactly these claims."""
        return jwt.encode(dict(claims), self._key, algorithm=ALGORITHM, headers={"kid": self._key_id})

    def verify(self, authorization: str, now: datetime) -> Caller:
        """Resolve an Authorization header into who is calling; the audience is left to the service to judge.

        Raises:
            InvalidTokenError: there is no bearer token, or it was not signed here, or has expired.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise InvalidTokenError("Access token is empty.")
        try:
            claims = signed_claims(token.strip(), self._key.public_key(), [ALGORITHM])
        except jwt.InvalidSignatureError:
            raise InvalidTokenError("Access token validation failure. Invalid signature.") from None
        except jwt.InvalidTokenError:
            raise InvalidTokenError("CompactToken parsing failed with error code: 80049217") from None
        if now.timestamp() >= claims["exp"]:
            raise InvalidTokenError("Access token has expired.")
        return Caller(
            client_id=claims["appid"],
            object_id=claims["oid"],
            audience=claims["aud"],
            roles=frozenset(claims.get("roles", ())),
            scopes=frozenset(claims.get("scp", "").split()),
            kind="user" if claims["idtyp"] == "user" else "application",
        )

    def key_set(self) -> dict[str, Any]:
        """Return the JSON Web Key Set with the public key."""
        algorithm = jwt.get_algorithm_by_name(ALGORITHM)
        key = algorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": self._key_id, "x5t": self._key_id, "use": "sig"}]}
