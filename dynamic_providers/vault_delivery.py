"""VaultDelivery: a client secret of azuread's, copied into Azure Key Vault. VaultRetirement: the end of its version.

Two resources for each label, because of the order in which Pulumi deletes: what depends on a resource goes before it.
The secret depends on the retirement, which so comes last: first the credential is removed, then its version disabled
(docs/decisions/0018-key-vault-client-and-delivery.md).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from clients.key_vault.vault import Vault
from dynamic_providers.base import Provider, declared, gone, provider_method
from reconcilers.delivery import apply, observe
from reconcilers.delivery.spec import DeclaredDelivery, DeliveryPlace, DeliverySpec

__all__ = [
    "DeclaredDelivery",
    "VaultDelivery",
    "VaultDeliveryProvider",
    "VaultRetirement",
    "VaultRetirementProvider",
]


class _OfOneLabel(Provider):
    """What stays where it is as long as its label lives."""

    replaced_when: ClassVar[tuple[str, ...]] = ()

    @provider_method
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse another vault or name for a label that is in use."""
        result = super().check(olds, news)
        for key in ("key_vault", "secret_name"):
            before, after = str(olds.get(key) or ""), str(news.get(key) or "")
            if before and before.lower() != after.lower():
                result.failures.append(CheckFailure(key, _stays(news, before, after)))
        return result

    def _vault(self, props: Mapping[str, Any]) -> Vault:
        return self.session.vault(props["key_vault"])

    def _id(self, props: Mapping[str, Any]) -> str:
        return self.id_of(f"{props['key_vault']}/{props['secret_name']}", props["label"])


def _stays(news: Mapping[str, Any], before: str, after: str) -> str:
    return (
        f"{news.get('declared_at')}: the secret '{news.get('label')}' lies in {before}, and not in {after}: a label "
        "stays where it is as long as it is in use. Take `deliver` out and run `pulumi up`, which disables what is in "
        "the vault; then give the new place, and what is in use is copied there."
    )


class VaultDeliveryProvider(_OfOneLabel):
    """Copies, and tells what becomes of the copy."""

    updated_when = ("key_id", "mark", "status")
    needed = (*DeliverySpec.needed(), "client_secret")
    defaults: ClassVar[Mapping[str, Any]] = DeliverySpec.defaults()

    @provider_method
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Copy it; or find what an interrupted run has set."""
        return CreateResult(self._id(props), self._delivered(props))

    @provider_method
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return what the vault has, as its lists tell: no value is read.

        Without inputs, as that of a proof: the secret, which is among them, is not known here.
        """
        found = observe.read(self._vault(props), DeliverySpec.from_mapping(props))
        return gone() if found is None else ReadResult(id_, {**declared(props), "status": found})

    @provider_method
    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Copy it again, or enable what is there."""
        return UpdateResult(self._delivered(news))

    @provider_method
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Do nothing: the retirement of the label disables its versions, once the credential is gone."""

    def _delivered(self, props: Mapping[str, Any]) -> dict[str, Any]:
        spec = DeliverySpec.from_mapping(props)
        version = apply.deliver(self._vault(props), spec, props["client_secret"], proven=props.get("proven") is True)
        # The secret is an input only: the state shall keep it in as few places as can be.
        kept = {key: value for key, value in declared(props).items() if key not in {"client_secret", "proven"}}
        return {**kept, "version": version, "status": DeliverySpec.defaults()["status"]}


class VaultRetirementProvider(_OfOneLabel):
    """Looks at the vault before there is a secret, and disables its versions after it."""

    updated_when = ("client_id",)  # by which it tells the copies of other labels: an application may be made anew
    needed = DeliveryPlace.needed()

    @provider_method
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the mark of the label, if the vault has a place for it; nothing is written."""
        apply.check(self._vault(props), DeliveryPlace.from_mapping(props))
        return CreateResult(self._id(props), {**declared(props), "mark": secrets.token_hex(8)})

    @provider_method
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return what is stored: nothing in the vault corresponds to it."""
        return ReadResult(id_, dict(props))

    @provider_method
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Keep the mark; nothing is written."""
        return UpdateResult({**declared(news), "mark": olds["mark"]})

    @provider_method
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Disable the versions of the label."""
        apply.retire(self._vault(props), DeliveryPlace.from_mapping(props), props["mark"])


class VaultRetirement(Resource, module="entra-business-central", name="VaultRetirement"):
    """The end of what lies in a vault of one label.

    Args:
        name: logical name; that of the secret.
        place: where it lies.
        client_id: the application.
    """

    mark: pulumi.Output[str]
    """What its versions are marked with."""

    def __init__(
        self,
        name: str,
        place: DeclaredDelivery,
        *,
        client_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {**place.as_mapping(), "client_id": client_id, "mark": None}
        super().__init__(VaultRetirementProvider(), name, properties, opts)


class VaultDelivery(Resource, module="entra-business-central", name="VaultDelivery"):
    """The copy of one client secret in a vault.

    Args:
        name: logical name; that of the secret.
        place: where it is copied to.
        client_id: the application.
        mark: of the label's retirement.
        client_secret: the secret.
        key_id: of the secret.
        expires: when the secret ends, RFC 3339.
        proven: true once what comes before it went well: its proofs, and the delivery of the label before.
    """

    version: pulumi.Output[str]
    """Id of its version."""

    def __init__(
        self,
        name: str,
        place: DeclaredDelivery,
        *,
        client_id: pulumi.Input[str],
        mark: pulumi.Input[str],
        client_secret: pulumi.Input[str],
        key_id: pulumi.Input[str],
        expires: pulumi.Input[str],
        proven: pulumi.Input[bool],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            **place.as_mapping(),
            "client_id": client_id,
            "mark": mark,
            "client_secret": pulumi.Output.secret(client_secret),
            "key_id": key_id,
            "expires": expires,
            "proven": proven,
            "version": None,
        }
        super().__init__(VaultDeliveryProvider(), name, properties, opts)
