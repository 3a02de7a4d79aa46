"""The tenant without HTTP: its four services, their common clock, and the one lock around them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Literal

from rehearsal.tenant import failures, portal
from rehearsal.tenant.business_central import edits as business_central_edits
from rehearsal.tenant.business_central.seed import ADMINISTRATOR_NAME as CONTAINER_ADMINISTRATOR
from rehearsal.tenant.business_central.seed import CONTAINER
from rehearsal.tenant.business_central.service import ON_PREMISES_PREFIX, ONLINE_PREFIX, BusinessCentral
from rehearsal.tenant.clock import Clock
from rehearsal.tenant.directory import edits as directory_edits
from rehearsal.tenant.directory.secrets import new_secret
from rehearsal.tenant.directory.seed import (
    ADMINISTRATOR_NAME,
    ADMINISTRATOR_OBJECT_ID,
    DEPLOYER_CLIENT_ID,
    DOMAIN,
    TENANT_ID,
    seeded_directory,
)
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.faults import Faults, FaultSpec
from rehearsal.tenant.graph.service import Graph
from rehearsal.tenant.key_vault import edits as key_vault_edits
from rehearsal.tenant.key_vault.service import KeyVault, host_of, is_vault
from rehearsal.tenant.messages import Caller, HttpRequest, HttpResponse
from rehearsal.tenant.request_log import RequestLog
from rehearsal.tenant.sts import edits as token_service_edits
from rehearsal.tenant.sts.service import TokenService
from rehearsal.tenant.sts.tokens import InvalidTokenError, TokenSigner

Service = Literal["entra", "graph", "businessCentral", "keyVault"]


def service_of(request: HttpRequest) -> Service:
    """Return which service a request belongs to: a vault's by its host, the others' by the path of the one address."""
    if is_vault(host_of(request)):
        return "keyVault"
    first = request.path.lstrip("/").split("/", 1)[0].lower()
    if f"/{first}" in (ONLINE_PREFIX, ON_PREMISES_PREFIX):
        return "businessCentral"
    return "graph" if first in {"v1.0", "beta"} else "entra"


@dataclass(frozen=True)
class _Services:
    """What the services hold; they refer to each other."""

    directory: Directory
    token_service: TokenService
    graph: Graph
    business_central: BusinessCentral
    key_vault: KeyVault


class Tenant:
    """One rehearsal tenant. Not thread-safe: one event loop asks it, for its services and its control port.

    Attributes:
        origin: `https://127.0.0.1:<port>`, no trailing slash.
        deployer_secret: the text of the deployer's secret, new for each process, the same after a reset.
        latency: seconds that every answer of the services takes at least.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.deployer_secret = new_secret()
        self._administrator_password = new_secret()
        self._web_service_key = new_secret()
        self.clock = Clock()
        self.faults = Faults()
        self.log = RequestLog()
        self.latency = 0.0
        self._signer = TokenSigner()
        self._copies: dict[str, _Services] = {}
        self._start_anew()

    @property
    def business_central_url(self) -> str:
        """The base address of Business Central, no trailing slash."""
        return self.origin + ONLINE_PREFIX

    def reset(self, to: str | None = None) -> None:
        """Return to the initial state: no faults, no delays, an empty log, real time. Tokens stay valid.

        Args:
            to: the id of a copy, whose contents the services then have instead.

        Raises:
            LookupError: there is no such copy.
        """
        if to is not None and to not in self._copies:
            raise LookupError(f"There is no copy {to!r}.")
        self.latency = 0.0
        self.faults.clear()
        self.log.clear()
        self.clock.reset()
        if to is None:
            self._start_anew()
        else:
            self._services = self._copy_of(self._copies[to])

    def keep_copy(self) -> str:
        """Keep a copy of what the services hold, for `reset`, and return its id."""
        number = str(len(self._copies) + 1)
        self._copies[number] = self._copy_of(self._services)
        return number

    def replicate(self, seconds: float, *, by_id: bool, deletions: bool) -> None:
        """From now on, let whatever is made be seen everywhere only after so many seconds; see `Replication`."""
        self._services.directory.replication.seconds = seconds
        self._services.directory.replication.by_id = by_id
        self._services.directory.replication.deletions = deletions

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Pass a request to its service; one request at a time."""
        match service_of(request):
            case "entra" if host_of(request) == portal.HOST:
                return portal.answer(request, self._caller(request), self._services.directory)
            case "entra":
                return self._services.token_service.answer(request)
            case "graph":
                return self._services.graph.answer(request, self._caller(request))
            case "keyVault":
                return self._services.key_vault.answer(request, self._caller(request))
            case "businessCentral":
                caller = self._caller(request)
                return self._services.business_central.answer(
                    request, None if isinstance(caller, InvalidTokenError) else caller
                )

    def failure(self, request: HttpRequest, fault: FaultSpec) -> HttpResponse:
        """Return the error response that a fault orders, in the format of the service that the request is for."""
        admin_center = request.path.startswith(f"{ONLINE_PREFIX}/admin/")
        service = "adminCenter" if admin_center else service_of(request)
        return failures.answer(service, fault, self.clock.now())

    def client_id_of(self, request: HttpRequest) -> str | None:
        """Return the client id that a request comes from: of a valid token, or of a token request's form."""
        if service_of(request) == "entra":
            client_id = request.body.get("client_id") if isinstance(request.body, dict) else None
            return client_id if isinstance(client_id, str) else None
        caller = self._caller(request)
        return None if isinstance(caller, InvalidTokenError) else caller.client_id

    def edit(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Do what an administrator would do by hand.

        Raises:
            LookupError: an object that it names is not there.
            ValueError: the operation cannot be understood.
        """
        name = str(operation.get("do"))
        if name in directory_edits.OPERATIONS:
            return directory_edits.edit(self._services.directory, operation)
        if name in business_central_edits.OPERATIONS:
            return self._services.business_central.edit(operation)
        if name in key_vault_edits.OPERATIONS:
            return self._services.key_vault.edit(operation)
        if name in token_service_edits.OPERATIONS:
            return token_service_edits.edit(self._services.token_service, operation)
        all_edits = (directory_edits, business_central_edits, key_vault_edits, token_service_edits)
        known = sorted(each for edits in all_edits for each in edits.OPERATIONS)
        raise ValueError(f"There is no operation {name!r}; there are {', '.join(known)}.")

    def add_issuer(self, issuer: str, keys: list[dict[str, Any]]) -> None:
        """Let the token service know the keys of another issuer; `TokenService.add_issuer` says what it raises."""
        self._services.token_service.add_issuer(issuer, keys)

    def snapshot(self) -> dict[str, Any]:
        """Return everything that the tenant holds, as JSON, without secrets."""
        environments = self._services.business_central.snapshot()
        container = environments.pop(CONTAINER)
        entra = self._services.directory.snapshot()
        return {
            "entra": entra,
            "businessCentral": environments,
            "container": container,
            "keyVault": self._services.key_vault.snapshot(),
        }

    def has_host(self, host: str) -> bool:
        """Tell whether a host's name leads here: that of one of the vaults, or of the portal's API."""
        return host.lower() == portal.HOST or self._services.key_vault.has(host)

    def users(self) -> list[dict[str, Any]]:
        """Return who can sign in as a person, and with what; these secrets are shown nowhere else."""
        return [
            {
                "userPrincipalName": ADMINISTRATOR_NAME,
                "objectId": ADMINISTRATOR_OBJECT_ID,
                "password": self._administrator_password,
                "container": {
                    "url": f"{self.origin}{ON_PREMISES_PREFIX}/BC",
                    "userName": CONTAINER_ADMINISTRATOR,
                    "webServiceKey": self._web_service_key,
                },
            }
        ]

    def _copy_of(self, services: _Services) -> _Services:
        # The clock and the signing key are the tenant's, and stay.
        return copy.deepcopy(services, {id(each): each for each in (self.clock, self._signer)})

    def _start_anew(self) -> None:
        now = self.clock.now
        directory = seeded_directory(self.origin, self.deployer_secret, self._administrator_password, now)
        business_central = BusinessCentral(
            TENANT_ID,
            DEPLOYER_CLIENT_ID,
            now,
            self.origin,
            domains=[DOMAIN],
            web_service_key=self._web_service_key,
            replication=directory.replication,
        )
        self._services = _Services(
            directory,
            TokenService(self.origin, directory, self._signer),
            Graph(self.origin, directory),
            business_central,
            KeyVault(self.origin, TENANT_ID, now, directory),
        )

    def _caller(self, request: HttpRequest) -> Caller | InvalidTokenError:
        try:
            return self._signer.verify(request.headers.get("authorization", ""), self.clock.now())
        except InvalidTokenError as problem:
            return problem
