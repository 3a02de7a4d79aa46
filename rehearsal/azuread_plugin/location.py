"""Which azuread plugin to use: the real one where there is one, else the stand-in."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.azuread_plugin.provider import version

EXECUTABLE = "pulumi-resource-azuread"
_PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Plugin:
    """A plugin that can be started.

    Attributes:
        is_real: whether it is Pulumi's own.
        found: where, in words for a person.
    """

    command: list[str]
    is_real: bool
    found: str


def find_plugin(environment: Mapping[str, str]) -> Plugin:
    """Return the plugin to use.

    Pulumi's cache at the SDK's version comes first, then PATH; a wrapper that `install` wrote counts as the stand-in.

    Args:
        environment: PULUMI_HOME, HOME and PATH are taken from it, and from nowhere else.
    """
    home = environment.get("PULUMI_HOME") or (f"{environment['HOME']}/.pulumi" if "HOME" in environment else "")
    folder = _folder(Path(home) / "plugins") if home else None
    if folder is not None and not folder.with_name(f"{folder.name}.partial").exists():
        cached = folder / EXECUTABLE
        if cached.is_file() and not _is_stand_in(cached):
            return Plugin([str(cached)], is_real=True, found=f"in Pulumi's plugin cache, {folder}")
    on_path = shutil.which(EXECUTABLE, path=environment.get("PATH", ""))
    if on_path is not None and not _is_stand_in(Path(on_path)):
        return Plugin([on_path], is_real=True, found=f"on PATH, {on_path}")
    return Plugin([sys.executable, "-m", __package__], is_real=False, found="the rehearsal's stand-in")


def install(plugin_cache: Path) -> Path:
    """Write a plugin into a Pulumi home of the rehearsal, so that the real CLI starts the stand-in.

    Args:
        plugin_cache: the folder that PULUMI_HOME will name.

    Returns:
        The executable, `<plugin_cache>/plugins/resource-azuread-v<version>/pulumi-resource-azuread`. A real plugin
        that is there already stays.
    """
    executable = _folder(plugin_cache / "plugins") / EXECUTABLE
    if executable.exists() and not _is_stand_in(executable):
        return executable
    executable.parent.mkdir(parents=True, exist_ok=True)
    executable.write_text(
        "#!/bin/sh\n"
        f"{_MARK}\n"
        f'PYTHONPATH={shlex.quote(str(_PROJECT))}"${{PYTHONPATH:+:$PYTHONPATH}}"\n'
        "export PYTHONPATH\n"
        f'exec {shlex.quote(sys.executable)} -m {__package__} "$@"\n',
        encoding="utf-8",
    )
    executable.chmod(0o755)
    return executable


_MARK = "# The rehearsal's stand-in for the azuread plugin."


def _folder(plugins: Path) -> Path:
    return plugins / f"resource-azuread-v{version()}"


def _is_stand_in(executable: Path) -> bool:
    with executable.open("rb") as file:
        return _MARK.encode() in file.read(200)
