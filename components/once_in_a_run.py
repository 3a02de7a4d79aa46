"""A check that is made once in a run, before its first write, by the first of Pulumi's hooks that needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from clients.http.errors import FailedPrecondition, UserFacingError


class OnceInARun:
    """A check that all writes of a run wait for. A run without a write never makes it.

    Args:
        check: runs in a thread of its own, and raises a UserFacingError where nothing may be written.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._checked: asyncio.Task[UserFacingError | None] | None = None

    async def require(self, where: str = "") -> None:
        """Wait for the check; the first caller starts it.

        Args:
            where: the key path in the stack file that is about to be made, "" where the answer is about all of them.

        Raises:
            FailedPrecondition: nothing may be written; each that waits gets one of its own, with its own key path.
        """
        self._checked = self._checked or asyncio.ensure_future(asyncio.to_thread(self._why_not))
        if problem := await asyncio.shield(self._checked):  # the others wait too, if this one is cancelled
            refused = FailedPrecondition(problem.attempted, problem.reason, problem.remedy)
            refused.where = problem.where or where
            raise refused

    def _why_not(self) -> UserFacingError | None:
        try:
            self._check()
        except UserFacingError as problem:
            return problem
        return None
