"""What is not imported, since every preview and every `up` would wait for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("module", ["components.integration", "components.companion", "clients.session"])
def test_what_signs_in_is_loaded_by_the_first_sign_in(module: str, project_folder: Path) -> None:
    """A program that declares, and a provider that compares, have no use for it."""
    script = f"import sys, {module}; print(*sorted(name.split('.')[0] for name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project_folder, capture_output=True, text=True, check=True
    )
    assert not {"azure", "msal", "jwt", "cryptography"} & set(done.stdout.split())
