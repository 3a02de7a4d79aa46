"""Everything that an administrator can do to a registration by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.drift.case import Drift, Inputs, Subject
from tests.support.entra import make_application
from tests.support.registrations import declared_registration, held_sets, registration_row
from tests.support.tenant import Tenant

NP_RETAIL = {"roleId": "NPR NP RETAIL"}

DRIFTS = [
    Drift("disables the registration", ({"do": "disable_registration"},)),
    Drift("disables the user behind it", ({"do": "disable_user"},)),
    Drift("deletes the user and leaves the row", ({"do": "delete_user"},)),
    Drift("changes the description", ({"do": "edit_registration", "description": "Old shop"},)),
    Drift("changes the contact information", ({"do": "edit_registration", "contactInformation": "nobody"},)),
    Drift("takes back *Permission Granted*", ({"do": "edit_registration", "permissionGranted": False},)),
    Drift("removes a permission set", ({"do": "remove_permission_set", **NP_RETAIL},)),
    Drift("adds a permission set", ({"do": "add_permission_set", "roleId": "D365 READ"},)),
    Drift(
        "adds a permission set, where `additionalPermissionSets: keep`",
        ({"do": "add_permission_set", "roleId": "D365 READ"},),
        {"additional_permission_sets": "keep"},
        is_drift=False,
    ),
    Drift(
        "narrows a permission set to one company",
        (
            {"do": "remove_permission_set", **NP_RETAIL},
            {"do": "add_permission_set", **NP_RETAIL, "company": "CRONUS DK"},
        ),
    ),
    Drift("deletes the registration", ({"do": "delete_registration"},)),
    Drift("deletes the row and leaves the user", ({"do": "delete_registration", "keepUser": True},)),
    Drift(
        "deletes it and makes it again by hand",
        (
            {"do": "delete_registration"},
            {"do": "create_registration", "description": "By hand"},
            {"do": "enable_registration"},
        ),
    ),
    Drift("enables a registration that is declared disabled", ({"do": "enable_registration"},), {"state": "Disabled"}),
    Drift(
        "uninstalls the extension that a permission set comes from",
        ({"do": "remove_permission_set_definition", **NP_RETAIL},),
        ends="refused",
    ),
    Drift(
        "registers another application",
        ({"do": "create_registration", "clientId": "99999999-9999-9999-9999-999999999999", "description": "Theirs"},),
        is_drift=False,
    ),
    Drift("uninstalls the companion extension", ({"do": "uninstall_companion"},), ends="refused"),
    Drift("renames the environment", ({"do": "rename_environment", "to": "Live"},), ends="refused"),
]

WORDS = {
    ("POST", "entraApplications"): "registers it",
    ("PATCH", "entraApplications"): "changes the row",
    ("PATCH", "users"): "enables the user",
    ("DELETE", "entraApplications"): "deletes what is left",
    ("POST", "userPermissions"): "assigns permission sets",
    ("DELETE", "userPermissions"): "removes permission sets",
}


def _declare(tenant: Tenant, changed: Mapping[str, Any]) -> Inputs:
    application = make_application(tenant, "NaviPartner Magento 2 integration")
    return declared_registration(application.client_id, **changed)


def _filled_in(inputs: Inputs) -> dict[str, Any]:
    return {"environment": "Production", "clientId": inputs["client_id"]}


def _is_as_declared(tenant: Tenant, inputs: Inputs) -> bool:
    row = registration_row(tenant, inputs["client_id"])
    wanted = sorted((each["role_id"], each.get("company", "")) for each in inputs["permission_sets"])
    held = held_sets(tenant, inputs["client_id"])
    return (
        row is not None
        and (row["state"], row["description"], row["contactInformation"], row["permissionGranted"])
        == (inputs["state"], inputs["description"], inputs["contact_information"], inputs["permission_granted"])
        and (held == wanted or (inputs["additional_permission_sets"] == "keep" and set(held) > set(wanted)))
    )


REGISTRATION = Subject(
    "A registration in Business Central",
    BusinessCentralRegistrationProvider(),
    declare=_declare,
    filled_in=_filled_in,
    is_as_declared=_is_as_declared,
    words=WORDS,
)
