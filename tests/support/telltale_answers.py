"""Answers of services that have secrets in them, in the forms in which an error could quote them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any


def answers_with(*secrets: str) -> Iterator[dict[str, Any]]:
    """Yield faults, one after the other without an end: each answers in words that have all of these secrets in them."""
    words = "; ".join(
        f'"{each}" is not accepted: client_secret={each}&x, Bearer {each}.x, ({each})' for each in secrets
    )
    page = {"action": "raw", "status": 200, "body": f"<html>{words}</html>", "headers": {"Content-Type": "text/html"}}
    odd = json.dumps({"secretText": secrets[0], "value": secrets[-1], "access_token": secrets[0], "words": words})
    yield from itertools.cycle(
        [
            {"action": "status", "status": 400, "code": "Request_BadRequest", "message": words},
            page,
            {"action": "status", "status": 403, "code": "Forbidden", "message": words},
            {**page, "body": odd, "headers": {"Content-Type": "application/json"}},
            {**page, "status": 404, "body": words, "headers": {"Content-Type": "text/plain"}},
        ]
    )
