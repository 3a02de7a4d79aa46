"""`python -m commands prove`: what it takes from the outputs, and what it prints."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from commands import prove
from commands.prove import Result, read_outputs
from commands.stack_outputs import UNKNOWN_OUTPUT, OutputsUnusable

ROOT = Path(__file__).parents[3]
SECRET = "abc8Q~not-a-real-secret-not-a-real-secret-x"
MAGENTO = {
    "tenantId": "6f1d0c5e-0b7a-4c1e-9a54-3f5d7c2b8e10",
    "clientId": "a0a0a0a0-0000-4000-8000-000000000001",
    "clientSecret": SECRET,
    "clientSecretExpires": "2027-03-23T00:00:00Z",
    "scope": "https://api.businesscentral.dynamics.com/.default",
    "roles": ["API.ReadWrite.All"],
    "environments": ["Production", "container"],
    "access": {"Production": {"companies": ["CRONUS DK"]}, "container": {"baseUrl": "https://bc.example:7048/BC"}},
}
RESULTS = [
    Result("magento", "Production", "proven"),
    Result("magento", "Sandbox", "failed", "disabled", "integrations.magento: could not prove [it]. Enable it."),
    Result("vendor", "Production", "notProvable", message="integrations.vendor: no secret."),
]


def outputs(**changed: Any) -> str:
    return json.dumps({"integrations": {"magento": {**MAGENTO, **changed}}})


def run(text: str, *options: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "commands", "prove", "--stack", "demo", *options],
        cwd=ROOT, input=text, env=environment or {"PATH": "/nowhere"}, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


def test_the_outputs_are_read_with_what_is_particular_in_each_environment() -> None:
    read = read_outputs(outputs())["magento"]
    assert (read.client_id, read.client_secret, read.roles) == (MAGENTO["clientId"], SECRET, ("API.ReadWrite.All",))
    assert read.access["Production"].companies == ("CRONUS DK",)
    assert read.access["container"].base_url == "https://bc.example:7048/BC"


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "[]", "{}", '{"integrations": []}', '{"integrations": {"magento": "x"}}', outputs(roles=SECRET)],
)
def test_what_is_not_the_outputs_of_a_stack_is_refused_without_being_quoted(text: str) -> None:
    done = run(text, "--stdin")
    assert done.returncode == 2
    assert "not the outputs of a deployed stack" in done.stderr
    assert SECRET not in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "2m"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(seconds: str) -> None:
    done = run(outputs(), "--stdin", f"--wait={seconds}")
    assert done.returncode == 2
    assert f"'{seconds}' is not a number of seconds" in done.stderr


def test_outputs_without_their_secrets_are_refused() -> None:
    with pytest.raises(OutputsUnusable, match="add --show-secrets"):
        read_outputs(outputs(clientSecret="[secret]"))


def test_without_the_pulumi_cli_it_says_how_to_pipe_the_outputs_in() -> None:
    done = run("")
    assert done.returncode == 2
    piped = "pulumi stack output --json --show-secrets --stack demo | python -m commands prove --stack demo --stdin"
    assert piped in done.stderr


def test_it_asks_the_pulumi_cli_for_the_stack_that_is_named(tmp_path: Path) -> None:
    cli = tmp_path / "pulumi"
    cli.write_text(
        f'#!/bin/sh\n[ "$*" = "stack output --json --show-secrets --stack demo" ] && echo \'{outputs(clientSecret="")}\'\n'
    )
    cli.chmod(0o755)
    done = run("", "--json", environment={"PATH": f"{tmp_path}:/bin:/usr/bin"})
    assert done.returncode == 0, done.stderr
    assert [each["result"] for each in json.loads(done.stdout)["proofs"]] == ["notProvable", "notProvable"]


def test_what_the_pulumi_cli_says_when_it_refuses_is_passed_on(tmp_path: Path) -> None:
    cli = tmp_path / "pulumi"
    cli.write_text("#!/bin/sh\necho \"error: no stack named 'demo' found\" >&2\nexit 255\n")
    cli.chmod(0o755)
    done = run("", environment={"PATH": f"{tmp_path}:/bin:/usr/bin"})
    assert done.returncode == 2
    assert "no stack named 'demo' found" in done.stderr


def test_a_secret_that_the_last_up_did_not_come_to_has_failed() -> None:
    done = run(outputs(clientSecret=UNKNOWN_OUTPUT), "--stdin", "--json")
    assert done.returncode == 1
    assert {each["result"] for each in json.loads(done.stdout)["proofs"]} == {"failed"}


def test_where_the_stack_says_that_it_cannot_be_proved_that_is_no_failure() -> None:
    access = {name: {"notProvable": "the stack file keeps it disabled there"} for name in MAGENTO["environments"]}
    done = run(outputs(access=access), "--stdin")
    assert done.returncode == 0
    assert "integrations.magento, environment Production: the stack file keeps it disabled there." in done.stdout


def test_without_a_terminal_it_prints_plain_lines() -> None:
    out = io.StringIO()
    prove.show(RESULTS, Console(file=out))
    lines = out.getvalue().splitlines()
    assert lines[:3] == [
        "magento\tProduction\tworks",
        "magento\tSandbox\tdoes not work\tdisabled",
        "vendor\tProduction\tcannot be proved from here",
    ]
    assert "integrations.magento: could not prove [it]. Enable it." in lines, "in one line, and not taken for markup"
    assert "\x1b" not in out.getvalue()


def test_on_a_terminal_it_prints_a_table() -> None:
    out = io.StringIO()
    prove.show(RESULTS, Console(file=out, force_terminal=True, width=100, color_system=None))
    assert "│ magento     │ Sandbox     │ does not work" in out.getvalue()


@pytest.mark.parametrize("shown", ['{"integrations": {}}', '{"companionExtension": {"production": "1.0.0.0"}}'])
def test_a_stack_without_integrations_has_nothing_to_prove(shown: str) -> None:
    done = run(shown, "--stdin")
    assert (done.returncode, done.stdout, done.stderr) == (0, "The stack has no integrations.\n", "")
