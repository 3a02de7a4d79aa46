"""Faults and kills that interrupt a provider at one request, and an attempt that may fail at it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping

from dynamic_providers.base import Provider
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.tenant import Tenant, wait_for

FAULTS: dict[str, dict[str, object]] = {
    "the connection breaks": {"action": "drop"},
    "the service answers 500": {"action": "status", "status": 500, "code": "Unknown", "message": "x"},
}


WHEN = ("before", "after")
"""A service does it, or not; afterwards is worse, since it was done and is not known."""


def attempt(host: ProviderHost, verb: str, *arguments: object) -> bool:
    """Tell whether it succeeded; idempotent requests are asked again at once, so it often does."""
    try:
        getattr(host, verb)(*arguments)
    except ProviderError as problem:
        assert "Traceback" not in str(problem)
        assert "could not" in str(problem)
        return False
    return True


def killed(
    tenant: Tenant,
    start_host: Callable[..., ProviderHost],
    provider: Provider,
    at: Mapping[str, str],
    number: int,
    when: str,
    verb: str,
    *arguments: object,
) -> bool:
    """Kill a provider at its n-th request that fits, and tell whether it came so far.

    Args:
        tenant: where.
        start_host: starts a host that is killed.
        provider: what it serves.
        at: which requests count, as a fault's `match`.
        number: how many of them pass first.
        when: before the service does it, or after.
        verb: what the provider is asked for.
        arguments: of that.
    """
    ordered = tenant.fault(dict(at), action="hold", skip=number, when=when)
    host = start_host(provider)

    def run() -> None:
        with contextlib.suppress(ProviderError):
            getattr(host, verb)(*arguments)

    running = threading.Thread(target=run)
    running.start()
    wait_for(lambda: ordered.held > 0 or not running.is_alive(), 60, "the request, or the end")
    was_held = ordered.held > 0
    host.kill()
    running.join()
    wait_for(lambda: not ordered.held, 30, "the tenant to see that the client has gone")
    tenant.clear_faults()
    return was_held
