"""Faults that interrupt a provider at one request, and an attempt that may fail at it."""

from __future__ import annotations

from tests.support.provider_host import ProviderError, ProviderHost

FAULTS = {
    "the connection breaks": {"action": "drop"},
    "the service answers 500": {"action": "status", "status": 500, "code": "Unknown", "message": "x"},
}


def attempt(host: ProviderHost, verb: str, *arguments: object) -> bool:
    """Tell whether it succeeded; idempotent requests are asked again at once, so it often does."""
    try:
        getattr(host, verb)(*arguments)
    except ProviderError as problem:
        assert "Traceback" not in str(problem)
        assert "could not" in str(problem)
        return False
    return True
