"""What is said about Business Central's refusals: each sentence names who can act, and where."""

from __future__ import annotations

import pytest

from clients.business_central import errors
from clients.business_central.routes import COMPANION_ROUTE
from clients.business_central.servers import Server
from clients.http.errors import ServiceError, error_for

ENTRA_APPLICATIONS = "https://businesscentral.dynamics.com/Production?page=9860"


@pytest.mark.parametrize(
    ("sentence", "who", "address"),
    [
        (
            errors.INSTALL_COMPANION,
            "a user with the permission set EXTEN. MGT. - ADMIN (or SUPER) installs it",
            "https://businesscentral.dynamics.com/Production?page=2500",
        ),
        (errors.REGISTER_CALLER, "an administrator with SUPER adds it", ENTRA_APPLICATIONS),
        (errors.GRANT_CALLER_ROLES, "a Privileged Role Administrator grants them", "az ad app permission add --id"),
        (errors.ASSIGN_SECURITY, "an administrator with SUPER assigns it", ENTRA_APPLICATIONS),
        (
            errors.SIGN_IN_FULL_USER,
            "sign in to environment Production once",
            "https://businesscentral.dynamics.com/Pro",
        ),
        (errors.ASSIGN_BASIC_SETS, "an administrator with SUPER assigns it", ENTRA_APPLICATIONS),
        (errors.ASSIGN_EBC_REGISTRATION, "an administrator with SUPER assigns it", ENTRA_APPLICATIONS),
        (errors.ASSIGN_SAME_SETS_TO_CALLER, "an administrator with SUPER assigns", ENTRA_APPLICATIONS),
    ],
)
def test_each_sentence_names_who_can_act_and_where(sentence: str, who: str, address: str) -> None:
    said = errors.format_remedy(sentence, "Production", COMPANION_ROUTE)
    assert who in said
    assert address in said
    assert "{" not in said


SERVER = Server("https://bc.example:7048/BC?tenant=default", "api://bc.example/.default")
REMEDIES = {each.remedy for each in errors.KNOWN_ANSWERS} | {
    value for name, value in vars(errors).items() if name.isupper() and isinstance(value, str) and name[0] != "_"
}


@pytest.mark.parametrize("sentence", sorted(REMEDIES))
def test_no_sentence_about_a_server_names_a_place_that_only_online_has(sentence: str) -> None:
    said = errors.format_remedy(sentence, "Local", COMPANION_ROUTE, SERVER)
    assert "businesscentral.dynamics.com" not in said
    assert "admin center" not in said.lower()
    assert "{" not in said
    online = errors.format_remedy(sentence, "Local", COMPANION_ROUTE)
    if "businesscentral.dynamics.com" in online or "admin center" in online:
        assert "https://bc.example:7048/BC" in said, "it names the server instead"
        assert "tenant=default" not in said


def test_a_refused_token_of_a_server_is_about_its_setting_and_the_key() -> None:
    for sentence in (errors.REGISTER_CALLER, errors.GRANT_CALLER_ROLES):
        said = errors.format_remedy(sentence, "Local", COMPANION_ROUTE, SERVER)
        assert "The tokens are for api://bc.example: the setting ValidAudiences of the server" in said
        assert "`scope` of the environment" in said
    online_audience = errors.format_remedy(errors.REGISTER_CALLER, "Local", "", Server("https://bc.example/BC"))
    assert "The tokens are for https://api.businesscentral.dynamics.com: the setting" in online_audience


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails_is_looked_at_where_it_is(status: int) -> None:
    problem = error_for(status)("do it", service="Business Central", status=status, code="", message="")
    assert isinstance(problem, ServiceError)
    assert errors.add_environment_remedy(problem, "Local", "", SERVER).remedy == (
        "Look at the server instance at https://bc.example:7048/BC, then run the same command again."
    )


PREVENTED = "Sorry, the current permissions prevented the action. ({})"


@pytest.mark.parametrize(
    ("status", "code", "message", "sentence"),
    [
        (
            401,
            "Authentication_InvalidCredentials",
            "The server has rejected the client credentials.",
            errors.REGISTER_CALLER,
        ),
        (
            401,
            "Authentication_InvalidCredentials",
            "Web service call failed because user could not be authenticated or authorized.",
            errors.GRANT_CALLER_ROLES,
        ),
        (
            403,
            "Internal_ServerError",
            PREVENTED.format("Page 88450 EBC Entra Applications API Execute: Entra Business Central Registration"),
            errors.ASSIGN_EBC_REGISTRATION,
        ),
        (
            403,
            "Internal_ServerError",
            PREVENTED.format("TableData 9012 AAD Application Read: Base Application"),
            errors.ASSIGN_BASIC_SETS,
        ),
        # Its sets are for another company than the one that everything is asked through.
        (403, "Internal_ServerError", "User has no permission to company 'CRONUS DK'.", errors.ASSIGN_BASIC_SETS),
    ],
)
def test_answers_that_share_a_code_are_told_apart_by_their_text(
    status: int, code: str, message: str, sentence: str
) -> None:
    problem = error_for(status)("do it", service="Business Central", status=status, code=code, message=message)
    assert isinstance(problem, ServiceError)
    assert errors.add_environment_remedy(problem, "Production", "route").remedy == errors.format_remedy(
        sentence, "Production", "route"
    )
