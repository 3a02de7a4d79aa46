"""What is said about Business Central's refusals: each sentence names who can act, and where."""

from __future__ import annotations

import pytest

from clients.business_central import errors
from clients.business_central.environment import COMPANION_ROUTE
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
    assert errors.with_remedy(problem, "Production", "route").remedy == errors.format_remedy(
        sentence, "Production", "route"
    )
