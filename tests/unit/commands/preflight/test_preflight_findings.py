"""The kinds of findings that errors become."""

from __future__ import annotations

import pytest

from clients.http.errors import FailedPrecondition, NoResponse, SignInFailed, UserFacingError, error_for
from commands.preflight.findings import finding_from


def answered(status: int, message: str = "") -> UserFacingError:
    return error_for(status)("list", service="Business Central", status=status, message=message)


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (answered(401), "missing"),
        (answered(403), "missing"),
        (answered(404), "missing"),
        (answered(400, "Sorry, the current permissions prevented the action. (TableData 9012 X Read: Y)"), "missing"),
        (answered(400), "refused"),
        (answered(409), "refused"),
        (answered(503), "refused"),
        (SignInFailed("sign in", "AADSTS7000215"), "refused"),
        (NoResponse("list", "no answer"), "refused"),
        (FailedPrecondition("register", "it is already registered there"), "refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{type(value).__name__}: {value}"[:40],
)
def test_a_right_or_a_thing_that_a_service_says_is_not_there_is_missing_and_all_else_is_refused(
    problem: UserFacingError, kind: str
) -> None:
    finding = finding_from("environment Production", problem)
    assert (finding.kind, finding.stops_up) == (kind, True)
