"""Where plugins come from: the SDK's own dynamic host, and the azuread plugin that the rehearsal finds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import empty_pb2

from rehearsal.engine.errors import EngineError, Unsupported
from rehearsal.engine.plugin import Plugin, Recorder
from rehearsal.engine.processes import Launcher

DYNAMIC = "pulumi-python"
AZUREAD = "azuread"
_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class PluginSource:
    """How plugins are started.

    Attributes:
        launcher: starts their processes.
        environment: the whole environment of a child, before what each plugin adds.
        cwd: the project's folder.
        find_azuread: returns the azuread plugin's command line.
        on_output: called with (package, line) for what a plugin prints.
        recorder: called after each RPC, for tests.
    """

    launcher: Launcher
    environment: Mapping[str, str]
    cwd: Path
    find_azuread: Callable[[], list[str]]
    on_output: Callable[[str, str], None]
    recorder: Recorder | None = None

    def start(self, package: str, version: str, extra: Mapping[str, str]) -> Plugin:
        """Start the plugin of a package.

        Args:
            package: the package.
            version: what the SDK asks for; empty where any will do.
            extra: what its environment has beside the common part.

        Raises:
            EngineError: there is none for it, it does not start, or it has another version.
        """
        if package == DYNAMIC:
            # `-u -m`: the same command line as the CLI's; the interpreter is the engine's own
            command = [sys.executable, "-u", "-m", "pulumi.dynamic"]
        elif package == AZUREAD:
            command = self.find_azuread()
        else:
            raise Unsupported(f"a resource or function of the package `{package}`")

        def on_output(line: str) -> None:
            self.on_output(package, line)

        environment = {**self.environment, **extra}
        cwd = self.cwd if package == DYNAMIC else _REPOSITORY  # from where the stand-in can be imported
        plugin = Plugin(package, command, self.launcher, environment, cwd, on_output, self.recorder)
        found = plugin.call("GetPluginInfo", empty_pb2.Empty()).version.removeprefix("v")
        if version and version != found:
            plugin.stop()
            raise EngineError(f"the program's SDK wants the {package} plugin {version}, and the one here is {found}")
        return plugin
