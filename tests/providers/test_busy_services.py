"""A service that is busy asks for a short wait: each write of ours is looked for and repeated; other words are kept."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_providers.admin_consent import AdminConsentProvider
from tests.support.consents import asked, granted, held, let_in, principals
from tests.support.provider_host import ProviderHost, refusal
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.registrations import held_sets, registration_row
from tests.support.tenant import OURS, Tenant

CONCURRENT = {"status": 409, "code": "Directory_ConcurrencyViolation"}
BUSY: list[dict[str, Any]] = [
    CONCURRENT,
    {"status": 503, "code": "Directory_ConcurrencyViolation"},
    {"status": 503, "code": "serviceNotAvailable", "message": "x", "retryAfter": 0},
    {"status": 409, "code": "Unknown", "message": "Please wait briefly and retry."},
]
WRITES = {"POST", "PATCH", "DELETE"}


def order(tenant: Tenant, method: str, path: str, **fields: Any) -> Any:
    return tenant.fault({"method": method, "path": path, "userAgent": OURS}, **fields)


def repeated_without_checking(tenant: Tenant) -> list[str]:
    """Writes of ours that follow the same write without a read between them."""
    ours = [(each["method"], each["path"]) for each in tenant.requests(user_agent=OURS)]
    return [f"{this[0]} {this[1]}" for last, this in itertools.pairwise(ours) if this == last and this[0] in WRITES]


@pytest.mark.parametrize("busy", BUSY, ids=str)
def test_a_service_principal_is_made_after_a_short_wait_and_counts_as_ours(
    tenant: Tenant, consents: ProviderHost, busy: dict[str, Any]
) -> None:
    fault = order(tenant, "POST", "/servicePrincipals$", **busy)
    began = time.monotonic()
    made = consents.create(vendor_consent(roles=["API.ReadWrite.All"]))
    assert time.monotonic() - began < 20
    assert fault.hits == 1
    assert made.outputs["service_principal_created"] is True
    posts = [each for each in asked(tenant) if each == "POST /v1.0/servicePrincipals"]
    assert len(posts) == 2
    assert repeated_without_checking(tenant) == []
    consents.delete(made)
    assert principals(tenant) == []


@pytest.mark.parametrize("busy", BUSY, ids=str)
def test_a_grant_and_a_withdrawal_go_on_after_a_short_wait(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs, busy: dict[str, Any]
) -> None:
    faults = [
        order(tenant, "POST", "appRoleAssignedTo$", **busy),
        order(tenant, "DELETE", "appRoleAssignedTo/", **busy),
    ]
    made = consents.create(inputs.consent(roles=["API.ReadWrite.All"]))
    assert granted(tenant, inputs) == ["API.ReadWrite.All"]
    consents.delete(made)
    assert granted(tenant, inputs) == []
    assert [fault.hits for fault in faults] == [1, 1]
    assert repeated_without_checking(tenant) == []


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_delegated_permissions_are_written_once_whether_or_not_the_busy_answer_came_late(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs, method: str, when: str
) -> None:
    fault = order(tenant, method, "/oauth2PermissionGrants", when=when, **CONCURRENT)
    made = consents.create(inputs.consent(roles=["API.ReadWrite.All"], delegated_scopes=["user_impersonation"]))
    made = consents.update(
        made,
        inputs.consent(
            roles=["API.ReadWrite.All"], delegated_scopes=["user_impersonation", "Financials.ReadWrite.All"]
        ),
    )
    consents.delete(made)
    assert fault.hits == 1
    sent = [each for each in asked(tenant) if each.startswith(f"{method} /v1.0/oauth2PermissionGrants")]
    assert len(sent) == (1 if when == "after" else 2)
    assert tenant.state()["entra"]["oauth2PermissionGrants"] == []
    assert repeated_without_checking(tenant) == []


def test_a_grant_that_was_made_although_graph_said_busy_is_not_made_twice(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs
) -> None:
    order(tenant, "POST", "appRoleAssignedTo$", when="after", **CONCURRENT)
    made = consents.create(inputs.consent(roles=["API.ReadWrite.All"]))
    assert len([each for each in asked(tenant) if each.startswith("POST ")]) == 1
    assert set(made.outputs["assignments"]) == {"API.ReadWrite.All"}
    consents.delete(made)
    assert granted(tenant, inputs) == []


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("Request_Unknown", "Something else is wrong."),
        ("Directory_QuotaExceeded", "The directory object quota is exceeded."),
    ],
)
def test_a_conflict_of_another_kind_keeps_the_services_words(
    tenant: Tenant, consents: ProviderHost, code: str, text: str
) -> None:
    order(tenant, "POST", "/servicePrincipals$", status=409, code=code, message=text)
    began = time.monotonic()
    said = refusal(consents, vendor_consent())
    assert time.monotonic() - began < 5
    assert f'409 {code}: "{text.rstrip(".")}"' in said
    assert "deleted" not in said
    assert len([each for each in asked(tenant) if each.startswith("POST ")]) == 1


def test_only_a_text_that_says_so_counts_as_there(tenant: Tenant, consents: ProviderHost) -> None:
    let_in(tenant)
    taken = "The service principal cannot be created, updated, or restored because the service principal name x is already in use."
    fault = order(
        tenant, "GET", r"/servicePrincipals\(appId='bdf6", status=404, code="Request_ResourceNotFound", message="x"
    )
    order(
        tenant, "POST", "/servicePrincipals$", status=409, code="Request_MultipleObjectsWithSameKeyValue", message=taken
    )
    made = consents.create(vendor_consent())
    assert fault.hits == 1
    assert made.outputs["service_principal_created"] is False


def test_a_graph_that_stays_busy_ends_the_wait_in_bounded_time_and_in_its_own_words(
    tenant: Tenant, start_host: Callable[..., ProviderHost]
) -> None:
    order(tenant, "POST", "/servicePrincipals$", times=0, **CONCURRENT)
    impatient = start_host(AdminConsentProvider(), ENTRA_BC_LONGEST_WAIT="3")
    began = time.monotonic()
    said = refusal(impatient, vendor_consent())
    assert time.monotonic() - began < 15
    assert "409 Directory_ConcurrencyViolation" in said
    assert "Please wait briefly and retry" in said
    assert "still so after" in said
    assert "Others write to this tenant at the same moment: run the same command again." in said
    assert held(tenant) == []


BUSY_IN_BUSINESS_CENTRAL: list[dict[str, Any]] = [
    {
        "status": 409,
        "code": "Internal_ServerError",
        "message": "The activity was deadlocked with another user. Please retry.",
    },
    {"status": 400, "code": "Application_DialogException", "message": "The table is locked by another user."},
    {"status": 503, "code": "Internal_TenantUnavailable", "message": "x", "retryAfter": 0},
]


@pytest.mark.parametrize("busy", BUSY_IN_BUSINESS_CENTRAL, ids=str)
@pytest.mark.parametrize("when", ["before", "after"])
def test_every_write_to_business_central_goes_on_after_a_short_wait(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs, busy: dict[str, Any], when: str
) -> None:
    faults = [
        order(tenant, method, path, when=when, **busy)
        for method, path in [
            ("POST", "/entraApplications$"),
            ("PATCH", "/entraApplications"),
            ("POST", "/userPermissions$"),
            ("DELETE", "/userPermissions"),
            ("DELETE", "/entraApplications"),
        ]
    ]
    client_id = inputs.application.client_id
    made = registrations.create(inputs.registration(permission_sets=[{"role_id": "D365 BUS FULL ACCESS"}]))
    made = registrations.update(
        made, inputs.registration(contact_information="Ada", permission_sets=[{"role_id": "NPR NP RETAIL"}])
    )
    row = registration_row(tenant, client_id)
    assert row is not None
    assert (row["state"], row["contactInformation"]) == ("Enabled", "Ada")
    assert held_sets(tenant, client_id) == [("NPR NP RETAIL", "")]
    registrations.delete(made)
    assert registration_row(tenant, client_id) is None
    assert [fault.hits for fault in faults] == [1] * 5
    assert repeated_without_checking(tenant) == []
