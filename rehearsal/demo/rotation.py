"""The tour's rotation: a second date, both secrets work, and then the first is removed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from rehearsal.demo.declaration import INTEGRATION, Declaration
from rehearsal.demo.errors import ClaimFailed
from rehearsal.demo.outside_system import OutsideSystem
from rehearsal.demo.pulumi_runner import PulumiRunner
from rehearsal.ready_file import ReadyFile

_OVERLAP = 14  # days; overlapDays of a stack file that says nothing of it
_CHANGED = 3  # exit code of rotate

Claim = Callable[[bool, str, str], None]
"""Takes whether something holds, what is then said, and what is said where it does not."""


def rotate_once(
    declared: Declaration, runner: PulumiRunner, ready: ReadyFile, client_id: str, first: str, claim: Claim
) -> str:
    """Rotate the secret, and return the second one.

    Args:
        declared: what the stack file says.
        runner: runs the commands.
        ready: the tenant.
        client_id: of the application.
        first: the secret that is in use.
        claim: claims something.

    Raises:
        ClaimFailed: something claimed does not hold.
    """
    due = declared.issued + timedelta(days=declared.lifetime_days - 2 * _OVERLAP)
    found = runner.rotate(due, expected=_CHANGED)
    claim(
        found["add"] == due.isoformat() and not found["remove"],
        f"on {due}, when the secret lives for {2 * _OVERLAP} days more, that date is added",
        f"rotate adds {found['add']} and removes {found['remove']} on {due}.",
    )
    runner.run("up", "--yes", "--skip-preview")
    second = str(runner.outputs()["integrations"][INTEGRATION]["clientSecret"])
    claim(
        second != first and _works(ready, client_id, first) and _works(ready, client_id, second),
        "a second secret is handed over, and both work",
        "There are not two secrets that work.",
    )
    overlapped = declared.issued + timedelta(days=_OVERLAP + 1)
    found = runner.rotate(overlapped, expected=_CHANGED)
    claim(
        found["remove"] == [declared.issued.isoformat()],
        f"once the second has been out for {_OVERLAP} days, by Entra's word, the first date is removed",
        f"rotate removes {found['remove']} on {overlapped}.",
    )
    runner.run("up", "--yes", "--skip-preview")
    claim(
        _works(ready, client_id, second) and not _works(ready, client_id, first),
        "the second works, and the first does not any more",
        "Not the second secret alone works.",
    )
    return second


def _works(ready: ReadyFile, client_id: str, secret: str) -> bool:
    try:
        OutsideSystem(ready, client_id, secret).token()
    except ClaimFailed:
        return False
    return True
