"""Pulumi.yaml, stack files and the configuration they add up to."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.engine.errors import EngineError, StackNotFound
from rehearsal.engine.project import Config, Project
from rehearsal.engine.stack import Stack
from tests.support.engine import crypter

PULUMI_YAML = "name: proj\nruntime: {name: python}\nstackConfigDir: stacks\n"


def project(folder: Path, extra: str = "") -> Project:
    (folder / "stacks").mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text(PULUMI_YAML + extra)
    return Project.load(folder)


def config(folder: Path, stack_file: str) -> Config:
    project(folder).stack_file("dev").write_text(stack_file)
    return Stack.open(folder, "dev", folder / "state", "x").config


def test_keys_get_the_projects_namespace_and_structures_become_json(tmp_path: Path) -> None:
    found = config(
        tmp_path, "config:\n  azuread:tenantId: t\n  list: [{b: 1, a: on}, 2026-01-01]\n  flag: true\n  nil: ~\n"
    )
    assert found.values == {
        "azuread:tenantId": "t",
        "proj:list": '[{"a":"on","b":1},"2026-01-01 00:00:00 +0000 UTC"]',
        "proj:flag": "true",
        "proj:nil": "",
    }
    assert found.package("azuread") == {"tenantId": "t"}


def test_secure_values_are_opened_and_their_whole_key_is_secret(tmp_path: Path) -> None:
    sealed = crypter().encrypt("hidden")
    text = f"encryptionsalt: {crypter().salt}\nconfig:\n  pw: {{secure: '{sealed}'}}\n  list: [{{key: {{secure: '{sealed}'}}}}]\n  open: x\n"
    found = config(tmp_path, text)
    assert found.values["proj:pw"] == "hidden"
    assert found.values["proj:list"] == '[{"key":"hidden"}]'
    assert found.secret_keys == {"proj:pw", "proj:list"}


@pytest.mark.parametrize("text", ["secretsprovider: awskms://x", "encryptedkey: abc", "environment: [esc]"])
def test_what_the_engine_cannot_open_is_refused_by_name(text: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="local engine does not do this"):
        config(tmp_path, text)


@pytest.mark.parametrize("extra", ["main: sub\n", "plugins: {providers: [x]}\n", "config: {one: 1}\n"])
def test_a_project_of_another_kind_is_refused_by_name(extra: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"Pulumi\.yaml"):
        project(tmp_path, extra)


def test_a_stack_without_file_and_state_is_not_found(tmp_path: Path) -> None:
    project(tmp_path)
    with pytest.raises(StackNotFound, match="no stack named 'dev' found") as caught:
        Stack.open(tmp_path, "dev", tmp_path / "state", "x")
    assert caught.value.exit_code == 6


@pytest.mark.parametrize("name", ["", "../other", "a/b", ".hidden"])
def test_a_name_that_could_leave_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="stack name"):
        project(tmp_path).stack_file(name)


def test_a_project_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="--cwd"):
        Project.load(tmp_path)
