"""Applications in Entra as `commands preflight` looks for them: by tag, with the secrets that they have.

https://learn.microsoft.com/graph/api/application-list
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from clients.entra.caller import Caller
from clients.graph.errors import is_absent
from clients.graph.permissions import READ_APPLICATIONS, add_graph_remedy
from clients.http.errors import NotFound, ServiceError
from clients.http.transport import Transport

# `startsWith` in a lambda is documented for advanced queries only, which read an index that lags by moments.
# https://learn.microsoft.com/graph/aad-advanced-queries
_ADVANCED_QUERY = {"ConsistencyLevel": "eventual"}
SELECT = "id,appId,displayName,createdDateTime,tags,passwordCredentials,keyCredentials,web,spa,publicClient"


@dataclass(frozen=True)
class Secret:
    """A client secret as Entra lists it, without its text.

    Attributes:
        key_id: its id.
        display_name: its name, "" where it has none.
        ends: when it ends, as Graph writes it.
        starts: since when it is valid, as Graph writes it.
    """

    key_id: str
    display_name: str
    ends: str
    starts: str = ""


@dataclass(frozen=True)
class Certificate:
    """A certificate as Entra lists it.

    Attributes:
        key_id: its id.
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

    def __str__(self) -> str:
        return _name_and_key_id({"displayName": self.display_name, "keyId": self.key_id})


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

    def __str__(self) -> str:
        return f"{self.name} ({self.issuer}, {self.subject or 'an expression'})"


@dataclass(frozen=True)
class Principal:
    """What the service principal of an application has of its own.

    Attributes:
        enabled: whether it may be signed in to.
        credentials: names and key ids of its secrets and certificates, by which one signs in as the application too.
    """

    enabled: bool
    credentials: tuple[str, ...]


