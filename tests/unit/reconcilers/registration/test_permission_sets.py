"""Permission sets between the stack file's words and an environment's rows, for any of either."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clients.business_central.records import Assignment, PermissionSet
from reconcilers.recording import plain
from reconcilers.registration.permission_sets import ResolvedPermissionSet, as_declared, missing_and_extra
from reconcilers.registration.spec import permission_set_specs

ROLES = st.sampled_from(["D365 READ", "NPR NP RETAIL", "LOGIN"])
APPS = st.sampled_from(["437dbf0e-84ff-417a-965d-ed2bb9650972", "992c2309-cca4-43cb-9e41-911f482ec088"])
COMPANIES = st.sampled_from(["", "CRONUS DK", "CRONUS SE"])
SCOPES = st.sampled_from(["System", "Tenant"])

definitions = st.builds(PermissionSet, role_id=ROLES, scope=SCOPES, app_id=APPS, name=st.just("x"))
wanted_sets = st.lists(
    st.builds(ResolvedPermissionSet, definitions, COMPANIES), unique_by=lambda each: (each.permission_set, each.company)
)
assignments = st.lists(
    st.builds(Assignment, id=st.uuids().map(str), role_id=ROLES, company=COMPANIES, scope=SCOPES, app_id=APPS),
    unique_by=lambda each: (each.role_id, each.company, each.scope, each.app_id),  # the primary key of Access Control
)
items = st.lists(
    st.fixed_dictionaries(
        {"role_id": ROLES | st.just("npr np retail")}, optional={"company": COMPANIES, "scope": SCOPES, "app_id": APPS}
    )
)


@given(wanted_sets, assignments)
def test_giving_what_is_missing_and_taking_what_is_extra_gives_what_is_wanted(
    wanted: list[ResolvedPermissionSet], held: list[Assignment]
) -> None:
    missing, extra = missing_and_extra(wanted, held)
    after = [each for each in held if each not in extra] + [
        Assignment(
            "new", each.permission_set.role_id, each.company, each.permission_set.scope, each.permission_set.app_id
        )
        for each in missing
    ]
    assert missing_and_extra(wanted, after) == ([], [])
    assert len(after) == len(wanted)


@given(items)
def test_writing_them_in_one_form_twice_is_the_same_as_once(declared: list[dict[str, str]]) -> None:
    once = plain(permission_set_specs(declared))
    assert plain(permission_set_specs(once)) == once
    assert all(each["role_id"].isupper() for each in once)


@given(items, assignments)
def test_every_row_is_shown_exactly_once(declared: list[dict[str, str]], held: list[Assignment]) -> None:
    shown = as_declared(held, permission_set_specs(declared))
    assert sorted((each.role_id, each.company) for each in shown) == sorted(
        (each.role_id, each.company) for each in held
    )


@given(assignments, st.randoms())
def test_the_order_of_rows_is_no_drift(held: list[Assignment], random: object) -> None:
    declared = as_declared(held, [])
    shuffled = list(held)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert as_declared(shuffled, []) == declared
    assert as_declared(shuffled, declared) == declared
