"""Business Central: takes a request apart, lets the caller in, and runs it against a page as one transaction."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote

from rehearsal.tenant.business_central import (
    address,
    automation_pages,
    companion,
    edits,
    errors,
    extension_pages,
    extensions,
    seed,
)
from rehearsal.tenant.business_central.address import Address, Segment
from rehearsal.tenant.business_central.admin_center import AdminCenter
from rehearsal.tenant.business_central.automation_pages import Companies, UserPermissions
from rehearsal.tenant.business_central.basic_sign_in import caller_of
from rehearsal.tenant.business_central.environment import Environment
from rehearsal.tenant.business_central.errors import ServiceError
from rehearsal.tenant.business_central.odata import ListQuery, check_if_match, page_size
from rehearsal.tenant.business_central.page import Page
from rehearsal.tenant.business_central.permissions import Session, signed_in
from rehearsal.tenant.business_central.snapshot import snapshot
from rehearsal.tenant.messages import Answer, Caller, Question

ONLINE_PREFIX, ON_PREMISES_PREFIX = "/bc", "/container"
"""Business Central has hosts of its own in reality, and paths of its own here."""

AUDIENCES = frozenset({"https://api.businesscentral.dynamics.com", "996def3d-b36c-4153-8607-a6fd3c01b89f"})
DELEGATED_SCOPES = frozenset({"user_impersonation", "Financials.ReadWrite.All"})

STANDARD_ROUTE = "v2.0"
GONE = frozenset({"Removing", "SoftDeleting", "SoftDeleted"})  # statuses in which nothing answers any more (ours)

PAGES: dict[str, tuple[type[Page], ...]] = {  # route -> what stands directly under a company
    STANDARD_ROUTE: (),
    automation_pages.ROUTE: (
        automation_pages.Users,
        automation_pages.PermissionSets,
        *extension_pages.PAGES,
    ),
    companion.ROUTE: companion.PAGES,
}


class BusinessCentral:
    """The Business Central of one tenant. Not thread-safe: the caller holds the tenant's lock.

    Args:
        tenant_id: the directory's id.
        deployer_client_id: client id of the application that is registered in every environment from the start.
        now: the tenant's clock.
        origin: scheme, host and port; the online service is below `/bc`, the container below `/container`.
        domains: domain names of the tenant that may stand in an address instead of its id.
        web_service_key: what the administrator signs in with at the container.
    """

    operations: ClassVar[frozenset[str]] = edits.OPERATIONS | AdminCenter.operations

    def __init__(
        self,
        tenant_id: str,
        deployer_client_id: str,
        now: Callable[[], datetime],
        origin: str,
        *,
        domains: Collection[str] = (),
        web_service_key: str = "",
    ) -> None:
        self._tenant_id = tenant_id
        self._tenants = {tenant_id.lower(), *(domain.lower() for domain in domains)}
        self._now = now
        self._origin = origin
        self._environments = seed.environments(deployer_client_id, web_service_key, now())
        self._admin_center = AdminCenter(
            tenant_id, origin + ONLINE_PREFIX, self._environments, authorized={deployer_client_id}
        )

    def answer(self, question: Question, caller: Caller | None) -> Answer:
        """Answer one request.

        Args:
            question: its path begins with `/bc/v2.0/`, `/bc/environments/`, `/bc/admin/` or `/container/BC/`.
            caller: who the bearer token says, None where there is no valid one.
        """
        try:
            return self._answer(question, caller)
        except ServiceError as refusal:
            return refusal.answer()

    def edit(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Do by hand what `operation["do"]` says, as an administrator would; returns what was made or changed.

        Raises:
            EditRefused: unknown operation, missing argument or object, or Business Central refuses it.
        """
        if operation.get("do") in self._admin_center.operations:
            return self._admin_center.edit(operation)
        return edits.perform(self._environments, operation, self._now())

    def snapshot(self) -> dict[str, Any]:
        """Return everything there is, by environment, as JSON."""
        return {environment.name: snapshot(environment) for environment in self._environments}

    def _answer(self, question: Question, caller: Caller | None) -> Answer:
        door, _, rest = question.path.lstrip("/").partition("/")
        path = f"/{rest}"
        if f"/{door.lower()}" == ON_PREMISES_PREFIX:
            container = self._environment(seed.CONTAINER, online=False)
            basic = caller_of(question.headers.get("authorization", ""), container)
            caller = self._check_audience(caller or basic)
            if (tenant := question.query.get("tenant", "default")) != "default":
                raise errors.tenant_not_accessible(tenant)
            return self._api(question, caller, container, address.on_premises(path))
        caller = self._check_audience(caller)
        if re.fullmatch(r"/environments/v1\.\d/?", path) and question.method == "GET":
            return self._admin_center.discovery()
        if path.startswith("/admin/"):
            return self._admin_center.answer(question, path, caller, self._now())
        if not path.startswith("/v2.0/"):
            raise errors.segment_not_found(rest.split("/")[0])
        where = address.online(path, self._tenants)
        return self._api(question, caller, self._environment(where.environment), where)

    def _api(self, question: Question, caller: Caller, environment: Environment, where: Address) -> Answer:
        _require_role(caller, where.route)
        now = self._now()
        for deployment in environment.deployments:
            extensions.progress(environment, deployment, now)
        url = self._origin + quote(question.path, safe="/()'=,")
        if question.method == "GET":
            return _Request(question, where, environment, url).answer(caller, now)
        return self._transaction(environment, question, where, url, caller)

    @staticmethod
    def _check_audience(caller: Caller | None) -> Caller:
        if caller is None or caller.audience.rstrip("/") not in AUDIENCES:
            raise errors.rejected_credentials()
        return caller

    def _transaction(
        self, environment: Environment, question: Question, where: Address, url: str, caller: Caller
    ) -> Answer:
        """Run a write: a web service request is one transaction, so an error leaves nothing ([INF], contract 6.2b)."""
        draft = copy.deepcopy(environment)
        try:
            answer = _Request(question, where, draft, url).answer(caller, self._now())
        except ServiceError:
            if environment.switches.userSurvivesRollback:
                environment.users = {**draft.users, **environment.users}
            raise
        self._environments[self._environments.index(environment)] = draft
        return answer

    def _environment(self, name: str, *, online: bool = True) -> Environment:
        named = (each for each in self._environments if each.name.casefold() == name.casefold())
        found = next((each for each in named if each.is_online == online), None)
        if found is None or found.status in GONE:
            raise errors.environment_not_found()
        if found.status != "Active":
            raise errors.environment_unavailable(self._tenant_id, found.retry_after)
        return found


