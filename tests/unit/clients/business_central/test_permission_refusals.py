"""Refusals of Business Central for want of a permission, in each form that is known: what they name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.business_central import errors
from clients.business_central.permission_refusals import FORMS, Form, PermissionRefusal, permission_refusal
from clients.http.errors import ServiceError, error_for

PREVENTED = "Sorry, the current permissions prevented the action. ({})"
SENTENCE = (
    "You do not have the following permissions on {}.\r\n\r\nTo view details, see the Effective Permissions page."
)


def answer(message: str, *, status: int = 403, code: str = "Internal_ServerError") -> ServiceError:
    return error_for(status)("do it", service="Business Central", status=status, code=code, message=message)


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            PREVENTED.format("TableData 38 Purchase Header Modify: Base Application"),
            PermissionRefusal("object", "TableData", 38, "Purchase Header", "Modify"),
        ),
        (
            PREVENTED.format("TableData AssetSOD Read: My Customizations"),
            PermissionRefusal("object", "TableData", 0, "AssetSOD", "Read"),
        ),
        (
            PREVENTED.format("TableData 50100 3PL Read me: first IndirectInsert: An App: of ours"),
            PermissionRefusal("object", "TableData", 50100, "3PL Read me: first", "IndirectInsert"),
        ),
        (
            PREVENTED.format("TableData 3PL Header Read: An App"),
            PermissionRefusal("object", "TableData", 0, "3PL Header", "Read"),
        ),
        (
            PREVENTED.format("Page 30009 APIV2 - Customers Execute: _Exclude_APIV2_"),
            PermissionRefusal("object", "Page", 30009, "APIV2 - Customers", "Execute"),
        ),
        (
            "De aktuelle rettigheder forhindrede handlingen. (TableData 79 Company Information Read: Base Application)",
            PermissionRefusal("object", "TableData", 79, "Company Information", "Read"),
        ),
        (
            SENTENCE.format("Page APIV2 - Customers: Execute"),
            PermissionRefusal("object", "Page", 0, "APIV2 - Customers", "Execute"),
        ),
        (SENTENCE.format("TableData 9: Insert"), PermissionRefusal("object", "TableData", 9, "", "Insert")),
        (
            SENTENCE.format("the TableData Contact: Insert, Modify"),
            PermissionRefusal("object", "TableData", 0, "Contact", "Insert, Modify"),
        ),
        (
            "Your license does not grant you the following permissions on CodeUnit 6495 B2Brouter Integration: Execute",
            PermissionRefusal("entitlement", "CodeUnit", 6495, "B2Brouter Integration", "Execute"),
        ),
        ("User has no permission to company 'CRONUS DK'.", PermissionRefusal("company")),
        ("Sorry, the current permissions prevented the action.", PermissionRefusal("not said")),
        ("You cannot change settings for another user.", PermissionRefusal("managing users")),
        ("You do not have sufficient permissions to manage extensions.", PermissionRefusal("managing extensions")),
    ],
)
def test_a_refusal_says_which_right_on_which_object_is_missing(
    status: int, message: str, expected: PermissionRefusal
) -> None:
    assert permission_refusal(answer(message, status=status)) == expected


def test_a_code_that_says_so_is_enough() -> None:
    assert permission_refusal(answer("No.", code="Authorization_Denied")) == PermissionRefusal("not said")


@pytest.mark.parametrize("form", [each for each in FORMS if each.example], ids=lambda form: form.example)
def test_each_form_reads_its_own_example(form: Form) -> None:
    found = permission_refusal(answer(form.example))
    assert found is not None
    assert found.refused == form.refused
    assert bool(str(found)) == (form.refused in {"object", "entitlement"})


@pytest.mark.parametrize(
    "problem",
    [
        answer("The General Ledger Setup does not exist.", status=404, code="Internal_RecordNotFound"),
        answer("Record not found. (TableData 79300 Data Main)", status=400, code="Application_DialogException"),
        answer("The permission set X is defined multiple times in this context.", status=400),
        answer(PREVENTED.format("TableData 9012 AAD Application Read: Base Application"), status=503),
        answer("The server has rejected the client credentials.", status=401, code="Authentication_InvalidCredentials"),
        answer("", status=403),
    ],
    ids=lambda problem: f"{problem.status} {problem.message}",
)
def test_another_answer_is_no_such_refusal(problem: ServiceError) -> None:
    assert permission_refusal(problem) is None


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("named", ["2000000006 Company", "2000000006", "Company", "company", '"Company"'])
@pytest.mark.parametrize("form", [PREVENTED.replace("{}", "TableData {} Read: System"), SENTENCE.replace("{}", "TableData {}: Read")])  # fmt: skip
def test_a_company_is_not_opened_where_the_table_of_companies_is_refused_by_number_or_name(
    form: str, named: str, status: int
) -> None:
    assert not errors.is_inside_a_company(answer(form.format(named), status=status))


@given(st.sampled_from([400, 401, 403, 404, 500, 503]), st.text(max_size=40) | st.sampled_from([each.example for each in FORMS]))  # fmt: skip
def test_whatever_is_said_only_what_names_another_object_was_inside_a_company(status: int, message: str) -> None:
    problem = answer(message, status=status)
    refusal = permission_refusal(problem)
    assert errors.is_inside_a_company(problem) == bool(refusal and refusal.object_type and status != 401)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.example or form.code)
def test_each_refusal_of_the_caller_has_a_remedy_of_the_callers(form: Form) -> None:
    refused = answer(form.example, code=form.code or "Internal_ServerError")
    assert errors.add_environment_remedy(refused, "Production", "route").remedy
    assert errors.environment_remedy(refused, "Production") == "", "and none that an integration is told"
