"""Integration: an outside system's access to Business Central, from its Entra application to its permission sets."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_azuread as azuread

import settings
from components.application import own_application
from components.consents import consent
from components.credentials import secrets
from components.handover import handover
from components.proof import access_proof
from contradictions import registration_name
from dynamic_providers.business_central_registration import BusinessCentralRegistration, PermissionSetInput


class Integration(pulumi.ComponentResource):
    """One integration of a stack file, with everything that belongs to it.

    Args:
        declared: the integration.
        stack: the whole stack file, for the names of environments.
        caller: who runs this, as `azuread.get_client_config` says; asked once for all integrations.
    """

    handover: dict[str, Any]
    """What the outside system's team needs (`components.handover`). Exported by the stack and not registered as outputs
    of this resource, so that the state keeps the secret in fewer places; a mapping and not one output, because a secret
    in an output makes all of it secret."""

    def __init__(
        self, declared: settings.Integration, stack: settings.Settings, caller: azuread.GetClientConfigResult
    ) -> None:
        # What is protected are all children (they inherit it) but secrets, which have to rotate.
        super().__init__(
            f"{settings.PROJECT}:index:Integration",
            declared.key,
            opts=pulumi.ResourceOptions(
                protect=declared.protect or None,
                # One alias moves all children too, because every logical name begins with the key.
                aliases=[pulumi.Alias(name=name) for name in declared.formerly],
            ),
        )
        # A vendor's application is the vendor's: it is let in, never made, and has no credential here.
        own = None if declared.client_id else own_application(declared, caller, self)
        client_id = own.application.client_id if own else declared.client_id or ""
        consented = consent(declared, own, self)
        made = secrets(declared, own.application, self) if own else []
        for key in declared.environments:
            access, environment = declared.access(key), stack.environments[key]
            registration = BusinessCentralRegistration(
                registration_name(declared.key, environment.name),
                environment=environment.name,
                base_url=environment.base_url or "",
                formerly=list(environment.formerly),
                client_id=client_id,
                description=access.description or "",
                contact_information=access.contact_information or "",
                permission_sets=[_permission_set(item) for item in access.permission_sets or ()],
                additional_permission_sets=access.additional_permission_sets or "remove",
                permission_granted=True,  # by the consent that this waits for
                # A row with the id of an application that this stack made can only be this stack's.
                adopt=declared.adopt or own is not None,
                declared_at=f"integrations.{declared.key}.environments.{key}",
                state=access.state,
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=[consented],
                    # The logical name follows the environment's, so a renamed environment renames the resource.
                    aliases=[pulumi.Alias(name=registration_name(declared.key, name)) for name in environment.formerly],
                ),
            )
            access_proof(
                declared,
                key,
                stack,
                client_id=client_id,
                secrets=made,
                consent=consented,
                registration=registration,
                parent=self,
            )
        self.handover = handover(
            declared,
            stack,
            tenant_id=caller.tenant_id,
            client_id=client_id,
            secrets=made,
        )
        self.register_outputs({"clientId": client_id})


def _permission_set(declared: settings.PermissionSet) -> PermissionSetInput:
    written: PermissionSetInput = {"role_id": declared.role_id}
    if declared.company:
        written["company"] = declared.company
    if declared.scope:
        written["scope"] = declared.scope
    if declared.app_id:
        written["app_id"] = declared.app_id
    return written