_ACTION = "Microsoft.NAV."


class _Request:
    """One request to one environment whose caller has the role that the route asks for."""

    def __init__(self, question: Question, where: Address, environment: Environment, url: str) -> None:
        self._question = question
        self._where = where
        self._environment = environment
        self._url = url

    def answer(self, caller: Caller, now: datetime) -> Answer:
        user = signed_in(self._environment, caller)
        if user is None:
            raise errors.rejected_credentials()
        company, segments = self._company()
        page, key, more = self._page(Session(self._environment, user, company, now), segments)
        method = self._question.method
        headers = self._question.headers
        if method != "GET" and headers.get("data-access-intent", "").casefold() == "readonly":
            raise errors.read_only_intent()
        if more.startswith(_ACTION):
            return self._act(page, key, more.removeprefix(_ACTION))
        if more:
            return self._set_media(page, key)
        if method != "POST" and method not in page.methods:
            raise errors.method_not_allowed(method, page.entity_name)
        match method, key:
            case "GET", None:
                return self._list(page)
            case "GET", str():
                context = f"{self._context(page)}/$entity"
                return Answer(200, {"@odata.context": context, **page.get(key).body()})
            case "POST", None if "POST" in page.methods:
                return self._insert(page)
            case "PATCH", str():
                return self._modify(page, key)
            case "DELETE", str():
                entity = page.get(key)
                check_if_match(headers.get("if-match"), entity, mandatory=False)
                page.delete(entity.key)
                return Answer(204)
            case _, None:
                raise errors.method_not_allowed(method, page.entity_set_name, "Collection")
            case _:
                raise errors.method_not_allowed(method, page.entity_name)

    def _company(self) -> tuple[str, tuple[Segment, ...]]:
        """Find the company of the address, and what follows it."""
        segments = self._where.segments
        if not segments:
            raise errors.not_supported("The service document")
        if segments[0].name == "companies" and len(segments) > 1 and segments[0].key is not None:
            wanted, segments = segments[0].key.lower(), segments[1:]
        elif segments[0].name == "companies":
            return "", segments
        else:
            wanted = self._question.query.get("company", "")
        if segments[0].name.startswith("$"):
            raise errors.not_supported(f"'{segments[0].name}'")
        company = self._environment.company(wanted)
        if company is None:
            raise errors.company_not_found()
        return company.name, segments

    def _page(self, session: Session, segments: tuple[Segment, ...]) -> tuple[Page, str | None, str]:
        """Find the page that the segments lead to, the key of the row, and what of the row, "" for all of it."""
        first, *more = segments
        if first.name == "companies" and not session.company:
            pages: tuple[type[Page], ...] = (Companies,)
        else:
            pages = self._pages()
        page_type = next((each for each in pages if each.entity_set_name == first.name), None)
        if page_type is None:
            raise errors.segment_not_found(first.name)
        _require_company_access(session)
        page = page_type(session, url=self._url)
        if not more:
            return page, first.key, ""
        if first.key is not None and len(more) == 1:
            if more[0].name.startswith(_ACTION) or more[0].name == page.media:
                return page, first.key, more[0].name
            if (first.name, more[0].name) == ("users", "userPermissions"):
                return UserPermissions(session, parent={"userSecurityId": first.key}), more[0].key, ""
        raise errors.segment_not_found(more[0].name)

    def _pages(self) -> tuple[type[Page], ...]:
        if self._where.route == companion.ROUTE and not companion.is_installed(self._environment):
            return ()
        pages = PAGES.get(self._where.route, ())
        if self._where.route == automation_pages.ROUTE:
            return (*pages, UserPermissions)  # there too, but it refuses to work without a user
        return pages

    def _list(self, page: Page) -> Answer:
        query = ListQuery(
            self._url,
            self._question.query,
            page_size(self._question.headers.get("prefer", ""), self._environment.switches.pageSize),
        )
        return Answer(200, query.answer(page.entities(), page.columns(), self._context(page)))

    def _insert(self, page: Page) -> Answer:
        key = page.insert(page.read_body(self._question.body))
        return self._written(page, key, 201)

    def _modify(self, page: Page, key: str) -> Answer:
        entity = page.get(key)
        check_if_match(self._question.headers.get("if-match"), entity, mandatory=True)
        page.modify(entity.key, page.read_body(self._question.body))
        return self._written(page, entity.key, 200)

    def _act(self, page: Page, key: str | None, action: str) -> Answer:
        """Do a bound action; the answer is 200 and empty, as Microsoft's own tests have it (contract, 2.2)."""
        if action not in page.actions or key is None:
            raise errors.not_supported(f"The bound action '{_ACTION}{action}'")
        if self._question.method != "POST":
            raise errors.method_not_allowed(self._question.method, page.entity_name)
        headers = self._question.headers
        if self._question.body is None and headers.get("content-type", "").startswith("application/json"):
            raise errors.bad_request("A non-empty request body is required.")
        entity = page.get(key)
        check_if_match(headers.get("if-match"), entity, mandatory=False)
        page.act(action, entity.key)
        return Answer(200)

    def _set_media(self, page: Page, key: str | None) -> Answer:
        if self._question.method != "PATCH":
            raise errors.not_supported(f"{self._question.method} of '{page.media}'")
        entity = page.get(key or "")
        check_if_match(self._question.headers.get("if-match"), entity, mandatory=True)
        if not isinstance(self._question.body, bytes | None):
            raise errors.bad_request("The request content is not valid.")  # ours
        page.set_media(entity.key, self._question.body or b"")
        return Answer(204)

    def _written(self, page: Page, key: str, status: int) -> Answer:
        if "return-no-content" in self._question.headers.get("prefer", ""):
            return Answer(204)
        return Answer(status, {"@odata.context": f"{self._context(page)}/$entity", **page.get(key).body()})

    def _context(self, page: Page) -> str:
        """`…/$metadata#companies(…)/users`, as the real service writes it."""
        root = self._url.split(f"/api/{self._where.route}")[0] + f"/api/{self._where.route}"
        inside = self._url[len(root) :].strip("/")
        path, _, last = inside.rpartition("/")
        return f"{root}/$metadata#{path + '/' if path else ''}{page.entity_set_name if last else ''}"


def _require_role(caller: Caller, route: str) -> None:
    """Refuse a token without the role that entitles to the route; both kinds get the answer of a token without roles.

    That answer is evidenced for a token without any role; for the wrong one it is ours.
    """
    if caller.kind == "user":
        entitled = bool(caller.scopes & DELEGATED_SCOPES)
    elif route == automation_pages.ROUTE:
        entitled = bool(caller.roles & {"Automation.ReadWrite.All", "API.ReadWrite.All"})
    else:
        entitled = "API.ReadWrite.All" in caller.roles
    if not entitled:
        raise errors.no_entitlement()


def _require_company_access(session: Session) -> None:
    if session.assigned():
        return
    if session.company and session.environment.access_controls_of(session.user.security_id):
        raise errors.no_permission_to_company(session.company)
    session.require("Company", "Read")
