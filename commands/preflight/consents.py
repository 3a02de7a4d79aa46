"""The consents of an integration: the plans that `up` will carry out, and the publishers of vendors' applications."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal, NamedTuple

from clients.entra.caller import Caller
from clients.graph.objects import ServicePrincipal
from clients.graph.permissions import MANAGE_ALL_APPLICATIONS
from clients.http.bodies import printable
from clients.http.errors import UserFacingError
from commands.preflight.business_central import not_in_cloud
from commands.preflight.findings import Finding, finding_from
from commands.preflight.missing_graph_permissions import WHERE, missing_permission
from commands.preflight.stack import Stack, all_keys, key_path
from reconcilers.consent.observe import with_application, with_grants
from reconcilers.consent.plan import Plan, plan
from reconcilers.consent.resource import not_added
from reconcilers.consent.spec import ConsentSpec, Live, Recorded
from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID
from settings.consents import declared_consent
from settings.models import Integration


def check(stack: Stack, integration: Integration, caller: Caller | None) -> list[Finding]:
    """Return what was found about the consents of one integration.

    Args:
        stack: the stack.
        integration: one of its integrations.
        caller: who signed in to Microsoft Graph, None where the token does not say.
    """
    try:
        return list(_Consents(stack, integration, caller).findings())
    except UserFacingError as problem:
        return [finding_from(key_path(integration), problem)]


class _Planned(NamedTuple):
    spec: ConsentSpec
    live: Live
    plan: Plan


class _Consents:
    def __init__(self, stack: Stack, integration: Integration, caller: Caller | None) -> None:
        self._stack, self._integration, self._caller = stack, integration, caller
        self._graph, self._where = stack.session.graph, key_path(integration)
        self._client_id = stack.client_id(integration)
        # With `consent: manual` the approval page adds what is not in the tenant, and not `up`.
        self._auto = integration.consent == "auto"

    def findings(self) -> Iterator[Finding]:
        """Yield what the plans say; every request is made here.

        Raises:
            UserFacingError: something could not be read.
        """
        consents = [self._planned(app_id) for app_id in self._integration.permissions]
        if self._integration.owner == "vendor":
            yield from self._vendor(consents)
        if self._integration.owner == "tenant":
            yield from self._identity(consents)
        for each in consents:
            yield from self._resource(each)
        if not self._auto:
            yield from self._pending(consents)

    @cached_property
    def _application(self) -> ServicePrincipal | None:
        """The service principal of an application that exists already."""
        if self._integration.owner == "own" or not self._client_id:
            return None
        return self._graph.service_principal(self._client_id)

    def _planned(self, resource_app_id: str) -> _Planned:
        """Return what `up` plans for the consent on one resource."""
        state = self._stack.state
        known = (state.principals.get(key) for key in all_keys(self._integration))
        application = {
            "client_id": self._client_id or self._integration.key,
            "service_principal_id": "" if self._integration.client_id else next(filter(None, known), ""),
        }
        spec = ConsentSpec.from_mapping({**declared_consent(self._integration, resource_app_id), **application})
        live = Live(
            tenant_id=self._stack.session.tenant_id,
            approval_page=self._stack.session.approval_page(spec.client_id),
            resource=self._graph.resource(resource_app_id),
        )
        live = with_application(spec, live, self._application)
        recorded = state.consents.get((spec.client_id, resource_app_id), Recorded())
        if not self._auto:  # what `up` grants and withdraws by itself needs no finding
            live = with_grants(self._graph, spec, live, recorded, wait=False)
        return _Planned(spec, live, plan(spec, live, recorded))

    def _vendor(self, consents: list[_Planned]) -> Iterator[Finding]:
        """Yield whether a vendor's application is there, and the expected vendor's."""
        application = self._application
        if application is None:
            if self._auto and (
                found := missing_permission(
                    self._caller, MANAGE_ALL_APPLICATIONS, "let a vendor's application into the tenant"
                )
            ):
                yield found
            then = "`up` lets it in, checks its publisher, and grants nothing where that is another one"
            if not self._auto:
                then = "the approval page shows it and lets the application in, and `up` checks it after that"
            absent = (
                f"the vendor's application {self._client_id} is not in this tenant yet, so that its publisher cannot"
            )
            yield Finding("note", self._where, f"{absent} be seen; {then}")
            return
        refusals = [each for each in consents[0].plan.refusals if each.about == "publisher"]
        yield from (finding_from(self._where, each.error()) for each in refusals)
        if not refusals:
            published = f"is published by {printable(application.publisher)}, as expected"
            yield Finding("ready", self._where, f"{application.display_name} ({application.app_id}) {published}")

    def _identity(self, consents: list[_Planned]) -> Iterator[Finding]:
        """Yield what an identity of this tenant is, and whose."""
        refusals = [each for each in consents[0].plan.refusals if each.about == "owner"]
        kind: Literal["missing", "refused"] = "refused" if self._application else "missing"
        yield from (finding_from(self._where, each.error(), kind=kind) for each in refusals)
        if self._application and not refusals:
            of = f", of {self._application.azure_resource}" if self._application.azure_resource else ""
            found = f"{self._application.display_name} ({self._application.app_id}) is {self._application.kind} of this"
            yield Finding("ready", self._where, f"{found} tenant{of}")

    def _resource(self, consent: _Planned) -> Iterator[Finding]:
        """Yield whether a resource is in the tenant and offers what is asked for."""
        app_id = consent.spec.resource_app_id
        is_refused = app_id == BUSINESS_CENTRAL_APP_ID and self._integration.owner == "own"
        if consent.live.resource is None and is_refused and not self._stack.declared.consents_by_itself:
            yield finding_from(self._where, not_added(app_id), kind="missing")
        elif consent.live.resource is None:
            name = "Business Central" if app_id == BUSINESS_CENTRAL_APP_ID else f"resource {app_id}"
            purpose = f"add the service principal of {name} to this tenant"
            who = "`up` adds it, as the portal does" if self._auto else "the approval page adds it"
            note = Finding("note", WHERE, f"this tenant has no service principal of {name} yet: {who}")
            yield (missing_permission(self._caller, MANAGE_ALL_APPLICATIONS, purpose) if self._auto else None) or note
            if app_id == BUSINESS_CENTRAL_APP_ID and (found := not_in_cloud(self._stack.session)):
                yield found
        for each in consent.plan.refusals:
            if each.about == "offer":
                yield finding_from(self._where, each.error(), kind="missing")

    def _pending(self, consents: list[_Planned]) -> Iterator[Finding]:
        """Yield what waits for an administrator."""
        if self._client_id is None:
            stops = "once `up` has made the application, it stops and tells where an administrator approves"
            yield Finding("note", self._where, stops)
            return
        for consent in consents:
            for each in consent.plan.refusals:
                if each.about == "approval":
                    yield Finding("pending", self._where, each.reason, each.remedy)
