"""AdminConsent: what an application is granted on a resource, most often application roles on Business Central.

Granting an application role to a service principal *is* admin consent for it, without a browser, and so is granting a
delegated permission for all users: https://learn.microsoft.com/graph/permissions-grant-via-msgraph
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult, ReadResult, Resource, UpdateResult

from clients.graph.errors import is_not_replicated
from clients.http.errors import AccessError, Forbidden, NotFound, Refused
from clients.http.replication import comes_true
from dynamic_providers.base import Provider, called_by_pulumi, declared, new_revision
from reconcilers.consent.approval import approved
from reconcilers.consent.grants import Consent, had_on, made_here
from reconcilers.consent.live import Held, held_now, vendor_now
from reconcilers.consent.offers import refuse_what_is_not_offered
from reconcilers.consent.publishers import published_as, refuse_another_publisher
from reconcilers.consent.service_principals import (
    create,
    find_or_create,
    look_again,
    when_replicated,
)
from reconcilers.progress import tell

_INPUTS = (
    "client_id", "principal_id", "vendor", "expected_publisher", "resource_app_id", "roles", "scopes", "consent",
    "declared_at",
)  # fmt: skip

_PUBLISHER_KEYS = ("display_name", "verified_publisher_id")


class AdminConsentProvider(Provider):
    """Grants and withdraws.

    For an application of ours it is authoritative: other roles on that resource are withdrawn, and other delegated
    permissions where any are declared. For a vendor's it adds and takes only its own.
    """

    replaced_when = ("client_id", "resource_app_id", "vendor")
    updated_when = ("principal_id", "expected_publisher", "roles", "scopes", "consent")
    recorded_always = ("roles", "scopes")
    defaults: ClassVar[dict[str, Any]] = {
        "principal_id": "",
        "vendor": False,
        "expected_publisher": {},
        "roles": [],
        "scopes": [],
        "consent": "auto",
        "service_principal_created": False,
        "assignments": {},
        "granted_scopes": [],
    }

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Sort roles and scopes: their order means nothing."""
        filled = inputs | {key: sorted(set(inputs[key])) for key in ("roles", "scopes") if key in inputs}
        failures = []
        if not filled.get("roles", True) and not filled.get("scopes", True):
            failures.append(CheckFailure("roles", "at least one application role or delegated permission is needed"))
        if filled.get("consent", "auto") not in {"auto", "manual"}:
            failures.append(CheckFailure("consent", "is neither auto nor manual"))
        expected = filled.get("expected_publisher", {})
        if filled.get("vendor") and (len(expected) != 1 or not set(expected) <= set(_PUBLISHER_KEYS)):
            failures.append(CheckFailure("expected_publisher", f"has to have one of {', '.join(_PUBLISHER_KEYS)}"))
        return filled, failures

    @called_by_pulumi
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Grant what is missing; what an interrupted run already granted is found."""
        id_ = f"{self.session.tenant_id}/{props['client_id']}/{props['resource_app_id']}"
        return CreateResult(id_, {**declared(props), **self._settle({}, props), "revision": new_revision()})

    @called_by_pulumi
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return what is really granted."""
        graph = self.session.graph
        resource = graph.known_resource(props["resource_app_id"], props["resource_id"])
        principal = vendor_now(graph, props) if props["vendor"] else None
        principal_id = principal.id if principal else props["principal_id"]
        if not principal_id or (resource is None and not props["vendor"]):
            return ReadResult("", {})  # Pulumi's way to say that it is gone
        # What a vendor held goes with the resource. That it was let in here does not, or it would stay for ever.
        held = held_now(graph, props, principal_id, resource) if resource else Held({}, {}, [], [])
        if held is None:
            return ReadResult("", {})
        live = {**declared(props), "roles": sorted(held.roles), "scopes": held.scopes}
        if principal:
            live["expected_publisher"] = published_as(principal, props["expected_publisher"])
        outputs = {
            **live,
            "resource_id": resource.id if resource else props["resource_id"],
            "service_principal_id": principal_id,
            "service_principal_created": made_here(props, principal_id),
            "assignments": held.our_roles,
            "granted_scopes": held.our_scopes,
        }
        return ReadResult(id_, outputs, {key: live[key] for key in _INPUTS if key in live})

    @called_by_pulumi
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Grant what is missing and withdraw what is too much."""
        return UpdateResult({**declared(news), **self._settle(olds, news), "revision": new_revision()})

    @called_by_pulumi
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Withdraw what was granted, and take a vendor out of the tenant that was let in here.

        The resource's service principal stays, whoever made it: other integrations hold roles on it.
        """
        graph, client_id = self.session.graph, props["client_id"]
        by_hand = props.get("consent") == "manual"  # the rest of a grant is then what an administrator approved
        withdrawn = set(props.get("assignments", {}).values())
        for role, assignment_id in props.get("assignments", {}).items():
            attempting = f"withdraw {role} from {client_id}"
            graph.remove_assignment(props["resource_id"], assignment_id, attempting=attempting)
        if ours := props.get("granted_scopes"):
            attempting = f"withdraw {', '.join(ours)} from {client_id}"
            for grant in graph.delegated_grants(props["service_principal_id"], props["resource_id"]) or []:
                left = grant.scopes - set(ours) if props["vendor"] or by_hand else ()
                graph.change_delegated(grant.id, left, attempting=attempting)
                withdrawn |= set() if left else {grant.id}
        if props.get("service_principal_created"):
            self._take_out(props, withdrawn)

    def _take_out(self, props: Mapping[str, Any], withdrawn: Collection[str]) -> None:
        """Delete a vendor's service principal that was made here, unless others granted it something meanwhile.

        Args:
            props: of the consent.
            withdrawn: ids of what was taken from it a moment ago, and may be listed still.
        """
        graph, client_id, principal_id = self.session.graph, props["client_id"], props["service_principal_id"]
        why, remedy = "", ""
        try:  # what the other consents of this stack withdrew just before may be listed still, too
            if not comes_true(lambda: graph.grants_held(principal_id) <= set(withdrawn)):
                why = "it holds more than this stack granted"
        except Forbidden as problem:
            why, remedy = "whether others granted it something cannot be seen", problem.remedy
        if why:
            tell(
                f"{client_id} stays in this tenant, because {why}; if nobody needs it, delete it in the Entra admin "
                f"center under Enterprise applications. {remedy}".strip()
            )
            return
        attempting = f"take the service principal of {client_id} out of this tenant"
        graph.delete_service_principal(principal_id, attempting=attempting)

    def _take_out_again(self, client_id: str, principal_id: str, ours: Collection[str]) -> None:
        """Delete a vendor's service principal that this failed operation made, unless another run uses it by now."""
        graph, attempting = self.session.graph, f"take the service principal of {client_id} out of this tenant again"
        with suppress(Forbidden):  # whoever may not look takes it out all the same: it is a moment old
            if not comes_true(lambda: graph.grants_held(principal_id) <= set(ours)):
                raise Refused(attempting, f"somebody else granted {client_id} something meanwhile", "")
        graph.delete_service_principal(principal_id, attempting=attempting, just_made=True)

    def _settle(self, olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Make it what the inputs say, and return the outputs that tell of it; what fails is taken back."""
        if inputs["consent"] == "manual":
            page = self.session.approval_page(inputs["client_id"])
            return approved(self.session.graph, inputs, olds, tenant_id=self.session.tenant_id, page=page)
        undo: list[Callable[[], None]] = []
        try:
            return self._granted(olds, inputs, undo)
        except AccessError as problem:
            if not is_not_replicated(problem):  # what only was not seen in time is better met again than made again
                _take_back(undo, problem, vendor=inputs["vendor"])
            raise

    def _granted(
        self, olds: Mapping[str, Any], inputs: Mapping[str, Any], undo: list[Callable[[], None]]
    ) -> dict[str, Any]:
        """Look first, then write: `undo` collects what takes each write back."""
        graph, permissions = self.session.graph, [*inputs["roles"], *inputs["scopes"]]
        resource = graph.resource(inputs["resource_app_id"], permissions)
        if resource:
            refuse_what_is_not_offered(resource, inputs["client_id"], inputs["roles"], inputs["scopes"])
        principal_id, created, made = inputs["principal_id"], False, set[str]()
        if inputs["vendor"]:
            principal_id, created = self._let_in(inputs, undo, made)
        if resource is None:
            resource, _ = create(graph, inputs["resource_app_id"])  # as the portal does
            refuse_what_is_not_offered(resource, inputs["client_id"], inputs["roles"], inputs["scopes"])
        had = had_on(olds, principal_id, resource.id)
        consent = Consent(graph, inputs["client_id"], principal_id, resource, inputs["vendor"], undo, made)
        return {
            "resource_id": resource.id,
            "service_principal_id": principal_id,
            "service_principal_created": created or made_here(olds, principal_id),
            "assignments": consent.settle_roles(inputs["roles"], had.get("assignments", {}), had.get("roles", [])),
            "granted_scopes": consent.settle_scopes(inputs["scopes"], had.get("granted_scopes", [])),
        }

    def _let_in(
        self, inputs: Mapping[str, Any], undo: list[Callable[[], None]], made: Collection[str]
    ) -> tuple[str, bool]:
        """Return the object id of a vendor's service principal, and whether it was made here.

        Graph tells an application's publisher only once the tenant has its service principal. One that is made here
        grants nothing, and is taken back where the publisher is another.
        """
        graph, client_id = self.session.graph, inputs["client_id"]
        principal, created = find_or_create(graph, client_id)
        if created:
            undo.append(partial(self._take_out_again, client_id, principal.id, made))
            expected = inputs["expected_publisher"]
            if published_as(principal, expected) != dict(expected):  # perhaps only the answer to a POST does not tell
                principal = look_again(graph, principal)
        refuse_another_publisher(principal, self.session.tenant_id, inputs["expected_publisher"])
        return principal.id, created


def _take_back(undo: list[Callable[[], None]], problem: AccessError, *, vendor: bool) -> None:
    """Take back what a failed operation did, the last first; say so where even that fails.

    A server that does not know yet what was made a moment ago is asked again.
    """
    reasons = []
    for step in reversed(undo):
        try:
            when_replicated(step)
        except NotFound:  # for the whole wait: it has gone, by a first request whose answer was lost or by others
            continue
        except AccessError as second:
            reasons.append(second.reason)
    if reasons:
        # What a vendor holds already counts as somebody else's for the next run (decision 0005).
        then = "remove it by hand in the Entra admin center" if vendor else "the next `pulumi up` finds it"
        problem.remedy += f" A part was done and could not be taken back ({'; '.join(reasons)}); {then}."


class AdminConsent(Resource, module="entra-business-central", name="AdminConsent"):
    """Admin consent of one application on one resource.

    Args:
        name: logical name.
        client_id: the application that is granted something.
        principal_id: object id of its service principal in this tenant; "" for a vendor's, which is looked up by
            `client_id`, and made where the tenant has none.
        vendor: it is an application of another tenant; then others' grants are left alone.
        expected_publisher: of a vendor's application its verified publisher, as `display_name` or
            `verified_publisher_id`; where it is another, nothing is granted.
        resource_app_id: client id of the application that offers the roles and scopes.
        roles: values of the application roles, as "API.ReadWrite.All".
        scopes: values of the delegated permissions, granted for all users.
        consent: "auto", or "manual" where an administrator approves by hand.
        declared_at: key in the stack file, for messages.
    """

    assignments: pulumi.Output[dict[str, str]]
    """The ids of the assignments that are ours, by role."""
    granted_scopes: pulumi.Output[list[str]]
    """The delegated permissions that are ours."""
    resource_id: pulumi.Output[str]
    """Object id of the resource's service principal."""
    service_principal_id: pulumi.Output[str]
    """Object id of the application's service principal."""
    service_principal_created: pulumi.Output[bool]
    """Whether that one was made here, and goes with this resource."""
    revision: pulumi.Output[str]
    """Another one after the creation and after each update."""

    def __init__(
        self,
        name: str,
        *,
        client_id: pulumi.Input[str],
        principal_id: pulumi.Input[str],
        vendor: bool,
        expected_publisher: dict[str, str],
        resource_app_id: str,
        roles: list[str],
        scopes: list[str],
        consent: str,
        declared_at: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "client_id": client_id,
            "principal_id": principal_id,
            "vendor": vendor,
            "expected_publisher": expected_publisher,
            "resource_app_id": resource_app_id,
            "roles": roles,
            "scopes": scopes,
            "consent": consent,
            "declared_at": declared_at,
            "assignments": None,
            "granted_scopes": None,
            "resource_id": None,
            "service_principal_id": None,
            "service_principal_created": None,
            "revision": None,
        }
        # Delete first: what replaces it has the same assignments, and a later delete would take them away again.
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        recorded = AdminConsentProvider.without_defaults(properties)
        super().__init__(AdminConsentProvider(), name, recorded, options)
