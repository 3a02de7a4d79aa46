"""The state file: what is refused, and that it is whole at every moment."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rehearsal.engine.checkpoint import CheckpointFile, PendingOperation, Snapshot, verify
from rehearsal.engine.encryption import SecretCodec
from rehearsal.engine.errors import EngineError
from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.values import Secret
from tests.support.engine import crypter

PREFIX = "urn:pulumi:dev::dyn::"
STACK = ResourceState(f"{PREFIX}pulumi:pulumi:Stack::dyn-dev", "pulumi:pulumi:Stack", custom=False)
PROVIDER = ResourceState(f"{PREFIX}pulumi:providers:p::default", "pulumi:providers:p", custom=True, id="uuid")


def resource(name: str, **fields: Any) -> ResourceState:
    return ResourceState(
        f"{PREFIX}p:m:T::{name}",
        "p:m:T",
        custom=True,
        id=f"id-{name}",
        **{"parent": STACK.urn, "provider": f"{PROVIDER.urn}::uuid", **fields},
    )


A = resource("a", inputs={"x": 1}, outputs={"x": 1, "s": Secret("hidden")})
B = resource("b", dependencies=[A.urn], property_dependencies={"y": [A.urn]}, deleted_with=A.urn, protect=True)


def file(folder: Path) -> CheckpointFile:
    return CheckpointFile(folder, "dyn", "dev")


def codec() -> SecretCodec:
    return SecretCodec(crypter())


def test_a_state_survives_the_way_to_the_file_and_back(tmp_path: Path) -> None:
    pending = [PendingOperation("creating", replace(resource("c"), id=""))]
    file(tmp_path).save(Snapshot([STACK, PROVIDER, A, B], pending), codec())
    loaded = file(tmp_path).load(codec())
    assert [vars(state) for state in loaded.resources] == [vars(state) for state in (STACK, PROVIDER, A, B)]
    assert [(each.kind, each.resource.name) for each in loaded.pending] == [("creating", "c")]


def test_the_file_lies_and_looks_as_the_clis_file_backend_has_it(tmp_path: Path) -> None:
    file(tmp_path).save(Snapshot([STACK, PROVIDER, A]), codec())
    content = json.loads((tmp_path / ".pulumi/stacks/dyn/dev.json").read_text())
    assert content["version"] == 3
    assert content["checkpoint"]["stack"] == "organization/dyn/dev"
    assert content["checkpoint"]["latest"]["secrets_providers"] == {
        "type": "passphrase",
        "state": {"salt": crypter().salt},
    }
    assert "custom" in content["checkpoint"]["latest"]["resources"][0]
    assert (tmp_path / ".pulumi/meta.yaml").read_text() == "version: 1\n"
    assert "hidden" not in (tmp_path / ".pulumi/stacks/dyn/dev.json").read_text()


def test_the_empty_stack_has_no_resources_at_all(tmp_path: Path) -> None:
    file(tmp_path).save(Snapshot(), codec())
    assert "resources" not in json.loads(file(tmp_path).path.read_text())["checkpoint"]["latest"]


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        ([STACK, A], "does not stand before it"),
        ([STACK, PROVIDER, B, A], "does not stand before it"),
        ([PROVIDER, A, STACK], "does not stand before it"),
        ([STACK, PROVIDER, A, A], "twice"),
        ([replace(STACK, id="x")], "component and has an id"),
        ([replace(STACK, type="")], "no urn or no type"),
    ],
)
def test_a_state_in_a_wrong_order_is_neither_written_nor_read(
    order: list[ResourceState], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match=complaint):
        verify(order)
    with pytest.raises(EngineError, match=complaint):
        file(tmp_path).save(Snapshot(order), codec())
    assert not file(tmp_path).exists()


def test_a_state_whose_magic_is_wrong_is_refused(tmp_path: Path) -> None:
    file(tmp_path).save(Snapshot([STACK]), codec())
    path = file(tmp_path).path
    path.write_text(path.read_text().replace('"magic": "', '"magic": "0'))
    with pytest.raises(EngineError, match="magic cookie mismatch"):
        file(tmp_path).load(codec())


@pytest.mark.parametrize("key", ["delete", "viewOf", "importID", "somethingNew"])
def test_an_entry_that_is_not_handled_is_refused_by_name(key: str, tmp_path: Path) -> None:
    file(tmp_path).save(Snapshot([STACK]), codec())
    path = file(tmp_path).path
    content = json.loads(path.read_text())
    content["checkpoint"]["latest"]["resources"][0][key] = "yes"
    path.write_text(json.dumps(content))
    with pytest.raises(EngineError, match="local engine does not do this"):
        file(tmp_path).load(codec())


def test_the_clis_notes_are_handed_back_as_they_were(tmp_path: Path) -> None:
    noted = replace(STACK, carried={"sourcePosition": "project:///__main__.py#4"})
    file(tmp_path).save(Snapshot([noted]), codec())
    assert file(tmp_path).load(codec()).resources[0].carried == noted.carried


def test_another_secrets_provider_is_refused(tmp_path: Path) -> None:
    file(tmp_path).save(Snapshot([STACK]), codec())
    path = file(tmp_path).path
    path.write_text(path.read_text().replace('"passphrase"', '"cloud"'))
    with pytest.raises(EngineError, match="secrets provider `cloud`"):
        file(tmp_path).salt()


def test_a_write_that_fails_leaves_the_old_state(tmp_path: Path) -> None:
    file(tmp_path).save(Snapshot([STACK]), codec())
    before = file(tmp_path).path.read_text()
    with pytest.raises(EngineError):
        file(tmp_path).save(Snapshot([B]), codec())
    assert file(tmp_path).path.read_text() == before
    assert [path.name for path in file(tmp_path).path.parent.iterdir()] == ["dev.json"]
