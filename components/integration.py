"""Integration: an outside system's access to Business Central, from its Entra application to its permission sets."""

from __future__ import annotations

from typing import Any

import pulumi

from components.application import own_application
from components.certificates import certificates
from components.consents import consents
from components.credentials import secrets
from components.delivery import deliveries
from components.dependencies import without_dependency
from components.federated_credentials import federated_credentials
from components.proof import access_proof
from components.run import Run
from components.stack_outputs import stack_outputs
from components.vault_certificates import vault_certificates
from dynamic_providers.access_proof import AccessProof
from dynamic_providers.business_central_registration import BusinessCentralRegistration, DeclaredRegistration
from settings import logical_names
from settings.models import PROJECT
from settings.models import Integration as IntegrationSettings
from settings.registrations import declared_registration


class Integration(pulumi.ComponentResource):
    """One integration of a stack file, with everything that belongs to it.

    Args:
        integration: what the stack file says of it.
        run: what it shares with all others.
    """

    stack_outputs: dict[str, Any]
    """What the outside system's team needs (`components.stack_outputs`). Exported by the stack and not registered as
    outputs of this resource, so that the state keeps the secret in fewer places; a mapping, because a secret in one
    output would make all of it secret."""

    def __init__(self, integration: IntegrationSettings, run: Run) -> None:
        # All children inherit `protect`. What rotates or holds nothing switches it off: credentials and their copies,
        # proofs, the reference to another stack.
        super().__init__(
            f"{PROJECT}:index:Integration",
            integration.key,
            opts=pulumi.ResourceOptions(
                protect=integration.protect or None,
                # One alias moves all children too, because every logical name begins with the key.
                aliases=[pulumi.Alias(name=name) for name in integration.formerly],
            ),
        )
        # An existing application that waits for its approval makes nothing before that, and the approval page adds what
        # is not in the tenant.
        is_checked = integration.consent == "auto" or not integration.client_id
        hooks = run.in_tenant.before_create if is_checked else None
        # An application that exists already is its vendor's or its team's: it gets no secret here.
        own = None if integration.client_id else own_application(integration, run.caller, self, hooks)
        client_id = own.application.client_id if own else run.client_ids.of(integration, self)
        consented, *consented_elsewhere = consents(integration, client_id, own, self, None if own else hooks)
        made = secrets(integration, own, run.in_custody, self) if own else []
        proofs: list[AccessProof | None] = []
        trusted = (
            federated_credentials(
                integration, own.application, self, tenant_id=run.caller.tenant_id, cloud=run.cloud.cloud
            )
            if own
            else []
        )
        public = certificates(integration, own.application, self) if own else []
        signing = vault_certificates(integration, own, self) if own else []
        for key in integration.environments:
            environment = run.settings.environments[key]
            registration = BusinessCentralRegistration(
                logical_names.registration(integration.key, environment.name),
                DeclaredRegistration.from_mapping(declared_registration(integration, key, environment)),
                client_id=without_dependency(client_id),  # it waits for the consent, which waits for the application
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=[consented],
                    # The logical name follows the environment's, so a renamed environment renames the resource.
                    aliases=[
                        pulumi.Alias(name=logical_names.registration(integration.key, name))
                        for name in environment.formerly
                    ],
                ),
            )
            proof = access_proof(
                integration,
                key,
                run.settings,
                client_id=client_id,
                secrets=made,
                signing=signing,
                # A server with an application of its own has its roles there, and not on Business Central's.
                consents=[consented, *(consented_elsewhere if environment.scope else [])],
                registration=registration,
                parent=self,
            )
            proofs.append(proof)
        delivered = deliveries(integration, client_id, made, [each for each in proofs if each], self)
        self.stack_outputs = stack_outputs(
            integration,
            run.settings,
            tenant_id=run.caller.tenant_id,
            client_id=client_id,
            secrets=made,
            delivered=delivered,
            federated=trusted,
            certificates=public,
            signing=signing,
            cloud=run.cloud,
        )
        self.register_outputs({"clientId": client_id})
