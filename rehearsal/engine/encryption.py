"""The passphrase secrets manager of the CLI (contracts/engine.md 4.2, measured by decrypting a real state)."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from rehearsal.engine.errors import EngineError
from rehearsal.engine.values import SECRET, SIGNATURE, Secret

_ITERATIONS = 1_000_000  # the CLI's; about 0.3 s, so derive once per run
_CANARY = "pulumi"  # the word that the salt record encrypts, to tell a wrong passphrase


class IncorrectPassphrase(EngineError):
    """The passphrase does not open this stack."""

    def __init__(self) -> None:
        # the CLI's own words (contracts/pulumi-measured.md, Extra)
        super().__init__("getting stack configuration: get stack secrets manager: incorrect passphrase")


def passphrase_from(environment: Mapping[str, str]) -> str:
    """Return the passphrase that PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE gives; empty is one, too.

    Raises:
        EngineError: neither is set, or the file cannot be read.
    """
    if "PULUMI_CONFIG_PASSPHRASE" in environment:
        return environment["PULUMI_CONFIG_PASSPHRASE"]
    if file := environment.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise EngineError(f"unable to read PULUMI_CONFIG_PASSPHRASE_FILE: {problem}") from None
    raise EngineError(
        "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables"
    )


class PassphraseCrypter:
    """Encrypts and decrypts with the key of one stack.

    Attributes:
        salt: the record that stack file (`encryptionsalt`) and state carry: `v1:<8 bytes>:<the encrypted word pulumi>`.
    """

    def __init__(self, passphrase: str, salt: str | None = None) -> None:
        """Derive the key, with a new salt where none is given.

        Raises:
            EngineError: the salt record is not one.
            IncorrectPassphrase: the salt belongs to another passphrase.
        """
        if salt is None:
            self._key = _derive(passphrase, raw := os.urandom(8))
            self.salt = f"v1:{base64.b64encode(raw).decode()}:{self.encrypt(_CANARY)}"
            return
        version, _, rest = salt.partition(":")
        encoded, _, canary = rest.partition(":")
        if version != "v1" or not canary:
            raise EngineError("the stack's encryptionsalt is malformed: it should read v1:<salt>:<encrypted word>")
        self._key = _derive(passphrase, base64.b64decode(encoded))
        self.salt = salt
        if self.decrypt(canary) != _CANARY:
            raise IncorrectPassphrase

    def encrypt(self, plaintext: str) -> str:
        """Return `v1:<12-byte nonce>:<AES-256-GCM>`, both in base64."""
        nonce = os.urandom(12)
        sealed = AESGCM(self._key).encrypt(nonce, plaintext.encode(), None)
        return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"

    def decrypt(self, ciphertext: str) -> str:
        """Open what `encrypt` or the CLI sealed.

        Raises:
            IncorrectPassphrase: another key sealed it.
        """
        version, nonce, sealed = [*ciphertext.split(":"), "", ""][:3]
        if version != "v1" or not sealed:
            raise EngineError("a ciphertext of the stack is malformed: it should read v1:<nonce>:<ciphertext>")
        try:
            return AESGCM(self._key).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None).decode()
        except InvalidTag:
            raise IncorrectPassphrase from None


def _derive(passphrase: str, salt: bytes) -> bytes:
    return PBKDF2HMAC(SHA256(), length=32, salt=salt, iterations=_ITERATIONS).derive(passphrase.encode())


class SecretCodec:
    """Turns secrets into the state's `{signature, ciphertext}` and back.

    An unchanged secret keeps its ciphertext: a state file that is rewritten after every step would otherwise differ in
    every line that holds one. The memory is per place, so that equal secrets do not look equal in the file.
    """

    def __init__(self, crypter: PassphraseCrypter) -> None:
        self.crypter = crypter
        self._known: dict[tuple[str, str], str] = {}  # (place, JSON of the value) -> ciphertext

    def encode(self, value: Any, place: str) -> Any:
        """Return the JSON for the state; `place` is any name that stays the same from write to write."""
        if isinstance(value, Secret):
            known = (place, _text(value.value))
            if known not in self._known:
                self._known[known] = self.crypter.encrypt(known[1])
            return {SIGNATURE: SECRET, "ciphertext": self._known[known]}
        return _each(value, place, self.encode)

    def decode(self, value: Any, place: str) -> Any:
        """Return the value that `encode` made this JSON from.

        Raises:
            EngineError: it holds a special value that the local engine does not know.
            IncorrectPassphrase: it was sealed with another key.
        """
        if not isinstance(value, dict) or SIGNATURE not in value:
            return _each(value, place, self.decode)
        if value[SIGNATURE] != SECRET or "ciphertext" not in value:
            raise EngineError(f"the state holds an asset, archive or resource reference at {place}")
        secret = Secret(json.loads(self.crypter.decrypt(value["ciphertext"])))
        self._known[place, _text(secret.value)] = value["ciphertext"]
        return secret


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _each(value: Any, place: str, convert: Callable[[Any, str], Any]) -> Any:
    """Convert the parts of a value, each in its own place."""
    if isinstance(value, dict):
        return {key: convert(item, f"{place}.{key}") for key, item in value.items()}
    return [convert(item, f"{place}[{n}]") for n, item in enumerate(value)] if isinstance(value, list) else value
