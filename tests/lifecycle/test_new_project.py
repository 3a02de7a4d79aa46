"""`pulumi new` from this repository, on the real engine: what it leaves is a project that README's next steps work in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.stack import PROJECT, Stack
from tests.support.tenant import REPOSITORY, Tenant

NOT_IN_A_CLONE = shutil.ignore_patterns(
    ".git", ".venv", ".rehearsal", "__pycache__", ".*_cache", ".hypothesis", "Pulumi.*.local.yaml"
)


def test_a_new_project_has_its_name_its_virtual_environment_and_a_stack_file_that_new_completes(
    tenant: Tenant, stack: Stack, tmp_path: Path
) -> None:
    template, project = tmp_path / "template", tmp_path / "project"
    shutil.copytree(REPOSITORY, template, ignore=NOT_IN_A_CLONE)
    # What it lists is tried in tests/rehearsal/pulumi_cli/test_language_host.py, and comes from the network.
    (template / "requirements.txt").write_text("")
    project.mkdir()
    environment = stack.environment()
    environment["PULUMI_BACKEND_URL"] = tmp_path.as_uri()  # in one that has a project of this name, `new` refuses
    environment["PATH"] = os.pathsep.join([str(REPOSITORY / ".venv" / "bin"), environment["PATH"]])

    def run(*command: str) -> str:
        done = subprocess.run(
            command, cwd=project, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    pulumi = str(stack.pulumi.cli.executable)
    said = run(
        pulumi, "new", str(template), "--yes", "--non-interactive", "--stack", "dev", "--config",
        f"azuread:tenantId={tenant.ready.tenantId}",
    )  # fmt: skip
    assert "Your new project is ready to go!" in said
    assert f"name: {PROJECT}\n" in (project / "Pulumi.yaml").read_text()
    assert (project / ".venv" / "bin" / "python").exists()
    begun = (project / "stacks" / "Pulumi.dev.yaml").read_text()
    assert tenant.ready.tenantId in begun

    options = ["--stack", "dev", "--environment", "Production", "--preset", "magento"]
    assert "stacks/Pulumi.dev.yaml is written" in run(sys.executable, "-m", "commands", "new", *options)
    assert set(begun.splitlines()) <= set((project / "stacks" / "Pulumi.dev.yaml").read_text().splitlines())
    shutil.rmtree(project / ".venv")
    (project / ".venv").symlink_to(REPOSITORY / ".venv")  # as if requirements.txt were installed
    run(sys.executable, "-m", "commands", "preflight", "--stack", "dev")
    shown = run(pulumi, "preview", "--stack", "dev", "--non-interactive", "--color", "never")
    assert "+ 8 to create" in shown, shown
