"""AdminConsent: what an application is granted on a resource, most often application roles on Business Central.

Granting an application role to a service principal *is* admin consent for it, without a browser, and so is granting a
delegated permission for all users: https://learn.microsoft.com/graph/permissions-grant-via-msgraph

Here Pulumi's mappings become the types of `reconcilers.consent`, and its types become mappings again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult, ReadResult, Resource, UpdateResult

from dynamic_providers.base import Provider, declared, gone, provider_method
from reconcilers.consent.apply import apply, remove
from reconcilers.consent.observe import observe, observe_for_refresh, observe_for_removal
from reconcilers.consent.plan import plan, refreshed, removal
from reconcilers.consent.refusals import publisher
from reconcilers.consent.spec import DEFAULTS, ID_PROPERTIES, RECORDED_ALWAYS, ConsentSpec, DeclaredConsent, Recorded
from reconcilers.recording import new_revision, resource_id

__all__ = ["AdminConsent", "AdminConsentProvider", "DeclaredConsent"]

_PUBLISHER_KEYS = ("display_name", "verified_publisher_id")
_IDENTITY = ("client_id", "resource_app_id", "owner")


class AdminConsentProvider(Provider):
    """Grants and withdraws.

    Recorded always: `client_id` (in inputs), `roles`, `delegated_scopes`, `declared_at`, `revision`; the others where
    they are not at their default (`DEFAULTS`).
    """

    replaced_when = _IDENTITY
    updated_when = tuple(name for name in ConsentSpec.field_names() if name not in {*_IDENTITY, "declared_at"})
    needed = ConsentSpec.needed()
    recorded_always = RECORDED_ALWAYS
    id_properties = ID_PROPERTIES
    defaults: ClassVar[dict[str, Any]] = DEFAULTS

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Sort roles and scopes: their order means nothing."""
        filled = inputs | {key: sorted(set(inputs[key])) for key in ("roles", "delegated_scopes") if key in inputs}
        failures = []
        if not filled.get("roles", True) and not filled.get("delegated_scopes", True):
            failures.append(CheckFailure("roles", "at least one application role or delegated permission is needed"))
        if filled.get("consent", "auto") not in {"auto", "manual"}:
            failures.append(CheckFailure("consent", "is neither auto nor manual"))
        if filled.get("owner", "own") not in {"own", "vendor", "tenant"}:
            failures.append(CheckFailure("owner", "is neither own nor vendor nor tenant"))
        expected = filled.get("expected_publisher", {})
        if filled.get("owner") == "vendor" and (len(expected) != 1 or not set(expected) <= set(_PUBLISHER_KEYS)):
            failures.append(CheckFailure("expected_publisher", f"has to have one of {', '.join(_PUBLISHER_KEYS)}"))
        return filled, failures

    @provider_method
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Grant what is missing; what an interrupted run granted already is kept."""
        id_ = resource_id(self.session.tenant_id, props["client_id"], props["resource_app_id"])
        return CreateResult(id_, self._reconciled(props, Recorded()))

    @provider_method
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return what is really granted."""
        spec, recorded = ConsentSpec.from_mapping(props), Recorded.from_mapping(props)
        live = observe_for_refresh(self.session.graph, spec, recorded, **self._tenant(spec))
        if live is None:
            return gone()
        outputs = {**declared(props), **refreshed(spec, live, recorded).as_mapping()}
        if live.application and spec.expected_publisher:
            outputs["expected_publisher"] = publisher(live.application, spec.expected_publisher)
        inputs = {key: outputs[key] for key in ConsentSpec.field_names() if key in outputs}
        return ReadResult(id_, outputs, {**inputs, "service_principal_id": spec.service_principal_id})

    @provider_method
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Grant what is missing and withdraw what is not declared."""
        return UpdateResult(self._reconciled(news, Recorded.from_mapping(olds)))

    @provider_method
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Withdraw what was granted, and delete a vendor's service principal that this stack created."""
        spec, recorded = ConsentSpec.from_mapping(props), Recorded.from_mapping(props)
        live = observe_for_removal(self.session.graph, recorded, **self._tenant(spec))
        remove(self.session.graph, spec, removal(spec, live, recorded), recorded)

    def _reconciled(self, inputs: Mapping[str, Any], recorded: Recorded) -> dict[str, Any]:
        """Plan and apply, and return the outputs."""
        graph, spec = self.session.graph, ConsentSpec.from_mapping(inputs)
        live = observe(graph, spec, recorded, **self._tenant(spec))
        made = apply(graph, spec, plan(spec, live, recorded), live, recorded)
        return {**declared(inputs), **made.as_mapping(), "revision": new_revision()}

    def _tenant(self, spec: ConsentSpec) -> dict[str, str]:
        return {
            "tenant_id": self.session.tenant_id,
            "approval_page": self.session.approval_page(spec.client_id),
        }

    def _differs(self, key: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        # Declared for an own application only; for any other the outputs have the id that was looked up.
        if key == "service_principal_id" and news.get("owner") != "own":
            return False
        return super()._differs(key, olds, news)


class AdminConsent(Resource, module="entra-business-central", name="AdminConsent"):
    """Admin consent of one application on one resource.

    Args:
        name: logical name.
        consent: what the stack file says of it.
        client_id: the application that is granted something.
        service_principal_id: object id of an own application's service principal, "" of any other.
    """

    revision: pulumi.Output[str]
    """A new value after the creation and after each update."""

    def __init__(
        self,
        name: str,
        consent: DeclaredConsent,
        *,
        client_id: pulumi.Input[str],
        service_principal_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            **consent.as_mapping(),
            "client_id": client_id,
            "service_principal_id": service_principal_id,
            "revision": None,
        }
        # Delete first: the replacement has the same assignments, and a later delete would remove them.
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        recorded = AdminConsentProvider.without_defaults(properties)
        super().__init__(AdminConsentProvider(), name, recorded, options)
