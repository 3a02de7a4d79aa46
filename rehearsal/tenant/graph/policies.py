"""The default app management policy of the tenant: read by Graph, set by hand (`set_app_management_policy`), enforced.

https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy . What of it is known:
docs/reference/facts-graph.md, "App management policies".
"""

from __future__ import annotations

import copy
from datetime import datetime

from rehearsal.tenant.directory.app_management_policy import duration
from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.permissions import READ_POLICIES
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse


@endpoint("GET", "policies/defaultAppManagementPolicy", READ_POLICIES)
def default_app_management_policy(request: GraphRequest) -> HttpResponse:
    """Answer the policy."""
    context = f"{request.origin}/{request.version}/$metadata#policies/defaultAppManagementPolicy/$entity"
    policy = copy.deepcopy(request.directory.app_management_policy)
    return HttpResponse(200, {"@odata.context": context, **policy})


def refuse_restricted_secret(
    directory: Directory, application: DirectoryObject, start: datetime, end: datetime
) -> None:
    """Refuse a secret that the policy does not allow an application.

    Raises:
        Refusal: with Entra's own code and text.
    """
    policy = directory.app_management_policy
    if not policy["isEnabled"]:
        return
    for restriction in policy["applicationRestrictions"]["passwordCredentials"]:
        from_ = restriction.get("restrictForAppsCreatedAfterDateTime")
        created = datetime.fromisoformat(application.body["createdDateTime"])
        if restriction.get("state", "enabled") != "enabled" or (from_ and created < datetime.fromisoformat(from_)):
            continue
        if restriction["restrictionType"] == "passwordAddition":
            raise refusal("secrets_forbidden", policy["id"])
        longest = restriction.get("maxLifetime")
        if restriction["restrictionType"] == "passwordLifetime" and end - start > duration(longest):
            raise refusal("secret_lives_too_long", policy["id"])
