"""What all integrations of one run of the program share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import pulumi_azuread as azuread

from clients.session import Session
from components.business_central_in_tenant import BusinessCentralInTenant
from components.caller import find_caller
from components.cloud import KnownCloud
from components.existing_application import ExistingClientIds
from components.labels_in_custody import LabelsInCustody
from settings.models import Settings


@dataclass(frozen=True)
class Run:
    """One run of the program, in previews too.

    Attributes:
        settings: all that the stack file says.
        caller: who runs this, as `azuread.get_client_config` says.
        cloud: the cloud of the directory, as far as it is known without a request.
        in_tenant: the check that Business Central's application can be had, before the first thing is made.
        client_ids: those of applications that exist already.
        in_custody: the check of a label, before azuread makes a secret for it.
    """

    settings: Settings
    caller: azuread.GetClientConfigResult
    cloud: KnownCloud
    in_tenant: BusinessCentralInTenant
    client_ids: ExistingClientIds
    in_custody: LabelsInCustody

    @classmethod
    def begin(cls, settings: Settings, config: Mapping[str, str]) -> Self:
        """Find out who runs this and in which cloud, and register the hooks that all integrations share.

        Args:
            settings: what the stack file says.
            config: the stack's configuration, each key with its namespace.

        Raises:
            FailedPrecondition: the environment names no way to sign in, or azuread signs in as another application.
        """
        session = Session(config)
        caller = find_caller(session)
        cloud = KnownCloud.of(config)
        in_tenant = BusinessCentralInTenant(session, settings)
        return cls(
            settings=settings,
            caller=caller,
            cloud=cloud,
            in_tenant=in_tenant,
            client_ids=ExistingClientIds(settings),
            in_custody=LabelsInCustody(session, in_tenant.makes),
        )
