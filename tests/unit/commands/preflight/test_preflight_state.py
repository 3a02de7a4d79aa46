"""What a preflight takes out of a stack's state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.preflight.state import State, StateUnusable

RECORDED = Path(__file__).parents[3] / "lifecycle" / "recorded_states" / "first-release.json"


def test_ids_are_read_from_a_checkpoint_of_the_real_cli() -> None:
    text = RECORDED.read_text()
    state = State.read(text)
    ((_, client_id),) = state.applications.values()
    assert set(state.registrations) == {("production", client_id), ("sandbox", client_id)}
    assert len(state.secrets) == 1
    assert state.applications.keys() == state.principals.keys() == state.components.keys() == {"magento"}
    exported = json.dumps({"version": 3, "deployment": json.loads(text)["checkpoint"]["latest"]})
    assert State.read(exported) == state


def test_what_outputs_do_not_have_is_read_from_the_id_and_a_renamed_environment_from_the_outputs() -> None:
    written = json.loads(RECORDED.read_text())
    older = State.read(json.dumps(written))
    for each in written["checkpoint"]["latest"]["resources"]:
        for name in ("environment", "client_id", "resource_app_id"):
            each.get("outputs", {}).pop(name, None)
        if each["urn"].endswith(":BusinessCentralRegistration::magento-sandbox"):
            each["outputs"]["environment"] = "Test"
    state = State.read(json.dumps(written))
    assert (state.consents.keys(), len(state.consents)) == (older.consents.keys(), 1)
    assert {name for name, _ in state.registrations} == {"production", "test"}
    assert {client_id for _, client_id in state.registrations} == {client_id for _, client_id in older.registrations}


@pytest.mark.parametrize(
    "text",
    ['{"version": 3, "deployment": {}}', '{"version": 3, "deployment": null}', '{"checkpoint": {"latest": null}}'],
)
def test_a_stack_that_was_never_deployed_has_nothing(text: str) -> None:
    assert State.read(text) == State.empty()


def test_it_knows_whose_state_it_is_and_what_was_interrupted() -> None:
    written = json.loads(RECORDED.read_text())
    urn = "urn:pulumi:demo::entra-business-central::azuread:index/application:Application::magento"
    written["checkpoint"]["latest"]["pending_operations"] = [{"type": "creating", "resource": {"urn": urn}}]
    state = State.read(json.dumps(written))
    assert state.stacks == {"demo"}
    assert state.pending == (urn,)


def test_what_the_next_run_deletes_is_known_and_what_replaced_it_has_its_key() -> None:
    state = json.loads(RECORDED.read_text())
    resources = state["checkpoint"]["latest"]["resources"]
    old = next(each for each in resources if each["type"].endswith(":Application"))
    secret = next(each for each in resources if each["type"].endswith(":ApplicationPassword"))
    new = {**old, "id": "/applications/new", "outputs": {"clientId": "NEW"}}
    resources += [{**secret, "outputs": {"keyId": "new"}}, new]
    old["delete"] = secret["delete"] = True
    read = State.read(json.dumps(state))
    assert read.applications == {"magento": ("new", "new")}
    assert read.secrets == {secret["outputs"]["keyId"], "new"}


@pytest.mark.parametrize("text", ["", "[]", "3", "{}", '{"deployment": [1]}', '{"deployment": {"resources": [1]}}'])
def test_anything_else_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(StateUnusable, match="give what `pulumi stack export` prints"):
        State.read(text)
