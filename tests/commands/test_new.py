"""`python -m commands new`: a first stack file, from options or from answers on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.first_stack_file import environment_keys
from settings.loading import load, project_configuration
from settings.models import Settings
from settings.presets import Presets
from settings.yaml_reader import read_yaml
from tests.support.terminal import on_a_terminal
from tests.support.warm_process import WarmProcess

ROOT = Path(__file__).parents[2]
TENANT = "6f1d0c5e-0b7a-4c1e-9a54-3f5d7c2b8e10"


def new(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    with WarmProcess("commands", ["new", "--folder", str(folder), *arguments], environment or {}) as process:
        return process.wait(timeout=60), process.stdout + process.stderr


def written(file: Path) -> Settings:
    config = read_yaml(file.read_text())["config"]
    assert config["azuread:tenantId"] == TENANT
    return load(project_configuration(config), presets=ROOT / "presets", stack_file=file, configuration=config)


@pytest.mark.parametrize("preset", Presets(ROOT / "presets").names)
def test_a_stack_file_is_written_that_is_valid_for_every_preset(tmp_path: Path, preset: str) -> None:
    options = ["--stack", "dev", "--tenant-id", TENANT, "--environment", "Production", "--preset", preset]
    if preset in {"np-api-key", "navipartner-app"}:
        options += ["--display-name", "Our: system", "--permission-set", "D365 READ"]
    code, output = new(tmp_path, *options)
    assert code == 0, output
    (integration,) = written(tmp_path / "Pulumi.dev.yaml").integrations
    assert (integration.key, integration.preset) == (preset, preset)
    assert bool(integration.environments) == bool(integration.roles)


def test_without_a_preset_the_options_say_what_is_needed(tmp_path: Path) -> None:
    code, output = new(
        tmp_path, "--stack", "prod", "--environment", "Production", "--environment", "2nd box", "--preset", "none",
        "--key", "robots", "--display-name", "Robots #1: \"the\" fast", "--permission-set", "D365 READ",
        "--permission-set", "EXTEN. MGT. - ADMIN", "--issued", "2026-11-23", environment={"ARM_TENANT_ID": TENANT},
    )  # fmt: skip
    assert code == 0, output
    assert "pulumi stack init prod" in output
    stack = written(tmp_path / "Pulumi.prod.yaml")
    assert [each.name for each in stack.environments.values()] == ["Production", "2nd box"]
    (robots,) = stack.integrations
    assert (robots.key, robots.display_name) == ("robots", 'Robots #1: "the" fast')
    assert [each.role_id for each in robots.permission_sets] == ["D365 READ", "EXTEN. MGT. - ADMIN"]
    assert robots.credentials.secrets
    assert robots.credentials.secrets.issued == ("2026-11-23",)


FULL: dict[str, str] = {
    "--stack": "dev", "--tenant-id": TENANT, "--environment": "Production", "--preset": "magento",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"--tenant-id": None}, "--tenant-id is missing"),
        ({"--environment": None}, "--environment is missing"),
        ({"--preset": "magneto"}, "--preset 'magneto': there is no preset 'magneto' (did you mean 'magento'?)"),
        ({"--preset": "none"}, "--key is missing"),
        ({"--preset": "np-api-key"}, "--display-name is missing"),
        ({"--tenant-id": "contoso.com"}, "--tenant-id 'contoso.com': must be an id (a GUID)"),
        ({"--stack": "../x"}, "--stack '../x': is no name of a stack"),
        ({"--issued": "soon"}, "--issued 'soon': is not a date"),
        ({"--issued": "1999-01-01"}, "is not a date like '2026-11-15'"),
        ({"--environment": "a/b"}, "--environment 'a/b': must have letters, digits"),
        ({"--permission-set": "super"}, "--permission-set 'super': SUPER cannot be assigned"),
        ({"--display-name": "It's"}, '--display-name "It\'s": contains an apostrophe'),
        ({"--display-name": "x" * 121}, "has 121 characters; Entra allows 120"),
    ],
)
def test_what_is_missing_or_not_valid_is_told_and_nothing_is_written(
    tmp_path: Path, change: dict[str, str | None], says: str
) -> None:
    options = [part for pair in {**FULL, **change}.items() if pair[1] is not None for part in pair if part]
    code, output = new(tmp_path, *options)
    assert code == 2, output
    assert says in output
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("mine")
    code, output = new(tmp_path, *[part for pair in FULL.items() for part in pair])
    assert code == 2
    assert "is there already" in output
    assert file.read_text() == "mine"


SALT = "encryptionsalt: v1:x\n"


@pytest.mark.parametrize(
    "text",
    [
        f"config:\n  azuread:tenantId: {TENANT}\n",
        f"{SALT}config:\n  azuread:tenantId: {TENANT.upper()}",
        f"config:\n    azuread:tenantId: {TENANT} # ours\n    azuread:environment: public\n# foot\n{SALT}",
        SALT.replace("\n", "\r\n"),
        f"\ufeffconfig:\r\n  azuread:tenantId: {TENANT}\r\n  x:y:\r\n    - a\r\n\r\nencryptionsalt: v1:x\r\n",
        "# nothing yet\n",
    ],
    ids=["new", "salt before", "indented by four, and more behind", "stack init", "byte order mark", "comment"],
)
def test_a_file_that_pulumi_has_begun_is_added_to_and_keeps_its_lines(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_bytes(text.encode())
    options = [part for pair in FULL.items() for part in pair]
    code, output = new(tmp_path, *options)
    assert code == 0, output
    assert "pulumi stack select dev" in output
    after = file.read_bytes().decode()
    lines = iter(after.splitlines())
    assert all(each in lines for each in text.splitlines()), after
    assert after.count("\n") == after.count("\r\n" if "\r\n" in text else "\n")
    config = read_yaml(after)["config"]
    assert config["azuread:tenantId"].lower() == TENANT
    (magento,) = load(
        project_configuration(config), presets=ROOT / "presets", stack_file=file, configuration=config
    ).integrations
    assert magento.key == "magento"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("config:\n  entra-business-central:defaults: {}\n", "is there already, and stays as it is"),
        (f"config: {{azuread:tenantId: {TENANT}}}\n", "its `config` is no block of lines"),
        ("config:\n  azuread:tenantId: 11111111-2222-3333-4444-555555555555\n", "names 11111111-2222-3333"),
        ("config: [\n", "is not valid YAML"),
        ("config:\n\tazuread:tenantId: x\n", "is not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_added_to_stays_as_it_is(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    code, output = new(tmp_path, *[part for pair in FULL.items() for part in pair])
    assert code == 2
    assert says in output
    assert file.read_text() == text


def test_on_a_terminal_it_asks_and_asks_again_where_an_answer_is_not_valid(tmp_path: Path) -> None:
    answers = ["dev", "not a guid", TENANT, "Production", "Sandbox", "", "magneto", "magento", ""]
    code, shown = on_a_terminal(["new", "--folder", str(tmp_path)], answers)
    assert code == 0, shown
    assert "must be an id (a GUID)" in shown
    assert "did you mean 'magento'?" in shown
    stack = written(tmp_path / "Pulumi.dev.yaml")
    assert [each.name for each in stack.environments.values()] == ["Production", "Sandbox"]
    assert [each.key for each in stack.integrations] == ["magento"]


def test_environments_get_plain_keys_of_their_own() -> None:
    assert environment_keys(["Production", "production-2", "Production 2", "TRUE", "2nd", "--"]) == {
        "production": "Production",
        "production-2": "production-2",
        "production-2-2": "Production 2",
        "true-2": "TRUE",
        "environment-2nd": "2nd",
        "environment": "--",
    }
