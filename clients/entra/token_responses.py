"""What the token service answered, where the sign-in library does not say it: a page of a proxy, a list, nothing.

The library takes every answer for JSON of Entra, and fails on others in words of its own, or of Python's.
"""

from __future__ import annotations

import threading
from typing import Any

from clients.http.bodies import Body

_last = threading.local()


def clear() -> None:
    """Forget what was answered to this thread before."""
    _last.odd = ""


def record(response: Any) -> None:
    """Remember an answer that is no JSON object; azure-core's `raw_response_hook`.

    https://learn.microsoft.com/python/api/azure-core/azure.core.pipeline.policies.customhookpolicy
    """
    answer = response.http_response
    body = Body(answer.read(), answer.headers.get("Content-Type", "").lower())
    quoted = f': "{body.excerpt()}"' if body.content.strip() else ""
    _last.odd = f"Entra answered {answer.status_code} ({body.form}){quoted}" if body.form else ""


def unexpected_response() -> str:
    """Return what the last answer to this thread was, "" where it was a JSON object, or there was none."""
    return str(getattr(_last, "odd", ""))
