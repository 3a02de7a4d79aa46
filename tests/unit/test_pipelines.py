"""The pipelines that people copy from docs: they are YAML, and the one of Azure DevOps does what the one of GitHub does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

DOCS = Path(__file__).parents[2] / "docs"


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
