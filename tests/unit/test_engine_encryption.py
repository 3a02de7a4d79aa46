"""Secrets at rest, in the CLI's own format."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from rehearsal.engine.encryption import IncorrectPassphrase, PassphraseCrypter, SecretCodec, passphrase_from
from rehearsal.engine.errors import EngineError
from rehearsal.engine.values import SECRET, SIGNATURE, Secret
from tests.support.engine import REAL_SALT, crypter


def test_the_passphrase_opens_a_salt_that_the_real_cli_wrote() -> None:
    assert PassphraseCrypter("x", REAL_SALT).salt == REAL_SALT


def test_another_passphrase_is_refused_in_the_clis_words() -> None:
    with pytest.raises(IncorrectPassphrase, match="incorrect passphrase"):
        PassphraseCrypter("y", REAL_SALT)


def test_a_new_salt_opens_with_its_passphrase_only() -> None:
    made = PassphraseCrypter("one")
    assert PassphraseCrypter("one", made.salt).decrypt(made.encrypt("a text")) == "a text"
    with pytest.raises(IncorrectPassphrase):
        PassphraseCrypter("two", made.salt)


def test_a_ciphertext_is_version_nonce_and_sealed_text_and_differs_each_time() -> None:
    one, other = crypter().encrypt("text"), crypter().encrypt("text")
    version, nonce, sealed = one.split(":")
    assert (version, len(base64.b64decode(nonce)), len(base64.b64decode(sealed))) == ("v1", 12, len("text") + 16)
    assert one != other


@pytest.mark.parametrize("salt", ["", "v2:a:b", "nonsense"])
def test_a_malformed_salt_is_said(salt: str) -> None:
    with pytest.raises(EngineError, match="encryptionsalt is malformed"):
        PassphraseCrypter("x", salt)


def test_a_tampered_ciphertext_does_not_open() -> None:
    sealed = crypter().encrypt("text")
    with pytest.raises(IncorrectPassphrase):
        crypter().decrypt(sealed[:-4] + "AAA=")


def test_secrets_survive_the_way_to_the_file_and_back() -> None:
    value = {"plain": 1, "secret": Secret("Ærø"), "deep": [{"inner": Secret({"a": [1, None]})}]}
    codec = SecretCodec(crypter())
    stored = json.loads(json.dumps(codec.encode(value, "here")))
    assert set(stored["secret"]) == {SIGNATURE, "ciphertext"}
    assert stored["secret"][SIGNATURE] == SECRET
    assert "Ærø" not in json.dumps(stored, ensure_ascii=False)
    assert SecretCodec(crypter()).decode(stored, "here") == value


def test_an_unchanged_secret_keeps_its_ciphertext_and_a_changed_one_does_not() -> None:
    stored = SecretCodec(crypter()).encode({"a": Secret("one"), "b": Secret("two")}, "here")
    codec = SecretCodec(crypter())
    codec.decode(stored, "here")
    again = codec.encode({"a": Secret("one"), "b": Secret("three")}, "here")
    assert again["a"] == stored["a"]
    assert again["b"] != stored["b"]


def test_equal_secrets_do_not_look_equal() -> None:
    stored = SecretCodec(crypter()).encode({"a": Secret("same"), "b": Secret("same")}, "here")
    assert stored["a"]["ciphertext"] != stored["b"]["ciphertext"]


def test_the_passphrase_comes_from_the_variable_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("of the file\n")
    both = {"PULUMI_CONFIG_PASSPHRASE": "", "PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}
    assert passphrase_from(both) == ""
    assert passphrase_from({"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}) == "of the file"
    with pytest.raises(EngineError, match="PULUMI_CONFIG_PASSPHRASE"):
        passphrase_from({})
