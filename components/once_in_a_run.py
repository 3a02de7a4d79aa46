"""What has to be known before the first write of a run: asked once, by the first hook of Pulumi's that needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from clients.http.errors import FailedPrecondition, UserFacingError


class OnceInARun:
    """A look that all writes of a run wait for. A run without a write never looks.

    Args:
        look: asks, in a thread of its own, and raises a UserFacingError where nothing may be written.
    """

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._asked: asyncio.Task[UserFacingError | None] | None = None

    async def require(self, where: str = "") -> None:
        """Wait until it was looked.

        Args:
            where: the key path in the stack file that is about to be made, "" where the answer is about all of them.

        Raises:
            FailedPrecondition: nothing may be written; each that waits gets one of its own, with its own key path.
        """
        self._asked = self._asked or asyncio.ensure_future(asyncio.to_thread(self._why_not))
        if problem := await asyncio.shield(self._asked):  # the others wait too, if this one is cancelled
            refused = FailedPrecondition(problem.attempted, problem.reason, problem.remedy)
            refused.where = problem.where or where
            raise refused

    def _why_not(self) -> UserFacingError | None:
        try:
            self._look()
        except UserFacingError as problem:
            return problem
        return None
