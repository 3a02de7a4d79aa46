"""Another platform that issues tokens, as GitHub Actions does; the tenant knows its keys from the control port."""

from __future__ import annotations

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.tenant import Tenant

AUDIENCE = "api://AzureADTokenExchange"
GITHUB = "https://token.actions.githubusercontent.com"


class OutsideIssuer:
    """An issuer with one key; until it is `known` to a tenant, its keys are out of reach there."""

    def __init__(self, url: str = GITHUB) -> None:
        self.url = url
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def known(self, tenant: Tenant) -> OutsideIssuer:
        """Give its keys to a tenant."""
        algorithm = jwt.get_algorithm_by_name("RS256")
        key = algorithm.to_jwk(self._key.public_key(), as_dict=True)
        keys = [{**key, "kid": "outside", "use": "sig", "alg": "RS256"}]
        tenant.control("POST", "/issuers", {"issuer": self.url, "keys": keys})
        return self

    def token(self, subject: str, *, kid: str = "outside", **claims: Any) -> str:
        """Issue a token, for Entra's audience and ten minutes where the claims say nothing else."""
        now = int(time.time())
        said = {"iss": self.url, "sub": subject, "aud": AUDIENCE, "nbf": now, "exp": now + 600, **claims}
        return jwt.encode(said, self._key, algorithm="RS256", headers={"kid": kid})
