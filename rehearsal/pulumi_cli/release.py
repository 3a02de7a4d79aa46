"""Pulumi's release, through its own SDK: `pulumi.automation.PulumiCommand.install`.

The SDK waits without a limit for a site that does not answer, and runs a downloaded script that does the same. So it
runs in a process of its own, and that is ended, with all it has started, when nothing arrives any more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from rehearsal.pulumi_cli.cache import Cache
from rehearsal.pulumi_cli.pin import VERSION, number

SITE = "https://get.pulumi.com"
SILENCE_TIMEOUT = 10.0  # seconds without a byte
_INSTALL = """
import sys
from pulumi.automation import PulumiCommand
from semver import VersionInfo
print(PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2])).version)
"""


def install(cache: Cache, environment: Mapping[str, str], timeout: float = SILENCE_TIMEOUT) -> str:
    """Install the release into the cache.

    Args:
        cache: where it goes; it is locked.
        environment: of the SDK's process; the user's proxies and certificates are kept.
        timeout: how many seconds may pass without a byte.

    Returns:
        "", or why it could not be had: a clause.
    """
    folder = cache.root / "release"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder))  # another one each time: the installer of a killed run may still run
    downloads = draft / "downloads"  # the SDK and Pulumi's script put what they download into TMPDIR
    downloads.mkdir()
    try:
        with (draft / "output").open("w+", encoding="utf-8") as output:
            process = psutil.Popen(
                [sys.executable, "-c", _INSTALL, str(draft), VERSION.removeprefix("v")],
                env={**environment, "TMPDIR": str(downloads), "HOME": str(draft), "PULUMI_SKIP_UPDATE_CHECK": "true"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            try:
                timed_out = _watch(process, draft, timeout)
            finally:
                _end(process)
            output.seek(0)
            last = next((line.strip() for line in reversed(output.read().splitlines()) if line.strip()), "")
        if timed_out:
            return f"{SITE} sent nothing for {timeout:.0f} s"
        if process.returncode:
            reason = last[:200] or f"exit code {process.returncode}"
            return f"Pulumi's release could not be installed from {SITE} ({reason})"
        if number(last) != number(VERSION):
            return f"what {SITE} installed is damaged: it says {last[:200]!r} and not {VERSION}"
        shutil.rmtree(downloads)
        cache.keep(draft, VERSION, "Pulumi's release")
        return ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _watch(process: psutil.Popen, folder: Path, timeout: float) -> bool:
    """Wait until a process ends; return True as soon as its folder has not grown for too long."""
    size, since = -1, time.monotonic()
    while process.poll() is None:
        if (now := _size(folder)) != size:
            size, since = now, time.monotonic()
        elif time.monotonic() - since > timeout:
            return True
        time.sleep(0.1)
    return False


def _end(process: psutil.Popen) -> None:
    """Kill a process and its children, where they still run."""
    try:
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for each in family:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()


def _size(folder: Path) -> int:
    """Return how many bytes the files below a folder have; a file may be removed meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except OSError:
                continue
    return total
