"""What integrations are consented to: whether the resources offer it, whose applications they are, what is pending."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from clients.entra.caller import Caller
from clients.graph.objects import ServicePrincipal
from clients.graph.rights import CREATES
from clients.http.errors import AccessError
from commands.preflight.findings import Finding, missing
from commands.preflight.rights import WHERE, lacking
from commands.preflight.state import Consented
from commands.preflight.subject import Subject, names, place
from reconcilers.consent.approvals import not_approved, refuse_unless_approved
from reconcilers.consent.offers import refuse_what_is_not_offered
from reconcilers.consent.publishers import refuse_another_publisher
from settings.models import BUSINESS_CENTRAL_APP_ID, Integration


def look(subject: Subject, integration: Integration, caller: Caller | None) -> list[Finding]:
    """Return what was found about the consents of one integration.

    Args:
        subject: the stack.
        integration: one of its integrations.
        caller: who signed in to Microsoft Graph, None where the token does not say.
    """
    try:
        return list(_Look(subject, integration, caller).findings())
    except AccessError as problem:
        return [missing(place(integration), problem)]


class _Look:
    def __init__(self, subject: Subject, integration: Integration, caller: Caller | None) -> None:
        self._subject, self._integration, self._caller = subject, integration, caller
        self._graph, self._where = subject.session.graph, place(integration)
        self._client_id = subject.client_id(integration)
        self._auto = (
            integration.consent == "auto"
        )  # else the approval page adds what is not in the tenant, and not `up`
        self._wanted = {BUSINESS_CENTRAL_APP_ID: (integration.roles, integration.delegated_scopes)} | {
            app_id: (each.roles, each.delegated_scopes) for app_id, each in integration.other_permissions.items()
        }

    def findings(self) -> Iterator[Finding]:
        """Look, and yield what is found; every request is made here, and what is refused is raised.

        Raises:
            AccessError: something could not be read.
        """
        vendor = self._vendor() if self._integration.client_id else None
        if self._integration.client_id:
            yield from self._publisher(vendor)
        yield from self._resources()
        if not self._auto:
            yield from self._pending(vendor)

    def _vendor(self) -> ServicePrincipal | None:
        return self._graph.service_principal(self._integration.client_id or "")

    def _publisher(self, principal: ServicePrincipal | None) -> Iterator[Finding]:
        """Compare the verified publisher of a vendor's application with the expected one."""
        if principal is None:
            if self._auto and (found := lacking(self._caller, CREATES, "let a vendor's application into the tenant")):
                yield found
            then = "`up` lets it in, looks, and grants nothing where it is another one"
            if not self._auto:
                then = "the approval page shows it and lets the application in, and `up` looks after that"
            told = f"the vendor's application {self._client_id} is not in this tenant yet, so that its publisher cannot"
            yield Finding("note", self._where, f"{told} be seen; {then}")
            return
        expected = self._integration.expected_publisher
        wanted = expected.model_dump(exclude_none=True) if expected else {}
        try:
            refuse_another_publisher(principal, self._subject.session.tenant_id, wanted)
        except AccessError as problem:
            yield missing(self._where, problem)
        else:
            told = f"{principal.display_name} ({principal.app_id}) is published by {principal.publisher}, as expected"
            yield Finding("ready", self._where, told)

    def _resources(self) -> Iterator[Finding]:
        """Look whether each resource is in the tenant and offers what is asked for."""
        for app_id, (roles, scopes) in self._wanted.items():
            resource = self._graph.resource(app_id)
            if resource is None:
                name = "Business Central" if app_id == BUSINESS_CENTRAL_APP_ID else f"resource {app_id}"
                purpose = f"add the service principal of {name} to this tenant"
                who = "`up` adds it, as the portal does" if self._auto else "the approval page adds it"
                note = Finding("note", WHERE, f"this tenant has no service principal of {name} yet: {who}")
                yield (lacking(self._caller, CREATES, purpose) if self._auto else None) or note
                continue
            try:
                refuse_what_is_not_offered(resource, self._client_id or self._integration.key, roles, scopes)
            except AccessError as problem:
                yield missing(self._where, problem)

    def _pending(self, vendor: ServicePrincipal | None) -> Iterator[Finding]:
        """Compare what an administrator has approved with what is declared, as `up` does."""
        if self._client_id is None:
            told = "once `up` has made the application, it stops and tells where an administrator approves"
            yield Finding("note", self._where, told)
            return
        known = (self._subject.state.principals.get(key) for key in names(self._integration))
        principal_id = vendor.id if vendor else next(filter(None, known), None)
        page = self._subject.session.approval_page(self._client_id)
        for app_id, (roles, scopes) in self._wanted.items():
            wanted, resource = [*roles, *scopes], self._graph.resource(app_id)
            try:
                if resource is None or principal_id is None:
                    raise not_approved(self._client_id, wanted, page)
                held, to_go = self._held(self._client_id, principal_id, resource, scopes)
                refuse_unless_approved(
                    self._client_id, resource.display_name, wanted=wanted, held=held, to_go=to_go, page=page
                )
            except AccessError as problem:
                yield Finding("pending", self._where, problem.reason, problem.remedy)

    def _held(
        self, client_id: str, principal_id: str, resource: ServicePrincipal, declared_scopes: Collection[str]
    ) -> tuple[set[str], set[str]]:
        """Return the values of what a principal holds on a resource, and of what has to go if it is not declared.

        A vendor may hold what others granted it; of it only what this stack granted has to go.
        """
        before = self._subject.state.consents.get((client_id, resource.app_id), Consented())
        ours = before if (before.principal_id, before.resource_id) == (principal_id, resource.id) else Consented()
        assigned = self._graph.role_assignments(principal_id, resource.id) or []
        roles = {resource.role_name(each.role_id): each.id for each in assigned}
        scopes: set[str] = set()
        if declared_scopes or before.scopes or ours.granted_scopes:  # not every caller may read them
            scopes = scopes.union(
                *(each.scopes for each in self._graph.delegated_grants(principal_id, resource.id) or [])
            )
        held = roles.keys() | scopes
        if not self._integration.client_id:
            return held, held
        our_roles = {role for role, id_ in ours.assignments.items() if roles.get(role) == id_}
        return held, our_roles | (ours.granted_scopes & scopes)
