"""Waits for a deployment, with which Business Central goes on after it has answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar, cast

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_delay, wait_random_exponential

from clients.business_central.deployment import Deployment
from clients.http.errors import OperationFailed
from reconcilers.companion.spec import ChannelName, CompanionSpec

T = TypeVar("T")

DEPLOYMENT_SECONDS = 30 * 60
"""How long we wait for a deployment; no limit is documented. It goes on after that, and the next run waits for it."""

PROGRESS_SECONDS = 20
"""How often a run says that it still waits."""

_DETAILS: dict[ChannelName, str] = {
    "adminCenter": "the admin center, under Operations of environment {},",
    "automation": "Extension Management, Installation Status, in environment {}",
}
"""Where an administrator sees more of a deployment."""


def wait(poll: Callable[[], T | None], attempting: str, spec: CompanionSpec) -> T:
    """Poll until there is a result, with jitter, and report progress.

    Args:
        poll: returns the result, None where there is none yet.
        attempting: what is waited for, as "install ... 1.0.0.0".
        spec: of the extension.

    Raises:
        OperationFailed: it is not done in time.
    """
    reported_at = 0.0

    def report_progress(state: RetryCallState) -> None:
        nonlocal reported_at
        passed = state.seconds_since_start or 0.0
        if passed - reported_at >= PROGRESS_SECONDS:
            reported_at = passed
            spec.report(f"waiting for Business Central to {attempting} ({passed:.0f} s)")

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
        before_sleep=report_progress,
        retry_error_callback=give_up,
    )
    return cast(T, waiting(poll))


def require_success(deployment: Deployment, attempting: str, spec: CompanionSpec) -> None:
    """Raise an error where a deployment failed.

    Raises:
        OperationFailed: it failed.
    """
    if deployment.state == "failed":
        raise OperationFailed(
            f"{attempting} in environment {spec.environment}",
            f'Business Central reported that it failed: "{deployment.error.rstrip(".")}"',
            f"Correct what it says, then run the same command again; {_details(spec)} has the details.",
        )


def _details(spec: CompanionSpec) -> str:
    return _DETAILS[spec.channel].format(spec.environment)
