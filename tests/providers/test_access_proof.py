"""AccessProof, through its real gRPC host, against the rehearsal tenant: what it reads, and when it proves again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_providers.access_proof import AccessProofProvider
from tests.support.access_proofs import ROLES, asked, inputs
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.entra import EntraApplication, graph, make_server_application
from tests.support.provider_host import ProviderError, ProviderHost, Resource
from tests.support.tenant import OURS, Tenant


def test_an_application_that_can_use_the_environment_is_proved_with_one_token_and_two_reads(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication
) -> None:
    made = proofs.create(inputs(system))
    assert made.id == f"{tenant.ready.tenantId}/Production/{system.client_id}"
    assert made.outputs["not_provable"] == ""
    callers = {each["caller"] for each in tenant.requests(user_agent=OURS) if each["caller"]}
    assert callers == {system.client_id}, "nothing is asked by our own caller"
    assert [each.split("/")[-1] for each in asked(tenant)] == ["token", "companies", "companyInformation"]
    assert {each["method"] for each in tenant.requests(user_agent=OURS) if "/api/" in each["path"]} == {"GET"}


def test_the_secret_is_in_no_output_and_in_no_message(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication
) -> None:
    tenant.fault(
        match={"path": "/oauth2/v2.0/token", "caller": system.client_id}, action="status", status=401, times=1,
        code="invalid_client", message=f"AADSTS7000222: expired: {system.secret}",
    )  # fmt: skip
    with pytest.raises(ProviderError, match="AADSTS7000222") as refused:
        proofs.create(inputs(system))
    assert system.secret not in str(refused.value)
    made = proofs.create(inputs(system))
    assert "client_secret" not in made.outputs
    assert system.secret not in json.dumps(made.outputs)


def test_the_same_inputs_are_no_change_and_another_secret_of_the_same_key_id_is_none_either(
    proofs: ProviderHost, system: EntraApplication
) -> None:
    made = proofs.create(inputs(system))
    assert not proofs.has_changes(made, inputs(system))
    assert not proofs.has_changes(made, inputs(system, roles=ROLES[::-1], client_secret="x", declared_at="elsewhere"))


@pytest.mark.parametrize(
    "changed",
    [
        {"credential_id": "key-2"},
        {"roles": ["API.ReadWrite.All"]},
        {"companies": ["CRONUS DK"]},
        {"environment": "Sandbox"},
        {"triggers": ["consent 2", "registration 1"]},
        {"triggers": ["consent 1", "registration 2"]},
        {"not_provable": "the stack file keeps it disabled there"},
    ],
    ids=str,
)
def test_what_the_proof_depends_on_is_a_change_and_never_a_replacement(
    proofs: ProviderHost, system: EntraApplication, changed: dict[str, Any]
) -> None:
    made = proofs.create(inputs(system))
    assert proofs.has_changes(made, inputs(system, **changed))
    assert list(proofs.diff(made, inputs(system, **changed)).replaces) == []


def test_another_application_is_another_proof(proofs: ProviderHost, system: EntraApplication) -> None:
    made = proofs.create(inputs(system))
    assert list(proofs.diff(made, inputs(system, client_id=BUSINESS_CENTRAL)).replaces) == ["client_id"]


def test_an_update_proves_again(tenant: Tenant, proofs: ProviderHost, system: EntraApplication) -> None:
    made = proofs.create(inputs(system))
    tenant.clear_requests()
    updated = proofs.update(made, inputs(system, credential_id="key-2"))
    assert "client_secret" not in updated.outputs
    assert [each.split("/")[-1] for each in asked(tenant)] == ["companies", "companyInformation"]


def test_refresh_and_destroy_ask_nothing_even_when_the_access_is_gone(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication
) -> None:
    made = proofs.create(inputs(system))
    tenant.edit("delete_registration", environment="Production", clientId=system.client_id)
    tenant.edit("delete_application", clientId=system.client_id)
    tenant.clear_requests()
    seen = proofs.read(Resource(made.id, {}, made.outputs))
    assert seen is not None
    assert seen.outputs == made.outputs
    proofs.delete(made)
    assert tenant.requests(user_agent=OURS) == []


def test_what_cannot_be_proved_from_here_says_why_and_asks_nothing(tenant: Tenant, proofs: ProviderHost) -> None:
    nobody = EntraApplication("b0b0b0b0-0000-4000-8000-000000000001", "", "", "")
    given = inputs(nobody, not_provable="this stack has no client secret for it")
    del given["client_secret"], given["credential_id"]
    made = proofs.create(given)
    assert made.outputs["not_provable"] == ("this stack has no client secret for it")
    assert not proofs.has_changes(made, given)
    assert tenant.requests(user_agent=OURS) == []


def test_each_company_that_its_permission_sets_are_limited_to_is_opened(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication
) -> None:
    here = {"environment": "Production", "clientId": system.client_id}
    tenant.edit("remove_permission_set", **here, roleId="D365 READ")
    for company in ("CRONUS DK", "CRONUS SE"):
        tenant.edit("add_permission_set", **here, roleId="D365 READ", company=company)
    ids = [each["id"] for each in tenant.state()["businessCentral"]["Production"]["companies"]]
    proofs.create(inputs(system, companies=["CRONUS SE", "CRONUS DK"]))
    opened = [each.split("/")[-2] for each in asked(tenant) if each.endswith("/companyInformation")]
    assert opened == [f"companies({each})" for each in ids]


def test_permission_sets_that_may_read_nothing_that_a_proof_asks_for_are_enough_to_open_a_company(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication
) -> None:
    here = {"environment": "Production", "clientId": system.client_id}
    tenant.edit("remove_permission_set", **here, roleId="D365 READ")
    tenant.edit("add_permission_set", **here, roleId="NPR KDS WEBSERVICE")
    assert proofs.create(inputs(system)).outputs["not_provable"] == ""
    assert [each["status"] for each in tenant.requests(user_agent=OURS) if "/api/" in each["path"]] == [200, 403]


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (404, "Internal_RecordNotFound", "The General Ledger Setup does not exist."),
        (400, "Application_DialogException", "Set up the company first."),
    ],
)
def test_a_company_that_is_not_set_up_yet_was_opened_all_the_same(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication, status: int, code: str, message: str
) -> None:
    fault = tenant.fault(match={"path": "/companyInformation$"}, status=status, code=code, message=message, times=0)
    assert proofs.create(inputs(system)).outputs["not_provable"] == ""
    assert fault.hits == 1


def test_a_container_is_read_at_its_own_address(tenant: Tenant, proofs: ProviderHost, system: EntraApplication) -> None:
    tenant.edit("create_registration", environment="container", clientId=system.client_id)
    tenant.edit("add_permission_set", environment="container", clientId=system.client_id, roleId="D365 READ")
    proofs.create(
        inputs(system, environment="container", base_url=f"{tenant.ready.origin}/container/BC?tenant=default")
    )
    [listed, opened] = [each for each in asked(tenant) if "/api/" in each]
    assert listed.endswith("/container/BC/api/v2.0/companies")
    assert re.search(r"/container/BC/api/v2\.0/companies\(.*\)/companyInformation$", opened)


SERVER = "api://bc.example"


@pytest.fixture
def own_audience(tenant: Tenant, system: EntraApplication) -> dict[str, Any]:
    """A server that accepts tokens for its own application only, where the system is registered."""
    make_server_application(tenant, SERVER, system.client_id)
    tenant.edit("set_switch", environment="container", name="validAudiences", value=SERVER)
    tenant.edit("create_registration", environment="container", clientId=system.client_id)
    tenant.edit("add_permission_set", environment="container", clientId=system.client_id, roleId="D365 READ")
    return {"environment": "container", "base_url": f"{tenant.ready.origin}/container/BC?tenant=default"}


def test_a_server_with_an_audience_of_its_own_gets_a_token_for_it(
    proofs: ProviderHost, system: EntraApplication, own_audience: dict[str, Any]
) -> None:
    made = proofs.create(inputs(system, **own_audience, scope=f"{SERVER}/.default"))
    assert made.outputs["scope"] == f"{SERVER}/.default"
    assert proofs.has_changes(made, inputs(system, **own_audience))


@pytest.mark.parametrize(
    ("scope", "cause", "says"),
    [
        ("", "401", ("The tokens are for https://api.businesscentral.dynamics.com: the setting ValidAudiences of the",)),
        ("api://nowhere/.default", "AADSTS500011", ("No application with the Application ID URI api://nowhere", "`scope`")),
        (f"{SERVER}/.default", "does not have the roles", ("accepts tokens for api://bc.example", "`otherPermissions`")),
    ],
)  # fmt: skip
def test_a_token_that_a_server_does_not_accept_is_about_its_setting_and_the_key(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication, scope: str, cause: str, says: tuple[str, ...],
    own_audience: dict[str, Any],
) -> None:  # fmt: skip
    if scope == f"{SERVER}/.default":
        server = graph(tenant, "GET", "/applications?$filter=displayName eq 'Server api://bc.example'")["value"][0]
        for role in ROLES:
            tenant.edit(
                "remove_app_role_assignment", clientId=system.client_id, role=role, resourceAppId=server["appId"]
            )
    with pytest.raises(ProviderError, match=cause) as refused:
        proofs.create(inputs(system, **own_audience, **({"scope": scope} if scope else {})))
    message = str(refused.value)
    assert all(each in message for each in says), message
    assert "admin center" not in message
    assert "Business Central has no service principal" not in message


def test_an_application_with_the_automation_role_alone_reads_the_automation_api(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication
) -> None:
    tenant.edit("remove_app_role_assignment", clientId=system.client_id, role="API.ReadWrite.All")
    proofs.create(inputs(system, roles=["Automation.ReadWrite.All"]))
    [listed, opened] = [each for each in asked(tenant) if "/api/" in each]
    assert listed.endswith("/api/microsoft/automation/v2.0/companies")
    assert opened.endswith("/permissionSets")


def test_roles_that_open_no_api_are_proved_by_the_token(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication
) -> None:
    tenant.edit(
        "add_app_role_assignment", clientId=system.client_id, resourceAppId=BUSINESS_CENTRAL,
        role="AdminCenter.ReadWrite.All",
    )  # fmt: skip
    assert proofs.create(inputs(system, roles=["AdminCenter.ReadWrite.All"])).outputs["not_provable"] == ""
    assert not any("/api/" in each for each in asked(tenant))


def test_a_secret_that_could_not_be_made_is_said(proofs: ProviderHost, system: EntraApplication) -> None:
    given = inputs(system)
    del given["client_secret"]  # so it arrives where its resource failed and `up` goes on (measured)
    with pytest.raises(ProviderError, match=r"it has no secret\. Its secret could not be made"):
        proofs.create(given)


def test_a_limit_for_waiting_that_is_no_number_is_refused_with_the_variables_name(
    start_host: Callable[..., ProviderHost], system: EntraApplication
) -> None:
    with pytest.raises(ProviderError, match="ENTRA_BC_LONGEST_WAIT is '2m', and has to be a number of seconds"):
        start_host(AccessProofProvider(), ENTRA_BC_LONGEST_WAIT="2m").create(inputs(system))
