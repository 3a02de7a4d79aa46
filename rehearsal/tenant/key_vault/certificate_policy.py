"""The policy of a certificate, as a request gives it, and what is made by it: key, request for signing, certificate.

What a request leaves out has Key Vault's defaults, among them that a self-signed certificate renews itself:
https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#certificate-policy
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rehearsal.tenant.key_vault.errors import refusal

PKCS12, PEM = "application/x-pkcs12", "application/x-pem-file"
_KEY_SIZES = (2048, 3072, 4096)
_SERVER_AND_CLIENT = ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2")
_USAGES = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
}
_BACKDATED = timedelta(minutes=10)  # as in recordings of Microsoft's libraries


@dataclass(frozen=True)
class Policy:
    """How a certificate is made.

    Attributes:
        exportable: whether the private key may leave the vault, with the secret of the certificate.
        renewed_at: at which percentage of its life it renews itself, None for never.
    """

    subject: str
    key_size: int
    exportable: bool
    reuse_key: bool
    content_type: str
    months: int
    key_usage: tuple[str, ...]
    ekus: tuple[str, ...]
    actions: tuple[tuple[str, Mapping[str, Any]], ...]

    @property
    def renewed_at(self) -> int | None:
        """At which percentage of its life it renews itself, None for never."""
        return next((int(when["lifetime_percentage"]) for action, when in self.actions if action == "AutoRenew"), None)

    @property
    def key_ops(self) -> list[str]:
        """What its key may be used for."""
        encipherment = ["wrapKey", "unwrapKey", "encrypt", "decrypt"] if "keyEncipherment" in self.key_usage else []
        return [*(["sign", "verify"] if "digitalSignature" in self.key_usage else []), *encipherment]

    def shown(self, certificate: str) -> dict[str, Any]:
        """Return it as Key Vault does, as that of a certificate with this id."""
        return {
            "id": f"{certificate}/policy",
            "key_props": {
                "exportable": self.exportable,
                "kty": "RSA",
                "key_size": self.key_size,
                "reuse_key": self.reuse_key,
            },
            "secret_props": {"contentType": self.content_type},
            "x509_props": {
                "subject": self.subject,
                "sans": {},
                "ekus": list(self.ekus),
                "key_usage": list(self.key_usage),
                "validity_months": self.months,
                "basic_constraints": {"ca": False},
            },
            "lifetime_actions": [
                {"trigger": dict(when), "action": {"action_type": action}} for action, when in self.actions
            ],
            "issuer": {"name": "Self"},
            "attributes": {"enabled": True},
        }


def read_policy(given: Any) -> Policy:
    """Read a policy; what it leaves out has Key Vault's default."""
    policy = _mapping(given, "policy")
    key, x509_props = (_mapping(policy.get(each) or {}, each) for each in ("key_props", "x509_props"))
    issuer = str(_mapping(policy.get("issuer") or {}, "issuer").get("name") or "")
    if issuer != "Self":
        raise refusal("unsupported", f"issuer of certificates {issuer!r}")
    if str(key.get("kty") or "RSA") != "RSA":
        raise refusal("unsupported", f"certificates with a key of the type {key['kty']}")
    size, months = key.get("key_size") or _KEY_SIZES[0], x509_props.get("validity_months")
    months = 12 if months is None else months
    if not isinstance(size, int) or size not in _KEY_SIZES:
        raise refusal("bad_policy", f"key_size {size}")
    if not isinstance(months, int) or not 0 < months <= 1200:
        raise refusal("bad_policy", f"validity_months {months}")
    subject = x509_props.get("subject")
    if not isinstance(subject, str):
        raise refusal("bad_policy", "no subject")
    _name(subject)
    usage = _texts(x509_props.get("key_usage"), "key_usage") or ("digitalSignature", "keyEncipherment")
    if not set(usage) <= _USAGES.keys():
        raise refusal("bad_policy", "key_usage")
    ekus = _texts(x509_props.get("ekus"), "ekus")
    for each in ekus or ():
        _object_identifier(each)
    content_type = _mapping(policy.get("secret_props") or {}, "secret_props").get("contentType") or PKCS12
    if content_type not in (PKCS12, PEM):
        raise refusal("bad_policy", f"contentType {content_type}")
    return Policy(
        subject,
        size,
        key.get("exportable") is not False,
        key.get("reuse_key") is True,
        content_type,
        months,
        usage,
        _SERVER_AND_CLIENT if ekus is None else ekus,
        tuple(_actions(policy.get("lifetime_actions"))) or (("AutoRenew", {"lifetime_percentage": 80}),),
    )


def _actions(given: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """Read what happens before a certificate ends; without any, Key Vault renews a self-signed one."""
    if not isinstance(given or [], list):
        raise refusal("bad_property", "lifetime_actions")
    found = []
    for each in given or ():
        parts = _mapping(each, "lifetime_actions")
        action, trigger = (_mapping(parts.get(key) or {}, "lifetime_actions") for key in ("action", "trigger"))
        kind, percentage = action.get("action_type"), trigger.get("lifetime_percentage")
        if kind not in ("AutoRenew", "EmailContacts") or not isinstance(percentage, int) or not 0 < percentage < 100:
            raise refusal("unsupported", f"lifetime action {kind} at {dict(trigger)}")
        found.append((str(kind), trigger))
    return found


def new_key(policy: Policy) -> bytes:
    """Make a private key, PKCS #8."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=policy.key_size)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def signing_request(policy: Policy, key: RSAPrivateKey) -> bytes:
    """Return the request for a certificate, DER."""
    built = x509.CertificateSigningRequestBuilder().subject_name(_name(policy.subject)).sign(key, hashes.SHA256())
    return built.public_bytes(Encoding.DER)


def self_signed(policy: Policy, key: RSAPrivateKey, now: datetime) -> bytes:
    """Return a certificate of a key, DER, made at this moment."""
    usages = {name: usage in policy.key_usage for usage, name in _USAGES.items()}
    public, subject = key.public_key(), _name(policy.subject)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(_months_later(now, policy.months))
        .add_extension(x509.KeyUsage(**usages, encipher_only=False, decipher_only=False), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    if policy.ekus:
        known = x509.ExtendedKeyUsage([_object_identifier(each) for each in policy.ekus])
        built = built.add_extension(known, critical=False)
    return built.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _months_later(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def _name(subject: str) -> x509.Name:
    kind, _, value = subject.partition("=")
    try:
        return x509.Name.from_rfc4514_string(f"{kind.strip().upper()}={value}")
    except ValueError:
        raise refusal("bad_policy", f"subject {subject}") from None


def _object_identifier(text: str) -> x509.ObjectIdentifier:
    try:
        return x509.ObjectIdentifier(text)
    except ValueError:
        raise refusal("bad_policy", f"ekus {text}") from None


def _texts(given: Any, name: str) -> tuple[str, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise refusal("bad_policy", name)
    return tuple(given)


def _mapping(given: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise refusal("bad_property", name)
    return given
