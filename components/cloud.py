"""The cloud that the program is for: one without Business Central online is refused before anything is declared."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from clients.entra.cloud import Cloud, cloud_by_name, metadata_host, refuse_without_business_central
from clients.http.errors import FailedPrecondition
from components.program_end import refuse
from settings.models import Settings


def refuse_cloud_without_business_central(config: Mapping[str, str], settings: Settings) -> None:
    """End the program where an environment is online, and the cloud is known to have no Business Central.

    Args:
        config: the stack's configuration, keys with their namespace.
        settings: what the stack file says.
    """
    if not settings.online:
        return
    try:
        refuse_without_business_central(config)
    except FailedPrecondition as problem:
        problem.where = f"environments.{settings.online[0]}"
        refuse(str(problem))


class KnownCloud(NamedTuple):
    """The cloud of the directory, as far as it is known without a request.

    Attributes:
        cloud: by its name; the public one where none is named.
        login: address of its token service, "" where only a metadata host can tell.
        business_central: of Business Central online, "" where it is not known.
    """

    cloud: Cloud
    login: str
    business_central: str

    @classmethod
    def of(cls, config: Mapping[str, str]) -> KnownCloud:
        """Return what the stack's configuration and the environment say.

        Args:
            config: the stack's configuration, keys with their namespace.

        Raises:
            FailedPrecondition: the named cloud is not known.
        """
        cloud, is_named = cloud_by_name(config), not metadata_host(config)
        address = os.environ.get("BUSINESS_CENTRAL_URL") or (cloud.business_central if is_named else "")
        return cls(cloud, cloud.login if is_named else "", address.rstrip("/"))

    def token_endpoint(self, tenant_id: str) -> str:
        """Return where tokens are asked for, "" where it is not known."""
        return f"{self.login}/{tenant_id}/oauth2/v2.0/token" if self.login else ""
