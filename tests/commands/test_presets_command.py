"""`python -m commands presets`: lists, shows, checks, explains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from tests.support.warm_process import WarmProcess

ROOT = Path(__file__).parents[2]


class Answer(NamedTuple):
    code: int
    output: str
    errors: str


def presets(*arguments: str) -> Answer:
    with WarmProcess("commands", ["presets", *arguments], {}) as process:
        return Answer(process.wait(timeout=60), process.stdout, process.stderr)


def test_all_presets_are_listed_with_what_is_a_guess() -> None:
    names = sorted(path.stem for path in (ROOT / "presets").glob("*.yaml"))
    plain = presets()
    assert [line.split("\t")[0] for line in plain.output.splitlines()] == names
    (line,) = [line for line in plain.output.splitlines() if line.startswith("restaurant-kds")]
    assert line == "restaurant-kds\tNaviPartner KDS\tNPR KDS WEBSERVICE"
    listed = {each["name"]: each for each in json.loads(presets("--json").output)["presets"]}
    assert list(listed) == names
    assert listed["data-export"]["guesses"].startswith("that D365 READ and LOCAL are enough")
    assert listed["job-queue-runner"]["application"] == "a vendor's"
    assert listed["magento"]["lifetimeDays"] == 120


def test_a_preset_is_shown_as_it_stands() -> None:
    assert presets("magento").output == (ROOT / "presets/magento.yaml").read_text()
    unknown = presets("magneto")
    assert (unknown.code, unknown.output) == (2, "")
    assert "there is no preset 'magneto' (did you mean 'magento'?)" in unknown.errors


def test_a_preset_that_cannot_be_used_makes_the_check_fail(tmp_path: Path) -> None:
    fine = presets("--check")
    assert fine.code == 0, fine
    (tmp_path / "shop.yaml").write_text("roles: [API.ReadWrite.All]\nformerly: [web]\n")
    (tmp_path / "desk.yaml").write_text("roles: [API.ReadWrite.Al]\n")
    (tmp_path / "odd.yaml").write_text("roles: 5\npermissionSets: {a: 1}\ndisplayName: [x]\n")
    found = presets("--check", "--folder", str(tmp_path))
    assert found.code == 1
    assert "desk.yaml, line 1, roles[0]" in found.output
    assert "shop.yaml must not have `formerly`" in found.output
    problems = json.loads(presets("--check", "--json", "--folder", str(tmp_path)).output)
    assert (problems["valid"], sorted(problems["problems"])) == (False, ["desk", "odd", "shop"])
    listed = presets("--folder", str(tmp_path), "desk", "odd", "--json")
    assert listed.code == 0, "what is wrong in it is the check's to say"


def test_an_integration_is_explained_value_by_value() -> None:
    plain = presets("--explain", "magento", "--stack", "example")
    assert plain.code == 0, plain
    lines = {line.split("\t")[0]: line.split("\t")[1:] for line in plain.output.splitlines()}
    written = (ROOT / "stacks/Pulumi.example.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(written, 1) if text.strip() == "preset: magento")
    assert lines["preset"] == ["magento", f"stacks/Pulumi.example.yaml, line {line}"]
    assert lines["roles"][1].startswith("presets/magento.yaml, line ")
    assert lines["consent"] == ["auto", "default"]
    values = json.loads(presets("--explain", "magento", "--stack", "example", "--json").output)["values"]
    assert {each["key"] for each in values} == set(lines)
    unknown = presets("--explain", "magneto", "--stack", "example")
    assert unknown.code == 2
    assert "has no integration 'magneto' (did you mean 'magento'?)" in unknown.errors
    assert presets("--explain", "magento").errors == "Say of which stack: --explain KEY --stack STACK.\n"


def test_a_stack_file_with_a_problem_is_not_explained(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    secret = "abc8Q~" + "x" * 34
    config = {
        "entra-business-central:environments": {"production": {"name": "Production"}},
        "entra-business-central:integrations": {"shop": {"preset": "magento", "clientSecret": secret}},
    }
    file.write_text(json.dumps({"config": config}))
    refused = presets("--explain", "shop", "--stack", "dev", "--config-file", str(file))
    assert (refused.code, refused.output) == (2, "")
    assert "integrations.shop.clientSecret: unknown key" in refused.errors
    assert secret not in refused.errors
