"""Business Central: takes a request apart, lets the caller in, and runs it against a page as one transaction."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote

from rehearsal.tenant.business_central import address, admin_center, automation_pages, companion, edits, errors, seed
from rehearsal.tenant.business_central.address import Address, Segment
from rehearsal.tenant.business_central.automation_pages import Companies, UserPermissions
from rehearsal.tenant.business_central.environment import Environment, User
from rehearsal.tenant.business_central.errors import ServiceError
from rehearsal.tenant.business_central.odata import ListQuery, check_if_match, page_size
from rehearsal.tenant.business_central.page import Page
from rehearsal.tenant.business_central.permissions import Session
from rehearsal.tenant.business_central.snapshot import snapshot
from rehearsal.tenant.messages import Answer, Caller, Question

AUDIENCES = frozenset({"https://api.businesscentral.dynamics.com", "996def3d-b36c-4153-8607-a6fd3c01b89f"})
DELEGATED_SCOPES = frozenset({"user_impersonation", "Financials.ReadWrite.All"})

STANDARD_ROUTE = "v2.0"
GONE = frozenset({"Removing", "SoftDeleting", "SoftDeleted"})  # statuses in which nothing answers any more (ours)

PAGES: dict[str, tuple[type[Page], ...]] = {  # route -> what stands directly under a company
    STANDARD_ROUTE: (),
    automation_pages.ROUTE: (
        automation_pages.Users,
        automation_pages.PermissionSets,
        automation_pages.Extensions,
    ),
    companion.ROUTE: companion.PAGES,
}


class BusinessCentral:
    """The Business Central of one tenant. Not thread-safe: the caller holds the tenant's lock.

    Args:
        tenant_id: the directory's id.
        deployer_client_id: client id of the application that is registered in every environment from the start.
        now: the tenant's clock.
        base_url: returns the address before `/v2.0/…`, without a slash at the end; asked for each answer, since the
            port is known only when the tenant listens.
        domains: domain names of the tenant that may stand in an address instead of its id.
    """

    operations: ClassVar[frozenset[str]] = edits.OPERATIONS

    def __init__(
        self,
        tenant_id: str,
        deployer_client_id: str,
        now: Callable[[], datetime],
        base_url: Callable[[], str] = lambda: "https://api.businesscentral.dynamics.com",
        domains: Collection[str] = (),
    ) -> None:
        self._tenant_id = tenant_id
        self._tenants = {tenant_id.lower(), *(domain.lower() for domain in domains)}
        self._now = now
        self._base_url = base_url
        self._environments = seed.environments(deployer_client_id, now())

    def answer(self, question: Question, caller: Caller | None) -> Answer:
        """Answer one request.

        Args:
            question: its path begins after the base address: `/v2.0/…`, `/environments/…` or `/admin/…`.
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
        return edits.perform(self._environments, operation, self._now())

    def snapshot(self) -> dict[str, Any]:
        """Return everything there is, by environment, as JSON."""
        return {environment.name: snapshot(environment) for environment in self._environments}

    def _answer(self, question: Question, caller: Caller | None) -> Answer:
        if caller is None or caller.audience.rstrip("/") not in AUDIENCES:
            raise errors.rejected_credentials()
        base = self._base_url().rstrip("/")
        if re.fullmatch(r"/environments/v1\.\d/?", question.path) and question.method == "GET":
            return admin_center.discovery(self._environments, self._tenant_id, base)
        if question.path.startswith("/admin/"):
            return admin_center.administration(
                question.method, question.path, caller, self._environments, self._tenant_id, base
            )
        if not question.path.startswith("/v2.0/"):
            raise errors.segment_not_found(question.path.strip("/").split("/")[0])
        where = address.parse(question.path, self._tenants)
        environment = self._environment(where.environment)
        _require_role(caller, where.route)
        url = base + quote(question.path, safe="/()'=,")
        if question.method == "GET":
            return _Request(question, where, environment, url).answer(caller, self._now())
        return self._transaction(environment, question, where, url, caller)

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

    def _environment(self, name: str) -> Environment:
        found = next((each for each in self._environments if each.name.casefold() == name.casefold()), None)
        if found is None or found.status in GONE:
            raise errors.environment_not_found()
        if found.status != "Active":
            raise errors.environment_unavailable(self._tenant_id, found.retry_after)
        return found


class _Request:
    """One request to one environment whose caller has the role that the route asks for."""

    def __init__(self, question: Question, where: Address, environment: Environment, url: str) -> None:
        self._question = question
        self._where = where
        self._environment = environment
        self._url = url

    def answer(self, caller: Caller, now: datetime) -> Answer:
        user = _user(self._environment, caller)
        company, segments = self._company()
        page, key = self._page(Session(self._environment, user, company, now), segments)
        method = self._question.method
        headers = self._question.headers
        if method != "GET" and headers.get("data-access-intent", "").casefold() == "readonly":
            raise errors.read_only_intent()
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

    def _page(self, session: Session, segments: tuple[Segment, ...]) -> tuple[Page, str | None]:
        """Find the page that the segments lead to, and the key of the row."""
        first, *more = segments
        if first.name == "companies" and not session.company:
            pages: tuple[type[Page], ...] = (Companies,)
        else:
            pages = self._pages()
        page_type = next((each for each in pages if each.entity_set_name == first.name), None)
        if page_type is None:
            raise errors.segment_not_found(first.name)
        _require_company_access(session)
        if not more:
            return page_type(session), first.key
        if more[0].name.startswith("Microsoft.NAV."):
            raise errors.not_supported(f"The bound action '{more[0].name}'")
        if first.key is None or len(more) > 1 or (first.name, more[0].name) != ("users", "userPermissions"):
            raise errors.segment_not_found(more[0].name)
        return UserPermissions(session, parent={"userSecurityId": first.key}), more[0].key

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


def _user(environment: Environment, caller: Caller) -> User:
    """Find the enabled user that the caller signs in as; the row in table 9012 is not asked ([INF] from 1.4)."""
    if caller.kind == "application":
        user = environment.application_user(caller.client_id)
    else:
        user = next((each for each in environment.users.values() if each.entra_object_id == caller.object_id), None)
    if user is None or user.state != "Enabled":
        raise errors.rejected_credentials()
    return user


def _require_company_access(session: Session) -> None:
    if session.assigned():
        return
    if session.company and session.environment.access_controls_of(session.user.security_id):
        raise errors.no_permission_to_company(session.company)
    session.require("Company", "Read")
