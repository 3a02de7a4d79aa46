"""The pipelines that people copy from docs: they are YAML, and the one of Azure DevOps does what the one of GitHub does."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.bootstrap_example import bootstrap_identities

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"


def files(page: str) -> dict[str, Any]:
    """Return the files that a page has people make, by their path."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.findall(r"^`([\w./-]+\.ya?ml)`[^\n]*\n\n```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return {path: YAML(typ="safe").load(content) for path, content in found}


def steps_of(value: Any) -> Iterator[Any]:
    """Yield each step of a pipeline, wherever it stands."""
    if isinstance(value, dict):
        yield from value.get("steps", [])
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from steps_of(each)


def commands(pipelines: dict[str, Any]) -> set[str]:
    """Return the commands of Pulumi and ours that a page's pipelines run."""
    scripts = [each.get("run") or each.get("script") or "" for each in steps_of(list(pipelines.values()))]
    lines = [line.strip() for script in scripts for line in script.splitlines()]
    return {line.lower() for line in lines if line.startswith(("pulumi ", "python -m commands "))}


def step_of_github(number: int) -> str:
    """Return one of the steps by which the page on GitHub has a pipeline set up."""
    steps = re.split(r"^\d\. ", (DOCS / "pipeline.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(steps) == 7
    return steps[number]


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of a table that is indented, without its head."""
    rows = [line.strip().strip("|") for line in text.splitlines() if line.startswith("   |")]
    return [[cell.strip() for cell in row.split(" | ")] for row in rows[2:]]


GITHUB, AZURE_DEVOPS = files("pipeline.md"), files("pipeline-azure-devops.md")


def test_both_run_the_same_commands() -> None:
    assert len(commands(GITHUB)) == 5
    assert commands(AZURE_DEVOPS) == commands(GITHUB)


def test_each_job_of_azure_devops_names_its_connection_and_each_step_gets_what_it_signs_in_with() -> None:
    connections = set()
    for path, pipeline in AZURE_DEVOPS.items():
        jobs = pipeline.get("jobs", []) + [job for stage in pipeline.get("stages", []) for job in stage["jobs"]]
        group = next((each["group"] for each in pipeline.get("variables", []) if "group" in each), "")
        for job in jobs:
            begin, *others = job["steps"]
            connections.add((path, group, begin["parameters"]["connection"]))
            assert begin["template"] == "begin.yml"
            assert all({"SYSTEM_ACCESSTOKEN", "PULUMI_ACCESS_TOKEN"} <= set(each["env"]) for each in others)
    assert connections == {
        ("azure-pipelines/preview.yml", "integrations-reader", "business-central-reader"),
        ("azure-pipelines/integrations.yml", "integrations-deployer", "business-central-deployer"),
    }
    assert "azure-pipelines/begin.yml" in AZURE_DEVOPS


def test_an_environment_of_github_that_pull_requests_use_has_reviewers_and_each_other_one_is_for_main_only() -> None:
    rotation = YAML(typ="safe").load(PROJECT / ".github" / "workflows" / "rotate.yaml")["jobs"]
    jobs = {**GITHUB[".github/workflows/integrations.yaml"]["jobs"], **rotation}
    used = {each["environment"]: "pull_request" in each["if"] for each in jobs.values()}
    made = {re.findall(r"`([\w-]+)`", row[0])[0]: row[1] for row in rows_of(step_of_github(2))}
    assert {
        name: "required reviewers" if proposed else "deployment branches: `main` only"
        for name, proposed in used.items()
    } == made
    trusted = {
        trust["github"]["environment"]
        for key, entry in bootstrap_identities().items()
        if key != "deployerManualConsent"  # in place of the deployer, and told beside it
        for trust in entry.get("credentials", {}).get("federated", [])
    }
    assert trusted == set(made), "the bootstrap stack trusts those that people were told to make, and no other"


def test_on_azure_devops_what_pull_requests_use_waits_for_approvals_and_nothing_on_a_schedule_does() -> None:
    step = (DOCS / "pipeline-azure-devops.md").read_text(encoding="utf-8").partition("\n2. ")[2].partition("\n3. ")[0]
    assert "| checks of **both** |" in step, "of a connection and of the group that has Pulumi's token"
    checks = {group.strip("`"): re.findall(r"\*([\w ]+)\*", said) for _, group, said, _ in rows_of(step)}
    assert checks == {
        "integrations-reader": ["Approvals"],
        "integrations-deployer": ["Branch control", "Exclusive lock"],
        "integrations-rotation": ["Branch control"],
    }


def test_what_people_set_on_github_reaches_each_job_for_another_backend_by_the_lines_to_add() -> None:
    step = step_of_github(5)
    (lines,) = re.findall(r"^ *```yaml\n(.*?)^ *```", step, re.MULTILINE | re.DOTALL)
    added = YAML(typ="safe").load(textwrap.dedent(lines))
    assert {name: re.sub(r"\b(vars|secrets)\b", "*", value) for name, value in added.items()} == {
        name: f"${{{{ *.{name} }}}}" for name in added
    }
    to_set = set(re.findall(r"`((?:ARM|PULUMI)_[A-Z_]+)`", step))
    for job in GITHUB[".github/workflows/integrations.yaml"]["jobs"].values():
        assert to_set <= {*job["env"], *added}
        assert "PULUMI_ACCESS_TOKEN" in job["env"]
