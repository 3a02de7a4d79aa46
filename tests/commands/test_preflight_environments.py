"""`python -m commands preflight`: one environment, what the caller may do there and which registrations it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clients.business_central.errors import (
    ASSIGN_EBC_REGISTRATION,
    ASSIGN_SAME_SETS_TO_CALLER,
    ASSIGN_SECURITY,
    CHECK_ENVIRONMENT,
    GRANT_CALLER_ROLES,
    INSTALL_COMPANION,
    REGISTER_CALLER,
    format_remedy,
)
from clients.business_central.routes import COMPANION_ROUTE
from tests.support.directory_objects import JOB_QUEUE_RUNNER
from tests.support.entra import EntraApplication, key_ids, make_server_application, tag
from tests.support.preflight import exported, run_preflight
from tests.support.provider_host import ProviderHost, refusal
from tests.support.provider_inputs import Inputs
from tests.support.stack import MAGENTO, VENDOR
from tests.support.tenant import Tenant

FULL = ["D365 BUS FULL ACCESS", "NPR NP RETAIL"]


@pytest.fixture
def deployer(tenant: Tenant) -> str:
    return tenant.ready.deployer.clientId


# --- rights in an environment


@pytest.mark.parametrize(
    ("edit", "found", "sentence"),
    [
        ({"do": "remove_permission_set", "roleId": "SECURITY"}, "does not hold SECURITY", ASSIGN_SECURITY),
        (
            {"do": "remove_permission_set", "roleId": "NPR NP RETAIL"},
            "does not hold NPR NP RETAIL",
            ASSIGN_SAME_SETS_TO_CALLER,
        ),
        (
            {"do": "remove_permission_set", "roleId": "EBC REGISTRATION"},
            "could not list the registrations",
            ASSIGN_EBC_REGISTRATION,
        ),
        ({"do": "disable_registration"}, "rejected the client credentials", REGISTER_CALLER),
        ({"do": "uninstall_companion"}, "the companion extension is not installed", INSTALL_COMPANION),
        ({"do": "rename_environment", "to": "Live"}, "does not exist", CHECK_ENVIRONMENT),
    ],
)
def test_what_the_caller_lacks_in_an_environment_is_named_with_who_gives_it(
    tenant: Tenant, tmp_path: Path, deployer: str, edit: dict[str, str], found: str, sentence: str
) -> None:
    tenant.edit(**{"clientId": deployer, **edit}, environment="Production")
    looked = run_preflight(tenant, tmp_path)
    assert looked.code == 1
    missing = looked.only("missing")
    assert missing["where"] == "environment Production"
    assert found in missing["found"]
    assert missing["remedy"] == format_remedy(sentence, "Production", COMPANION_ROUTE)
    assert any(each["where"] == "environment Sandbox" for each in looked.of("ready")), "the other one is looked at too"


def test_a_token_without_the_role_of_an_api_is_told_once_and_not_as_a_registration_that_is_absent(
    tenant: Tenant, tmp_path: Path, deployer: str
) -> None:
    tenant.edit("revoke_deployer", resource="businessCentral", role="API.ReadWrite.All")
    looked = run_preflight(tenant, tmp_path)
    assert looked.code == 1
    missing = looked.only("missing")
    assert missing["where"] == "Business Central"
    assert missing["found"] == f"the token of the caller, application {deployer}, does not have API.ReadWrite.All"
    assert missing["remedy"] == format_remedy(GRANT_CALLER_ROLES)


def test_the_role_of_the_automation_api_may_not_be_needed_so_its_absence_is_noted(
    tenant: Tenant, tmp_path: Path, deployer: str
) -> None:
    """Microsoft documents it as needed; by its source API.ReadWrite.All opens that API as well."""
    tenant.edit("revoke_deployer", resource="businessCentral", role="Automation.ReadWrite.All")
    looked = run_preflight(tenant, tmp_path)
    assert looked.code == 0
    note = looked.only("note")
    assert note["found"] == f"the token of the caller, application {deployer}, does not have Automation.ReadWrite.All"
    assert note["remedy"] == format_remedy(GRANT_CALLER_ROLES)


def settled(tenant: Tenant, application: EntraApplication) -> dict[str, Any]:
    """Make both environments what the stack file says, and return the state that knows of it."""
    tag(application, tenant)
    for environment in ("Production", "Sandbox"):
        register(tenant, application.client_id, environment)
        for role_id in ("D365 BUS FULL ACCESS", "NPR NP RETAIL"):
            tenant.edit("add_permission_set", environment=environment, clientId=application.client_id, roleId=role_id)
        tenant.edit(
            "remove_permission_set", environment=environment, clientId=application.client_id, roleId="D365 READ"
        )
    made = tuple((environment, application.client_id) for environment in ("Production", "Sandbox"))
    return exported(application, secrets=key_ids(application, tenant), registrations=made)


def test_security_is_only_noted_where_up_changes_nothing_that_needs_it(
    tenant: Tenant, tmp_path: Path, deployer: str, application: EntraApplication
) -> None:
    state = settled(tenant, application)
    tenant.edit("remove_permission_set", environment="Production", clientId=deployer, roleId="SECURITY")
    looked = run_preflight(tenant, tmp_path, state=state)
    assert looked.code == 0, looked
    note = looked.only("note")
    assert note["where"] == "environment Production"
    assert note["remedy"] == format_remedy(ASSIGN_SECURITY, "Production")


@pytest.mark.parametrize("change", ["disabled", "a set more", "no longer declared", "disabled by hand"])
def test_security_is_missing_where_up_changes_a_state_or_a_permission_set_or_deletes(
    tenant: Tenant, tmp_path: Path, deployer: str, application: EntraApplication, change: str
) -> None:
    state = settled(tenant, application)
    if change == "disabled by hand":
        tenant.edit("disable_user", environment="Production", clientId=application.client_id)
    tenant.edit("remove_permission_set", environment="Production", clientId=deployer, roleId="SECURITY")
    access = {
        "disabled": {"production": {"state": "Disabled"}, "sandbox": {}},
        "a set more": {"production": {"permissionSets": [*FULL, "D365 AUTOMATION"]}, "sandbox": {}},
        "no longer declared": {"sandbox": {}},
        "disabled by hand": {"production": {}, "sandbox": {}},
    }[change]
    looked = run_preflight(tenant, tmp_path, integrations={"magento": {**MAGENTO, "environments": access}}, state=state)
    assert looked.only("missing", "environment Production")["remedy"] == format_remedy(ASSIGN_SECURITY, "Production")
    assert looked.code == 1


def test_a_permission_set_that_is_not_there_is_found_where_it_is_declared(tenant: Tenant, tmp_path: Path) -> None:
    looked = run_preflight(
        tenant, tmp_path, integrations={"magento": {**MAGENTO, "permissionSets": ["D365 BUS FULL ACESS"]}}
    )
    (first, second) = looked.of("missing")
    assert first["where"] == "integrations.magento.environments.production.permissionSets"
    assert "did you mean 'D365 BUS FULL ACCESS'" in first["found"]
    assert second["where"].endswith("sandbox.permissionSets")


def test_what_the_registrations_have_already_is_not_asked_of_the_caller(
    tenant: Tenant, tmp_path: Path, deployer: str, application: EntraApplication
) -> None:
    state = settled(tenant, application)
    for environment in ("Production", "Sandbox"):
        tenant.edit("remove_permission_set", environment=environment, clientId=deployer, roleId="NPR NP RETAIL")
    assert run_preflight(tenant, tmp_path, state=state).of("missing", "refused") == []


def test_a_set_that_up_has_to_take_away_has_to_be_the_callers_too(tenant: Tenant, tmp_path: Path) -> None:
    register(tenant, JOB_QUEUE_RUNNER)
    tenant.edit("add_permission_set", environment="Production", clientId=JOB_QUEUE_RUNNER, roleId="D365 FULL ACCESS")
    adopted = {"runner": {**VENDOR, "adopt": True}}
    found = run_preflight(tenant, tmp_path, integrations=adopted).only("missing")
    assert "does not hold D365 FULL ACCESS, which it has to remove" in found["found"]
    adopted["runner"]["additionalPermissionSets"] = "keep"
    assert run_preflight(tenant, tmp_path, integrations=adopted).of("missing", "refused") == []


def test_without_the_companion_extension_what_can_be_seen_is_looked_at_all_the_same(
    tenant: Tenant, tmp_path: Path
) -> None:
    tenant.edit("uninstall_companion", environment="Production")
    misspelt = {"magento": {**MAGENTO, "environments": ["production"], "permissionSets": ["D365 BUS FULL ACESS"]}}
    found = [each["found"] for each in run_preflight(tenant, tmp_path, integrations=misspelt).of("missing")]
    assert len(found) == 2
    assert any("'D365 BUS FULL ACESS' does not exist" in each for each in found)


# --- registrations that are there already


def register(tenant: Tenant, client_id: str, environment: str = "Production", description: str = "A shop") -> None:
    tenant.edit("create_registration", environment=environment, clientId=client_id, description=description)
    tenant.edit("enable_registration", environment=environment, clientId=client_id)
    tenant.edit("add_permission_set", environment=environment, clientId=client_id, roleId="D365 READ")


def test_a_row_that_adopt_takes_over_is_told_with_all_that_would_change(tenant: Tenant, tmp_path: Path) -> None:
    register(tenant, JOB_QUEUE_RUNNER, description="Runner")
    looked = run_preflight(tenant, tmp_path, integrations={"runner": {**VENDOR, "adopt": True}})
    assert looked.code == 0, looked
    found = looked.only("takeover")
    assert found["where"] == "integrations.runner, environment Production"
    assert "description 'Runner' -> " in found["found"]
    assert "assigns NPR EXT JQ REFRESHER" in found["found"]
    assert "removes D365 READ" in found["found"]


def test_a_row_that_is_not_to_be_adopted_is_refused_as_up_refuses_it(
    tenant: Tenant, tmp_path: Path, registrations: ProviderHost, inputs: Inputs
) -> None:
    register(tenant, JOB_QUEUE_RUNNER)
    looked = run_preflight(tenant, tmp_path, integrations={"runner": VENDOR})
    assert looked.code == 1
    found = looked.only("refused")
    refused = refusal(registrations, inputs.registration(client_id=JOB_QUEUE_RUNNER, adopt=False))
    assert f"{found['found']}. {found['remedy']}" in refused


def test_what_the_state_knows_is_nobody_elses(tenant: Tenant, tmp_path: Path) -> None:
    register(tenant, JOB_QUEUE_RUNNER)
    state = exported(registrations=(("Production", JOB_QUEUE_RUNNER),))
    looked = run_preflight(tenant, tmp_path, integrations={"runner": VENDOR}, state=state)
    assert looked.code == 0, looked
    assert looked.of("takeover") == []


def test_a_set_that_is_no_longer_declared_is_taken_away_where_those_of_others_are_kept(
    tenant: Tenant, tmp_path: Path
) -> None:
    """Of what it holds, `up` takes only what the state knows to be the stack's own."""
    register(tenant, JOB_QUEUE_RUNNER)
    for role_id in ("D365 FULL ACCESS", "NPR EXT JQ REFRESHER"):
        tenant.edit("add_permission_set", environment="Production", clientId=JOB_QUEUE_RUNNER, roleId=role_id)
    keeping = {"runner": {**VENDOR, "additionalPermissionSets": "keep"}}
    before = exported(registrations=(("Production", JOB_QUEUE_RUNNER),))
    assert run_preflight(tenant, tmp_path, integrations=keeping, state=before).of("missing", "refused") == []
    known = {"permission_sets": [{"role_id": "D365 FULL ACCESS"}], "additional_permission_sets": "keep"}
    state = exported(registrations=(("Production", JOB_QUEUE_RUNNER),), registered=known)
    found = run_preflight(tenant, tmp_path, integrations=keeping, state=state).only("missing")
    assert "does not hold D365 FULL ACCESS, which it has to remove" in found["found"]


