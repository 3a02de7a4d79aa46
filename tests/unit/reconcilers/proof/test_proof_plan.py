"""What a proof asks for, and what each refusal means: for anything that is declared, answered and seen; no service."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.business_central.application_client import ROUTES
from clients.business_central.records import Assignment, Registration
from clients.http.errors import NoResponse, ServiceError, SignInFailed
from reconcilers.proof import causes
from reconcilers.proof.causes import Cause, NotProven
from reconcilers.proof.plan import Plan, plan
from reconcilers.proof.spec import NO_SECRET, DeclaredProof, ProofSpec, Unseen

SPEC = ProofSpec(
    client_id="11111111-1111-1111-1111-111111111111",
    environment="Production",
    roles=("API.ReadWrite.All",),
    declared_at="integrations.magento.environments.production",
)
ROLES = ("API.ReadWrite.All", "Automation.ReadWrite.All", "AdminCenter.ReadWrite.All")
COMPANIES = ("CRONUS DK", "CRONUS SE", "CRONUS NO")

company_names = st.sampled_from(COMPANIES)
states = st.sampled_from(["Enabled", "Disabled"])
facts = st.fixed_dictionaries(
    {
        "permission_set_companies": st.lists(st.just("") | company_names, max_size=4),
        "state": states,
        "switched_off": st.booleans(),
        "has_secret": st.booleans(),
    }
)
specs = st.builds(
    ProofSpec,
    client_id=st.just(SPEC.client_id),
    environment=st.sampled_from(["Production", "container"]),
    base_url=st.sampled_from(["", "https://bc.example:7048/BC"]),
    roles=st.lists(st.sampled_from(ROLES), unique=True).map(tuple),
    companies=st.lists(company_names, unique=True).map(tuple),
    not_provable=st.sampled_from(["", "", "", NO_SECRET]),
    declared_at=st.just(SPEC.declared_at),
)
answers = st.builds(
    ServiceError,
    st.just("list the companies"),
    service=st.just("Business Central"),
    status=st.sampled_from([400, 401, 403, 404, 429, 500, 503]),
    code=st.sampled_from(["", "Internal_ServerError", "NoEnvironment", "Internal_TenantUnavailable"]),
    message=st.sampled_from(["", "Sorry, the current permissions prevented the action."]),
)
unseen = st.builds(Unseen, st.just("Business Central answered 403"))
registrations = st.builds(
    Registration,
    client_id=st.just(SPEC.client_id),
    description=st.just("A shop"),
    contact_information=st.just(""),
    permission_granted=st.booleans(),
    state=states,
    user_id=st.just("the user"),
    user_state=st.just("") | states,
)
held_sets = st.lists(
    st.builds(
        Assignment,
        id=st.just("an id"),
        role_id=st.sampled_from(["D365 READ", "LOGIN"]),
        company=st.just("") | company_names,
        scope=st.just("System"),
        app_id=st.just("437dbf0e-84ff-417a-965d-ed2bb9650972"),
    ),
    max_size=3,
)


def declared(**known: Any) -> DeclaredProof:
    return DeclaredProof.of(
        environment="Production", base_url="", scope="", roles=ROLES, declared_at="integrations.a", **known
    )


@given(facts)
def test_what_is_not_provable_says_why_and_all_else_is_proved(known: dict[str, Any]) -> None:
    proof = declared(**known)
    provable = (
        known["has_secret"]
        and not known["switched_off"]
        and known["state"] == "Enabled"
        and known["permission_set_companies"] != []
    )
    assert (proof.not_provable == "") == provable


@pytest.mark.parametrize(
    ("switched_off", "has_secret", "state", "companies", "why"),
    [
        (True, False, "Disabled", [], "the stack file says `proof: off`"),
        (False, False, "Disabled", [], NO_SECRET),
        (False, True, "Disabled", [], "the stack file keeps it disabled there"),
        (False, True, "Enabled", [], "the stack file assigns it no permission set there"),
        (False, True, "Enabled", [""], ""),
    ],
)
def test_of_several_reasons_the_first_is_given_that_the_stack_file_says(
    switched_off: bool, has_secret: bool, state: str, companies: list[str], why: str
) -> None:
    proof = declared(switched_off=switched_off, has_secret=has_secret, state=state, permission_set_companies=companies)
    assert proof.not_provable == why


@given(st.lists(st.just("") | company_names))
def test_the_companies_of_a_proof_are_those_that_permission_sets_are_limited_to_each_once(companies: list[str]) -> None:
    proof = declared(switched_off=False, has_secret=True, state="Enabled", permission_set_companies=companies)
    assert list(proof.companies) == sorted(set(companies) - {""})


@given(specs)
def test_what_is_not_provable_asks_for_nothing(spec: ProofSpec) -> None:
    if spec.not_provable:
        assert plan(spec) == Plan(not_provable=spec.not_provable)


@given(specs, st.frozensets(st.sampled_from(ROLES)))
def test_a_token_is_enough_exactly_where_it_has_every_role_that_is_declared(
    spec: ProofSpec, held: frozenset[str]
) -> None:
    missing = plan(spec).missing_roles(held)
    wanted = set() if spec.not_provable else set(spec.roles)
    assert set(missing) == wanted - held


@given(specs)
def test_an_api_is_read_exactly_where_a_role_opens_one(spec: ProofSpec) -> None:
    route = plan(spec).route
    opened = set() if spec.not_provable else {ROUTES[role] for role in spec.roles if role in ROUTES}
    assert (route in opened) == bool(opened)
    assert (route is None) == (not opened)


@given(specs, st.lists(company_names, unique=True))
def test_each_company_that_is_named_is_opened_and_else_the_first_that_is_listed(
    spec: ProofSpec, listed: list[str]
) -> None:
    planned = plan(spec)
    missing, opened = planned.missing_companies(listed), planned.to_open(listed)
    assert len(opened) == len(set(opened)), "each costs a request"
    if planned.companies:
        assert set(opened) == set(spec.companies)
        assert set(missing) == set(spec.companies) - set(listed)
    else:
        assert missing == []
        assert opened == listed[:1]


def is_one_paragraph(problem: NotProven, spec: ProofSpec) -> None:
    said = str(problem)
    assert problem.cause in get_args(Cause)
    assert said.startswith(f"could not prove that {spec.client_id} can use environment {spec.environment}: ")
    assert "\n" not in said
    assert ".." not in said
    assert problem.reason
    assert problem.remedy.endswith(".")


@given(specs, answers, st.none() | unseen | registrations)
def test_an_answer_that_tells_nothing_apart_means_what_our_own_caller_sees_of_the_registration(
    spec: ProofSpec, answer: ServiceError, seen: Registration | Unseen | None
) -> None:
    problem = causes.rejected(spec, answer, seen)
    is_one_paragraph(problem, spec)
    assert answer.reason in problem.reason
    is_disabled = isinstance(seen, Registration) and "Disabled" in (seen.state, seen.user_state)
    assert not is_disabled or problem.cause == "disabled"
    assert problem.cause in {"registration", "disabled"}
    # Waiting helps only where nothing is seen to be wrong, or nothing is seen at all.
    assert problem.may_be_replicating == (isinstance(seen, Unseen) or (seen is not None and seen.is_working))


@given(specs, answers, unseen | held_sets)
def test_a_refusal_of_the_list_means_permission_sets_and_may_pass_unless_none_is_held(
    spec: ProofSpec, answer: ServiceError, held: Sequence[Assignment] | Unseen
) -> None:
    problem = causes.forbidden(spec, answer, held)
    is_one_paragraph(problem, spec)
    assert problem.cause == "permission sets"
    assert problem.may_be_replicating == (held != [])


@given(specs, answers, unseen | held_sets, company_names)
def test_a_refusal_of_a_company_means_that_company_and_may_pass_unless_no_set_is_held_for_it(
    spec: ProofSpec, answer: ServiceError, held: Sequence[Assignment] | Unseen, company: str
) -> None:
    problem = causes.company_refused(spec, company, answer, held)
    is_one_paragraph(problem, spec)
    assert problem.cause == "company"
    assert company in problem.reason
    holds_one = isinstance(held, Unseen) or any(each.company in ("", company) for each in held)
    assert problem.may_be_replicating == holds_one


@given(specs, answers)
def test_any_other_answer_means_the_environment(spec: ProofSpec, answer: ServiceError) -> None:
    problem = causes.environment_failed(spec, answer)
    is_one_paragraph(problem, spec)
    assert (problem.cause, problem.may_be_replicating) == ("environment", False)


OTHERS: dict[str, Callable[[ProofSpec], NotProven]] = {
    "no secret": causes.no_secret,
    "roles": lambda spec: causes.roles_missing(spec, ["API.ReadWrite.All"]),
    "no answer": lambda spec: causes.no_answer(spec, NoResponse("read", "Business Central gave no answer")),
    "no company": lambda spec: causes.company_not_listed(spec, []),
    "a company": lambda spec: causes.company_not_listed(spec, ["CRONUS NO"]),
    "a company is gone": lambda spec: causes.company_not_found(
        spec, "CRONUS NO", ServiceError("read", service="Business Central", status=404)
    ),
}


@pytest.mark.parametrize("cause", OTHERS.values(), ids=OTHERS)
def test_each_cause_is_one_paragraph_that_says_what_to_do(cause: Callable[[ProofSpec], NotProven]) -> None:
    is_one_paragraph(cause(SPEC), SPEC)


@given(specs, st.integers(0, 10**7).map(lambda code: f"AADSTS{code}") | st.just("the connection was closed"))
def test_whatever_entra_answers_means_something(spec: ProofSpec, answered: str) -> None:
    problem = causes.sign_in_failed(spec, SignInFailed("sign in", f"Entra said {answered}: No"))
    is_one_paragraph(problem, spec)
    assert answered in problem.reason


@pytest.mark.parametrize(
    ("code", "cause", "may_be_replicating"),
    [
        ("AADSTS7000215", "secret", True),
        ("AADSTS7000222", "secret", False),
        ("AADSTS700027", "certificate", True),
        ("AADSTS7000272", "sign-in", False),
        ("AADSTS700016", "application", True),
        ("AADSTS7000229", "application", True),
        ("AADSTS7000112", "application", False),
        ("AADSTS500011", "application", True),
        ("AADSTS7000160", "sign-in", False),  # a code that only begins like a known one
    ],
)
def test_what_a_code_of_entra_means(code: str, cause: str, may_be_replicating: bool) -> None:
    problem = causes.sign_in_failed(SPEC, SignInFailed("sign in", f"{code}: No"))
    assert (problem.cause, problem.may_be_replicating) == (cause, may_be_replicating)


def test_each_cause_is_in_the_table_of_the_reference() -> None:
    page = (Path(__file__).parents[4] / "docs" / "reference" / "proof.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)) == sorted(get_args(Cause))


@given(specs)
def test_a_spec_is_the_same_after_its_way_through_a_mapping_that_leaves_out_defaults(spec: ProofSpec) -> None:
    mapping = {key: value for key, value in spec.as_mapping().items() if value != ProofSpec.defaults().get(key, "none")}
    assert ProofSpec.from_mapping({**mapping, "client_secret": "x", "triggers": ["a"], "__provider": "..."}) == spec
