"""What every token and assertion has to have: a signature, one audience, and a time in which it is valid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

from rehearsal.tenant.sts.errors import refusal

_SKEW = timedelta(minutes=5)


def signed_claims(token: str, key: Any, algorithms: list[str]) -> dict[str, Any]:
    """Return the claims of a token that a key has signed; times and audience are judged by whoever asks.

    The tenant's clock decides about times, not the library's, and each service has words of its own for what is wrong.

    Raises:
        jwt.InvalidTokenError: it is none, or another key has signed it.
        TypeError: the key is of another kind.
    """
    unchecked = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud")}
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=algorithms, options=unchecked)  # type: ignore[arg-type]
    return claims


def single_audience(claims: Mapping[str, Any]) -> str:
    """Return the audience; a list may have one, as that of a Kubernetes service account's token has."""
    audience = claims.get("aud", "")
    if not isinstance(audience, list):
        return str(audience)
    if len(audience) > 1:
        raise refusal("audiences_many", len(audience))
    return str(audience[0]) if audience else ""


def refuse_outside_validity(claims: Mapping[str, Any], now: datetime) -> None:
    """Refuse what has ended, or has not begun; five minutes do not count (ours)."""
    moment, skew = now.timestamp(), _SKEW.total_seconds()
    try:
        end, start = float(claims.get("exp", 0)), float(claims.get("nbf", 0))
    except (TypeError, ValueError):
        raise refusal("assertion_malformed") from None
    if moment > end + skew or moment < start - skew:
        raise refusal("assertion_outside_validity")
