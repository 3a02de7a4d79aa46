"""Every example in stacks/ previews, comes up and goes on the rehearsal tenant; a new one is tried by itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from settings.loading import load, project_configuration
from settings.yaml_reader import read_yaml
from tests.support.consents import held
from tests.support.registrations import registrations
from tests.support.stack import FIRST, MINUTES_4, Run, Stack
from tests.support.tenant import REPOSITORY, Tenant

EXAMPLES = {path.stem.removeprefix("Pulumi."): path for path in (REPOSITORY / "stacks").glob("Pulumi.example*.yaml")}
TEAMS = ("example-identities", "example-registrations")
"""In the order in which they are run."""
BOOTSTRAP = "example-bootstrap"
"""An administrator runs it, not the deployer: tests/lifecycle/test_bootstrap.py."""


def test_the_split_teams_are_among_the_examples() -> None:
    assert {*TEAMS, BOOTSTRAP} < set(EXAMPLES)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_says_that_its_dates_are_to_be_those_of_today(name: str) -> None:
    before, issued, _ = EXAMPLES[name].read_text(encoding="utf-8").partition("issued: ['")
    assert "Write today's date" in before or not issued, "a copy of an old date makes secrets that end soon, or none"


class Example:
    """An example as a stack of that name, in the backend of another stack: for this tenant, with secrets of today."""

    def __init__(self, name: str, stack: Stack) -> None:
        self.stack = stack
        self.name = name
        self.file = stack.folder.root / f"Pulumi.{name}.yaml"
        text = EXAMPLES[name].read_text(encoding="utf-8")
        # The dates of an example end one day, and no secret can be made that has ended.
        text = re.sub(r"issued: \['[\d-]+'\]", f"issued: ['{FIRST}']", text)
        self.file.write_text(text.replace("00000000-0000-0000-0000-000000000000", stack.tenant.ready.tenantId))
        done = subprocess.run(
            [str(stack.pulumi.cli.executable), "stack", "init", "--stack", name, "--non-interactive"],
            cwd=stack.folder.root, env=stack.environment(), capture_output=True, text=True, timeout=MINUTES_4, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def run(self, verb: str, *options: str) -> Run:
        here = ["--stack", self.name, "--config-file", str(self.file), "--non-interactive"]
        return self.stack.run(verb, *here, *options, *(["--yes", "--skip-preview"] if verb != "preview" else []))


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - {*TEAMS, BOOTSTRAP}))
def test_an_example_previews_comes_up_and_goes(tenant: Tenant, stack: Stack, name: str) -> None:
    # It hands this out by the preset al-go-deployment, so it has to hold it.
    for environment in ("Production", "Sandbox"):
        deployer = tenant.ready.deployer.clientId
        tenant.edit("add_permission_set", environment=environment, clientId=deployer, roleId="EXTEN. MGT. - ADMIN")
    before = tenant.state()
    example = Example(name, stack)
    shown = example.run("preview")
    assert shown.code == 0, shown
    assert tenant.state() == before
    made = example.run("up")
    assert made.code == 0, made
    assert made.changes == shown.changes
    config = read_yaml(EXAMPLES[name].read_text(encoding="utf-8"))["config"]
    declared = load(project_configuration(config), presets=REPOSITORY / "presets", stack_file=Path("x.yaml"))
    for each in declared.integrations:
        client_id = each.client_id or _client_ids(example)[each.key]
        found = registrations(tenant, str(client_id))
        assert {name: [role for role, _ in sets] for name, (_, sets) in found.items()} == {
            declared.environments[key].name: sorted(one.role_id for one in each.access(key).permission_sets or ())
            for key in each.environments
        }, each.key
    gone = example.run("destroy")
    assert gone.code == 0, gone
    assert tenant.state()["entra"]["applications"] == before["entra"]["applications"]


def test_one_team_makes_an_application_and_another_registers_it(tenant: Tenant, stack: Stack) -> None:
    identities, others = (Example(name, stack) for name in TEAMS)
    early = others.run("preview")
    assert early.code != 0
    assert "there is no output clientIds.packing of stack organization/" in early.output, early
    made = identities.run("up")
    assert made.code == 0, made
    assert made.changes == {"create": 5}, "stack, component, application, principal, consent"
    client_id = _client_ids(identities)["packing"]
    assert registrations(tenant, client_id) == {}
    assert held(tenant, client_id) == ["API.ReadWrite.All"]
    registered = others.run("up")
    assert registered.code == 0, registered
    assert registrations(tenant, client_id) == {"Production": ("Enabled", [("D365 READ", "")])}
    again = identities.run("up", "--refresh", "--expect-no-changes")
    assert again.code == 0, f"it takes away nothing that the other made: {again}"
    assert others.run("destroy").code == 0
    assert registrations(tenant, client_id) == {}
    assert held(tenant, client_id) == ["API.ReadWrite.All"], "the other stack's"


def _client_ids(example: Example) -> dict[str, str]:
    found = example.stack.run("output", "--stack", example.name, "--json", "clientIds")
    assert found.code == 0, found
    return dict(read_yaml(found.output))
