"""What a proof asks for, and which answers are enough. Pure.

Why something is not provable at all is in `spec.py`, what a failure means in `causes.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from clients.business_central.application_client import route_for
from reconcilers.proof.spec import ProofSpec


@dataclass(frozen=True)
class Plan:
    """What is asked for, in this order; nothing is written anywhere.

    Attributes:
        not_provable: why nothing is asked for, "" where it can be proved; all else is then empty.
        roles: values of the application roles that a new token has to have.
        route: the API that lists the companies then, as `v2.0`; None where the roles open none that could be read: with
            the token everything is shown that there is.
        companies: names of the companies that have to be listed there and that are opened; with none, the first that
            is listed.
    """

    not_provable: str = ""
    roles: frozenset[str] = frozenset()
    route: str | None = None
    companies: tuple[str, ...] = ()

    def missing_roles(self, held: Collection[str]) -> list[str]:
        """Return which roles a token does not have, sorted."""
        return sorted(self.roles.difference(held))

    def missing_companies(self, listed: Collection[str]) -> list[str]:
        """Return which of the companies that are named are not listed, sorted."""
        return sorted(set(self.companies).difference(listed))

    def to_open(self, listed: Iterable[str]) -> list[str]:
        """Return which companies are opened, in this order; [] where there is none."""
        return list(self.companies) or list(listed)[:1]


def plan(spec: ProofSpec) -> Plan:
    """Return what a proof asks for."""
    if spec.not_provable:
        return Plan(not_provable=spec.not_provable)
    return Plan(roles=frozenset(spec.roles), route=route_for(spec.roles), companies=spec.companies)
