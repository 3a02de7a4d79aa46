"""What is not imported, since every preview and every `up` would wait for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("module", ["components.integration", "components.companion", "clients.session"])
def test_what_signs_in_is_loaded_by_the_first_sign_in(module: str, project_folder: Path) -> None:
    """A program that declares, and a provider that compares, have no use for it."""
    assert not {"azure", "msal", "jwt", "cryptography"} & loaded_with(module, project_folder)


@pytest.mark.parametrize("module", ["rehearsal.pulumi_cli.prebuild", "rehearsal.pulumi_cli.build"])
def test_what_begins_a_build_before_there_is_a_venv_needs_the_standard_library_only(
    module: str, project_folder: Path
) -> None:
    assert loaded_with(module, project_folder) <= {*sys.stdlib_module_names, "rehearsal", "__main__", "_distutils_hack"}


def loaded_with(module: str, folder: Path) -> set[str]:
    """The names of the packages that a new process has loaded after this import."""
    script = f"import sys, {module}; print(*sorted(name.split('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.split())
