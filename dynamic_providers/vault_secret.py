"""VaultSecret: a client secret of an application that lies in Azure Key Vault, and in no state, output or log.

Asked of Entra, tried out and put into the vault in one `create`; what is recorded is which credential and which version
it is. Docs: docs/decisions/0019-custody.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from dynamic_providers.base import Provider, declared, provider_method
from reconcilers.secrets.apply import reconcile, remove
from reconcilers.secrets.observe import observe_for_refresh
from reconcilers.secrets.plan import refreshed, why_not_moved
from reconcilers.secrets.spec import DeclaredSecret, Recorded, SecretSpec
from reconcilers.secrets.trial import wait_until_it_works

__all__ = ["DeclaredSecret", "VaultSecret", "VaultSecretProvider"]


class VaultSecretProvider(Provider):
    """Makes and removes; never moves, and never reads the value."""

    replaced_when = ("application_object_id",)
    updated_when = ("state",)
    needed = SecretSpec.needed()
    recorded_always = ("state",)
    defaults: ClassVar[Mapping[str, Any]] = SecretSpec.defaults()

    @provider_method
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse another place under the same label: here, so that a preview says it, before anything is changed.

        The old inputs are azuread's where the label has its secret in the state: `VaultSecret` is its alias.
        """
        # `provider_method` has filled in our defaults, which azuread's inputs do not have.
        recorded = {key: value for key, value in olds.items() if key not in self.defaults}
        if reason := why_not_moved(recorded, news):
            return CheckResult(news, [CheckFailure("custody", f"{news['declared_at']}: {reason}")])
        return CheckResult(news, [])

    @provider_method
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make it and put it into the vault; what an interrupted run left is adopted, or removed."""
        id_ = f"{self.session.tenant_id}/{props['client_id']}/{props['label']}"
        return CreateResult(id_, self._reconciled(props, None))

    @provider_method
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return how it is, by what is listed of the application and of the vault's versions."""
        spec, recorded = SecretSpec.from_mapping(props), Recorded.from_mapping(props)
        vault = self.session.vault(spec.key_vault)
        live = observe_for_refresh(self.session.graph, vault, spec, recorded)
        outputs = {**declared(props), "state": refreshed(spec, live, recorded)}
        return ReadResult(id_, outputs, {key: outputs[key] for key in SecretSpec.field_names()})

    @provider_method
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Repair it: enable the version, recover the vault's secret, or make another credential with a version."""
        return UpdateResult(self._reconciled(news, Recorded.from_mapping(olds)))

    @provider_method
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Remove the credential, then disable the version."""
        spec = SecretSpec.from_mapping(props)
        vault = self.session.vault(spec.key_vault)
        remove(self.session.graph, vault, spec, Recorded.from_mapping(props))

    def _reconciled(self, inputs: Mapping[str, Any], recorded: Recorded | None) -> dict[str, Any]:
        spec = SecretSpec.from_mapping(inputs)
        trial = partial(wait_until_it_works, self.session, spec.client_id)
        made = reconcile(self.session.graph, self.session.vault(spec.key_vault), trial, spec, recorded)
        return {**declared(inputs), **made.as_mapping()}


class VaultSecret(Resource, module="entra-business-central", name="VaultSecret"):
    """One client secret in a vault.

    Args:
        name: logical name: key and label.
        secret: what the stack file says of it.
        application_object_id: object id of the application.
        client_id: its client id.
    """

    key_id: pulumi.Output[str]
    """Key id of the credential in Entra."""
    version: pulumi.Output[str]
    """Id of the version in the vault."""
    ends: pulumi.Output[str]
    """When it ends, RFC 3339."""

    def __init__(
        self,
        name: str,
        secret: DeclaredSecret,
        *,
        application_object_id: pulumi.Input[str],
        client_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            **secret.as_mapping(),
            "application_object_id": application_object_id,
            "client_id": client_id,
            "state": "Enabled",
            "key_id": None,
            "version": None,
        }
        # Delete first: the replacement is of another application, and the old one's credential goes with it.
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        super().__init__(VaultSecretProvider(), name, VaultSecretProvider.without_defaults(properties), options)