@dataclass(frozen=True)
class Application:
    """An application.

    Attributes:
        id: its object id.
        client_id: its client id.
        display_name: its name.
        created: when it was made, as Graph writes it.
        tags: its tags.
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
    secrets: tuple[Secret, ...]
    certificates: tuple[Certificate, ...] = ()
    web: tuple[str, ...] = ()
    single_page: tuple[str, ...] = ()
    public_client: tuple[str, ...] = ()
    implicit_grants: tuple[str, ...] = ()


class Applications:
    """The applications of a tenant.

    Args:
        transport: to Microsoft Graph.
        caller: tells who signed in, for what an error says about rights; None where that is not known.
    """

    def __init__(self, transport: Transport, caller: Callable[[], Caller | None]) -> None:
        self._transport = transport
        self._caller = caller

    def tagged(self, start: str) -> list[Application]:
        """Return the applications that have a tag starting with this text.

        Raises:
            UserFacingError: they cannot be listed.
        """
        query = {"$filter": f"tags/any(t:startswith(t,'{_quoted(start)}'))", "$count": "true"}
        return self._list(f"list the applications that are tagged {start}...", query, _ADVANCED_QUERY)

    def exists(self, object_id: str) -> bool:
        """Tell whether there is an application with this object id.

        Raises:
            UserFacingError: it cannot be looked up.
        """
        try:
            self._transport.read(
                lambda found: str(found["id"]),
                "GET",
                f"/v1.0/applications/{quote(object_id, safe='')}",
                attempting=f"look up application {object_id}",
                query={"$select": "id"},
            )
        except ServiceError as problem:
            if isinstance(problem, NotFound) and is_absent(problem):
                return False
            raise add_graph_remedy(problem, READ_APPLICATIONS, self._caller) from None
        return True

    def owners(self, object_id: str) -> dict[str, str]:
        """Return the owners of an application: object id -> name, "" where Graph does not say one.

        Raises:
            UserFacingError: they cannot be listed.
        """
        found = self._below(object_id, "owners", "id,displayName", "list the owners")
        return {each["id"]: each.get("displayName") or "" for each in found}

    def federated_credentials(self, object_id: str) -> list[FederatedCredential]:
        """Return what an application trusts instead of a secret.

        Raises:
            UserFacingError: they cannot be listed.
        """
        found = self._below(object_id, "federatedIdentityCredentials", "name,issuer,subject", "list what is trusted")
        return [FederatedCredential(each["name"], each["issuer"], each.get("subject") or "") for each in found]

    def principal(self, client_id: str) -> Principal | None:
        """Return what the service principal of an application has of its own; None where there is none.

        Raises:
            UserFacingError: it cannot be looked up.
        """
        try:
            found = self._transport.request(
                "GET",
                f"/v1.0/servicePrincipals(appId='{_quoted(client_id)}')",
                attempting=f"look at the service principal of application {client_id}",
                query={"$select": "accountEnabled,passwordCredentials,keyCredentials"},
            )
        except NotFound:
            return None
        except ServiceError as problem:
            raise add_graph_remedy(problem, READ_APPLICATIONS, self._caller) from None
        credentials = [*found.get("passwordCredentials", []), *found.get("keyCredentials", [])]
        return Principal(
            found.get("accountEnabled") is not False, tuple(str(_certificate(each)) for each in credentials)
        )

    def _below(self, object_id: str, collection: str, select: str, doing: str) -> list[Mapping[str, Any]]:
        path, attempting = f"/v1.0/applications/{quote(object_id, safe='')}/{collection}", f"{doing} of {object_id}"
        try:
            return list(self._transport.pages(path, attempting=attempting, query={"$select": select}))
        except ServiceError as problem:
            raise add_graph_remedy(problem, READ_APPLICATIONS, self._caller) from None

    def named(self, name: str) -> list[Application]:
        """Return the applications of a display name; letter case does not count.

        Raises:
            UserFacingError: they cannot be listed.
        """
        query = {"$filter": f"displayName eq '{_quoted(name)}'"}
        return self._list(f"list the applications that are called {name!r}", query, {})

    def _list(self, attempting: str, query: Mapping[str, str], headers: Mapping[str, str]) -> list[Application]:
        query = {**query, "$select": SELECT}
        try:
            path = "/v1.0/applications"
            return self._transport.items(application_of, path, attempting=attempting, query=query, headers=headers)
        except ServiceError as problem:
            raise add_graph_remedy(problem, READ_APPLICATIONS, self._caller) from None


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _name_and_key_id(credential: Mapping[str, Any]) -> str:
    return f"{credential.get('displayName') or 'without a name'} ({credential['keyId']})"


def _certificate(credential: Mapping[str, Any]) -> Certificate:
    identifier = credential.get("customKeyIdentifier") or ""
    if not re.fullmatch(r"[0-9A-Fa-f]{40}", identifier):  # Graph writes bytes as base64, and this as hexadecimal digits
        try:
            identifier = base64.b64decode(identifier, validate=True).hex()
        except ValueError:
            identifier = ""
    return Certificate(
        credential["keyId"],
        credential.get("displayName") or "",
        identifier.upper(),
        credential.get("endDateTime") or "",
        credential.get("startDateTime") or "",
    )


def application_of(found: Mapping[str, Any]) -> Application:
    """Read an application with what `SELECT` names."""
    web = found.get("web") or {}
    implicit = web.get("implicitGrantSettings") or {}
    grants = {"enableAccessTokenIssuance": "access tokens", "enableIdTokenIssuance": "ID tokens"}
    return Application(
        id=found["id"],
        client_id=found["appId"].lower(),
        display_name=found["displayName"],
        created=found.get("createdDateTime") or "",
        tags=frozenset(found.get("tags", [])),
        secrets=tuple(
            Secret(
                item["keyId"],
                item.get("displayName") or "",
                item.get("endDateTime") or "",
                item.get("startDateTime") or "",
            )
            for item in found.get("passwordCredentials", [])
        ),
        certificates=tuple(map(_certificate, found.get("keyCredentials", []))),
        web=tuple(web.get("redirectUris", [])),
        single_page=tuple((found.get("spa") or {}).get("redirectUris", [])),
        public_client=tuple((found.get("publicClient") or {}).get("redirectUris", [])),
        implicit_grants=tuple(kind for name, kind in grants.items() if implicit.get(name)),
    )
