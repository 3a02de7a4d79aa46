"""AccessProof, through its real gRPC host, against the rehearsal tenant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from clients.session import Session
from dynamic_providers.access_proof import AccessProofProvider
from reconcilers.proof.causes import Cause, NotProven
from reconcilers.proof.prove import prove
from reconcilers.proof.spec import ProofSpec
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.entra import EntraApplication, graph, make_server_application
from tests.support.provider_host import ProviderError, ProviderHost, Resource
from tests.support.replication import ASKS_IN_FIVE_SECONDS, DELAY, while_others_wait
from tests.support.tenant import OURS, Tenant, wait_for

ROLES = ("API.ReadWrite.All", "Automation.ReadWrite.All")
PLACE = "integrations.magento.environments.production"
TOKEN = "/oauth2/v2.0/token"
LISTED, OPENED = "/companies$", "/companyInformation$"


@pytest.fixture
def proofs(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    """The host of AccessProof, with little patience."""
    return start_host(AccessProofProvider(), ENTRA_BC_LONGEST_WAIT="1.5")


@pytest.fixture
def patient_proofs(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    """The same, with the patience that users have."""
    return start_host(AccessProofProvider())


@pytest.fixture
def system(tenant: Tenant, application: EntraApplication) -> EntraApplication:
    """An application that can use the environment Production."""
    for role in ROLES:
        tenant.edit(
            "add_app_role_assignment", clientId=application.client_id, resourceAppId=BUSINESS_CENTRAL, role=role
        )
    tenant.edit("create_registration", environment="Production", clientId=application.client_id)
    tenant.edit("add_permission_set", environment="Production", clientId=application.client_id, roleId="D365 READ")
    tenant.clear_requests()
    return application


def inputs(system: EntraApplication, **changed: Any) -> dict[str, Any]:
    """Inputs as the component gives them, but for the patience of a test."""
    return {
        "client_id": system.client_id,
        "client_secret": system.secret,
        "credential_id": "key-1",
        "roles": list(ROLES),
        "environment": "Production",
        "base_url": "",
        "companies": [],
        "not_provable": "",
        "triggers": ["consent 1", "registration 1"],
        "declared_at": PLACE,
        **changed,
    }


def asked(tenant: Tenant) -> list[str]:
    """What was asked of the two services by our user agent, without sign-ins of our own caller."""
    return [f"{each['method']} {each['path']}" for each in tenant.requests(user_agent=OURS) if "/token" in each["path"] or "/api/" in each["path"]]  # fmt: skip


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
    made = proofs.create(inputs(system))
    assert "client_secret" not in made.outputs
    assert system.secret not in json.dumps(made.outputs)
    tenant.fault(
        match={"path": "/oauth2/v2.0/token", "caller": system.client_id}, action="status", status=401, times=0,
        code="invalid_client", message=f"AADSTS7000222: expired: {system.secret}",
    )  # fmt: skip
    with pytest.raises(ProviderError) as refused:
        proofs.update(made, inputs(system, credential_id="key-2"))
    assert system.secret not in str(refused.value)


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
    assert len(asked(tenant)) == 3


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


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    "message",
    [
        "Sorry, the current permissions prevented the action. (TableData 79 Company Information Read: Base Application)",
        "Sorry, the current permissions prevented the action. (TableData Company Information Read: Base Application)",
        "Sorry, the current permissions prevented the action. (Page 30011 APIV2 - Company Information Execute: _Exclude_APIV2_)",
        "You do not have the following permissions on TableData 79: Read.",
        "You do not have the following permissions on Page APIV2 - Company Information: Execute.\r\n\r\nTo view details about your permissions, see the Effective Permissions page. To report a problem, refer to the following server session ID: '130'.",
        "Your license does not grant you the following permissions on Page APIV2 - Company Information: Execute.",
    ],
)  # fmt: skip
def test_a_permission_that_is_missing_inside_a_company_is_no_cause_whatever_its_form(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication, status: int, message: str
) -> None:
    match = {"path": OPENED, "caller": system.client_id}
    fault = tenant.fault(match=match, status=status, code="Internal_ServerError", message=message, times=0)
    assert proofs.create(inputs(system)).outputs["not_provable"] == ""
    assert fault.hits == 1


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("path", [LISTED, OPENED], ids=["list", "company"])
@pytest.mark.parametrize(
    "message",
    [
        "Sorry, the current permissions prevented the action. (TableData 2000000006 Company Read: System)",
        "Sorry, the current permissions prevented the action. (TableData Company Read: System)",
        "Sorry, the current permissions prevented the action. (TableData 2000000006 Read: System)",
        "Sorry, the current permissions prevented the action.",
        "Beklager, handlingen blev forhindret. (TableData 2000000006 Company Read: System)",
        "You do not have the following permissions on TableData 2000000006: Read.",
        "You do not have the following permissions on TableData Company: Read.",
        "User has no permission to company 'CRONUS DK'.",
    ],
)
def test_a_company_that_is_refused_is_never_proven_and_nobody_is_told_to_give_an_integration_security(
    tenant: Tenant, system: EntraApplication, monkeypatch: pytest.MonkeyPatch, status: int, path: str, message: str
) -> None:
    for name, value in tenant.ready.environment().items():
        monkeypatch.setenv(name, value)
    refused(path, status, "Internal_ServerError", message)(tenant, system.client_id)
    with pytest.raises(NotProven) as failure:
        prove(
            Session({"azuread:tenantId": tenant.ready.tenantId}),
            ProofSpec.from_mapping(inputs(system)),
            system.secret,
            seconds=0,
        )
    assert failure.value.cause == ("permission sets" if path == LISTED else "company")
    told = str(failure.value)
    assert "It holds D365 READ" in told
    assert "under `permissionSets` in the stack file" in told
    for right in ("SECURITY", "EBC REGISTRATION", "AUTOMATION", "administrator"):
        assert right not in told, told


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


class Case(NamedTuple):
    """One way to fail: how it comes about, its cause, what the message says, and what else the inputs are."""

    arrange: Callable[[Tenant, str], Any]
    cause: Cause
    says: tuple[str, ...]
    inputs: dict[str, Any] = {}  # noqa: RUF012 - never changed


def edit(do: str, **fields: Any) -> Callable[[Tenant, str], Any]:
    return lambda tenant, client_id: tenant.edit(do, clientId=client_id, **fields)


def in_production(do: str, **fields: Any) -> Callable[[Tenant, str], Any]:
    return edit(do, environment="Production", **fields)


def nothing(_tenant: Tenant, _client_id: str) -> None:
    pass


def a_blind_caller_and(arrange: Callable[[Tenant, str], Any]) -> Callable[[Tenant, str], Any]:
    def both(tenant: Tenant, client_id: str) -> None:
        arrange(tenant, client_id)
        in_production("disable_registration")(tenant, tenant.ready.deployer.clientId)

    return both


def refused(path: str, status: int, code: str, message: str) -> Callable[[Tenant, str], Any]:
    def arrange(tenant: Tenant, client_id: str) -> None:
        match = {"path": path, "caller": client_id}
        tenant.fault(match=match, status=status, code=code, message=message, times=0)

    return arrange


def no_answer(path: str) -> Callable[[Tenant, str], Any]:
    return lambda tenant, client_id: tenant.fault(match={"path": path, "caller": client_id}, action="drop", times=0)


def disabled_principal(tenant: Tenant, client_id: str) -> None:
    graph(tenant, "PATCH", f"/servicePrincipals(appId='{client_id}')", {"accountEnabled": False})


def sets_for_one_company(tenant: Tenant, client_id: str) -> None:
    in_production("remove_permission_set", roleId="D365 READ")(tenant, client_id)
    in_production("add_permission_set", roleId="D365 READ", company="CRONUS DK")(tenant, client_id)


PREVENTED = "Sorry, the current permissions prevented the action. (TableData 2000000006 Company Read: System)"
NO_COMPANY = "User has no permission to company 'CRONUS DK'."
BOTH = {"companies": ["CRONUS DK", "CRONUS SE"]}
WITHOUT_SET = in_production("remove_permission_set", roleId="D365 READ")

CAUSES = {
    "secret not usable": Case(edit("remove_password"), "secret", ("AADSTS7000215", "accepted after some seconds")),
    "secret expired": Case(
        lambda tenant, _: tenant.advance(3 * 365 * 86400), "secret", ("AADSTS7000222", "add a date under `credentials.secrets.issued`")
    ),
    "roles missing": Case(
        edit("remove_app_role_assignment", role="API.ReadWrite.All"), "roles", ("does not have the roles API.ReadWrite.All (still so after", "grants it again")
    ),
    "application deleted": Case(edit("delete_application"), "application", ("AADSTS700016", "is not there")),
    "principal deleted": Case(edit("delete_service_principal"), "application", ("AADSTS7000229", "is not there")),
    "principal disabled": Case(
        disabled_principal, "application", ("AADSTS7000112", "disabled its service principal", "With `enabled: true` in the stack file `pulumi up --refresh` enables it again")
    ),
    "Business Central unknown": Case(
        lambda tenant, _: tenant.edit("remove_business_central_service_principal"), "application", ("AADSTS500011", "no service principal in this tenant")
    ),
    "refused at sign-in for another reason": Case(
        refused(TOKEN, 401, "invalid_client", "AADSTS53003: Blocked by Conditional Access."), "sign-in", ("AADSTS53003", "says what that means")
    ),
    "no answer at sign-in": Case(no_answer(TOKEN), "sign-in", ("when Entra can be reached",)),
    "not registered": Case(
        in_production("delete_registration"), "registration", ("401 Authentication_InvalidCredentials", "It is not registered there.")
    ),
    "not let in although registered": Case(
        refused(LISTED, 401, "Authentication_InvalidCredentials", "No."), "registration", ("It is registered and enabled there",)
    ),
    "registration disabled": Case(
        in_production("disable_registration"), "disabled", ("401 Authentication_InvalidCredentials", "The registration is disabled there.")
    ),
    "user disabled": Case(
        in_production("disable_user"), "disabled", ("401 Authentication_InvalidCredentials", "The user of the registration is disabled there.")
    ),
    "not registered or disabled, unseen": Case(
        a_blind_caller_and(in_production("disable_registration")), "registration", ("401 Authentication_InvalidCredentials", "which of them could not be seen")
    ),
    "without permission set": Case(WITHOUT_SET, "permission sets", ("403 Internal_ServerError", "It holds no permission set there.")),
    "with a permission set that is too small": Case(
        refused(LISTED, 403, "Internal_ServerError", PREVENTED), "permission sets", ("It holds D365 READ: give it a permission set that may read",)
    ),
    "without permission set, unseen": Case(
        a_blind_caller_and(WITHOUT_SET), "permission sets", ("403 Internal_ServerError", "Which permission sets it holds could not be seen")
    ),
    "a page that its permission sets may not run": Case(
        refused(LISTED, 400, "Internal_ServerError", "You do not have the following permissions on Page APIV2 - Companies: Execute."),
        "permission sets", ("400 Internal_ServerError", "give it a permission set that may read the companies (Execute on Page APIV2 - Companies)."),
    ),
    "a page that its roles do not open": Case(
        refused(LISTED, 400, "Internal_ServerError", "Your license does not grant you the following permissions on Page APIV2 - Companies: Execute."),
        "roles", ("not enough for this (Execute on Page APIV2 - Companies)", "`roles`"),
    ),
    "company away": Case(
        nothing, "company", ("does not see the company CRONUS NO.", "renamed or deleted"), {"companies": ["CRONUS DK", "CRONUS NO"]}
    ),
    "without permission set for one of its companies": Case(
        sets_for_one_company, "company",
        ("company CRONUS SE was not opened: Business Central answered 403", "It holds no permission set for this company."), BOTH,
    ),
    "without permission set for one of its companies, unseen": Case(
        a_blind_caller_and(sets_for_one_company), "company", ("company CRONUS SE was not opened", "could not be seen"), BOTH
    ),
    "a company that does not let it in with 401": Case(
        refused(OPENED, 401, "Authentication_InvalidCredentials", NO_COMPANY), "company",
        ("company CRONUS DK was not opened", "It holds D365 READ for it: give it a permission set that may open the company."),
    ),
    "a permission set that may not open the company": Case(
        refused(OPENED, 403, "Internal_ServerError", PREVENTED), "company", ("company CRONUS DK was not opened", "may open the company")
    ),
    "company away when it is opened": Case(
        refused(OPENED, 404, "Internal_CompanyNotFound", "Can't process the request."), "company", ("company CRONUS DK: ", "renamed or deleted")
    ),
    "environment away": Case(
        nothing, "environment", ("404 NoEnvironment", "Check the name of environment Prodution"), {"environment": "Prodution"}
    ),
    "environment updating": Case(
        lambda tenant, _: tenant.edit("set_environment_status", environment="Production", status="Upgrading", retryAfter=1),
        "environment", ("503 Internal_TenantUnavailable", "being updated"),
    ),
    "no answer of the environment": Case(no_answer(LISTED), "environment", ("gave no answer", "Run the same command again.")),
    "no answer of a company": Case(no_answer(OPENED), "environment", ("gave no answer", "Run the same command again.")),
}  # fmt: skip


@pytest.mark.parametrize("case", CAUSES.values(), ids=CAUSES)
def test_the_cause_is_told_in_one_paragraph_with_its_place_in_the_stack_file(
    tenant: Tenant, proofs: ProviderHost, system: EntraApplication, case: Case
) -> None:
    case.arrange(tenant, system.client_id)
    with pytest.raises(ProviderError) as failure:
        proofs.create(inputs(system, **case.inputs))
    message = str(failure.value).strip()
    assert f"{PLACE}: could not prove that {system.client_id} can use environment" in message
    for text in case.says:
        assert text in message, message
    assert "\n" not in message
    assert "Traceback" not in message
    assert system.secret not in message


@pytest.mark.parametrize("case", CAUSES.values(), ids=CAUSES)
def test_the_cause_is_one_of_the_words_that_programs_read(
    tenant: Tenant, system: EntraApplication, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    for name, value in tenant.ready.environment().items():
        monkeypatch.setenv(name, value)
    case.arrange(tenant, system.client_id)
    spec = ProofSpec.from_mapping(inputs(system, **case.inputs))
    with pytest.raises(NotProven) as failure:
        prove(Session({"azuread:tenantId": tenant.ready.tenantId}), spec, system.secret, seconds=0)
    assert failure.value.cause == case.cause


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("/oauth2/v2.0/token", "invalid_client", "AADSTS7000215: Invalid client secret provided."),
        ("/api/v2.0/", "Authentication_InvalidCredentials", "The server has rejected the client credentials."),
        ("/api/v2.0/", "Internal_ServerError", "Sorry, the current permissions prevented the action. (TableData …)"),
    ],
    ids=["secret", "registration", "permission set"],
)
def test_what_is_not_seen_everywhere_yet_is_waited_for(
    tenant: Tenant, patient_proofs: ProviderHost, system: EntraApplication, path: str, code: str, message: str
) -> None:
    status = 403 if code == "Internal_ServerError" else 401
    late = tenant.fault(match={"path": path}, action="status", status=status, code=code, message=message, times=2)
    assert patient_proofs.create(inputs(system)).outputs["not_provable"] == ""
    assert late.hits == 2


def test_a_role_that_is_late_in_tokens_is_waited_for_with_new_tokens(
    tenant: Tenant, patient_proofs: ProviderHost, system: EntraApplication
) -> None:
    tenant.edit("remove_app_role_assignment", clientId=system.client_id, role="API.ReadWrite.All")
    with ThreadPoolExecutor(1) as pool:
        proof = pool.submit(patient_proofs.create, inputs(system))
        wait_for(lambda: len(asked(tenant)) >= 2 or proof.done(), 60, "a second token")
        tenant.edit(
            "add_app_role_assignment", clientId=system.client_id, resourceAppId=BUSINESS_CENTRAL,
            role="API.ReadWrite.All",
        )  # fmt: skip
        assert proof.result().outputs["not_provable"] == ""


def test_a_new_secret_is_waited_for_and_while_it_lasts_a_line_says_so(
    tenant: Tenant, start_host: Callable[..., ProviderHost], system: EntraApplication
) -> None:
    tenant.replication(DELAY)
    made = graph(tenant, "POST", f"/applications/{system.object_id}/addPassword", {"passwordCredential": {}})
    tenant.clear_requests()
    given = inputs(system, client_secret=made["secretText"])
    with start_host(AccessProofProvider()) as host:
        while_others_wait(tenant, lambda: host.create(given), asks=ASKS_IN_FIVE_SECONDS)
    assert [each["status"] for each in tenant.requests(user_agent=OURS) if "/token" in each["path"]][-1] == 200
    [told] = [line for line in host.stderr.splitlines() if "waiting to" in line][:1]
    assert told.startswith(f"{PLACE}: waiting to prove that {system.client_id} can use environment Production, ")
    assert "AADSTS7000215" in told
    assert made["secretText"] not in host.stderr


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
