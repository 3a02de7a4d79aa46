"""AccessProof: that an application can really use one environment, shown by doing it.

Nothing in a service corresponds to it. It is made after consent and registration, and again whenever one of them, or
the secret, is another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult, ReadResult, Resource, UpdateResult

from dynamic_providers.base import Provider, declared, provider_method
from reconcilers.progress import report
from reconcilers.proof.prove import prove
from reconcilers.proof.spec import ID_PROPERTIES, PEOPLE_SIGN_IN, CertificateInVault, DeclaredProof, InVault, ProofSpec

__all__ = ["PEOPLE_SIGN_IN", "AccessProof", "AccessProofProvider", "DeclaredProof"]


class AccessProofProvider(Provider):
    """Signs in with the credential, looks at the roles, reads. Changes nothing anywhere."""

    replaced_when = ("client_id",)
    # The credential is compared by its key id: so that a diff can be read, and no secret has to be.
    updated_when = (
        *(name for name in ProofSpec.field_names() if name not in {"client_id", "declared_at"}),
        "credential_id",
        "in_vault",
        "certificate_in_vault",
        "triggers",
    )
    needed = ProofSpec.needed()
    id_properties = ID_PROPERTIES
    inputs_only = ("declared_at",)  # neither a read nor a delete of it can fail
    defaults: ClassVar[Mapping[str, Any]] = {
        **ProofSpec.defaults(),
        "credential_id": "",
        "in_vault": {},
        "certificate_in_vault": {},
        "triggers": [],
    }

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Sort roles and companies: their order means nothing."""
        return inputs | {key: sorted(set(inputs[key])) for key in {"roles", "companies"} & inputs.keys()}, []

    @provider_method
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Prove it."""
        return CreateResult(self.id_of(props["environment"], props["client_id"]), self._proven(props))

    @provider_method
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return what is stored: one failing read would stop the refresh of a whole stack.

        Without inputs, unlike our other providers: nothing here can drift, so Pulumi's own are right, and the
        credential, which is among them, is not known here.
        """
        return ReadResult(id_, dict(props))

    @provider_method
    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Prove it again."""
        return UpdateResult(self._proven(news))

    @provider_method
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Do nothing: there is nothing."""

    def _proven(self, props: Mapping[str, Any]) -> dict[str, Any]:
        # Pulumi drops what it does not know: without a secret, the secret's own resource has failed.
        at, signs = props["in_vault"], props["certificate_in_vault"]
        secret: str | InVault | CertificateInVault | None = props.get("client_secret")
        if at.get("version"):
            secret = InVault(**at)
        elif signs.get("version") and props["credential_id"]:  # which is azuread's, and not there where that failed
            secret = CertificateInVault(**signs)
        prove(self.session, ProofSpec.from_mapping(props), secret, report=report)
        # The secret is an input only: the state shall keep it in as few places as can be.
        return {key: value for key, value in declared(props).items() if key != "client_secret"}


class AccessProof(Resource, module="entra-business-central", name="AccessProof"):
    """Proof that one application can use one environment.

    Args:
        name: logical name; a function of the environment's name, as the registration's.
        proof: what the stack file says of it.
        client_id: the application.
        client_secret: its client secret; None where `proof.not_provable` says why there is nothing to prove with.
        in_vault: with custody, where the secret is read from at that moment: `key_vault`, `secret_name`, `version`.
        certificate_in_vault: the certificate whose key signs there: `key_vault`, `certificate_name`, `version`.
        credential_id: key id of the secret or certificate in Entra, which stands for it in a diff.
        triggers: whatever is another value after consent or registration were made, changed or repaired.
    """

    def __init__(
        self,
        name: str,
        proof: DeclaredProof,
        *,
        client_id: pulumi.Input[str],
        client_secret: pulumi.Input[str] | None = None,
        in_vault: Mapping[str, pulumi.Input[str]] | None = None,
        certificate_in_vault: Mapping[str, pulumi.Input[str]] | None = None,
        credential_id: pulumi.Input[str] | None = None,
        triggers: Sequence[pulumi.Input[Any]] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            **proof.as_mapping(),
            "client_id": client_id,
            "client_secret": None if client_secret is None else pulumi.Output.secret(client_secret),
            "in_vault": dict(in_vault or {}),
            "certificate_in_vault": dict(certificate_in_vault or {}),
            "credential_id": credential_id,
            "triggers": list(triggers),
        }
        super().__init__(AccessProofProvider(), name, AccessProofProvider.without_defaults(properties), opts)
