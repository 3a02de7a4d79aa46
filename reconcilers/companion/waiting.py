"""Waits for what Business Central goes on with after it has answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar, cast

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_delay, wait_random_exponential

from clients.business_central.deployment import Deployment
from clients.http.errors import OperationFailed
from reconcilers.companion.spec import CompanionSpec, Way

T = TypeVar("T")

DEPLOYMENT_SECONDS = 30 * 60
"""How long a deployment may take; no promise is documented. It goes on after that, and so does the next run."""

PROGRESS_SECONDS = 20
"""How often a run says that it still waits."""

_DETAILS: dict[Way, str] = {
    "adminCenter": "the admin center, under Operations of environment {},",
    "automation": "Extension Management, Installation Status, in environment {}",
}
"""Where an administrator sees more of a deployment."""


def wait(poll: Callable[[], T | None], attempting: str, spec: CompanionSpec) -> T:
    """Ask until there is an answer, with jitter, and say now and then that it goes on.

    Args:
        poll: returns the answer, None where there is none yet.
        attempting: what is waited for, as "install ... 1.0.0.0".
        spec: of the extension.

    Raises:
        OperationFailed: it is not done in time.
    """
    said_at = 0.0

    def say_that_it_goes_on(state: RetryCallState) -> None:
        nonlocal said_at
        passed = state.seconds_since_start or 0.0
        if passed - said_at >= PROGRESS_SECONDS:
            said_at = passed
            spec.tell(f"waiting for Business Central to {attempting} ({passed:.0f} s)")

    def give_up(_: RetryCallState) -> NoReturn:
        raise OperationFailed(
            f"{attempting} in environment {spec.environment}",
            f"Business Central has not finished it after {DEPLOYMENT_SECONDS // 60} minutes",
            f"Look at {_details(spec)} and run the same command again: it waits for what goes on, and starts nothing "
            "twice.",
        )

    waiting = Retrying(
        retry=retry_if_result(lambda answer: answer is None),
        wait=wait_random_exponential(multiplier=0.5, max=15),
        stop=stop_after_delay(DEPLOYMENT_SECONDS),
        before_sleep=say_that_it_goes_on,
        retry_error_callback=give_up,
    )
    return cast(T, waiting(poll))


def require_success(deployment: Deployment, attempting: str, spec: CompanionSpec) -> None:
    """Refuse to go on after a deployment that failed.

    Raises:
        OperationFailed: it did.
    """
    if deployment.state == "failed":
        raise OperationFailed(
            f"{attempting} in environment {spec.environment}",
            f'Business Central reported that it failed: "{deployment.error.rstrip(".")}"',
            f"Correct what it says, then run the same command again; {_details(spec)} has the details.",
        )


def _details(spec: CompanionSpec) -> str:
    return _DETAILS[spec.channel].format(spec.environment)
