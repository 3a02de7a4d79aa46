"""The main job: a stack file becomes a working integration, stays as it is, is repaired, and is gone again."""

from __future__ import annotations

import requests

from tests.support.directory_objects import BUSINESS_CENTRAL_SCOPE
from tests.support.entra import roles_in_token
from tests.support.registrations import SETS, registrations
from tests.support.stack import FIRST, MAGENTO, SECOND, Stack, secrets
from tests.support.tenant import OURS, Tenant
from tests.support.working_integration import working


def test_preview_shows_everything_and_makes_nothing(tenant: Tenant, stack: Stack) -> None:
    before = tenant.state()
    shown = stack.preview()
    assert shown.code == 0, shown
    assert shown.changes == {"create": 10}, (
        "stack, component, application, principal, secret, consent, two registrations, two proofs"
    )
    assert tenant.state() == before
    assert tenant.requests(user_agent=OURS) == []


def test_up_makes_an_integration_that_works(tenant: Tenant, deployed: Stack) -> None:
    assert working(tenant, deployed)
    client_id = deployed.client_id()
    assert registrations(tenant, client_id) == {"Production": ("Enabled", SETS), "Sandbox": ("Enabled", SETS)}
    made = [each for each in tenant.state()["entra"]["applications"] if each["appId"] == client_id]
    assert [each["displayName"] for each in made] == ["NaviPartner Magento 2 integration"]
    assert made[0]["tags"] == ["entra-business-central:demo:magento"]


def test_a_second_up_changes_nothing_and_asks_nothing(tenant: Tenant, deployed: Stack) -> None:
    tenant.clear_requests()
    again = deployed.up()
    assert again.code == 0, again
    assert again.changes == {"unchanged": 10}
    assert tenant.requests(user_agent=OURS) == []
    assert deployed.preview("--expect-no-changes").code == 0
    assert tenant.requests(user_agent=OURS) == []


def test_a_refresh_right_after_finds_no_drift(deployed: Stack) -> None:
    found = deployed.drift()
    assert found.code == 0, found


def test_drift_on_each_side_is_shown_and_repaired(tenant: Tenant, deployed: Stack) -> None:
    client_id = deployed.client_id()
    tenant.edit("remove_permission_set", environment="Production", clientId=client_id, roleId="NPR NP RETAIL")
    tenant.edit("remove_app_role_assignment", clientId=client_id, role="API.ReadWrite.All")
    tenant.edit("disable_registration", environment="Sandbox", clientId=client_id)
    shown = deployed.drift()
    assert shown.code == 7, shown
    assert shown.changes == {"update": 3, "unchanged": 7}
    for text in ("NPR NP RETAIL", "API.ReadWrite.All", '"Enabled" => "Disabled"'):
        assert text in shown.output
    repaired = deployed.up("--refresh")
    assert repaired.code == 0, repaired
    assert repaired.changes == {"update": 5, "unchanged": 5}, "what had drifted, and both proofs"
    assert working(tenant, deployed)
    assert deployed.drift().code == 0


def test_an_application_deleted_in_entra_is_made_again_and_registered_under_its_new_id(
    tenant: Tenant, deployed: Stack
) -> None:
    old = deployed.client_id()
    tenant.edit("delete_application", clientId=old)
    repaired = deployed.up("--refresh")
    assert repaired.code == 0, repaired
    new = deployed.client_id()
    assert new != old
    assert registrations(tenant, old) == {}
    assert working(tenant, deployed)


def test_a_second_secret_is_made_beside_the_first_and_the_first_goes_when_its_line_goes(
    tenant: Tenant, deployed: Stack
) -> None:
    first = deployed.outputs()["integrations"]["magento"]["clientSecret"]
    deployed.write(magento={**MAGENTO, "credentials": secrets(FIRST, SECOND)})
    added = deployed.up()
    assert added.changes == {"create": 1, "update": 2, "unchanged": 8}, "it is proved in both environments"
    access = deployed.outputs()["integrations"]["magento"]
    assert access["clientSecret"] != first
    assert roles_in_token(tenant, access["clientId"], first, BUSINESS_CENTRAL_SCOPE), "the old one still works"
    deployed.write(magento={**MAGENTO, "credentials": secrets(SECOND)})
    removed = deployed.up()
    assert removed.changes == {"delete": 1, "unchanged": 10}, removed
    assert working(tenant, deployed)
    refused = tenant.token_response(
        {
            "grant_type": "client_credentials",
            "client_id": access["clientId"],
            "client_secret": first,
            "scope": BUSINESS_CENTRAL_SCOPE,
        }
    )
    assert refused.status_code == requests.codes.unauthorized


def test_a_changed_lifetime_never_replaces_a_living_secret(deployed: Stack) -> None:
    deployed.write(magento={**MAGENTO, "credentials": {"secrets": {"issued": [FIRST], "lifetimeDays": 30}}})
    assert deployed.up().changes == {"unchanged": 10}


def test_an_environment_key_renamed_in_the_stack_file_changes_nothing(deployed: Stack) -> None:
    deployed.write(
        environments={"live": {"name": "Production"}, "sandbox": {"name": "Sandbox"}},
        magento={**MAGENTO, "environments": ["live", "sandbox"]},
    )
    done = deployed.up()
    assert done.changes == {"unchanged": 10}, done


def test_an_environment_taken_from_the_list_is_deregistered_and_the_other_stays(
    tenant: Tenant, deployed: Stack
) -> None:
    deployed.write(magento={**MAGENTO, "environments": ["production"]})
    done = deployed.up()
    assert done.changes == {"delete": 2, "unchanged": 8}, "the registration and its proof"
    client_id = deployed.client_id()
    assert list(registrations(tenant, client_id)) == ["Production"]


def test_after_destroy_only_entras_own_recycle_bin_remembers(tenant: Tenant, stack: Stack) -> None:
    before = tenant.state()
    assert stack.up().code == 0
    client_id = stack.client_id()
    done = stack.destroy()
    assert done.code == 0, done
    after = tenant.state()
    assert after["businessCentral"] == before["businessCentral"]
    for kind in ("applications", "servicePrincipals", "appRoleAssignments"):
        assert after["entra"][kind] == before["entra"][kind], kind
    assert client_id in str(after["entra"]["deletedItems"])
    assert stack.resources() == []
    assert stack.destroy().code == 0, "again, with nothing there"


def test_a_protected_integration_is_not_destroyed_but_its_secrets_rotate(tenant: Tenant, stack: Stack) -> None:
    stack.write(magento={**MAGENTO, "protect": True})
    stack.deploy()
    stack.write(magento={**MAGENTO, "protect": True, "credentials": secrets(SECOND)})
    rotated = stack.up()
    assert rotated.code == 0, rotated
    refused = stack.run("destroy", "--yes", "--non-interactive")
    assert refused.code != 0
    assert "protect" in refused.output
    assert working(tenant, stack)  # it stops in its preview, before the unprotected secret goes
