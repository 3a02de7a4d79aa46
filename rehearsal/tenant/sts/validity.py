"""What every assertion has to have: one audience, and a time in which it is valid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rehearsal.tenant.sts.errors import refusal

_SKEW = timedelta(minutes=5)


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
