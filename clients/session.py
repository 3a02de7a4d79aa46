"""Everything that one process needs to talk to one tenant: who signs in, where, and the clients of the services."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Any, Literal
from urllib.parse import parse_qsl

from clients.business_central import admin_center
from clients.business_central import environment as business_central
from clients.business_central.admin_center import AdminCenter
from clients.business_central.application_client import ApplicationClient
from clients.business_central.deployment import Channel
from clients.business_central.environment import BusinessCentral, Environment
from clients.business_central.extension_upload import ExtensionUpload
from clients.business_central.servers import CHECK_SCOPE, Server
from clients.entra import cloud, sign_in
from clients.entra.caller import Caller, caller_of
from clients.entra.client_assertion import client_assertion
from clients.entra.credential import Credential
from clients.entra.kept_tokens import TokensByCredential
from clients.entra.refusals import is_no_such_resource
from clients.graph.app_management_policy import AppManagementPolicies
from clients.graph.applications import Applications
from clients.graph.client import Graph
from clients.graph.client import read_error_body as read_graph_problem
from clients.graph.deleted_items import DeletedItems
from clients.graph.inventory import Inventory
from clients.graph.sign_in_activities import SignInActivities
from clients.http.errors import FailedPrecondition, SignInFailed
from clients.http.failures import ErrorBody
from clients.http.transport import Transport
from clients.key_vault.credential import VaultCredential
from clients.key_vault.vault import Vault, vault_address

SETTINGS = ("azuread:tenantId", "azuread:environment", "azuread:metadataHost")
"""What is read of the stack's configuration; the rest comes from the environment (`clients.entra.cloud`, `sign_in`)."""


