"""Applications in Entra as `commands preflight` looks for them: by tag, with the secrets that they have.

https://learn.microsoft.com/graph/api/application-list
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from urllib.parse import quote

from clients.graph.passwords import Password, name_and_key_id
from clients.graph.permissions import READ_APPLICATIONS
from clients.graph.requests import Requests, id_of, unless_absent
from clients.http.bodies import printable

T = TypeVar("T")

# `startsWith` in a lambda is documented for advanced queries only, which read an index that lags by moments.
# https://learn.microsoft.com/graph/aad-advanced-queries
_ADVANCED_QUERY = {"ConsistencyLevel": "eventual"}
SELECT = "id,appId,displayName,createdDateTime,tags,passwordCredentials,keyCredentials,web,spa,publicClient"


@dataclass(frozen=True)
class Certificate:
    """A certificate as Entra lists it.

    Attributes:
        key_id: its id, a GUID in lower case.
        display_name: its name, "" where it has none.
        thumbprint: SHA-1, 40 hexadecimal digits in capitals; "" where Entra lists none.
        ends: when it ends, as Graph writes it.
        starts: since when it is valid, as Graph writes it.
    """

    key_id: str
    display_name: str
    thumbprint: str
    ends: str = ""
    starts: str = ""

    @classmethod
    def from_graph(cls, found: Mapping[str, Any]) -> Self:
        """Read it as Graph writes it."""
        thumbprint = found.get("customKeyIdentifier") or ""
        if not re.fullmatch(r"[0-9A-Fa-f]{40}", thumbprint):  # Graph writes bytes as base64, and this as digits
            try:
                thumbprint = base64.b64decode(thumbprint, validate=True).hex()
            except ValueError:
                thumbprint = ""
        name, starts, ends = (found.get(each) or "" for each in ("displayName", "startDateTime", "endDateTime"))
        return cls(found["keyId"].lower(), name, thumbprint.upper(), ends, starts)

    def __str__(self) -> str:
        return name_and_key_id(self.display_name, self.key_id)


@dataclass(frozen=True)
class FederatedCredential:
    """What an application trusts in place of a secret.

    Attributes:
        name: its name, unique in the application.
        issuer: whose tokens.
        subject: which of them; "" where an expression says it, which v1.0 of Microsoft Graph does not show.
    """

    name: str
    issuer: str
    subject: str

    @classmethod
    def from_graph(cls, found: Mapping[str, Any]) -> Self:
        """Read it as Graph writes it."""
        return cls(found["name"], found["issuer"], found.get("subject") or "")

    def __str__(self) -> str:
        return printable(f"{self.name} ({self.issuer}, {self.subject or 'an expression'})")


@dataclass(frozen=True)
class Principal:
    """What the service principal of an application has of its own.

    Attributes:
        enabled: whether it may be signed in to.
        credentials: names and key ids of its secrets and certificates, by which one signs in as the application too.
    """

    enabled: bool
    credentials: tuple[str, ...]

    @classmethod
    def from_graph(cls, found: Mapping[str, Any]) -> Self:
        """Read it as Graph writes it."""
        credentials = [*(found.get("passwordCredentials") or ()), *(found.get("keyCredentials") or ())]
        return cls(
            found.get("accountEnabled") is not False,
            tuple(name_and_key_id(each.get("displayName") or "", each["keyId"]) for each in credentials),
        )


@dataclass(frozen=True)
class Application:
    """An application.

    Attributes:
        id: its object id.
        client_id: its client id.
        display_name: its name as it is; `name` is the same for people to read.
        created: when it was made, as Graph writes it.
        tags: its tags, printable; those of this project are always.
        secrets: its client secrets.
        certificates: its certificates.
        web: redirect addresses of web applications.
        single_page: redirect addresses of applications that run in a browser.
        public_client: redirect addresses of applications on a computer or a phone.
        implicit_grants: the kinds of tokens that it issues without a code: "access tokens", "ID tokens".
    """

    id: str
    client_id: str
    display_name: str
    created: str
    tags: frozenset[str]
    secrets: tuple[Password, ...]
    certificates: tuple[Certificate, ...] = ()
    web: tuple[str, ...] = ()
    single_page: tuple[str, ...] = ()
    public_client: tuple[str, ...] = ()
    implicit_grants: tuple[str, ...] = ()

    @classmethod
    def from_graph(cls, found: Mapping[str, Any]) -> Self:
        """Read it as Graph writes it, with what `SELECT` names."""
        web = found.get("web") or {}
        implicit = web.get("implicitGrantSettings") or {}
        grants = {"enableAccessTokenIssuance": "access tokens", "enableIdTokenIssuance": "ID tokens"}
        return cls(
            id=found["id"],
            client_id=found["appId"].lower(),
            display_name=found["displayName"],
            created=found.get("createdDateTime") or "",
            tags=frozenset(map(printable, found.get("tags") or ())),
            secrets=tuple(map(Password.from_graph, found.get("passwordCredentials") or ())),
            certificates=tuple(map(Certificate.from_graph, found.get("keyCredentials") or ())),
            web=tuple(web.get("redirectUris") or ()),
            single_page=tuple((found.get("spa") or {}).get("redirectUris") or ()),
            public_client=tuple((found.get("publicClient") or {}).get("redirectUris") or ()),
            implicit_grants=tuple(kind for name, kind in grants.items() if implicit.get(name)),
        )

    @property
    def name(self) -> str:
        """Its name, for people to read."""
        return printable(self.display_name)


class Applications(Requests):
    """The applications of a tenant. Every method raises `clients.http.errors.UserFacingError` when it cannot do it."""

    def tagged(self, start: str) -> list[Application]:
        """Return the applications that have a tag starting with this text."""
        query = {"$filter": f"tags/any(t:startswith(t,'{_quoted(start)}'))", "$count": "true"}
        return self._applications(f"list the applications that are tagged {start}...", query, _ADVANCED_QUERY)

    def named(self, name: str) -> list[Application]:
        """Return the applications of a display name; letter case does not count."""
        query = {"$filter": f"displayName eq '{_quoted(name)}'"}
        return self._applications(f"list the applications that are called {name!r}", query)

    def exists(self, object_id: str) -> bool:
        """Tell whether there is an application with this object id."""
        path, attempting = f"applications/{quote(object_id, safe='')}", f"look up application {object_id}"
        found = unless_absent(lambda: self._read(id_of, path, attempting, READ_APPLICATIONS, {"$select": "id"}))
        return found is not None

    def owners(self, object_id: str) -> dict[str, str]:
        """Return the owners of an application: object id -> name, "" where Graph does not say one."""
        return dict(self._below(_owner, object_id, "owners", "id,displayName", "list the owners") or ())

    def federated_credentials(self, object_id: str) -> list[FederatedCredential] | None:
        """Return what an application trusts instead of a secret; None where there is no such application."""
        collection, select = "federatedIdentityCredentials", "name,issuer,subject"
        return self._below(FederatedCredential.from_graph, object_id, collection, select, "list what is trusted")

    def principal(self, client_id: str) -> Principal | None:
        """Return what the service principal of an application has of its own; None where there is none."""
        path = f"servicePrincipals(appId='{_quoted(client_id)}')"
        attempting = f"look at the service principal of application {client_id}"
        query = {"$select": "accountEnabled,passwordCredentials,keyCredentials"}
        return unless_absent(lambda: self._read(Principal.from_graph, path, attempting, READ_APPLICATIONS, query))

    def _below(
        self, reader: Callable[[Mapping[str, Any]], T], object_id: str, collection: str, select: str, doing: str
    ) -> list[T] | None:
        """Return what belongs to an application; None where there is no such application."""
        path, attempting = f"/v1.0/applications/{quote(object_id, safe='')}/{collection}", f"{doing} of {object_id}"
        query = {"$select": select}
        return self._list(reader, path, attempting=attempting, needs=READ_APPLICATIONS, query=query)

    def _applications(
        self, attempting: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> list[Application]:
        return self._collection(
            Application.from_graph,
            "/v1.0/applications",
            attempting=attempting,
            needs=READ_APPLICATIONS,
            query={**query, "$select": SELECT},
            headers=headers,
        )


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def who_owns(owners: Mapping[str, str]) -> str:
    """Say who owns an application, given as `Applications.owners` returns it."""
    return ", ".join(each_owner(owners)) or "nobody"


def each_owner(owners: Mapping[str, str]) -> list[str]:
    """Say who each of these owners is, with its object id."""
    return [f"{name} ({id_})".lstrip() for id_, name in owners.items()]


def _owner(found: Mapping[str, Any]) -> tuple[str, str]:
    return found["id"], printable(found.get("displayName") or "")
