"""Certificates in a stack file: the public part, here or in a file; a private key is refused and shown nowhere."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from settings.certificates import public_certificate
from settings.loading import SettingsError, load
from tests.support.certificates import make_certificate, self_signed

CERTIFICATE, KEY = (text.decode() for text in make_certificate())


def loaded(folder: Path, *entries: dict[str, Any], **more: Any) -> Any:
    integration = {
        "displayName": "Robots",
        "roles": ["API.ReadWrite.All"],
        "environments": ["production"],
        "credentials": {"certificates": list(entries)},
        **more,
    }
    values = {"environments": {"production": {"name": "Production"}}, "integrations": {"robots": integration}}
    return load(values, presets=Path("presets"), stack_file=folder / "Pulumi.x.yaml").integrations[0].credentials


def refusal(folder: Path, *entries: dict[str, Any], **more: Any) -> str:
    with pytest.raises(SettingsError) as refused:
        loaded(folder, *entries, **more)
    return str(refused.value)


def test_a_certificate_is_read_from_the_stack_file_or_from_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "robots.pem").write_text(f"Robots of hall 3\r\n{CERTIFICATE}".replace("\n", "\r\n"))
    (from_file,) = loaded(tmp_path, {"file": "robots.pem"}).certificates
    (from_text,) = loaded(tmp_path, {"pem": CERTIFICATE}).certificates
    assert from_file.public == from_text.public
    parsed = x509.load_pem_x509_certificate(CERTIFICATE.encode())
    assert from_file.public.pem == CERTIFICATE
    assert from_file.public.thumbprint == parsed.fingerprint(hashes.SHA1()).hex().upper()
    assert from_file.public.ends == f"{parsed.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    "text",
    [KEY, CERTIFICATE + KEY, KEY.replace("PRIVATE", "ENCRYPTED PRIVATE")],
    ids=["alone", "beside its certificate", "encrypted"],
)
def test_a_private_key_is_refused_and_quoted_nowhere(tmp_path: Path, text: str) -> None:
    (tmp_path / "robots.pem").write_text(text)
    for entry in ({"pem": text}, {"file": "robots.pem"}):
        said = refusal(tmp_path, entry)
        assert "holds a private key" in said
        quoted = [line for line in text.splitlines() if len(line) > 30 and "-----" not in line and line in said]
        assert len(quoted) == 0


def test_a_certificate_whose_kind_of_key_nobody_knows_is_refused(tmp_path: Path) -> None:
    der = x509.load_pem_x509_certificate(CERTIFICATE.encode()).public_bytes(Encoding.DER)
    rsa_encryption = bytes.fromhex("2a864886f70d010101")  # the object identifier 1.2.840.113549.1.1.1
    assert der.count(rsa_encryption) == 1
    unknown = base64.encodebytes(der.replace(rsa_encryption, rsa_encryption[:-1] + b"\x63")).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{unknown}-----END CERTIFICATE-----\n"
    assert "has a key that Entra cannot use for sign-in" in refusal(tmp_path, {"pem": pem})


def test_what_is_no_certificate_for_a_sign_in_is_refused(tmp_path: Path) -> None:
    (tmp_path / "robots.der").write_bytes(
        x509.load_pem_x509_certificate(CERTIFICATE.encode()).public_bytes(Encoding.DER)
    )
    assert "must have either file or pem" in refusal(tmp_path, {})
    assert "must have either file or pem" in refusal(tmp_path, {"file": "a", "pem": CERTIFICATE})
    assert "nowhere.pem: No such file" in refusal(tmp_path, {"file": "nowhere.pem"})
    assert "is binary" in refusal(tmp_path, {"file": "robots.der"})
    assert "has 0 certificates" in refusal(tmp_path, {"pem": "hello"})
    assert "has 2 certificates" in refusal(tmp_path, {"pem": CERTIFICATE + make_certificate()[0].decode()})
    garbled = CERTIFICATE.replace("MII", "AAA", 1)
    assert "is not a certificate that can be read" in refusal(tmp_path, {"pem": garbled})
    assert "is there already" in refusal(tmp_path, {"pem": CERTIFICATE}, {"pem": CERTIFICATE})
    assert "people sign in here" in refusal(
        tmp_path,
        {"pem": CERTIFICATE},
        roles=[],
        delegatedScopes=["user_impersonation"],
        fallbackPublicClient=True,
    )


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256R1())], ids=["short", "EC"]
)
def test_a_key_that_entra_cannot_use_is_refused(key: Any) -> None:
    with pytest.raises(ValueError, match="RSA with 2048 bits at least"):
        public_certificate(self_signed(key).public_bytes(Encoding.PEM).decode())
