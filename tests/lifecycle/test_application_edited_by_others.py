"""What others change of an application: what the stack file does not speak of stays, what it says is authoritative."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.entra import graph
from tests.support.stack import MAGENTO, Stack
from tests.support.tenant import Tenant

ADMINISTRATOR = "ad313157-8a70-4d3b-9c53-0c4f1e9b0001"
NOT_SPOKEN_OF: dict[str, Any] = {
    "web": {
        "redirectUris": ["https://shop.example/signin"],
        "homePageUrl": "https://shop.example",
        "logoutUrl": "https://shop.example/out",
        "implicitGrantSettings": {"enableIdTokenIssuance": True, "enableAccessTokenIssuance": False},
    },
    "spa": {"redirectUris": ["https://shop.example/spa"]},
    "publicClient": {"redirectUris": ["http://localhost/callback"]},
    "notes": "Owned by the web team",
    "description": "The shop",
    "serviceManagementReference": "CMDB 4711",
    "isFallbackPublicClient": True,
    "groupMembershipClaims": "SecurityGroup",
    "info": {"marketingUrl": "https://shop.example/about", "supportUrl": "https://shop.example/help"},
    "identifierUris": ["api://shop.rehearsal.example"],
    "optionalClaims": {
        "accessToken": [{"name": "groups", "essential": False, "source": None, "additionalProperties": []}],
        "idToken": [],
        "saml2Token": [],
    },
}


def application(tenant: Tenant, stack: Stack) -> dict[str, Any]:
    """The application of the integration, as Graph has it."""
    client_id = stack.client_id()
    found: list[dict[str, Any]] = tenant.state()["entra"]["applications"]
    return next(each for each in found if each["appId"] == client_id)


def edit(tenant: Tenant, stack: Stack, **changes: Any) -> None:
    """Change the application as a person in the Entra admin center does, who says nothing to this stack."""
    graph(tenant, "PATCH", f"/applications/{application(tenant, stack)['id']}", changes)


def edited(tenant: Tenant, stack: Stack) -> dict[str, Any]:
    now = application(tenant, stack)
    return {
        key: {name: now[key][name] for name in value} if isinstance(value, dict) else now[key]
        for key, value in NOT_SPOKEN_OF.items()
    }


def test_what_the_stack_file_does_not_speak_of_is_no_drift_and_stays(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    edit(tenant, stack, **NOT_SPOKEN_OF)
    shown = stack.drift()
    assert shown.code == 0, shown
    repaired = stack.up("--refresh", "--expect-no-changes")
    assert repaired.code == 0, repaired
    assert edited(tenant, stack) == NOT_SPOKEN_OF
    stack.write(magento={**MAGENTO, "displayName": "NaviPartner shop"})
    renamed = stack.up()
    assert renamed.code == 0, renamed
    assert application(tenant, stack)["displayName"] == "NaviPartner shop"
    assert edited(tenant, stack) == NOT_SPOKEN_OF, "the refresh has put it into the state, which azuread sends"


def test_a_plain_up_that_changes_the_application_loses_what_was_added_since_the_last_refresh(
    tenant: Tenant, stack: Stack
) -> None:
    stack.deploy()
    edit(tenant, stack, publicClient=NOT_SPOKEN_OF["publicClient"], notes="Owned by the web team")
    stack.write(magento={**MAGENTO, "displayName": "NaviPartner shop"})
    renamed = stack.up()
    assert renamed.code == 0, renamed
    after = application(tenant, stack)
    assert (after["publicClient"], after["notes"]) == ({"redirectUris": []}, None), "as the state had them"


@pytest.mark.nightly
def test_up_with_a_refresh_that_changes_the_application_keeps_what_was_added(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    edit(tenant, stack, publicClient=NOT_SPOKEN_OF["publicClient"], notes="Owned by the web team")
    stack.write(magento={**MAGENTO, "displayName": "NaviPartner shop"})
    renamed = stack.up("--refresh")
    assert renamed.code == 0, renamed
    after = application(tenant, stack)
    assert after["displayName"] == "NaviPartner shop"
    assert (after["publicClient"], after["notes"]) == (NOT_SPOKEN_OF["publicClient"], "Owned by the web team")


DECLARED = {
    "redirectUris": {
        "web": ["https://shop.example/b", "https://shop.example/a"],
        "publicClient": ["http://localhost/callback"],
    },
    "signInAudience": "AzureADMultipleOrgs",
    "fallbackPublicClient": True,
    "notes": "Made from a stack file",
    "serviceManagementReference": "CMDB 1",
}


def declared(tenant: Tenant, stack: Stack) -> dict[str, Any]:
    """What Graph has of what can be declared, in the stack file's words."""
    now = application(tenant, stack)
    return {
        "redirectUris": {
            "web": sorted(now["web"]["redirectUris"], reverse=True),
            "publicClient": now["publicClient"]["redirectUris"],
        },
        "signInAudience": now["signInAudience"],
        "fallbackPublicClient": now["isFallbackPublicClient"],
        "notes": now["notes"],
        "serviceManagementReference": now["serviceManagementReference"],
    }


