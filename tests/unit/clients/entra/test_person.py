"""A person who signs in to Business Central: who it has to be, and what to do where it fails."""

from __future__ import annotations

from ssl import SSLCertVerificationError
from typing import Any, NamedTuple

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError

from clients.entra.caller import Caller
from clients.entra.cloud import PUBLIC
from clients.entra.person import Person, remedy
from clients.entra.sign_in import business_central_credential
from clients.http.errors import SignInFailed
from clients.http.trust import UntrustedCertificate

CLIENT = "11111111-2222-3333-4444-555555555555"


class Token(NamedTuple):
    token: str
    expires_on: int = 2**31


class Answers:
    """A credential that gives tokens of one object id, and counts."""

    def __init__(self, object_id: str) -> None:
        self.asked = 0
        self._token = jwt.encode({"oid": object_id, "idtyp": "user", "upn": f"{object_id}@example.com"}, "k" * 32)

    def get_token(self, *_scopes: str, **_options: Any) -> Token:
        self.asked += 1
        return Token(self._token)


def caller(object_id: str, user: str) -> Caller:
    return Caller("az", object_id, user, False, frozenset(), None)


def person(monkeypatch: pytest.MonkeyPatch, at_graph: Caller | None, signs_in: Answers) -> tuple[Person, Answers]:
    azure_cli = Answers("by az")
    monkeypatch.setattr(Person, "_interactive", lambda _, __: signs_in)
    return Person("tenant", "client", azure_cli, lambda: at_graph, {}), azure_cli


def test_a_program_that_ran_az_login_signs_in_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    signs_in = Answers("ann")
    credential, azure_cli = person(monkeypatch, caller("robot", ""), signs_in)
    credential.get_token("scope")
    assert (azure_cli.asked, signs_in.asked) == (1, 0)


def test_somebody_else_than_the_person_of_az_login_is_refused_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    signs_in = Answers("bob")
    credential, azure_cli = person(monkeypatch, caller("ann", "ann@example.com"), signs_in)
    for place in ("integrations.shop", "integrations.till"):
        with pytest.raises(
            SignInFailed, match=r"^could not .* bob@example.com signed in, and `az login` was ann@example.com"
        ) as refused:
            credential.get_token("scope")
        refused.value.where = place
    assert (azure_cli.asked, signs_in.asked) == (0, 1)
    same, _ = person(monkeypatch, caller("bob", "bob@example.com"), signs_in)
    assert same.get_token("scope")


def test_what_led_to_a_failure_is_told_at_each_place(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(Answers):
        def get_token(self, *_scopes: str, **_options: Any) -> Token:
            raise ClientAuthenticationError("no token") from UntrustedCertificate(
                "login.example", SSLCertVerificationError()
            )

    credential, _ = person(monkeypatch, caller("ann", "ann@example.com"), Refused("ann"))
    for _ in range(2):
        with pytest.raises(ClientAuthenticationError) as failed:
            credential.get_token("scope")
        assert isinstance(failed.value.__cause__, UntrustedCertificate)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("AADSTS50105: Your administrator has configured", "Users and groups"),
        ("AADSTS53003: Access has been blocked", "without BUSINESS_CENTRAL_DEVICE_CODE"),
        ("AADSTS65001: The user or administrator has not consented", "user_impersonation"),
        ("AADSTS700016: Application with identifier", "Set BUSINESS_CENTRAL_CLIENT_ID to an application"),
        ("AADSTS7000218: The request body must contain", "`fallbackPublicClient: true`"),
        ("Timed out waiting for user to authenticate", "sign in within 5 minutes"),
    ],
)
def test_each_refusal_has_what_to_do(said: str, what: str) -> None:
    assert what in remedy(said)


def test_an_application_is_not_asked_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ARM_CLIENT_ID": CLIENT,
        "ARM_CLIENT_SECRET": "s",
        "BUSINESS_CENTRAL_CLIENT_ID": CLIENT,
    }.items():
        monkeypatch.setenv(name, value)
    own = Answers("robot")
    assert business_central_credential("tenant", PUBLIC, own, lambda: None) is own
    monkeypatch.delenv("ARM_CLIENT_SECRET")
    assert business_central_credential("tenant", PUBLIC, own, lambda: None) is not own
    monkeypatch.delenv("BUSINESS_CENTRAL_CLIENT_ID")
    assert business_central_credential("tenant", PUBLIC, own, lambda: None) is own
