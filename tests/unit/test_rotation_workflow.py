"""The steps of `.github/workflows/rotate.yaml`, run as GitHub runs them, with another `python` and `gh` on PATH."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.bootstrap_example import bootstrap_identities

PROJECT = Path(__file__).parents[2]
JOB: dict[str, Any] = YAML(typ="safe").load(PROJECT / ".github" / "workflows" / "rotate.yaml")["jobs"]["rotate"]
STEPS: dict[str, Any] = {each["id"]: each for each in JOB["steps"] if "id" in each}


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

    def again(self) -> None:
        """Check main out anew, as the next run does."""
        self.git("switch", "--quiet", "--discard-changes", "main")
        self.git("fetch", "--quiet")
        self.git("reset", "--quiet", "--hard", "origin/main")

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


@pytest.mark.parametrize("step", ["rotate", "propose"])
def test_what_a_script_reads_is_given_to_it(step: str) -> None:
    read = set(re.findall(r"\$\{?([A-Z_]+)", STEPS[step]["run"]))
    given = {*JOB["env"], *STEPS[step]["env"]}
    assert {each for each in read - given if not each.startswith(("GITHUB_", "RUNNER_"))} == set()
    assert {"STACK", "LEAKED"} <= read
    assert JOB["if"] == "vars.ROTATE_STACK != ''"


def test_the_reader_is_to_trust_the_environment_that_the_job_names() -> None:
    reader = bootstrap_identities()["reader"]
    assert JOB["environment"] in {each["github"]["environment"] for each in reader["credentials"]["federated"]}
    by_hand = (PROJECT / "docs" / "identities-by-hand.md").read_text(encoding="utf-8").partition("\n## Reader\n")[2]
    assert f'"repo:OWNER/REPO:environment:{JOB["environment"]}"' in by_hand


@pytest.mark.parametrize(
    ("code", "goes_on"), [(0, True), (1, True), (3, True), (2, False), (127, False), (137, False), (143, False)]
)
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


def test_no_run_of_the_schedule_writes_over_the_proposal_after_a_leak(runner: Runner) -> None:
    runner.settings["LEAKED"] = "warehouse"
    runner.rotate_answers(3, edits=True)
    assert (runner.run("rotate"), runner.run("propose")) == (0, 0)
    proposed = runner.git("rev-parse", "origin/rotate-prod-leak-warehouse")
    assert "pr create --head rotate-prod-leak-warehouse --title Rotate secrets of prod: those of warehouse leaked" in (
        runner.read("asked")
    )
    runner.again()
    runner.settings["LEAKED"] = ""
    assert (runner.run("rotate"), runner.run("propose")) == (0, 0)
    runner.git("fetch", "--quiet")
    assert runner.git("rev-parse", "origin/rotate-prod-leak-warehouse") == proposed
    assert runner.git("rev-parse", "origin/rotate-prod") != proposed
    assert "inputs.leaked" in JOB["concurrency"], "else a run that is queued takes the place of one after a leak"


def test_what_is_pushed_is_deployed_too(runner: Runner) -> None:
    runner.settings["PUSH"] = "true"
    runner.program("gh", 'echo "$@" >> ../asked; git -C ../origin show main:stacks/Pulumi.prod.yaml >> ../deployed')
    runner.rotate_answers(3, edits=True)
    assert (runner.run("rotate"), runner.run("propose")) == (0, 0)
    assert "workflow run integrations.yaml --ref main --raw-field refresh=false\n" in runner.read("asked")
    assert runner.read("deployed") == "issued: ['2026-11-30']\n"
    assert "pr " not in runner.read("asked")
    assert JOB["permissions"]["actions"] == "write"


def test_the_deployment_that_is_started_is_that_of_the_pipeline_s_page() -> None:
    page = (PROJECT / "docs" / "pipeline.md").read_text(encoding="utf-8")
    workflow = (
        page.partition("`.github/workflows/integrations.yaml`")[2].partition("```yaml\n")[2].partition("\n```")[0]
    )
    declared = YAML(typ="safe").load(workflow)
    assert "refresh" in declared["on"]["workflow_dispatch"]["inputs"]
    assert "workflow_dispatch" in declared["jobs"]["deploy"]["if"]


def test_where_the_push_is_refused_the_job_fails_and_nothing_is_deployed(runner: Runner) -> None:
    runner.settings["PUSH"] = "true"
    hook = runner.folder / "origin" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    runner.rotate_answers(3, edits=True)
    assert runner.run("rotate") == 0
    assert runner.run("propose") != 0
    assert "workflow run" not in runner.read("asked")
