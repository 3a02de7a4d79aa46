"""The steps of `.github/workflows/rotate.yaml`, run as GitHub runs them, with another `python` and `gh` on PATH."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "rotate.yaml"
STEPS: dict[str, Any] = {
    each["id"]: each for each in YAML(typ="safe").load(WORKFLOW)["jobs"]["rotate"]["steps"] if "id" in each
}


class Runner:
    """A checkout with its origin, and programs that write down what they are asked.

    Args:
        folder: for all of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "checkout"
        self.settings = {"STACK": "prod", "GITHUB_REF_NAME": "main", "LEAKED": "", "REASON": "", "PUSH": ""}
        for each in ("bin", "origin"):
            (folder / each).mkdir()
        self.git("init", "--quiet", "--bare", "--initial-branch=main", cwd=folder / "origin")
        self.git("clone", "--quiet", "origin", "checkout", cwd=folder)
        self.git("switch", "--quiet", "--create", "main")
        (self.checkout / "stacks").mkdir()
        self.stack_file = self.checkout / "stacks" / "Pulumi.prod.yaml"
        self.stack_file.write_text("issued: ['2026-09-01']\n")
        self.git("add", ".")
        self.git("-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "--message", "First")
        self.git("push", "--quiet", "origin", "main")
        self.program("gh", 'echo "$@" >> ../asked')

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run git, and return what it prints."""
        done = subprocess.run(["git", *arguments], cwd=cwd or self.checkout, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def program(self, name: str, script: str) -> None:
        """Put a program on PATH."""
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def rotate_answers(self, code: int, *, edits: bool) -> None:
        """Let `python -m commands rotate` end so, and edit the stack file or not."""
        edit = "echo \"issued: ['2026-11-30']\" > stacks/Pulumi.prod.yaml; " if edits else ""
        self.program("python", f'echo "$@" >> ../asked; {edit}echo said; exit {code}')

    def run(self, step: str) -> int:
        """Run a step in the shell that GitHub takes, and return its exit code."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        environment = {**self.settings, "PATH": path, "HOME": str(self.folder), "RUNNER_TEMP": str(self.folder)}
        environment["GITHUB_OUTPUT"] = str(self.folder / "outputs")
        command = ["bash", "-e", "-c", STEPS[step]["run"]]
        return subprocess.run(command, cwd=self.checkout, env=environment, capture_output=True, check=False).returncode

    def read(self, name: str) -> str:
        """Return a file beside the checkout, "" where it is not there."""
        file = self.folder / name
        return file.read_text() if file.exists() else ""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_what_the_scripts_read_is_given_to_them() -> None:
    job = YAML(typ="safe").load(WORKFLOW)["jobs"]["rotate"]
    given = {*job["env"], *STEPS["rotate"]["env"], *STEPS["propose"]["env"]}
    assert {"STACK", "LEAKED", "REASON", "PUSH"} <= given
    assert job["if"] == "vars.ROTATE_STACK != ''"


@pytest.mark.parametrize(("code", "goes_on"), [(0, True), (1, True), (3, True), (2, False)])
def test_a_rotation_that_failed_ends_the_job_and_no_other(runner: Runner, code: int, *, goes_on: bool) -> None:
    runner.rotate_answers(code, edits=False)
    assert (runner.run("rotate") == 0) is goes_on
    assert runner.read("outputs") == f"code={code}\n"
    assert runner.read("said") == "said\n"
    assert runner.read("asked") == "-m commands rotate --stack prod\n"


def test_a_leak_is_told_with_its_reason_as_one_argument(runner: Runner) -> None:
    runner.rotate_answers(3, edits=True)
    runner.program("python", 'for each in "$@"; do echo "<$each>" >> ../asked; done; exit 3')
    runner.settings |= {"LEAKED": "ware house", "REASON": "it's in a log; $(touch ../bad)"}
    assert runner.run("rotate") == 0
    assert "<--now>\n<ware house>\n<--reason>\n<it's in a log; $(touch ../bad)>\n" in runner.read("asked")
    assert not (runner.folder / "bad").exists()


def test_nothing_is_proposed_where_the_file_is_as_it_was(runner: Runner) -> None:
    assert runner.run("propose") == 0
    assert runner.read("asked") == ""
    assert runner.git("branch", "--all") == "* main\n  remotes/origin/main"


@pytest.mark.parametrize("is_open", [False, True])
def test_a_pull_request_is_opened_or_the_open_one_written_anew(runner: Runner, *, is_open: bool) -> None:
    if is_open:
        runner.program("gh", 'echo "$@" >> ../asked; [ "$2" != create ]')
    runner.rotate_answers(3, edits=True)
    assert runner.run("rotate") == 0
    assert runner.run("propose") == 0
    assert runner.git("show", "origin/rotate-prod:stacks/Pulumi.prod.yaml") == "issued: ['2026-11-30']"
    assert runner.git("show", "origin/main:stacks/Pulumi.prod.yaml") == "issued: ['2026-09-01']"
    asked = [line.split()[:2] for line in runner.read("asked").splitlines() if line.startswith("pr ")]
    assert asked == [["pr", "create"], *([["pr", "edit"]] if is_open else [])]


def test_it_is_pushed_where_that_is_wanted(runner: Runner) -> None:
    runner.settings["PUSH"] = "true"
    runner.rotate_answers(3, edits=True)
    assert runner.run("rotate") == 0
    assert runner.run("propose") == 0
    runner.git("fetch", "--quiet")
    assert runner.git("show", "origin/main:stacks/Pulumi.prod.yaml") == "issued: ['2026-11-30']"
    assert "pr " not in runner.read("asked")
