"""Business Central: routes requests to an environment, the container or the admin center; a write is a transaction."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from urllib.parse import quote

from rehearsal.tenant.business_central import address, automation_pages, edits, errors, extensions, seed
from rehearsal.tenant.business_central.address import Address
from rehearsal.tenant.business_central.admin_center import AdminCenter
from rehearsal.tenant.business_central.basic_authentication import basic_caller
from rehearsal.tenant.business_central.environment import Environment
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.request import Request
from rehearsal.tenant.business_central.snapshot import snapshot
from rehearsal.tenant.directory.external_applications import BUSINESS_CENTRAL
from rehearsal.tenant.messages import Caller, HttpRequest, HttpResponse
from rehearsal.tenant.refusals import Refusal
from rehearsal.tenant.replication import Replication

ONLINE_PREFIX, ON_PREMISES_PREFIX = "/bc", "/container"
"""The real Business Central has its own hosts; here it has its own paths."""

AUDIENCES = frozenset({"https://api.businesscentral.dynamics.com", BUSINESS_CENTRAL})
DELEGATED_SCOPES = frozenset({"user_impersonation", "Financials.ReadWrite.All"})

DELETED_STATUSES = frozenset({"Removing", "SoftDeleting", "SoftDeleted"})  # environments that answer 404 (ours)


class BusinessCentral:
    """The Business Central of one tenant. Not thread-safe, as the tenant.

    Args:
        deployer_client_id: client id of the application that is registered in every environment from the start.
        origin: scheme, host and port; the online service is below `/bc`, the container below `/container`.
        domains: domain names of the tenant that may stand in an address instead of its id.
        web_service_key: what the administrator signs in with at the container.
    """

    def __init__(
        self,
        tenant_id: str,
        deployer_client_id: str,
        now: Callable[[], datetime],
        origin: str,
        *,
        domains: Collection[str] = (),
        web_service_key: str = "",
        replication: Replication | None = None,
    ) -> None:
        self._tenant_id = tenant_id
        self._tenants = {tenant_id.lower(), *(domain.lower() for domain in domains)}
        self._now = now
        self._origin = origin
        self._replication = replication or Replication(now)
        self._environments = seed.environments(deployer_client_id, web_service_key, now())
        self._admin_center = AdminCenter(tenant_id, self._environments, authorized={deployer_client_id})

    def answer(self, request: HttpRequest, caller: Caller | None) -> HttpResponse:
        """Answer one request; the caller is from the bearer token, None where there is no valid one."""
        try:
            return self._answer(request, caller)
        except Refusal as problem:
            return errors.answer(problem)

    def edit(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Do the edit `operation["do"]`, as an administrator would; returns what was made or changed."""
        return edits.edit(self._environments, self._admin_center.authorized, operation, self._now())

    def snapshot(self) -> dict[str, Any]:
        """Return all data, by environment, as JSON."""
        return {environment.name: snapshot(environment) for environment in self._environments}

    def _answer(self, request: HttpRequest, caller: Caller | None) -> HttpResponse:
        prefix, _, rest = request.path.lstrip("/").partition("/")
        path = f"/{rest}"
        if f"/{prefix.lower()}" == ON_PREMISES_PREFIX:
            container = self._environment(seed.CONTAINER, online=False)
            basic = basic_caller(request.headers.get("authorization", ""), container)
            audiences = frozenset(container.switches.validAudiences.split(";"))
            caller = basic or self._check_audience(caller, audiences)
            if (tenant := request.query.get("tenant", "default")) != "default":
                raise refusal("not_accessible", tenant)
            return self._api(request, caller, container, address.on_premises(path))
        caller = self._check_audience(caller, AUDIENCES)
        if path.startswith("/environments/"):
            raise refusal("not_supported", "The list of environments")
        if path.startswith("/admin/"):
            return self._admin_center.answer(request, path, caller, self._now())
        if not path.startswith("/v2.0/"):
            raise refusal("segment_not_found", rest.split("/")[0])
        where = address.online(path, self._tenants)
        return self._api(request, caller, self._environment(where.environment), where)

    def _api(self, request: HttpRequest, caller: Caller, environment: Environment, where: Address) -> HttpResponse:
        _require_role(caller, where.route, environment)
        if not self._replication.is_replicated(f"{environment.name}/{caller.client_id}"):
            raise refusal("rejected_credentials")
        now = self._now()
        for deployment in environment.deployments:
            extensions.advance(environment, deployment, now)
        url = self._origin + quote(request.path, safe="/()'=,")
        if request.method == "GET":
            return Request(request, where, environment, url).answer(caller, now)
        return self._transaction(environment, request, where, url, caller)

    @staticmethod
    def _check_audience(caller: Caller | None, audiences: Collection[str]) -> Caller:
        if caller is None or caller.audience.rstrip("/") not in audiences:
            raise refusal("rejected_credentials")
        return caller

    def _transaction(
        self, environment: Environment, request: HttpRequest, where: Address, url: str, caller: Caller
    ) -> HttpResponse:
        """Run a write: a web service request is one transaction, so an error leaves nothing.

        Inferred: docs/reference/facts-business-central.md, "The companion page".
        """
        draft = copy.deepcopy(environment)
        try:
            answer = Request(request, where, draft, url).answer(caller, self._now())
        except Refusal:
            if environment.switches.userSurvivesRollback:
                environment.users = {**draft.users, **environment.users}
            raise
        for client_id in draft.registrations.keys() - environment.registrations.keys():
            self._replication.created(f"{environment.name}/{client_id}")  # until then it cannot sign in (ours)
        self._environments[self._environments.index(environment)] = draft
        return answer

    def _environment(self, name: str, *, online: bool = True) -> Environment:
        named = (each for each in self._environments if each.name.casefold() == name.casefold())
        found = next((each for each in named if each.is_online == online), None)
        if found is None or found.status in DELETED_STATUSES:
            raise refusal("environment_not_found")
        if found.status != "Active":
            raise refusal("not_accessible", self._tenant_id, headers={"Retry-After": str(found.retry_after)})
        return found


def _require_role(caller: Caller, route: str, environment: Environment) -> None:
    """Refuse a token without a role that gives access to the route.

    The answer is evidenced for a token without any role; for one with the wrong role it is ours.
    """
    if caller.kind == "user":
        entitled = bool(caller.scopes & DELEGATED_SCOPES)
    elif route == automation_pages.ROUTE:
        also = set() if environment.switches.automationRoleOnly else {"API.ReadWrite.All"}
        entitled = bool(caller.roles & {"Automation.ReadWrite.All", *also})
    else:
        entitled = "API.ReadWrite.All" in caller.roles
    if not entitled:
        raise refusal("no_entitlement")
