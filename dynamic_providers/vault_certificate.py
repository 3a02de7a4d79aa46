"""VaultCertificate: a certificate that Azure Key Vault makes, whose private key never leaves it.

Its public part is an output, which azuread puts onto the application. Docs:
docs/decisions/0026-certificates-in-a-vault.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from dynamic_providers.base import Provider, declared, provider_method
from reconcilers.certificates.apply import reconcile, remove
from reconcilers.certificates.observe import observe_for_refresh
from reconcilers.certificates.plan import refreshed, why_not_moved
from reconcilers.certificates.spec import CertificateSpec, DeclaredCertificate, Recorded

__all__ = ["DeclaredCertificate", "VaultCertificate", "VaultCertificateProvider"]


class VaultCertificateProvider(Provider):
    """Has it made, enabled and disabled; never moves it, and never sees its private key."""

    replaced_when: ClassVar[tuple[str, ...]] = ()
    updated_when = ("state",)
    needed = CertificateSpec.needed()
    recorded_always = ("state",)
    defaults: ClassVar[Mapping[str, Any]] = CertificateSpec.defaults()

    @provider_method
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse another place under the same label: here, so that a preview says it, before anything is changed."""
        if reason := why_not_moved(olds, news):
            return CheckResult(news, [CheckFailure("certificate_name", f"{news['declared_at']}: {reason}")])
        return CheckResult(news, [])

    @provider_method
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Have it made; what an interrupted run left is adopted."""
        id_ = self.id_of(f"{props['key_vault']}/{props['certificate_name']}", props["label"])
        return CreateResult(id_, self._reconciled(props, None))

    @provider_method
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return how it is, by what the vault lists."""
        spec, recorded = CertificateSpec.from_mapping(props), Recorded.from_mapping(props)
        live = observe_for_refresh(self.session.vault(spec.key_vault).certificates, spec, recorded)
        outputs = {**declared(props), "state": refreshed(live, recorded)}
        return ReadResult(id_, outputs, {key: outputs[key] for key in CertificateSpec.field_names()})

    @provider_method
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Repair it: enable the version, recover the vault's certificate, or have another version made."""
        return UpdateResult(self._reconciled(news, Recorded.from_mapping(olds)))

    @provider_method
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Disable the version; azuread has taken it off the application before."""
        spec = CertificateSpec.from_mapping(props)
        remove(self.session.vault(spec.key_vault).certificates, spec, Recorded.from_mapping(props))

    def _reconciled(self, inputs: Mapping[str, Any], recorded: Recorded | None) -> dict[str, Any]:
        spec = CertificateSpec.from_mapping(inputs)
        made = reconcile(self.session.vault(spec.key_vault).certificates, spec, recorded)
        return {**declared(inputs), **made.as_mapping()}


class VaultCertificate(Resource, module="entra-business-central", name="VaultCertificate"):
    """One certificate in a vault.

    Args:
        name: logical name: key and label.
        certificate: what the stack file says of it.
        client_id: client id of the application that will be signed in to with it.
    """

    version: pulumi.Output[str]
    """Id of the version in the vault."""
    thumbprint: pulumi.Output[str]
    """SHA-1, 40 hexadecimal digits in capitals, as Entra shows it."""
    ends: pulumi.Output[str]
    """When it ends, RFC 3339."""
    certificate: pulumi.Output[str]
    """The certificate as PEM, without its private key, which nobody has."""

    def __init__(
        self,
        name: str,
        certificate: DeclaredCertificate,
        *,
        client_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            **certificate.as_mapping(),
            "client_id": client_id,
            "state": "Enabled",
            **dict.fromkeys(("version", "thumbprint", "ends", "certificate")),
        }
        super().__init__(VaultCertificateProvider(), name, VaultCertificateProvider.without_defaults(properties), opts)
