"""What stands beside the environments: the list of environments, and reading from the Admin Center API.

Admin Center errors have their own shape, not wrapped in `error` (contracts/business-central.md, 4).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rehearsal.tenant.business_central.environment import Environment
from rehearsal.tenant.messages import Answer, Caller

FAMILY = "BusinessCentral"
_ENVIRONMENTS = re.compile(r"/admin/v2\.\d+/applications(?:/(?P<family>[^/]+))?/environments(?:/(?P<name>[^/]+))?/?")


def discovery(environments: Sequence[Environment], tenant_id: str, base_url: str) -> Answer:
    """Answer `GET /environments/v1.2`."""
    rows = [
        {
            "aadTenantId": tenant_id,
            "applicationFamily": FAMILY,
            "type": each.type,
            "name": each.name,
            "countryCode": each.country_code,
            "webServiceUrl": base_url,
            "webClientLoginUrl": _web_client(base_url, tenant_id, each),
            "ringName": "PROD",
        }
        for each in environments
    ]
    return Answer(200, {"value": rows})


def administration(
    method: str, path: str, caller: Caller, environments: Sequence[Environment], tenant_id: str, base_url: str
) -> Answer:
    """Answer reads of `/admin/{version}/applications[/{family}]/environments[/{name}]`; the rest is not imitated.

    Being authorised in the Admin Center (authorizedAadApps) is taken as given for whoever has the role.
    """
    if "AdminCenter.ReadWrite.All" not in caller.roles and caller.kind == "application":
        return _refusal(403, "Forbidden", "The caller is not authorized.")  # the words are ours
    match = _ENVIRONMENTS.fullmatch(path)
    if match is None or method != "GET":
        return _refusal(501, "NotSupported", f"{method} {path} is not supported by the rehearsal tenant.")
    if match["family"] not in (None, FAMILY):
        return _refusal(404, "applicationTypeDoesNotExist", "The application type does not exist.", match["family"])
    rows = [_administered(each, tenant_id, base_url) for each in environments]
    if match["name"] is None:
        return Answer(200, {"value": rows})
    found = [row for row in rows if row["name"].casefold() == match["name"].casefold()]
    if not found:
        return _refusal(404, "environmentNotFound", "The environment was not found.", f"{FAMILY}/{match['name']}")
    return Answer(200, found[0])


def _administered(each: Environment, tenant_id: str, base_url: str) -> dict[str, Any]:
    return {
        "friendlyName": each.name,
        "type": each.type,
        "name": each.name,
        "countryCode": each.country_code,
        "applicationFamily": FAMILY,
        "aadTenantId": tenant_id,
        "status": each.status,
        "webClientLoginUrl": _web_client(base_url, tenant_id, each),
        "webServiceUrl": base_url,
        "ringName": "PROD",
        "versionDetails": {"version": each.application_version},
    }


def _web_client(base_url: str, tenant_id: str, environment: Environment) -> str:
    return f"{base_url}/{tenant_id}/{environment.name}"


def _refusal(status: int, code: str, message: str, target: str | None = None) -> Answer:
    return Answer(status, {"code": code, "message": message} | ({"target": target} if target else {}))
