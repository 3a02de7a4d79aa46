"""The commands as people type them: options, exit codes, texts (contracts/engine.md 5.3, 5.4)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rehearsal.engine.lock import locked
from rehearsal.ready_file import Deployer, ReadyFile
from tests.support.engine import PROGRAM, SECRET, crypter, thing

REPOSITORY = Path(__file__).parents[2]
TENANT = "11111111-2222-3333-4444-555555555555"


@dataclass
class Shell:
    """Types commands, against a tenant that is a mere open port: the program here talks to files."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def stack_file(self, things: list[dict[str, Any]], **more: Any) -> None:
        sealed = crypter().encrypt(SECRET)
        config = {
            "place": str(self.folder / "place"),
            "pw": {"secure": sealed},
            "things": things,
            "exports": {"pw": "$secret.pw", **({"etag": "$a.etag"} if things else {})},
            **more,
        }
        content = {"encryptionsalt": crypter().salt, "config": config}
        (self.folder / "Pulumi.dev.yaml").write_text(json.dumps(content))  # JSON is YAML

    def run(self, command: str, *options: str, stack: str = "dev") -> subprocess.CompletedProcess[str]:
        own = ["--ready-file", str(self.folder / "tenant.json")] if command != "output" else []
        file = ["--config-file", str(self.folder / "Pulumi.dev.yaml")] if command != "output" and stack == "dev" else []
        return subprocess.run(
            [
                *(sys.executable, "-m", "rehearsal", command, "-s", stack, "--cwd", str(PROGRAM)),
                *("--state-dir", str(self.folder / "state"), *own, *file, *options),
            ],
            cwd=REPOSITORY,
            env={"PATH": os.environ["PATH"], "PULUMI_CONFIG_PASSPHRASE": "x", **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    (tmp_path / "place").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        https = f"https://{address}"
        deployer = Deployer("client", "deployers-own-secret", "object")
        ready = ReadyFile(
            os.getpid(), https, address, TENANT, "/ca.pem", https, [], deployer, "a/b/c", f"http://{address}"
        )
        ready.save(tmp_path / "tenant.json")
        yield Shell(tmp_path)


def test_the_tour_preview_up_output_refresh_destroy(shell: Shell) -> None:
    shell.stack_file([thing("a", {"size": 3, "tok": "$secret.pw"})])
    preview = shell.run("preview")
    assert (preview.returncode, preview.stderr) == (0, "")
    lines = preview.stdout.splitlines()
    assert lines[0].startswith("The local engine stands in for the pulumi CLI")
    assert lines[1] == "Previewing update (dev):"
    assert " +  pulumi-python:dynamic/bc:Thing a create" in lines
    assert "    + 2 to create" in lines
    up = shell.run("up", "--yes")
    assert up.returncode == 0
    assert "Updating (dev):" in up.stdout
    assert '    + etag: "W/1"' in up.stdout
    assert "    + pw  : [secret]" in up.stdout
    assert "    + 2 created" in up.stdout
    assert shell.run("up", "--yes", "--expect-no-changes").returncode == 0
    assert shell.run("output").stdout == 'etag: "W/1"\npw  : [secret]\n'
    assert json.loads(shell.run("output", "--json").stdout) == {"etag": "W/1", "pw": "[secret]"}
    assert json.loads(shell.run("output", "--json", "--show-secrets").stdout)["pw"] == SECRET
    assert shell.run("refresh", "--preview-only", "--expect-no-changes").returncode == 0
    destroy = shell.run("destroy", "--yes", "--skip-preview")
    assert (destroy.returncode, "    - 2 deleted" in destroy.stdout) == (0, True)
    for ran in (preview, up, destroy):
        assert SECRET not in ran.stdout + ran.stderr


def test_drift_ends_a_refresh_that_expects_none_with_seven(shell: Shell) -> None:
    shell.stack_file([thing("a", {"size": 3})])
    shell.run("up", "-y", "-f")
    file = next((shell.folder / "place").glob("*.json"))
    file.write_text(json.dumps({**json.loads(file.read_text()), "size": 4}))
    looked = shell.run("refresh", "--preview-only", "--expect-no-changes", "--diff")
    assert looked.returncode == 7
    assert "no changes were expected for refresh but changes were proposed" in looked.stderr
    assert "    ~ size: 3 => 4" in looked.stdout
    shell.stack_file([thing("a", {"size": 5})])
    changed = shell.run("up", "-y", "-f", "--expect-no-changes")
    assert changed.returncode == 7  # as the CLI: it applies first
    assert "[diff: ~size]" in changed.stdout


def test_a_failure_is_one_block_of_diagnostics_and_exit_code_one(shell: Shell) -> None:
    shell.stack_file([thing("a", {"tok": "$secret.pw"})])
    (shell.folder / "place" / "a.create").write_text(f"fail POST https://bc -> 403 for {SECRET}")
    ran = shell.run("up", "-y", "-f")
    assert ran.returncode == 1
    assert "**creating failed**" in ran.stdout
    assert ran.stdout.count("error: RuntimeError: POST https://bc -> 403 for [secret]") == 1
    assert "Traceback" not in ran.stdout + ran.stderr
    assert SECRET not in ran.stdout + ran.stderr


def test_what_the_program_prints_is_shown_without_its_secrets(shell: Shell) -> None:
    shell.stack_file([], **{"raise": f"unhappy with {SECRET}"})
    ran = shell.run("preview")
    assert ran.returncode == 1
    assert "ValueError: unhappy with [secret]" in ran.stdout
    assert SECRET not in ran.stdout + ran.stderr


def test_preview_as_json_is_json_alone_in_the_clis_shape(shell: Shell) -> None:
    shell.stack_file([thing("a", {"tok": "$secret.pw", "size": 3})])
    ran = shell.run("preview", "--json")
    content = json.loads(ran.stdout)
    assert content["changeSummary"] == {"create": 2}
    assert {step["op"] for step in content["steps"]} == {"create"}
    assert content["config"]["dyn:pw"] == "[secret]"
    step = next(step for step in content["steps"] if step["urn"].endswith("::a"))
    assert (step["newState"]["inputs"]["tok"], step["newState"]["inputs"]["size"]) == ("[secret]", 3)
    assert SECRET not in ran.stdout


def test_without_yes_and_terminal_nothing_is_done(shell: Shell) -> None:
    shell.stack_file([thing("a")])
    for command in ("up", "destroy", "refresh"):
        ran = shell.run(command)
        assert ran.returncode == 1
        assert "--yes or --skip-preview must be passed in to proceed when running in non-interactive mode" in ran.stderr


def test_exit_codes_of_a_stack_that_is_not_there_and_of_a_wrong_passphrase(shell: Shell) -> None:
    shell.stack_file([])
    missing = shell.run("preview", stack="nowhere")
    assert missing.returncode == 6
    assert "no stack named 'nowhere' found" in missing.stderr
    shell.environment["PULUMI_CONFIG_PASSPHRASE"] = "wrong"
    wrong = shell.run("preview")
    assert wrong.returncode == 1
    assert "incorrect passphrase" in wrong.stderr


def test_a_locked_stack_is_refused_but_previewed(shell: Shell) -> None:
    shell.stack_file([thing("a")])
    with locked(shell.folder / "state" / ".pulumi", "dyn", "dev"):
        assert shell.run("preview").returncode == 0
        for command in ("up", "refresh", "destroy"):
            ran = shell.run(command, "-y", "-f")
            assert ran.returncode == 1
            assert "currently locked by 1 lock(s)" in ran.stderr


def test_a_stack_of_another_tenant_and_a_dead_tenant_are_refused_before_anything_runs(shell: Shell) -> None:
    shell.stack_file([thing("a")], **{"azuread:tenantId": "another"})
    ran = shell.run("up", "-y")
    assert (ran.returncode, "this stack is for the tenant another" in ran.stderr) == (1, True)
    shell.stack_file([thing("a")])
    ready = json.loads((shell.folder / "tenant.json").read_text())
    (shell.folder / "tenant.json").write_text(json.dumps({**ready, "pid": 2**22 + 1}))
    ran = shell.run("up", "-y")
    assert (ran.returncode, "does not answer" in ran.stderr) == (1, True)
    assert not (shell.folder / "state").exists()


def test_children_see_nothing_of_the_persons_environment(shell: Shell, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: envs\nruntime: python\n")
    (program / "Pulumi.dev.yaml").write_text("{}")
    (program / "__main__.py").write_text("import os, pulumi\npulumi.export('names', sorted(os.environ))\n")
    shell.environment |= {
        "ARM_USE_MSI": "true",
        "AZURE_CLIENT_CERTIFICATE_PATH": "/x",
        "PYTHONHASHSEED": "1",
        "HOME": "/h",
    }
    ran = shell.run("up", "-y", "-f", "--cwd", str(program), "--config-file", str(program / "Pulumi.dev.yaml"))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    names = set(json.loads(shell.run("output", "--json", "--cwd", str(program)).stdout)["names"])
    ready = ReadyFile.load(shell.folder / "tenant.json")
    assert names - set(ready.environment()) - {"LC_CTYPE"} == {
        "PATH",
        "HOME",
        "PULUMI_CONFIG",
        "PULUMI_CONFIG_SECRET_KEYS",
    }


@pytest.mark.parametrize("option", ["--target", "--exclude", "--replace", "--run-program", "-m"])
def test_an_option_of_the_cli_that_is_not_there_is_refused_by_name(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from rehearsal.__main__ import main

    with pytest.raises(SystemExit) as ended:
        main(["up", "-s", "dev", option, "x"])
    assert ended.value.code == 2
    assert f"error: unrecognized arguments: {option} x" in capsys.readouterr().err
