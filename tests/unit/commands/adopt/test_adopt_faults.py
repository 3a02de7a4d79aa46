"""What is wrong with an application, and why one cannot be taken over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.adopt.faults import faults, obstacle
from commands.adopt.found import Found
from tests.support.found import APP, CLIENT_ID, MICROSOFTS, NOW, foreign, own, registered, secret


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (own(secrets=[secret("Shop", "2126-11-06T00:00:00Z")]), "secret 'Shop' is valid until 2126-11-06"),
        (own(secrets=[secret("Shop", "2026-11-29T23:59:59.1234567Z")]), "secret 'Shop' ended 2026-11-29"),
        (own(secrets=[secret("Shop", "")]), "secret 'Shop' never ends"),
        (own(secrets=[secret("Migration - %1")]), "has a name in which %1 was never filled in"),
        (own(owners={}), "nobody owns it"),
        (own(shares_name_with=["x", "y"]), "it shares its name with x, y"),
        (
            own(registrations={"production": registered(("SUPER", "", APP), ("D365 BUS FULL ACCESS", "CRONUS DK", APP))}),
            "allow nearly everything: D365 BUS FULL ACCESS in CRONUS DK, SUPER in all companies",
        ),
        (own(registrations={"production": registered(user_state="Disabled")}), "enabled, and its user is Disabled"),
        (own(roles=()), "it is enabled in production and was granted nothing on Business Central"),
        (own(registrations={}), "and is registered in none of these environments"),
        (own(enabled=False), "its service principal is disabled"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(found: Found, said: str) -> None:
    assert len([each for each in faults(found, NOW) if said in each]) == 1, faults(found, NOW)


def test_nothing_is_wrong_with_what_this_project_would_make() -> None:
    assert faults(own(secrets=[secret()]), NOW) == ()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (own(tags=frozenset({"entra-business-central:prod:shop"})), "stack prod has it already"),
        (MICROSOFTS, "it is Microsoft's own"),
        (foreign(publisher=""), "its publisher is not verified"),
        (replace(foreign(), principal=None), "this tenant has no service principal of it"),
        (own(audience="AzureADandPersonalMicrosoftAccount"), "its audience is AzureADandPersonalMicrosoftAccount"),
        (own(roles=["Dropped.Role"]), "it holds Dropped.Role, which a stack file cannot say"),
        (own(roles=()), "it was granted nothing on Business Central"),
        (own(registrations={}), "it has no user in any of these environments"),
        (own(registrations={"production": registered(user_state="", user_id=None)}), "it has no user in any"),
        (own(roles=(), scopes=["user_impersonation"]), "people sign in to it, with a secret of its own"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_says_why(found: Found, said: str) -> None:
    assert obstacle(found, NOW).startswith(said)


def test_the_caller_and_what_the_file_names_are_not_taken_over() -> None:
    assert obstacle(own(), replace(NOW, caller=CLIENT_ID)).startswith("it is who runs this")
    assert obstacle(foreign(), replace(NOW, declared={CLIENT_ID})) == "the stack file names it already"
    assert obstacle(own(), NOW) == obstacle(foreign(), NOW) == ""
