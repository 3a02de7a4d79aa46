"""A write of a consent to a vendor whose answer is lost is taken back; what somebody else granted stays, and is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.consents import BOTH, add_role, grant_by_hand, grants, held, holds, let_in
from tests.support.entra import graph
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import vendor_consent
from tests.support.tenant import OURS, Tenant

SCOPES = ["Financials.ReadWrite.All", "user_impersonation"]
LOST: dict[str, dict[str, Any]] = {
    "the connection breaks": {"action": "drop", "when": "after"},
    "a gateway gave up": {"action": "status", "status": 504, "when": "after"},
    "a page of a proxy": {"action": "raw", "status": 200, "body": "<html>", "when": "after"},
}
MADE = ("/servicePrincipals$", "appRoleAssignedTo", "oauth2PermissionGrants")
ROLE_GRANTED = {"method": "POST", "path": "appRoleAssignedTo", "userAgent": OURS}
PATCHED = {"method": "PATCH", "path": "/oauth2PermissionGrants/", "userAgent": OURS}
LOOKED_AT = {"method": "GET", "path": "/oauth2PermissionGrants/", "userAgent": OURS}
"""By which a PATCH that was not answered is found done; where it is refused, that stays unknown."""


@pytest.mark.parametrize("way", LOST)
@pytest.mark.parametrize("path", MADE)
def test_what_was_made_and_not_answered_is_taken_back(
    tenant: Tenant, consents: ProviderHost, path: str, way: str
) -> None:
    lost = tenant.fault({"method": "POST", "path": path, "userAgent": OURS}, **LOST[way])
    with pytest.raises(ProviderError) as problem:
        consents.create(vendor_consent(delegated_scopes=SCOPES))
    assert lost.hits == 1
    assert holds(tenant) is None, "the vendor is out of the tenant again, and so is all that it was granted"
    assert "may be done all the same" not in str(problem.value)


@pytest.mark.parametrize("way", LOST)
def test_wider_delegated_permissions_that_were_not_answered_are_taken_back(
    tenant: Tenant, consents: ProviderHost, way: str
) -> None:
    grant_by_hand(tenant, "user_impersonation", let_in(tenant))
    tenant.fault(PATCHED, **LOST[way])
    tenant.fault(LOOKED_AT, status=403)
    with pytest.raises(ProviderError):
        consents.create(vendor_consent(delegated_scopes=SCOPES))
    assert grants(tenant) == ["user_impersonation"]
    assert held(tenant) == []


def test_a_role_that_somebody_else_granted_before_is_not_taken_away_after_a_lost_answer(
    tenant: Tenant, consents: ProviderHost
) -> None:
    let_in(tenant)
    tenant.advance(-60)
    add_role(tenant, BOTH[0])
    tenant.advance(60)
    tenant.fault(ROLE_GRANTED, "drop")
    with pytest.raises(
        ProviderError, match=rf"{BOTH[0]} on .* may have been granted by somebody else, at 20.*Entra admin center"
    ):
        consents.create(vendor_consent())
    assert held(tenant) == BOTH[:1]


def test_a_role_whose_time_does_not_tell_who_granted_it_is_left_and_told(
    tenant: Tenant, consents: ProviderHost
) -> None:
    """This machine's clock is wrong, say."""
    let_in(tenant)
    tenant.advance(3600)
    tenant.fault(ROLE_GRANTED, "drop", when="after")
    with pytest.raises(
        ProviderError, match=r"What was not answered may be done all the same .*: the next run leaves it alone"
    ):
        consents.create(vendor_consent())
    assert held(tenant) == BOTH[:1]


def test_what_was_not_answered_is_not_looked_for_where_the_vendor_is_out_of_the_tenant_again(
    tenant: Tenant, consents: ProviderHost
) -> None:
    tenant.fault(ROLE_GRANTED, "drop")
    with pytest.raises(ProviderError) as problem:
        consents.create(vendor_consent())
    assert holds(tenant) is None
    assert "may be done all the same" not in str(problem.value)


def test_a_role_that_one_server_shows_is_taken_back_although_the_next_does_not_show_it(
    tenant: Tenant, consents: ProviderHost
) -> None:
    let_in(tenant)
    tenant.fault(ROLE_GRANTED, "drop", when="after")
    looks = {"method": "GET", "path": "/appRoleAssignments$", "userAgent": OURS}
    tenant.fault(looks, "raw", status=200, body='{"value": []}', skip=1, times=0)
    with pytest.raises(ProviderError) as problem:
        consents.create(vendor_consent())
    assert "may be done all the same" not in str(problem.value)
    assert held(tenant) == []


def test_a_vendor_that_is_not_seen_after_a_lost_answer_is_told(tenant: Tenant, consents: ProviderHost) -> None:
    tenant.fault({"method": "POST", "path": "/servicePrincipals$", "userAgent": OURS}, "drop")
    with pytest.raises(ProviderError, match=r"the service principal of .* is not seen, and may be later"):
        consents.create(vendor_consent())


def test_delegated_permissions_that_somebody_else_changed_after_a_lost_answer_are_left_and_told(
    tenant: Tenant, consents: ProviderHost
) -> None:
    principal_id = let_in(tenant)
    grant_by_hand(tenant, "user_impersonation", principal_id)
    (grant,) = tenant.state()["entra"]["oauth2PermissionGrants"]
    tenant.fault(PATCHED, "drop", when="after")
    tenant.fault(LOOKED_AT, status=403)
    path = f"/servicePrincipals/{principal_id}/oauth2PermissionGrants"
    looks = tenant.fault({"method": "GET", "path": path, "userAgent": OURS}, "hold", skip=1)
    with ThreadPoolExecutor(1) as aside:
        creating = aside.submit(consents.create, vendor_consent(delegated_scopes=SCOPES))
        looks.wait_until_held()
        graph(tenant, "PATCH", f"/oauth2PermissionGrants/{grant['id']}", {"scope": f"{' '.join(SCOPES)} x"})
        looks.release()
        with pytest.raises(ProviderError, match="somebody else changed the delegated permissions on"):
            creating.result()
    assert grants(tenant) == [f"{' '.join(SCOPES)} x"]
    assert held(tenant) == []
