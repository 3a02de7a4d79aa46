"""AccessProof: that an application can really use one environment, shown by doing it.

Nothing in a service corresponds to it. It is made after consent and registration, and again whenever one of them, or
the secret, is another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult, ReadResult, Resource, UpdateResult

from dynamic_providers.base import Provider, called_by_pulumi, declared
from reconcilers.progress import report
from reconcilers.proof.prove import NotProven, ProofTarget, prove


class AccessProofProvider(Provider):
    """Signs in with the credential, looks at the roles, reads. Changes nothing anywhere."""

    replaced_when = ("client_id",)
    # The credential is compared by its key id: so that a diff can be read, and no secret has to be.
    updated_when = ("environment", "base_url", "credential_id", "roles", "companies", "not_provable", "triggers")
    defaults: ClassVar[dict[str, Any]] = {
        "base_url": "",
        "companies": [],
        "not_provable": "",
        "credential_id": "",
        "triggers": [],
    }

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Sort roles and companies: their order means nothing."""
        return inputs | {key: sorted(set(inputs[key])) for key in {"roles", "companies"} & inputs.keys()}, []

    @called_by_pulumi
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Prove it."""
        return CreateResult(self.id_of(props["environment"], props["client_id"]), self._proven(props))

    @called_by_pulumi
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return what is stored: one failing read would stop the refresh of a whole stack.

        Without inputs, unlike our other providers: nothing here can drift, so Pulumi's own are right, and the
        credential, which is among them, is not known here.
        """
        return ReadResult(id_, dict(props))

    @called_by_pulumi
    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Prove it again."""
        return UpdateResult(self._proven(news))

    @called_by_pulumi
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Do nothing: there is nothing."""

    def _proven(self, props: Mapping[str, Any]) -> dict[str, Any]:
        if not props["not_provable"]:
            target = ProofTarget(
                client_id=props["client_id"],
                roles=tuple(props["roles"]),
                environment=props["environment"],
                base_url=props["base_url"],
                companies=tuple(props["companies"]),
            )
            secret = props.get("client_secret")
            if not secret:  # Pulumi drops what it does not know: the secret's own resource has failed
                raise NotProven(target, "secret", "it has no secret", "Its secret could not be made: see there.")
            prove(self.session, target, secret, report=report)
        # The secret is an input only: the state shall keep it in as few places as can be.
        return {key: value for key, value in declared(props).items() if key != "client_secret"}


class AccessProof(Resource, module="entra-business-central", name="AccessProof"):
    """Proof that one application can use one environment.

    Args:
        name: logical name; a function of the environment's name, as the registration's.
        client_id: the application.
        client_secret: its client secret; None where `not_provable` says why there is nothing to prove with.
        credential_id: key id of the secret, which stands for it in a diff.
        roles: values of the application roles that its token has to have.
        environment: name of the environment in Business Central.
        base_url: its address, where it is a container or on-premises; "" online.
        companies: names of companies that it has to open; with none, it has to open the first that it sees.
        not_provable: why it cannot be proved from here; "" where it can.
        triggers: whatever is another value after consent or registration were made, changed or repaired.
        declared_at: key in the stack file, for messages.
    """

    def __init__(
        self,
        name: str,
        *,
        client_id: pulumi.Input[str],
        roles: Sequence[str],
        environment: str,
        declared_at: str,
        client_secret: pulumi.Input[str] | None = None,
        credential_id: pulumi.Input[str] | None = None,
        base_url: str = "",
        companies: Sequence[str] = (),
        not_provable: str = "",
        triggers: Sequence[pulumi.Input[Any]] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "client_id": client_id,
            "client_secret": None if client_secret is None else pulumi.Output.secret(client_secret),
            "credential_id": credential_id,
            "roles": list(roles),
            "environment": environment,
            "base_url": base_url,
            "companies": list(companies),
            "not_provable": not_provable,
            "triggers": list(triggers),
            "declared_at": declared_at,
        }
        super().__init__(AccessProofProvider(), name, AccessProofProvider.without_defaults(properties), opts)
