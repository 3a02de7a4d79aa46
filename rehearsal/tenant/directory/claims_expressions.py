"""Expressions about a token's claims, of flexible federated credentials.

https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials : the
operators `eq`, `matches` (with ? and *) and `and`, for three kinds of issuers, and which claims by issuer. What Entra
does with a quote inside a comparand is not described, so there is none here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_COMPARISON = re.compile(r"claims\['(?P<claim>\w+)'\] (?P<operator>eq|matches) '(?P<comparand>[^']*)'")
_CLAIMS = {
    "https://token.actions.githubusercontent.com": {"sub", "job_workflow_ref"},
    "https://app.terraform.io": {"sub"},
    "https://app.eu.terraform.io": {"sub"},
}
_GITLAB = re.compile(r"https://gitlab\.(com|[^./]+\.(com|ca))")


def comparisons(expression: str) -> list[tuple[str, str, str]]:
    """Return claim, operator and comparand of each part, [] where it is no expression."""
    found, place = [], 0
    while match := _COMPARISON.match(expression, place):
        found.append((match["claim"], match["operator"], match["comparand"]))
        if match.end() == len(expression):
            return found
        if not expression.startswith(" and ", match.end()):
            break
        place = match.end() + len(" and ")
    return []


def is_supported(issuer: str, expression: str) -> bool:
    """Tell whether Entra takes an expression for an issuer."""
    claims = {"sub"} if _GITLAB.fullmatch(issuer) else _CLAIMS.get(issuer, set())
    parts = comparisons(expression)
    return bool(parts) and all(claim in claims for claim, _, _ in parts)


def holds(expression: str, claims: Mapping[str, Any]) -> bool:
    """Tell whether an expression is true of these claims; upper and lower case differ."""
    return all(_is_met(claims.get(claim), *rest) for claim, *rest in comparisons(expression))


def _is_met(value: Any, operator: str, comparand: str) -> bool:
    if not isinstance(value, str):
        return False
    if operator == "eq":
        return value == comparand
    pattern = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in comparand)
    return re.fullmatch(pattern, value, re.DOTALL) is not None
