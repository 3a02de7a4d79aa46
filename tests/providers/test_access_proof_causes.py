"""AccessProof, and `prove`, where access does not work: each cause by its word, with what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from clients.session import Session
from reconcilers.proof.causes import Cause, NotProven
from reconcilers.proof.prove import prove
from reconcilers.proof.spec import ProofSpec
from tests.support.access_proofs import LISTED, OPENED, PLACE, TOKEN, inputs, refused
from tests.support.entra import EntraApplication, graph
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.tenant import Tenant


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
        refused(LISTED, 403, "Internal_ServerError", PREVENTED), "permission sets", ("It holds D365 READ: assign it a permission set that may read",)
    ),
    "without permission set, unseen": Case(
        a_blind_caller_and(WITHOUT_SET), "permission sets", ("403 Internal_ServerError", "Which permission sets it holds could not be seen")
    ),
    "a page that its permission sets may not run": Case(
        refused(LISTED, 400, "Internal_ServerError", "You do not have the following permissions on Page APIV2 - Companies: Execute."),
        "permission sets", ("400 Internal_ServerError", "assign it a permission set that may read the companies (Execute on Page APIV2 - Companies)."),
    ),
    "a page that its roles do not open": Case(
        refused(LISTED, 400, "Internal_ServerError", "Your license does not grant you the following permissions on Page APIV2 - Companies: Execute."),
        "roles", ("do not grant enough access for this (Execute on Page APIV2 - Companies)", "`roles`"),
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
        ("company CRONUS DK was not opened", "It holds D365 READ for it: assign it a permission set that may open the company."),
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
