"""Everything that an administrator can do by hand to what an application is granted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamic_providers.admin_consent import AdminConsentProvider
from tests.support.directory_objects import BUSINESS_CENTRAL, MICROSOFT_GRAPH
from tests.support.drift.case import Drift, Inputs, Subject
from tests.support.entra import graph, make_application
from tests.support.provider_inputs import Inputs as DeclaredInputs
from tests.support.provider_inputs import vendor_consent
from tests.support.tenant import Tenant

BOTH = ("API.ReadWrite.All", "Automation.ReadWrite.All")
SCOPES = ("Financials.ReadWrite.All", "user_impersonation")

WITHDRAW_ONE = {"do": "remove_app_role_assignment", "role": BOTH[0]}
WITHDRAW_BOTH = tuple({"do": "remove_app_role_assignment", "role": role} for role in BOTH)
GRANT_ANOTHER = {"do": "add_app_role_assignment", "role": "AdminCenter.ReadWrite.All"}
ONE_SCOPE = {"delegated_scopes": [SCOPES[0]]}


def _scopes(*scopes: str) -> dict[str, Any]:
    """What an administrator leaves of an application's delegated permissions for all users."""
    return {"do": "set_delegated_permissions", "scope": " ".join(scopes)}


OWN_DRIFTS = [
    Drift("withdraws the whole consent", WITHDRAW_BOTH),
    Drift("withdraws one role", (WITHDRAW_ONE,)),
    Drift("grants another role", (GRANT_ANOTHER,)),
    Drift(
        "grants a role on another resource",
        ({"do": "add_app_role_assignment", "role": "Application.Read.All", "resourceAppId": MICROSOFT_GRAPH},),
        is_drift=False,
    ),
    Drift("withdraws the delegated permissions", (_scopes(),), {"delegated_scopes": SCOPES}),
    Drift("narrows the delegated permissions", (_scopes(SCOPES[1]),), {"delegated_scopes": SCOPES}),
    Drift("widens the delegated permissions", (_scopes(*SCOPES),), ONE_SCOPE),
    Drift("grants delegated permissions, where none are declared", (_scopes(*SCOPES),), is_drift=False),
    Drift(
        "withdraws one role, where `consent: manual`",
        (WITHDRAW_ONE,),
        {"consent": "manual"},
        ends="refused",
    ),
    Drift(
        "grants another role, where `consent: manual`",
        (GRANT_ANOTHER,),
        {"consent": "manual"},
        ends="refused",
    ),
    Drift("deletes the application's service principal", ({"do": "delete_service_principal"},)),
    Drift("deletes Business Central's service principal", ({"do": "remove_business_central_service_principal"},)),
]

VENDOR_DRIFTS = [
    Drift("withdraws the whole consent", WITHDRAW_BOTH),
    Drift("withdraws one role", (WITHDRAW_ONE,)),
    Drift("grants another role", (GRANT_ANOTHER,), is_drift=False, stays=True),
    Drift("withdraws the delegated permissions", (_scopes(),), ONE_SCOPE),
    Drift("widens the delegated permissions", (_scopes(*SCOPES),), ONE_SCOPE, is_drift=False, stays=True),
    Drift(
        "(the vendor) becomes another verified publisher",
        ({"do": "set_publisher", "displayName": "Somebody ApS", "verifiedPublisherId": "1"},),
        ends="refused",
    ),
    Drift("(the vendor) is verified no longer", ({"do": "set_publisher"},), ends="refused"),
    Drift("deletes its service principal", ({"do": "delete_service_principal"},)),
    Drift(
        "deletes its service principal, and approves it anew by hand",
        ({"do": "delete_service_principal"}, {"do": "approve_permissions"}),
        is_drift=False,
        stays=True,
    ),
    Drift("deletes Business Central's service principal", ({"do": "remove_business_central_service_principal"},)),
]

WORDS = {
    ("POST", "servicePrincipals"): "makes the service principal",
    ("POST", "appRoleAssignedTo"): "grants roles",
    ("DELETE", "appRoleAssignedTo"): "withdraws roles",
    ("POST", "oauth2PermissionGrants"): "grants delegated permissions",
    ("PATCH", "oauth2PermissionGrants"): "changes the delegated permissions",
}


def _declare_own(tenant: Tenant, changed: Mapping[str, Any]) -> Inputs:
    return DeclaredInputs(make_application(tenant, "NaviPartner Magento 2 integration")).consent(**_plain(changed))


def _declare_vendors(_tenant: Tenant, changed: Mapping[str, Any]) -> Inputs:
    return vendor_consent(**_plain(changed))


def _plain(changed: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in changed.items()}


def _filled_in(inputs: Inputs) -> dict[str, Any]:
    return {"clientId": inputs["client_id"], "resourceAppId": BUSINESS_CENTRAL}


def _approve(tenant: Tenant, inputs: Inputs) -> None:
    if inputs.get("consent") == "manual":
        for role in BOTH:
            tenant.edit("add_app_role_assignment", **_filled_in(inputs), role=role)


def _principal_made_anew(tenant: Tenant, inputs: Inputs) -> Inputs:
    """Make our application's service principal again where it is gone, as azuread does in an `up` before our part."""
    if _principal(tenant, inputs["client_id"]):
        return inputs
    return {
        **inputs,
        "service_principal_id": graph(tenant, "POST", "/servicePrincipals", {"appId": inputs["client_id"]})["id"],
    }


def _principal(tenant: Tenant, client_id: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = tenant.state()["entra"]["servicePrincipals"]
    return next((each for each in found if each["appId"] == client_id), None)


def _is_as_declared(tenant: Tenant, inputs: Inputs) -> bool:
    """Of an application of ours it has what is declared; of a vendor's, that at least."""
    entra = tenant.state()["entra"]
    principal, resource = _principal(tenant, inputs["client_id"]), _principal(tenant, BUSINESS_CENTRAL)
    if principal is None or resource is None:
        return False
    values = {role["id"]: role["value"] for role in resource["appRoles"]}
    roles = {
        values[each["appRoleId"]]
        for each in entra["appRoleAssignments"]
        if (each["principalId"], each["resourceId"]) == (principal["id"], resource["id"])
    }
    scopes = {
        scope
        for each in entra["oauth2PermissionGrants"]
        if (each["clientId"], each["resourceId"]) == (principal["id"], resource["id"])
        for scope in each["scope"].split()
    }
    wanted_roles, wanted_scopes = set(inputs["roles"]), set(inputs.get("delegated_scopes", ()))
    if inputs.get("owner") == "vendor":
        return roles >= wanted_roles and scopes >= wanted_scopes
    return roles == wanted_roles and (scopes == wanted_scopes or not wanted_scopes)


OWN_CONSENT = Subject(
    "Consent to an application of this stack",
    AdminConsentProvider(),
    declare=_declare_own,
    filled_in=_filled_in,
    is_as_declared=_is_as_declared,
    words=WORDS,
    approve=_approve,
    redeclare=_principal_made_anew,
)
VENDORS_CONSENT = Subject(
    "Consent to a vendor's application",
    AdminConsentProvider(),
    declare=_declare_vendors,
    filled_in=_filled_in,
    is_as_declared=_is_as_declared,
    words=WORDS,
    is_gone=lambda tenant, inputs: _principal(tenant, inputs["client_id"]) is None,
)
