"""Kills a run of the CLI at a request."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.stack import Stack
from tests.support.tenant import Fault, Tenant, wait_for


def kill_at(
    tenant: Tenant, stack: Stack, verb: str, fault: Fault, *, meanwhile: Callable[[], bool] = lambda: True
) -> None:
    """Start a command, kill everything of it when the request is held, and clear away what the kill left.

    Args:
        tenant: the tenant.
        stack: the stack.
        verb: the command.
        fault: holds the request.
        meanwhile: what else has to be so before the kill.
    """
    running = stack.start(verb, "--yes", "--non-interactive", "--skip-preview")
    try:
        wait_for(lambda: (fault.held and meanwhile()) or running.is_over, stack.patience, "the request to be made")
        assert not running.is_over, "it ended without making the request"
    finally:
        running.kill()
    # Not before the tenant knows that nobody waits: what it held would otherwise be done by chance, or not.
    wait_for(lambda: not fault.held, 30, "the tenant to see that the client has gone")
    tenant.clear_faults()
    stack.unlock()
