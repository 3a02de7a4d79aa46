"""The Pulumi CLI, set to a rehearsal's folder: its command lines, and the whole of its environment."""

from __future__ import annotations

import os
import shlex
import sys

from rehearsal.demo.errors import DemoError
from rehearsal.demo.folder import STACK, DemoFolder
from rehearsal.processes import MARK, basic_environment
from rehearsal.pulumi_cli.find import PulumiCli
from rehearsal.ready_file import ReadyFile

VERBS = ("preview", "up", "refresh", "destroy", "import", "output", "cancel")
"""What the script of a kept tour offers; a killed run leaves a lock, which `cancel` takes away."""


class Pulumi:
    """The CLI with a file backend, and its own PULUMI_HOME, so that it writes to the rehearsal's folder only.

    Args:
        folder: where everything lies.
        cli: the CLI.
        plugin: which azuread plugin: "real", "stand-in", or "" for the real one where there is one.
    """

    def __init__(self, folder: DemoFolder, cli: PulumiCli, plugin: str = "") -> None:
        self._folder = folder
        self._plugin = plugin
        self.cli = cli

    def command(self, verb: str, *options: str) -> list[str]:
        """Return the command line of a verb (one of VERBS, or `config`)."""
        common = ["--stack", STACK, "--color", "never"]
        if verb == "output":
            return [str(self.cli.executable), "stack", "output", *common, *options]
        if verb == "cancel":
            return [str(self.cli.executable), "cancel", *common, "--yes", *options]
        files = ["--config-file", str(self._folder.stack_file)]
        if verb == "config":
            return [str(self.cli.executable), verb, *common, *files, *options]
        return [str(self.cli.executable), verb, *common, *files, "--suppress-progress", *options]

    def state_command(self) -> list[str]:
        """Return the command line that prints the stack's state, secrets encrypted."""
        return [str(self.cli.executable), "stack", "export", "--stack", STACK]

    def environment(self, ready: ReadyFile) -> dict[str, str]:
        """Return its environment, which its children inherit."""
        own = basic_environment()
        return (
            own
            | ready.environment()
            | {
                "PATH": self.cli.path(own),
                "PULUMI_BACKEND_URL": self._folder.state.as_uri(),
                "PULUMI_HOME": str(self._folder.pulumi_home),
                "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._folder.passphrase_file),
                "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
            }
        )

    def setup(self) -> list[str]:
        """Put the azuread plugin into the rehearsal's Pulumi home, and return the command that makes the stack.

        Raises:
            DemoError: something is missing.
        """
        from rehearsal.azuread_plugin import location  # here, since it imports Pulumi's SDK, which is slow

        if not (self._folder.project / ".venv").exists():
            # Without it the CLI would make one itself, outside of .rehearsal/, with packages from the network:
            # docs/reference/facts-pulumi.md, "A missing virtual environment".
            raise DemoError("The Pulumi CLI wants the project's .venv, and there is none: run `make demo`.")
        plugin = None if self._plugin == "stand-in" else location.find_plugin(os.environ)
        if self._plugin == "real" and not (plugin and plugin.is_real):
            raise DemoError("The real azuread plugin is neither on PATH nor in Pulumi's plugin cache.")
        executable = location.install(self._folder.pulumi_home)
        if plugin and plugin.is_real:
            executable.unlink()
            executable.symlink_to(plugin.command[0])
        # `stack init` writes its salt beside the Pulumi.yaml, which is why the rehearsal's folder gets one.
        name = self._folder.project_name
        (self._folder.root / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n", encoding="utf-8")
        root = str(self._folder.root)
        return [str(self.cli.executable), "stack", "init", "--stack", STACK, "--cwd", root, "--non-interactive"]

    def script(self, ready: ReadyFile) -> str:
        """Return a shell script that runs one verb with the same settings: `pulumi up --yes`.

        It offers the product's own commands too, with what they read of the stack piped in, as their pages say.
        """
        commands = {"preflight": self.state_command(), "prove": self.command("output", "--json", "--show-secrets")}
        offered = " ".join([*VERBS, *commands])
        return "\n".join(
            [
                "#!/bin/sh",
                "# One command on the kept demo, such as `pulumi preview`, with nothing of the caller's environment.",
                '[ -n "$EMPTIED" ] || exec env -i EMPTIED=yes "TERM=$TERM" /bin/sh "$0" "$@"',
                f"cd {shlex.quote(str(self._folder.project))} || exit 1",
                *(f"export {name}={shlex.quote(value)}" for name, value in self.environment(ready).items()),
                f"export {MARK}={shlex.quote(str(self._folder.root))}",  # so that `--stop` finds what still runs
                'verb="$1"; [ $# -gt 0 ] && shift',
                'case "$verb" in',
                *(f'  {verb}) exec {shlex.join(self.command(verb))} "$@" ;;' for verb in VERBS),
                *(f"  {name}) {self._piped(name, source)} ;;" for name, source in commands.items()),
                f'  *) echo "one of: {offered}" >&2; exit 2 ;;',
                "esac",
                "",
            ]
        )

    def _piped(self, name: str, source: list[str]) -> str:
        """Return shell code that gives a command of the product what Pulumi knows, signed in as the deployer."""
        file = str(self._folder.stack_file)
        command = [sys.executable, "-m", "commands", name, "--stack", STACK, "--config-file", file, "--stdin"]
        return f'. {shlex.quote(str(self._folder.env_file))}; {shlex.join(source)} | {shlex.join(command)} "$@"'
