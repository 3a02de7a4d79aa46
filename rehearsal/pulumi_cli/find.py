"""Finds a CLI that is on this machine: one named by hand, one on PATH, or what an earlier run put into the cache.

What is done where there is none: obtain.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.pulumi_cli.cache import Cache
from rehearsal.pulumi_cli.pin import OLDEST, number

LANGUAGE_HOST = "pulumi-language-python"
NAMED_BY = "PULUMI_CLI"


class PulumiError(Exception):
    """There is no CLI to work with; the text is a paragraph for the person who started it."""


@dataclass(frozen=True)
class PulumiCli:
    """A CLI that can be started.

    Attributes:
        executable: the file.
        version: what it says, such as `v3.274.1`.
        origin: where it comes from, in words.
        language_host: the folder of ours, where it has none of its own.
        fetched: whether it was not on this machine when it was asked for.
    """

    executable: Path
    version: str
    origin: str
    language_host: Path | None = None
    fetched: bool = False

    def path(self, environment: Mapping[str, str]) -> str:
        """Return PATH with the CLI and its language host first."""
        first = [self.executable.parent, *([self.language_host] if self.language_host else [])]
        return os.pathsep.join([*map(str, first), environment.get("PATH", "")])

    def __str__(self) -> str:
        return f"Pulumi CLI {self.version}, {self.origin}"


@dataclass
class Search:
    """A search; `passed_over` says which CLI was not used, and why.

    Args:
        environment: PATH, PULUMI_CLI, HOME and XDG_CACHE_HOME are taken from it.
        named: a CLI that is named by hand; else PULUMI_CLI.
    """

    environment: Mapping[str, str]
    named: str = ""
    passed_over: list[str] = field(default_factory=list)

    def run(self) -> PulumiCli | None:
        """Return the first CLI that can be used.

        Raises:
            PulumiError: the one that is named by hand cannot be used.
        """
        if named := self.named or self.environment.get(NAMED_BY, ""):
            return self._by_hand(named)
        return self._on_path() or self.in_cache()

    def in_cache(self) -> PulumiCli | None:
        """Return the one that an earlier run put into the cache, if its files are as they were then."""
        cache = Cache(self.environment)
        if receipt := cache.find():
            return PulumiCli(cache.executables(receipt) / "pulumi", receipt.version, receipt.origin)
        if cache.kept.exists():
            self.passed_over.append(f"{cache.bin}: its files are not as they were kept, it is made anew")
        return None

    def _by_hand(self, named: str) -> PulumiCli:
        path = shutil.which(named, path=self.environment.get("PATH", ""))
        if not path:
            raise PulumiError(f"{named} is not a program: name the Pulumi CLI itself (--pulumi, or {NAMED_BY}).")
        found = self._check(Path(path), f"named by hand, {path}", by_hand=True)
        if isinstance(found, str):
            raise PulumiError(f"The Pulumi CLI {path} (--pulumi, or {NAMED_BY}) cannot be used: {found}.")
        return found

    def _on_path(self) -> PulumiCli | None:
        path = shutil.which("pulumi", path=self.environment.get("PATH", ""))
        if not path:
            return None
        found = self._check(Path(path), f"on PATH, {path}")
        if isinstance(found, str):
            self.passed_over.append(f"{path} on PATH: {found}")
            return None
        return found

    def _check(self, executable: Path, origin: str, *, by_hand: bool = False) -> PulumiCli | str:
        """Return a CLI, or why it cannot be used: a clause."""
        command = [str(executable), "version"]
        environment = {**self.environment, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as problem:
            return f"it does not run ({problem})"
        version = run.stdout.strip()
        if not number(version):
            return "it names no version"
        if number(version) < number(OLDEST):
            return f"it is {version}, and {OLDEST} or newer is needed"
        # The CLI looks for its language host on PATH and beside itself.
        beside = str(executable.resolve().parent)
        if shutil.which(LANGUAGE_HOST, path=os.pathsep.join([self.environment.get("PATH", ""), beside])):
            return PulumiCli(executable, version, origin)
        ours = Cache(self.environment)
        if by_hand and (receipt := ours.find()):
            folder = ours.executables(receipt)
            return PulumiCli(executable, version, f"{origin}, with the language host of {folder}", folder)
        return f"{LANGUAGE_HOST}, its language host, is neither on PATH nor beside it (`make pulumi` brings one)"
