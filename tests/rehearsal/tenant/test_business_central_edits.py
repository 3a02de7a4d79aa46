"""What an administrator can do by hand, and that it shows."""

from __future__ import annotations

import json

import pytest

from rehearsal.tenant.business_central import edits
from tests.support.business_central import DEPLOYER, MAGENTO, NOBODY, BusinessCentralClient, new_business_central


@pytest.fixture
def bc() -> BusinessCentralClient:
    client = new_business_central()
    client.assign(client.register().body["userId"], "NPR NP RETAIL")
    return client


def test_the_beginning_is_two_environments_and_a_container_of_two_companies_and_the_deployer_can_work(
    bc: BusinessCentralClient,
) -> None:
    state = bc.service.snapshot()
    assert {name: [each["name"] for each in found["companies"]] for name, found in state.items()} == {
        "Production": ["CRONUS DK", "CRONUS SE"],
        "Sandbox": ["CRONUS DK", "CRONUS SE"],
        "container": ["CRONUS DK", "CRONUS SE"],
    }
    assert len({each["id"] for found in state.values() for each in found["companies"]}) == 6
    for name in state:
        there = bc.in_environment(name)
        assert there.state["companionInstalled"] is True
        assert there.row(DEPLOYER)["state"] == "Enabled"  # type: ignore[index]
        assert {"D365 AUTOMATION", "SECURITY", "EBC REGISTRATION"} <= set(there.roles_of(DEPLOYER))
        assert [row["state"] for row in there.state["applications"][:4]] == ["Disabled"] * 4


def test_the_snapshot_is_json(bc: BusinessCentralClient) -> None:
    assert json.loads(json.dumps(bc.service.snapshot())) == bc.service.snapshot()


def test_every_operation_of_the_brief_exists() -> None:
    assert {
        "disable_registration", "enable_registration", "edit_registration", "delete_registration",
        "create_registration", "add_permission_set", "remove_permission_set", "disable_user",
        "record_interactive_login", "install_companion", "uninstall_companion", "remove_permission_set_definition", "rename_environment", "copy_environment", "set_environment_status",
        "set_switch", "disable_people", "delete_user", "authorize_admin_application", "unauthorize_admin_application",
    } == edits.OPERATIONS  # fmt: skip


def test_a_row_is_edited_disabled_and_enabled_by_hand(bc: BusinessCentralClient) -> None:
    bc.edit("edit_registration", clientId=MAGENTO, description="Shop", contactInformation="IT", permissionGranted=True)
    row = bc.row()
    assert row is not None
    assert (row["description"], row["contactInformation"], row["permissionGranted"]) == ("Shop", "IT", True)
    bc.edit("disable_registration", clientId=MAGENTO)
    assert (bc.row()["state"], bc.user()["state"]) == ("Disabled", "Disabled")  # type: ignore[index]
    bc.edit("enable_registration", clientId=MAGENTO)
    assert (bc.row()["state"], bc.user()["state"]) == ("Enabled", "Enabled")  # type: ignore[index]


def test_a_row_deleted_by_hand_takes_its_user_unless_that_is_kept(bc: BusinessCentralClient) -> None:
    bc.edit("delete_registration", clientId=MAGENTO, keepUser=True)
    assert bc.row() is None
    assert bc.user() is not None
    bc.edit("create_registration", clientId=MAGENTO, description="By hand")
    assert bc.roles_of() == ["NPR NP RETAIL"]
    bc.edit("delete_registration", clientId=MAGENTO)
    assert (bc.row(), bc.user()) == (None, None)


def test_a_user_deleted_alone_leaves_the_row_enabled_and_pointing_at_nobody(bc: BusinessCentralClient) -> None:
    user = bc.user()
    assert user is not None
    bc.edit("delete_user", clientId=MAGENTO)
    assert (bc.user(), bc.roles_of()) == (None, [])
    row = bc.row()
    assert row is not None
    assert (row["state"], row["userId"]) == ("Enabled", user["userSecurityId"])
    shown = bc.registrations("GET", MAGENTO).body
    assert (shown["userId"], shown["userName"], shown["userState"]) == (user["userSecurityId"], "", "")


def test_a_row_whose_user_is_gone_cannot_be_disabled_but_deleted(bc: BusinessCentralClient) -> None:
    bc.edit("delete_user", clientId=MAGENTO)
    assert bc.change(state="Disabled").body["error"]["code"] == "Internal_RecordNotFound"
    assert bc.registrations("DELETE", MAGENTO, headers={"if-match": "*"}).status == 204


def test_permission_sets_are_added_removed_by_hand(bc: BusinessCentralClient) -> None:
    bc.edit("add_permission_set", clientId=MAGENTO, roleId="D365 READ", company="CRONUS DK")
    bc.edit("add_permission_set", clientId=MAGENTO, roleId="D365 READ")
    bc.edit("remove_permission_set", clientId=MAGENTO, roleId="D365 READ", company="")
    assert bc.roles_of() == ["D365 READ @ CRONUS DK", "NPR NP RETAIL"]
    bc.edit("add_permission_set", clientId=MAGENTO, roleId="D365 READ")
    bc.edit("remove_permission_set", clientId=MAGENTO, roleId="D365 READ")
    assert bc.roles_of() == ["NPR NP RETAIL"]


def test_a_renamed_environment_answers_to_its_new_name_only(bc: BusinessCentralClient) -> None:
    bc.edit("rename_environment", to="Live")
    assert bc.api("GET", "v2.0/companies").status == 404
    assert bc.in_environment("Live").row() is not None


def test_a_copy_carries_the_registrations_and_is_independent_from_then_on(bc: BusinessCentralClient) -> None:
    bc.service.edit({"do": "copy_environment", "from": "Production", "to": "Sandbox"})
    bc.service.edit({"do": "copy_environment", "from": "Production", "to": "Copy"})
    for name in ("Sandbox", "Copy"):
        there = bc.in_environment(name)
        assert there.row() == bc.row()
        assert there.state["type"] == "Sandbox"
        there.edit("delete_registration", clientId=MAGENTO)
    assert bc.row() is not None


@pytest.mark.parametrize(
    ("operation", "sentence"),
    [
        ({"do": "disable_user"}, "needs 'environment'"),
        ({"do": "disable_user", "environment": "Nowhere", "clientId": MAGENTO}, "no environment 'Nowhere'"),
        ({"do": "disable_user", "environment": "Production", "clientId": NOBODY}, "no user for"),
        ({"do": "disable_registration", "environment": "Production", "clientId": NOBODY}, "no registration of"),
        (
            {"do": "remove_permission_set", "environment": "Production", "clientId": MAGENTO, "roleId": "X"},
            "does not have",
        ),
        ({"do": "add_permission_set", "environment": "Production", "clientId": MAGENTO, "roleId": "X"}, "refuses it"),
        (
            {"do": "create_registration", "environment": "Production", "clientId": NOBODY, "description": ""},
            "Description",
        ),
        ({"do": "remove_permission_set_definition", "environment": "Production", "roleId": "SUPER"}, "the platform"),
        ({"do": "set_switch", "environment": "Production", "name": "x", "value": 1}, "no switch 'x'"),
        ({"do": "set_switch", "environment": "Production", "name": "pageSize", "value": "1"}, "takes a int"),
    ],
)
def test_an_edit_that_cannot_be_made_says_why_and_changes_nothing(
    bc: BusinessCentralClient, operation: dict[str, object], sentence: str
) -> None:
    before = bc.service.snapshot()
    with pytest.raises(ValueError, match=sentence):
        bc.service.edit(operation)
    assert bc.service.snapshot() == before
