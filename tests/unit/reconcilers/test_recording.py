"""What a state leaves out comes back: from an id, where that says it, and never another value than there was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcilers.consent.spec import BUSINESS_CENTRAL_APP_ID
from reconcilers.recording import resource_id, said_by_id, without_what_the_id_says
from settings import business_central_permissions

NAMES = ("environment", "client_id")
names = st.text(max_size=8) | st.sampled_from(["Production", "PRODUCTION", "a/b", "/", ""])
client_ids = names.map(lambda each: each.replace("/", ""))


@given(names, client_ids, st.fixed_dictionaries({}, optional={"environment": names, "client_id": names, "more": names}))
def test_what_an_id_says_and_the_outputs_do_not_have_is_as_it_was(
    environment: str, client_id: str, changed: dict[str, Any]
) -> None:
    """Whatever was changed since the id was given, which stays: an environment that was renamed."""
    outputs = {"environment": environment, "client_id": client_id, **changed}
    id_ = resource_id("a tenant", environment, client_id)
    assert said_by_id(id_, NAMES) == {"environment": environment, "client_id": client_id}
    recorded = without_what_the_id_says(outputs, id_, NAMES)
    assert {**said_by_id(id_, NAMES), **recorded} == outputs
    assert set(recorded) == {
        name for name in outputs if name == "more" or outputs[name] != said_by_id(id_, NAMES)[name]
    }


@pytest.mark.parametrize("id_", ["", "an id", "a tenant/something"])
def test_an_id_of_another_form_says_nothing(id_: str) -> None:
    assert said_by_id(id_, NAMES) == {}
    assert without_what_the_id_says({"environment": "something"}, id_, NAMES) == {"environment": "something"}


def test_an_id_says_nothing_where_nobody_named_it() -> None:
    assert said_by_id("a tenant/a vault/a name/a label", ()) == {}


def test_the_resource_of_a_consent_without_one_is_what_a_stack_file_means_too() -> None:
    assert business_central_permissions.BUSINESS_CENTRAL_APP_ID == BUSINESS_CENTRAL_APP_ID
