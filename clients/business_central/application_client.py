"""An integration's application as a client of Business Central: it signs in as itself, and calls an environment.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/automation-apis-using-s2s-authentication
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from clients.business_central.environment import read_error_body
from clients.business_central.requests import HEADERS
from clients.business_central.routes import AUTOMATION_ROUTE, STANDARD_ROUTE, online_path
from clients.entra import cloud, sign_in
from clients.entra.caller import claim_values, claims_of
from clients.entra.cloud import Cloud
from clients.entra.credential import AccessToken, Credential
from clients.entra.kept_tokens import KeptTokens
from clients.http.errors import SignInFailed
from clients.http.transport import Transport

ROUTES = {"API.ReadWrite.All": STANDARD_ROUTE, "Automation.ReadWrite.All": AUTOMATION_ROUTE}
"""Application role -> a route that it opens. The others open the admin center, or nothing that is documented."""

_PAGES = {STANDARD_ROUTE: "companyInformation", AUTOMATION_ROUTE: "permissionSets"}
"""Route -> a page inside a company: with one row, or few, on tables that many permission sets may read."""


def route_for(roles: Iterable[str]) -> str | None:
    """Return a route of Business Central's API that these roles open, None where they open none."""
    held = set(roles)
    return next((route for role, route in ROUTES.items() if role in held), None)


class ApplicationClient:
    """An application with its credential. Connections are kept. Not thread-safe, but for the tokens.

    Args:
        client_id: the application.
        secret: its secret, which is in no message; "" where it signs in with a certificate.
        tenant_id: the directory.
        home: the cloud of the directory: its tokens are sent to no other cloud's Business Central.
        credential: makes a new credential of it: each keeps its tokens, and a token keeps the roles of its issue.
        tokens: what others got with this credential, and get from here.
    """

    def __init__(
        self,
        client_id: str,
        secret: str,
        tenant_id: str,
        home: Cloud,
        credential: Callable[[], Credential],
        tokens: KeptTokens,
    ) -> None:
        self.client_id = client_id
        self._secret = secret
        self._tenant_id = tenant_id
        self._home = home
        self._credential = credential
        self._tokens = tokens
        self._transports: dict[str, Transport] = {}

    def sign_in(self, scope: str = "", *, instead_of: str = "") -> str:
        """Return the Authorization header of a token for Business Central, which others may have got shortly before.

        Args:
            scope: what the token is asked for; "" for what Business Central online accepts.
            instead_of: a header that did not do: its token is not given again.

        Raises:
            SignInFailed: Entra gave no token; its reason has Entra's own code, as AADSTS7000215.
            UserFacingError: the vault that has its key did not sign.
        """
        scope = scope or sign_in.BUSINESS_CENTRAL_SCOPE
        unwanted = instead_of.removeprefix("Bearer ")
        return f"Bearer {self._tokens.token(scope, lambda: self._new_token(scope), instead_of=unwanted)}"

    def get_any_token(self) -> None:
        """Get a new token for Microsoft Graph, which every tenant has: it tells only that the secret is accepted.

        Raises:
            SignInFailed: as `sign_in`.
        """
        self._new_token(f"{self._home.graph}/.default")

    def _new_token(self, scope: str) -> AccessToken:
        try:
            return sign_in.get_token(self._credential(), scope)
        except SignInFailed as problem:
            # Entra echoes no secret, as far as is known; a message that did would stand in the clear in a build log.
            if self._secret:
                problem.reason = problem.reason.replace(self._secret, "[secret]")
            raise

    @staticmethod
    def roles(authorization: str) -> set[str]:
        """Return the application roles in a token."""
        return set(claim_values(claims_of(authorization).get("roles")) or ())

    def companies(self, authorization: str, route: str, environment: str, base_url: str = "") -> dict[str, str]:
        """Return the names of the companies of an environment -> their ids.

        Args:
            authorization: the header.
            route: of the API, as `v2.0`.
            environment: its name.
            base_url: its address where it is a container or on-premises, perhaps with a query; "" online.

        Raises:
            UserFacingError: Business Central refuses, or does not answer.
        """
        attempting = f"list the companies of environment {environment} as {self.client_id}"
        return dict(self._list(attempting, f"{route}/companies", authorization, environment, base_url))

    def open_company(
        self, authorization: str, route: str, company_id: str, environment: str, base_url: str = ""
    ) -> None:
        """Read one row inside a company: only so Business Central tells whether the application may open it.

        Raises:
            UserFacingError: Business Central refuses, or does not answer.
        """
        attempting = f"read from company {company_id} of environment {environment} as {self.client_id}"
        path = f"{route}/companies({company_id})/{_PAGES[route]}"
        self._list(attempting, path, authorization, environment, base_url, {"$top": "1"})

    def _list(
        self,
        attempting: str,
        path: str,
        authorization: str,
        environment: str,
        base_url: str,
        query: Mapping[str, str] | None = None,
    ) -> list[tuple[str, str]]:
        address, _, own_query = base_url.partition("?")
        online = "" if base_url else online_path(self._tenant_id, environment)
        if address:
            cloud.require_same_cloud(address, self._home)
        transport = self._transport(address or cloud.business_central_url(self._home))
        whole_query = {**dict(parse_qsl(own_query)), **(query or {})}
        headers = {**HEADERS, "Authorization": authorization}
        path = f"{online}/api/{path}"
        return transport.items(_name_and_id, path, attempting=attempting, query=whole_query, headers=headers)

    def _transport(self, address: str) -> Transport:
        if address not in self._transports:
            # An answer later than the default would be later than a proof's deadline.
            self._transports[address] = Transport(
                "Business Central", address, authorization=None, read_error_body=read_error_body
            )
        return self._transports[address]


def _name_and_id(found: Mapping[str, Any]) -> tuple[str, str]:
    """Read a company or a row inside one: each has an id, so that an object of another kind proves nothing."""
    return str(found.get("name", "")), str(found["id"])
