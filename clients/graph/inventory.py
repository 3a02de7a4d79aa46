"""Applications and service principals by the list: for an inventory, whose requests shall not grow with the tenant.

Both are asked for fifteen at a time, with what belongs to them in the same answer. What Graph allows in a query:
docs/reference/facts-graph.md, "Queries".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from clients.graph.applications import SELECT, Application
from clients.graph.objects import ServicePrincipal
from clients.graph.permissions import READ_APPLICATIONS
from clients.graph.requests import Requests
from clients.http.bodies import printable

T = TypeVar("T")

TERMS_AT_MOST = 15
"""How many comparisons a filter may have."""
LONGEST_QUERY = 1500
"""Characters of a filter, escaped; with the rest of the address it stays below the 2,048 that Graph takes."""
LONGEST_VALUE = 120
"""Characters that `eq` compares."""

_OF_APPLICATIONS = f"{SELECT},signInAudience,requiredResourceAccess,isFallbackPublicClient"
_OF_PRINCIPALS = (
    "id,appId,displayName,appOwnerOrganizationId,servicePrincipalType,alternativeNames,verifiedPublisher,accountEnabled"
)


@dataclass(frozen=True)
class RegisteredApplication:
    """An application of this tenant, with what an inventory says of it.

    Attributes:
        application: the application.
        owners: object id -> name of its owners, "" where Graph does not say one; twenty at most.
        audience: who may sign in with it, such as "AzureADMyOrg".
        requested: what it asks for: client id of the resource, id of the permission, and "Role" or "Scope".
        is_public_client: whether it can be used without a secret by default; None where that is not set.
    """

    application: Application
    owners: Mapping[str, str]
    audience: str
    requested: frozenset[tuple[str, str, str]]
    is_public_client: bool | None = None


@dataclass(frozen=True)
class KnownPrincipal:
    """A service principal of this tenant, with what it holds.

    Attributes:
        principal: the service principal; without the roles and scopes that it offers.
        enabled: whether it may be signed in to.
        roles: how many application roles it holds, by the name of the resource; counted among twenty at most.
    """

    principal: ServicePrincipal
    enabled: bool
    roles: Mapping[str, int]


class Inventory(Requests):
    """What is in a tenant. Every method raises `clients.http.errors.UserFacingError` when it cannot do what it says."""

    def applications(self, client_ids: Iterable[str]) -> list[RegisteredApplication]:
        """Return the applications of this tenant among these client ids, with their owners."""
        return self._by_values(_registered, "applications", "appId", client_ids, _OF_APPLICATIONS, "owners")

    def with_ids(self, object_ids: Iterable[str]) -> list[Application]:
        """Return the applications of this tenant among these object ids."""
        return self._by_values(Application.from_graph, "applications", "id", object_ids, SELECT)

    def named(self, names: Iterable[str]) -> list[Application]:
        """Return the applications that have one of these display names; letter case does not count."""
        short = {each for each in names if len(each) <= LONGEST_VALUE}
        return self._by_values(Application.from_graph, "applications", "displayName", short, SELECT)

    def principals(self, client_ids: Iterable[str]) -> list[KnownPrincipal]:
        """Return the service principals of these client ids, with the roles that they hold."""
        return self._by_values(_known, "servicePrincipals", "appId", client_ids, _OF_PRINCIPALS, "appRoleAssignments")

    def principals_with_ids(self, object_ids: Iterable[str]) -> list[KnownPrincipal]:
        """Return the service principals of these object ids, with the roles that they hold."""
        return self._by_values(_known, "servicePrincipals", "id", object_ids, _OF_PRINCIPALS, "appRoleAssignments")

    def _by_values(
        self,
        reader: Callable[[Mapping[str, Any]], T],
        collection: str,
        by: str,
        values: Iterable[str],
        select: str,
        expand: str = "",
    ) -> list[T]:
        """Return what a reader makes of the objects of a collection whose property `by` has one of the values."""
        found: list[T] = []
        for terms in _filters(by, values):
            path = f"/v1.0/{collection}?$filter={terms}&$select={select}" + (f"&$expand={expand}" if expand else "")
            attempting = f"list {collection} by {by}"
            found += self._collection(reader, path, attempting=attempting, needs=READ_APPLICATIONS)
        return found


def _filters(by: str, values: Iterable[str]) -> Iterator[str]:
    """Yield filters, escaped for an address, that together ask for all values."""
    terms: list[str] = []
    length = 0
    for value in sorted(set(values)):
        term = quote(f"{by} eq '{value.replace(chr(39), chr(39) * 2)}'")
        if terms and (len(terms) == TERMS_AT_MOST or length + len(term) > LONGEST_QUERY):
            yield "%20or%20".join(terms)
            terms, length = [], 0
        terms.append(term)
        length += len(term) + len("%20or%20")
    if terms:
        yield "%20or%20".join(terms)


def _registered(found: Mapping[str, Any]) -> RegisteredApplication:
    return RegisteredApplication(
        Application.from_graph(found),
        owners={each["id"]: printable(each.get("displayName") or "") for each in found["owners"]},
        audience=found["signInAudience"],
        requested=frozenset(
            (resource["resourceAppId"].lower(), each["id"].lower(), each["type"])
            for resource in found["requiredResourceAccess"]
            for each in resource["resourceAccess"]
        ),
        is_public_client=found.get("isFallbackPublicClient"),
    )


def _known(found: Mapping[str, Any]) -> KnownPrincipal:
    counted: dict[str, int] = {}
    for each in found["appRoleAssignments"]:
        name = printable(each.get("resourceDisplayName") or each["resourceId"])
        counted[name] = counted.get(name, 0) + 1
    return KnownPrincipal(ServicePrincipal.from_graph(found), found.get("accountEnabled") is not False, counted)
