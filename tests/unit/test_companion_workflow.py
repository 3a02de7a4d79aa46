"""The check of the compiled file in `.github/workflows/companion-extension.yaml`, run as GitHub runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.app_file import app_content

PROJECT = Path(__file__).parents[2]
WORKFLOW = YAML(typ="safe").load(PROJECT / ".github" / "workflows" / "companion-extension.yaml")
(SCRIPT,) = (
    each["run"].partition("<<'PYTHON'\n")[2].partition("PYTHON\n")[0]
    for each in WORKFLOW["jobs"]["compile"]["steps"]
    if "<<'PYTHON'" in each.get("run", "")
)
VERSION = json.loads((PROJECT / "companion_extension" / "app.json").read_text(encoding="utf-8-sig"))["version"]


@pytest.mark.parametrize(
    ("compiled", "ref", "says"),
    [
        (VERSION, ("branch", "main"), None),
        (VERSION, ("tag", f"companion-v{VERSION}"), None),
        ("9.9.9.9", ("branch", "main"), "differs from app.json: {'version'"),
        (VERSION, ("tag", "companion-v9.9.9.9"), "differs from app.json: {'tag': '9.9.9.9'}"),
    ],
)
def test_the_compiled_file_is_held_to_app_json_and_the_tag(
    tmp_path: Path, compiled: str, ref: tuple[str, str], says: str | None
) -> None:
    file = tmp_path / "compiled.app"
    file.write_bytes(app_content(compiled))
    environment = {"APP_FILE": str(file), "GITHUB_REF_TYPE": ref[0], "GITHUB_REF_NAME": ref[1]}
    # -S: the job installs no packages.
    command = [sys.executable, "-S", "-"]
    done = subprocess.run(
        command, input=SCRIPT, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is (says is None), done.stderr
    assert (says or "") in done.stderr


def test_the_commands_that_people_compile_with_are_those_of_the_workflow() -> None:
    page = (PROJECT / "companion_extension" / "README.md").read_text(encoding="utf-8")
    commands = page.partition("```sh\n")[2].partition("```")[0].replace(WORKFLOW["env"]["APP_FILE"], "$APP_FILE")
    run = [each.get("run", "").strip() for each in WORKFLOW["jobs"]["compile"]["steps"]]
    assert len(commands.splitlines()) == 3
    assert [each for each in commands.splitlines() if each not in run] == []