class Session:
    """The clients of one tenant, made when they are first used, so that a run with nothing to do makes no request.

    Args:
        settings: stack configuration, keys with their namespace; read for `azuread:tenantId`, `azuread:environment`
            and `azuread:metadataHost`. Everything else comes from the environment
            (`clients.entra.cloud`, `clients.entra.sign_in`).
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._installations: dict[tuple[str, str], BusinessCentral] = {}
        self._vaults: dict[str, Vault] = {}
        self._tokens = TokensByCredential()

    @property
    def tenant_id(self) -> str:
        """The directory's id, a GUID in lower case."""
        return cloud.find_tenant(self._settings)

    def approval_page(self, client_id: str) -> str:
        """Return the address where an administrator approves what an application asks for.

        https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent
        """
        with self._lock:
            return f"{self._cloud.login}/{self.tenant_id}/adminconsent?client_id={client_id}"

    @property
    def graph(self) -> Graph:
        """The client of Microsoft Graph."""
        with self._lock:
            return self._graph

    @property
    def applications(self) -> Applications:
        """The client of the tenant's applications."""
        with self._lock:
            return Applications(self._graph_transport, lambda: self.graph_caller)

    @property
    def deleted_items(self) -> DeletedItems:
        """The client of what was deleted in the tenant and can still be restored."""
        with self._lock:
            return DeletedItems(self._graph_transport, lambda: self.graph_caller)

    @property
    def inventory(self) -> Inventory:
        """The client that lists what is in the tenant."""
        with self._lock:
            return Inventory(self._graph_transport, lambda: self.graph_caller)

    @property
    def sign_in_activities(self) -> SignInActivities:
        """The client of the report of when applications last signed in."""
        with self._lock:
            return SignInActivities(self._graph_transport, lambda: self.graph_caller)

    @property
    def app_management_policies(self) -> AppManagementPolicies:
        """The client of the tenant's app management policies."""
        with self._lock:
            return AppManagementPolicies(self._graph_transport, lambda: self.graph_caller)

    @property
    def graph_caller(self) -> Caller | None:
        """Who signed in to Microsoft Graph, None where the token does not say.

        Raises:
            SignInFailed: no token was issued.
        """
        with self._lock:
            sign_in, cloud = self._graph_sign_in, self._cloud
        return caller_of(sign_in(), cloud)

    @property
    def business_central_caller(self) -> Caller | None:
        """Who signed in to Business Central online, None where the token does not say.

        Raises:
            SignInFailed: no token was issued.
        """
        with self._lock:
            sign_in, cloud = self._business_central_sign_in, self._cloud
        return caller_of(sign_in(), cloud)

    @property
    def business_central_url(self) -> str:
        """The base address of Business Central online.

        Raises:
            FailedPrecondition: this cloud has none that is known, or BUSINESS_CENTRAL_URL cannot be used.
            UserFacingError: the metadata host does not answer.
        """
        with self._lock:
            return cloud.business_central_url(self._cloud)

    @property
    def token_endpoint(self) -> str:
        """Where the applications of this tenant ask for tokens.

        Raises:
            UserFacingError: the metadata host does not answer.
        """
        with self._lock:
            return f"{self._cloud.login}/{self.tenant_id}/oauth2/v2.0/token"

    @property
    def business_central(self) -> BusinessCentral:
        """The client of Business Central."""
        with self._lock:
            return self._business_central

    def environment(self, name: str, base_url: str = "", scope: str = "") -> Environment:
        """Return the client of one Business Central environment.

        Args:
            name: its name.
            base_url: its address where it is a container or on-premises, perhaps with a query; "" online.
            scope: what tokens for it are asked for; "" for what Business Central online accepts.
        """
        if not base_url:
            return self.business_central.environment(name)
        with self._lock:
            if (base_url, scope) not in self._installations:
                self._installations[base_url, scope] = self._installation(base_url, scope)
            return self._installations[base_url, scope].environment(name)

    def _installation(self, base_url: str, scope: str) -> BusinessCentral:
        address, _, query = base_url.partition("?")
        authorization = sign_in.basic()
        if authorization is None:
            cloud.require_same_cloud(address, self._cloud)
            authorization = self._server_sign_in(Server(base_url, scope)) if scope else self._business_central_sign_in
        transport = Transport(
            "Business Central",
            address,
            authorization=authorization,
            read_error_body=business_central.read_error_body,
            answer_seconds=business_central.ANSWER_SECONDS,
        )
        return BusinessCentral(transport, None, dict(parse_qsl(query)), Server(base_url, scope))

    def _server_sign_in(self, server: Server) -> Callable[[], str]:
        bearer = sign_in.bearer(self._credential, server.scope)

        def authorization() -> str:
            try:
                return bearer()
            except SignInFailed as problem:
                if is_no_such_resource(problem.reason):
                    problem.remedy = server.remedy(CHECK_SCOPE)
                raise

        return authorization

    @property
    def admin_center(self) -> AdminCenter:
        """The client of the Business Central admin center."""
        with self._lock:
            return self._admin_center

    def extension_upload(self, environment: str) -> ExtensionUpload:
        """Return the client of an online environment's extensions through the Automation API."""
        with self._lock:
            transport = self._online("Business Central", business_central.read_error_body)
            return ExtensionUpload(transport, self.tenant_id, self.environment(environment))

    def extensions(self, environment: str, channel: Literal["adminCenter", "automation"]) -> Channel:
        """Return the client of an online environment's extensions.

        Args:
            environment: its name.
            channel: the Admin Center API, or the Automation API.
        """
        return self.admin_center.apps(environment) if channel == "adminCenter" else self.extension_upload(environment)

    def vault(self, name: str) -> Vault:
        """Return the client of one vault of Azure Key Vault, in the cloud that is signed in to.

        Args:
            name: the vault's name; case does not count in it.

        Raises:
            FailedPrecondition: it is no name of a vault, or no suffix of vaults is known in this cloud.
        """
        with self._lock:
            if name.lower() not in self._vaults:
                address = vault_address(name, self._cloud)
                self._vaults[name.lower()] = Vault(name, address, self._vault_credential)
            return self._vaults[name.lower()]

    def application_client(self, client_id: str, secret: str) -> ApplicationClient:
        """Return an application that calls Business Central with its own secret, as the outside system does."""
        with self._lock:
            online = self._cloud
        return ApplicationClient(
            client_id,
            secret,
            self.tenant_id,
            online,
            lambda: sign_in.secret_credential(self.tenant_id, online, client_id, secret),
            self._tokens.of_secret(client_id, secret),
        )

    def signing_application_client(self, client_id: str, key_vault: str, name: str, version: str) -> ApplicationClient:
        """Return an application that calls Business Central with a certificate in a vault, whose key signs there.

        The vault is asked for nothing before there is something to sign: where another proof signed in with it shortly
        before, it is not asked at all.

        Args:
            client_id: the application.
            key_vault: the vault's name.
            name: the certificate's name.
            version: the id of its version.

        Raises:
            FailedPrecondition: as `vault`.
        """
        certificates = self.vault(key_vault).certificates
        endpoint = self.token_endpoint
        with self._lock:
            online = self._cloud
        public = cache(lambda: certificates.public_part(name, version))

        def assertion() -> str:
            try:
                return client_assertion(
                    client_id, endpoint, public().der, lambda digest: certificates.sign(name, version, digest)
                )
            except SignInFailed as problem:  # our caller's, to the vault, and not the application's
                raise FailedPrecondition(problem.attempted, problem.reason, problem.remedy) from None

        return ApplicationClient(
            client_id,
            "",
            self.tenant_id,
            online,
            lambda: sign_in.assertion_credential(self.tenant_id, online, client_id, assertion),
            self._tokens.of_certificate(client_id, key_vault.lower(), name, version),
        )

    @cached_property
    def _cloud(self) -> cloud.Cloud:
        return cloud.find_cloud(self._settings)

    @cached_property
    def _credential(self) -> Credential:
        return sign_in.find_credential(self.tenant_id, self._cloud)

    @cached_property
    def _graph_sign_in(self) -> Callable[[], str]:
        return sign_in.bearer(self._credential, f"{self._cloud.graph}/.default")

    @cached_property
    def _business_central_sign_in(self) -> Callable[[], str]:
        credential = sign_in.business_central_credential(
            self.tenant_id, self._cloud, self._credential, lambda: self.graph_caller
        )
        return sign_in.bearer(credential, sign_in.BUSINESS_CENTRAL_SCOPE)

    @cached_property
    def _vault_credential(self) -> VaultCredential:
        return VaultCredential(self._credential, self._cloud.key_vault, self.tenant_id)

    @cached_property
    def _graph_transport(self) -> Transport:
        return Transport(
            "Microsoft Graph",
            self._cloud.graph,
            authorization=self._graph_sign_in,
            read_error_body=read_graph_problem,
        )

    @cached_property
    def _graph(self) -> Graph:
        return Graph(self._graph_transport, lambda: self.graph_caller)

    @cached_property
    def _business_central(self) -> BusinessCentral:
        return BusinessCentral(self._online("Business Central", business_central.read_error_body), self.tenant_id)

    @cached_property
    def _admin_center(self) -> AdminCenter:
        return AdminCenter(self._online("the Business Central admin center", admin_center.read_error_body))

    def _online(self, service: str, read_error_body: Callable[[Mapping[str, Any]], ErrorBody]) -> Transport:
        """Return a transport to Business Central online; its admin center has errors of another shape."""
        return Transport(
            service,
            self.business_central_url,
            authorization=self._business_central_sign_in,
            read_error_body=read_error_body,
            answer_seconds=business_central.ANSWER_SECONDS,
        )