def test_what_the_stack_file_speaks_of_is_authoritative(tenant: Tenant, stack: Stack) -> None:
    stack.write(magento={**MAGENTO, **DECLARED})
    stack.deploy()
    assert declared(tenant, stack) == DECLARED
    assert stack.drift().code == 0
    implicit = {"enableIdTokenIssuance": True, "enableAccessTokenIssuance": False}
    edit(
        tenant,
        stack,
        web={
            "redirectUris": ["https://shop.example/a", "https://evil.example/"],
            "homePageUrl": "https://shop.example",
            "implicitGrantSettings": implicit,
        },
        publicClient={"redirectUris": ["http://localhost/callback", "http://localhost/other"]},
        isFallbackPublicClient=False,
        signInAudience="AzureADMyOrg",
        notes="By hand",
        serviceManagementReference=None,
        description="By hand",
    )
    shown = stack.drift()
    assert shown.code == 7, shown
    assert "https://evil.example/" in shown.output
    assert "homepageUrl" not in shown.output
    repaired = stack.up("--refresh")
    assert repaired.code == 0, repaired
    assert declared(tenant, stack) == DECLARED
    after = application(tenant, stack)
    assert after["web"]["homePageUrl"] == "https://shop.example", "nobody said anything about it"
    assert after["web"]["implicitGrantSettings"] == implicit
    assert after["description"] == "By hand"
    assert stack.drift().code == 0
    again = stack.up("--refresh", "--expect-no-changes")
    assert again.code == 0, again


def test_an_empty_list_takes_addresses_away_and_a_key_that_is_left_out_leaves_them(
    tenant: Tenant, stack: Stack
) -> None:
    stack.write(magento={**MAGENTO, **DECLARED})
    stack.deploy()
    stack.write(magento=MAGENTO)
    left = stack.up()
    assert left.code == 0, left
    expected = {**DECLARED, "signInAudience": "AzureADMyOrg"}
    assert declared(tenant, stack) == expected, "one tenant is the default, and said"
    stack.write(magento={**MAGENTO, "redirectUris": {"web": [], "publicClient": []}})
    taken = stack.up()
    assert taken.code == 0, taken
    assert declared(tenant, stack)["redirectUris"] == {"web": [], "publicClient": []}
    assert stack.drift().code == 0
    assert stack.up("--expect-no-changes").code == 0


def principal(tenant: Tenant, stack: Stack) -> dict[str, Any]:
    """The service principal of the integration, as Graph has it."""
    client_id = stack.client_id()
    found: list[dict[str, Any]] = tenant.state()["entra"]["servicePrincipals"]
    return next(each for each in found if each["appId"] == client_id)


def disable(tenant: Tenant, stack: Stack) -> None:
    """Disable the service principal, as a person in the Entra admin center does."""
    graph(tenant, "PATCH", f"/servicePrincipals/{principal(tenant, stack)['id']}", {"accountEnabled": False})


def test_a_service_principal_disabled_by_hand_is_drift_and_never_enabled_silently(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    disable(tenant, stack)
    shown = stack.drift()
    assert shown.code == 7, shown
    assert "accountEnabled: true => false" in shown.output
    for refused in (stack.up("--refresh"), stack.up(), stack.preview()):
        assert refused.code != 0, refused
        told = [line for line in refused.output.splitlines() if "somebody has disabled it" in line]
        assert all("integrations.magento: could not go on" in line and "`enabled: true`" in line for line in told), told
        assert told
        assert "Traceback" not in refused.output
    assert principal(tenant, stack)["accountEnabled"] is False
    stack.write(magento={**MAGENTO, "enabled": True})
    enabled = stack.up("--refresh")
    assert enabled.code == 0, enabled
    assert principal(tenant, stack)["accountEnabled"] is True
    assert stack.drift().code == 0


@pytest.mark.nightly
def test_where_the_stack_file_says_enabled_a_disabled_service_principal_is_enabled_again(
    tenant: Tenant, stack: Stack
) -> None:
    stack.write(magento={**MAGENTO, "enabled": True})
    stack.deploy()
    disable(tenant, stack)
    assert stack.drift().code == 7
    repaired = stack.up("--refresh")
    assert repaired.code == 0, repaired
    assert principal(tenant, stack)["accountEnabled"] is True


def test_where_the_stack_file_says_not_enabled_it_stays_disabled_and_nothing_is_proved(
    tenant: Tenant, stack: Stack
) -> None:
    stack.write(magento={**MAGENTO, "enabled": False})
    made = stack.up()
    assert made.code == 0, made
    assert principal(tenant, stack)["accountEnabled"] is False
    access = stack.outputs()["integrations"]["magento"]["access"]
    assert "keeps it disabled" in access["Production"]["notProvable"]
    graph(tenant, "PATCH", f"/servicePrincipals/{principal(tenant, stack)['id']}", {"accountEnabled": True})
    assert stack.drift().code == 7
    assert stack.up("--refresh").code == 0
    assert principal(tenant, stack)["accountEnabled"] is False


def test_a_plain_up_that_changes_the_owners_does_not_enable_it_either(tenant: Tenant, stack: Stack) -> None:
    """azuread sends the whole service principal, enabled as the state has it."""
    stack.deploy()
    owners = [tenant.ready.deployer.objectId, ADMINISTRATOR]
    disable(tenant, stack)
    stack.write(magento={**MAGENTO, "owners": owners})
    refused = stack.up()
    assert refused.code != 0, refused
    assert "somebody has disabled it" in refused.output
    assert principal(tenant, stack)["accountEnabled"] is False
    graph(tenant, "PATCH", f"/servicePrincipals/{principal(tenant, stack)['id']}", {"accountEnabled": True})
    changed = stack.up()
    assert changed.code == 0, changed
    assert stack.drift().code == 0
