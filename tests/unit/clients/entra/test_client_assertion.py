"""A client assertion, as Entra documents it and as a library of others reads it."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import cast

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from clients.entra.client_assertion import client_assertion
from tests.support.certificates import make_certificate

ENDPOINT = "https://login.example/tenant/oauth2/v2.0/token"


def test_an_assertion_is_signed_by_ps256_and_names_its_certificate_by_sha256() -> None:
    pem, private = make_certificate()
    certificate = x509.load_pem_x509_certificate(pem)
    key = cast("RSAPrivateKey", serialization.load_pem_private_key(private, None))
    der = certificate.public_bytes(Encoding.DER)

    def sign(digest: bytes) -> bytes:
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        return key.sign(digest, pss, Prehashed(hashes.SHA256()))

    first, second = (client_assertion("c11e47", ENDPOINT, der, sign) for _ in range(2))
    header = jwt.get_unverified_header(first)
    named = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    assert header == {"alg": "PS256", "typ": "JWT", "x5t#S256": named}
    claims = jwt.decode(first, key.public_key(), algorithms=["PS256"], audience=ENDPOINT)
    assert (claims["iss"], claims["sub"]) == ("c11e47", "c11e47")
    assert claims["nbf"] <= time.time() < claims["exp"] <= claims["nbf"] + 600
    again = jwt.decode(second, key.public_key(), algorithms=["PS256"], audience=ENDPOINT)
    assert claims["jti"] != again["jti"], "Entra takes each once"
