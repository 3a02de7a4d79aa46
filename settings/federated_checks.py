"""What is wrong with an integration's federated credentials together, or with what else its entry says."""

from __future__ import annotations

from collections.abc import Iterable

from settings.federated_credentials import MAX_FEDERATED_CREDENTIALS
from settings.messages import Problem
from settings.models import Integration
from settings.own_program import why_not_own_program


def federated_problems(integration: Integration, here: list[str | int]) -> Iterable[Problem]:
    """Yield what Entra would refuse, or accept and never match.

    Args:
        integration: one integration.
        here: the keys that lead to it.
    """
    declared = integration.credentials.federated
    there: list[str | int] = [*here, "credentials", "federated"]
    if not declared:
        return
    if why := why_not_own_program(integration):
        yield Problem(there, why)
        return
    if len(declared) > MAX_FEDERATED_CREDENTIALS:
        text = (
            f"lists {len(declared)}; Entra allows {MAX_FEDERATED_CREDENTIALS} for one application: one with * (an "
            "expression) covers many"
        )
        yield Problem(there, text)
    by_name: dict[str, int] = {}  # the first entry of each, as those below
    by_claims: dict[tuple[str, ...], int] = {}
    exact: list[tuple[str, ...]] = []
    for index, each in enumerate(declared):
        if (first := by_name.setdefault(each.name.casefold(), index)) != index:
            other = declared[first].name
            yield Problem([*there, index, "name"], f"is the name of another entry ({other!r}); case does not count")
        trust = each.trust()
        exact.append((trust.issuer, trust.subject or trust.expression))
        if (first := by_claims.setdefault(tuple(text.casefold() for text in exact[index]), index)) != index:
            is_same, other = exact[first] == exact[index], declared[first].name
            same = "has the issuer and subject of" if is_same else "differs in letter case only from"
            text = f"{same} {other!r}: Entra takes one, letter for letter as the token has it; remove the other"
            yield Problem([*there, index], text)
        if trust.subject.startswith("/eid1/") and integration.sign_in_audience != "AzureADMyOrg":
            text = (
                "is for an application of one tenant, since Entra issues these tokens itself (AADSTS70052 says so at "
                "sign-in): leave `signInAudience` out"
            )
            yield Problem([*there, index], text)
