"""The modules that import-linter cannot see, because they are no packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "module", ["settings", "stack_file", "stack_file_values", "contradictions", "validation_errors", "logical_names"]
)
def test_settings_know_nothing_of_pulumi_the_clients_or_the_rehearsal(module: str) -> None:
    script = f"import sys, {module}; print(*sorted(name.split('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    strangers = {"pulumi", "pulumi_azuread", "components", "dynamic_providers", "clients", "commands", "rehearsal"}
    assert not strangers & set(done.stdout.split())
