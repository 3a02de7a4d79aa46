"""The parts of a Business Central address (docs/reference/facts-business-central.md, "Addresses")."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.seed import CONTAINER

_ENTITY = re.compile(
    r"(?:companies\((?P<company>[^()/]*)\)/)?"
    r"(?P<name>[^()/]+)(?:\((?P<key>[^()/]*)\))?"
    r"(?:/(?P<part>[^()/]+)(?:\((?P<part_key>[^()/]*)\))?)?/?"
)


@dataclass(frozen=True)
class Address:
    """An API address: `…/companies(a)/users(b)/userPermissions(c)`.

    Attributes:
        route: `v2.0`, `microsoft/automation/v2.0` or `publisher/group/version`.
        name: `users`.
        part: `userPermissions`, an action or a stream; "" where there is none.
    """

    environment: str
    route: str
    company: str | None
    name: str
    key: str | None
    part: str
    part_key: str | None


def online(path: str, tenants: Collection[str]) -> Address:
    """Parse an address of the online service: `/v2.0/{tenant}/{environment}/api/{route}/…`, or without the tenant.

    Args:
        path: the decoded path after the base address.
        tenants: the tenant's id and its domains, in lower case.
    """
    parts = path.strip("/").split("/")[1:]
    if "api" not in parts[1:3]:  # ODataV4, ws, deployment and the rest of the service
        raise refusal("segment_not_found", parts[min(2, len(parts) - 1)] if parts else "v2.0")
    at = 1 if parts[1] == "api" else 2
    if at == 2 and parts[0].lower() not in tenants:
        raise refusal("rejected_credentials")  # ours: the tenant of the token is not that of the address
    return _address(parts[at - 1], parts[at + 1 :])


def on_premises(path: str) -> Address:
    """Parse an address of a server or container: `/{instance}/api/{route}/…`; the instance is BC."""
    instance, *rest = path.strip("/").split("/")
    if instance.casefold() != "bc" or rest[:1] != ["api"]:
        raise refusal("segment_not_found", rest[0] if rest else instance)
    return _address(CONTAINER, rest[1:])


def _address(environment: str, rest: list[str]) -> Address:
    length = 1 if rest[:1] in (["v2.0"], ["v1.0"], ["beta"]) else 3
    if not rest[length:]:
        raise refusal("not_supported", "The service document")
    entity = _ENTITY.fullmatch("/".join(rest[length:]))
    if entity is None:
        raise refusal("query_syntax")
    return Address(environment, "/".join(rest[:length]), **{**entity.groupdict(), "part": entity["part"] or ""})
