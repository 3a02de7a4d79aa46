"""One request to an environment: finds the page, the row and the action, and answers in OData."""

from __future__ import annotations

from datetime import datetime

from rehearsal.tenant.business_central import automation_pages, companion, extension_pages
from rehearsal.tenant.business_central.address import Address
from rehearsal.tenant.business_central.automation_pages import Companies, UserPermissions
from rehearsal.tenant.business_central.environment import Environment
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.odata import check_if_match, list_page
from rehearsal.tenant.business_central.page import Page
from rehearsal.tenant.business_central.permissions import Session, session_user
from rehearsal.tenant.messages import Caller, HttpRequest, HttpResponse

_ACTION = "Microsoft.NAV."

PAGES: dict[str, tuple[type[Page], ...]] = {  # route -> the pages directly under a company
    automation_pages.ROUTE: (
        automation_pages.Users,
        automation_pages.PermissionSets,
        *extension_pages.PAGES,
    ),
    companion.ROUTE: companion.PAGES,
    automation_pages.STANDARD_ROUTE: (automation_pages.CompanyInformation,),
}


class Request:
    """One request to one environment whose caller has the role that the route asks for."""

    def __init__(self, http: HttpRequest, address: Address, environment: Environment, url: str) -> None:
        self._http = http
        self._address = address
        self._environment = environment
        self._url = url

    def answer(self, caller: Caller, now: datetime) -> HttpResponse:
        """Run the request as the caller's user, at the tenant's time."""
        user = session_user(self._environment, caller)
        if user is None:
            raise refusal("rejected_credentials")
        page, key, part = self._page(Session(self._environment, user, self._company(), now))
        method = self._http.method
        headers = self._http.headers
        if method != "GET" and headers.get("data-access-intent", "").casefold() == "readonly":
            raise refusal("read_only_intent")
        if part.startswith(_ACTION):
            return self._invoke_action(page, key, part.removeprefix(_ACTION))
        if part:
            return self._write_media(page, key)
        if method != "POST" and method not in page.methods:
            raise refusal("method_not_allowed", method, page.entity_name, "EntityType")
        match method, key:
            case "GET", None:
                return HttpResponse(200, {"@odata.context": self._context(page), **list_page(page, self._http.query)})
            case "GET", str():
                return self._entity(page, key, 200)
            case "POST", None if "POST" in page.methods:
                return self._entity(page, page.insert(page.read_body(self._http.body)), 201)
            case "PATCH", str():
                return self._modify(page, key)
            case "DELETE", str():
                entity = page.get(key)
                check_if_match(headers.get("if-match"), entity, mandatory=False)
                page.delete(entity.key)
                return HttpResponse(204)
            case _, None:
                raise refusal("method_not_allowed", method, page.entity_set_name, "Collection")
            case _:
                raise refusal("method_not_allowed", method, page.entity_name, "EntityType")

    def _company(self) -> str:
        """Return the name of the company of the address, "" where it asks for the companies themselves."""
        address = self._address
        if address.name.startswith("$"):
            raise refusal("not_supported", f"'{address.name}'")
        if address.company is None and address.name == "companies":
            return ""
        wanted = self._http.query.get("company", "") if address.company is None else address.company.lower()
        company = self._environment.company(wanted)
        if company is None:
            raise refusal("company_not_found")
        return company.name

    def _page(self, session: Session) -> tuple[Page, str | None, str]:
        """Find the page of the address, the key of the row, and the action or stream, "" for the row itself."""
        address, key, part = self._address, self._address.key, self._address.part
        pages = self._pages() if session.company else (Companies,)
        page_type = next((each for each in pages if each.entity_set_name == address.name), None)
        if page_type is None:
            raise refusal("segment_not_found", address.name)
        _require_company_access(session)
        page = page_type(session, url=self._url)
        if key is not None and (address.name, part) == ("users", "userPermissions"):
            return UserPermissions(session, {"userSecurityId": key}, self._url), address.part_key, ""
        if part and not (key is not None and (part.startswith(_ACTION) or part == page.media)):
            raise refusal("segment_not_found", part)
        return page, key, part

    def _pages(self) -> tuple[type[Page], ...]:
        if self._address.route == companion.ROUTE and not companion.is_installed(self._environment):
            return ()
        pages = PAGES.get(self._address.route, ())
        if self._address.route == automation_pages.ROUTE:
            return (*pages, UserPermissions)  # it has this address too, but refuses without a user
        return pages

    def _modify(self, page: Page, key: str) -> HttpResponse:
        entity = page.get(key)
        check_if_match(self._http.headers.get("if-match"), entity, mandatory=True)
        page.modify(entity.key, page.read_body(self._http.body))
        return self._entity(page, entity.key, 200)

    def _invoke_action(self, page: Page, key: str | None, action: str) -> HttpResponse:
        """Invoke a bound action; the answer is 200 and empty, as in Microsoft's own tests.

        docs/reference/facts-business-central.md, "Requests and answers".
        """
        if action not in page.actions or key is None:
            raise refusal("not_supported", f"The bound action '{_ACTION}{action}'")
        if self._http.method != "POST":
            raise refusal("method_not_allowed", self._http.method, page.entity_name, "EntityType")
        headers = self._http.headers
        if self._http.body is None and headers.get("content-type", "").startswith("application/json"):
            raise refusal("body_required")
        entity = page.get(key)
        check_if_match(headers.get("if-match"), entity, mandatory=False)
        page.invoke_action(action, entity.key)
        return HttpResponse(200)

    def _write_media(self, page: Page, key: str | None) -> HttpResponse:
        if self._http.method != "PATCH":
            raise refusal("not_supported", f"{self._http.method} of '{page.media}'")
        entity = page.get(key or "")
        check_if_match(self._http.headers.get("if-match"), entity, mandatory=True)
        if not isinstance(self._http.body, bytes | None):
            raise refusal("bad_request", "The request content is not valid.")  # ours
        page.write_media(entity.key, self._http.body or b"")
        return HttpResponse(204)

    def _entity(self, page: Page, key: str, status: int) -> HttpResponse:
        return HttpResponse(status, {"@odata.context": f"{self._context(page)}/$entity", **page.get(key).body()})

    def _context(self, page: Page) -> str:
        """`…/$metadata#companies(…)/users`, as the real service writes it."""
        root = self._url.split(f"/api/{self._address.route}")[0] + f"/api/{self._address.route}"
        inside = self._url[len(root) :].strip("/")
        path, _, last = inside.rpartition("/")
        return f"{root}/$metadata#{path + '/' if path else ''}{page.entity_set_name if last else ''}"


def _require_company_access(session: Session) -> None:
    if session.assigned():
        return
    if session.company and session.environment.access_controls_of(session.user.security_id):
        raise refusal("no_permission_to_company", session.company)
    session.require("Company", "Read")