def test_a_renamed_environment_is_still_the_one_that_the_state_knows(tenant: Tenant, tmp_path: Path) -> None:
    register(tenant, JOB_QUEUE_RUNNER)
    tenant.edit("rename_environment", environment="Production", to="Live")
    renamed = {"production": {"name": "Live", "formerly": ["Production"]}}
    state = exported(registrations=(("Production", JOB_QUEUE_RUNNER),))
    looked = run_preflight(tenant, tmp_path, integrations={"runner": VENDOR}, environments=renamed, state=state)
    assert looked.code == 0, looked
    assert looked.of("takeover") == []


def test_a_registration_of_an_application_that_no_state_knows_is_left_over_beside_it(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    register(tenant, application.client_id)
    left = run_preflight(tenant, tmp_path, state=exported()).of("leftover")
    assert {each["where"] for each in left} == {"Microsoft Entra", "environment Production"}
    assert all(application.client_id in each["found"] for each in left)


@pytest.mark.parametrize("is_tagged", [True, False])
def test_an_own_application_in_a_copied_environment_that_does_not_declare_it_is_left_over(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, is_tagged: bool
) -> None:
    if is_tagged:
        tag(application, tenant)
    register(tenant, application.client_id)
    tenant.edit("copy_environment", **{"from": "Production", "to": "Sandbox"})
    only_production = {"magento": {**MAGENTO, "environments": ["production"]}}
    state = exported(
        application, secrets=key_ids(application, tenant), registrations=(("Production", application.client_id),)
    )
    looked = run_preflight(tenant, tmp_path, integrations=only_production, state=state)
    assert looked.code == 0
    found = looked.only("leftover")
    assert found["where"] == "environment Sandbox"
    assert application.client_id in found["found"]
    assert "was copied" in found["found"]
    assert "integrations.magento.environments" in found["remedy"]


def test_other_enabled_registrations_are_listed_with_the_stack_that_made_them(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant, "entra-business-central:other:shop")
    register(tenant, application.client_id, description="Theirs")
    register(tenant, JOB_QUEUE_RUNNER, description="A vendor's")
    found = run_preflight(tenant, tmp_path).only("note")
    assert found["where"] == "environment Production"
    assert f"Theirs ({application.client_id}, of stack other)" in found["found"]
    assert f"A vendor's ({JOB_QUEUE_RUNNER})" in found["found"]
    assert tenant.ready.deployer.clientId not in found["found"]


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ("", "The tokens are for https://api.businesscentral.dynamics.com: the setting ValidAudiences of the server at"),
        ("api://nowhere/.default", "No application with the Application ID URI api://nowhere is in this tenant"),
        ("api://bc.example/.default", ""),
    ],
)  # fmt: skip
def test_a_server_that_takes_other_tokens_is_told_by_its_address_and_setting(
    tenant: Tenant, tmp_path: Path, scope: str, says: str
) -> None:
    make_server_application(tenant, "api://bc.example", tenant.ready.deployer.clientId)
    tenant.edit("set_switch", environment="container", name="validAudiences", value="api://bc.example")
    address = f"{tenant.ready.origin}/container/BC"
    looked = run_preflight(
        tenant,
        tmp_path,
        integrations={"magento": {**MAGENTO, "environments": ["local"]}},
        environments={"local": {"name": "Local", "baseUrl": address, **({"scope": scope} if scope else {})}},
    )
    found = [each for each in looked.of("missing", "refused") if each["where"] == "environment Local"]
    assert [says in each["remedy"] and address in each["remedy"] for each in found] == ([True] if says else [])
    assert "admin center" not in looked.output
