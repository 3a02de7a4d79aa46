"""Counts requests to the tenant by client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rehearsal.demo.outside_system import USER_AGENT as OUTSIDE_SYSTEM

OUR_USER_AGENT = "entra-business-central/"
"""How the user agent of our providers begins, also when they sign in."""

_SERVICES = ("/v1.0/", "/beta/", "/bc/")  # Graph, Graph and Business Central
_VAULTS = ".vault.azure.net"  # how the names of vaults end; everything else is signing in


class Counts:
    """The requests of one step.

    Args:
        log: entries of `GET /requests`.

    Attributes:
        ours: by our providers to Graph, Business Central and Key Vault.
        azuread: by the azuread plugin to Graph.
        outside: by the outside system to Business Central.
        sign_in: to Entra's metadata and token endpoints, by any client.
        our_sign_in: those of them by our providers.
        writes: to Graph, Business Central and Key Vault, of any method but GET.
    """

    def __init__(self, log: Iterable[dict[str, Any]]) -> None:
        counts: Counter[str] = Counter()
        for entry in log:
            agent = entry["userAgent"]
            is_ours = agent.startswith(OUR_USER_AGENT)
            if not (entry["path"].startswith(_SERVICES) or entry["host"].partition(":")[0].endswith(_VAULTS)):
                counts["sign_in"] += 1
                counts["our_sign_in"] += is_ours
                continue
            counts["writes"] += entry["method"] != "GET"
            counts["ours" if is_ours else "outside" if agent == OUTSIDE_SYSTEM else "azuread"] += 1
        self.ours = counts["ours"]
        self.azuread = counts["azuread"]
        self.outside = counts["outside"]
        self.sign_in = counts["sign_in"]
        self.our_sign_in = counts["our_sign_in"]
        self.writes = counts["writes"]

    def __str__(self) -> str:
        named = {
            "our providers": self.ours,
            "azuread": self.azuread,
            "sign-in": self.sign_in,
            "the outside system": self.outside,
        }
        return ", ".join(f"{name} {count}" for name, count in named.items() if count) or "none"
