"""The vendor's release, through Pulumi's own SDK: `pulumi.automation.PulumiCommand.install`.

The SDK waits without a limit for a site that does not answer, and runs a downloaded script that does the same. So it
runs in a process of its own, and that is ended, with all it has started, when nothing arrives any more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from rehearsal.pulumi_cli.cache import Cache
from rehearsal.pulumi_cli.pin import VERSION

SITE = "https://get.pulumi.com"
PATIENCE = 10.0  # seconds without a byte
_INSTALL = """
import sys
from pulumi.automation import PulumiCommand
from semver import VersionInfo
print(PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2])).version)
"""


def install(cache: Cache, environment: Mapping[str, str], patience: float = PATIENCE) -> str:
    """Install the release into the cache.

    Args:
        cache: where it goes.
        environment: of the SDK's process; proxies and certificates of the person's are kept.
        patience: how many seconds may pass without a byte.

    Returns:
        "", or why it could not be had: a clause.
    """
    draft = cache.root / "release"
    shutil.rmtree(draft, ignore_errors=True)
    arriving = draft / "arriving"  # the SDK and the vendor's script put what they download into TMPDIR
    arriving.mkdir(parents=True)
    try:
        with (draft / "said").open("w+", encoding="utf-8") as said:
            process = psutil.Popen(
                [sys.executable, "-c", _INSTALL, str(draft), VERSION.removeprefix("v")],
                env={**environment, "TMPDIR": str(arriving), "HOME": str(draft), "PULUMI_SKIP_UPDATE_CHECK": "true"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
            try:
                silent = _watch(process, draft, patience)
            finally:
                _end(process)
            said.seek(0)
            words = said.read().split("\n")
        if silent:
            return f"{SITE} sent nothing for {patience:.0f} s"
        if process.returncode:
            reason = next((word for word in reversed(words) if word.strip()), f"exit code {process.returncode}")
            return f"the vendor's release could not be installed from {SITE} ({reason.strip()[:200]})"
        shutil.rmtree(arriving)
        cache.keep(draft, f"v{words[0].strip()}", "the vendor's release")
        return ""
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _watch(process: psutil.Popen, folder: Path, patience: float) -> bool:
    """Wait for its end; return True as soon as nothing has arrived for too long."""
    size, since = -1, time.monotonic()
    while process.poll() is None:
        if (now := _size(folder)) != size:
            size, since = now, time.monotonic()
        elif time.monotonic() - since > patience:
            return True
        time.sleep(0.1)
    return False


def _end(process: psutil.Popen) -> None:
    """Kill what still runs of it, with its children."""
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
    """Return how many bytes lie below a folder, of which files may be going at this moment."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except OSError:
                continue
    return total
