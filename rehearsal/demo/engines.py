"""The two engines that can walk the tour, behind the same verbs: the pulumi CLI, and the one that stands in for it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from rehearsal.demo.errors import DemoError
from rehearsal.demo.folder import STACK, DemoFolder
from rehearsal.demo.processes import MARK
from rehearsal.engine.safety import INHERITED
from rehearsal.ready_file import ReadyFile

HOW_TO_GET_THE_CLI = "https://www.pulumi.com/docs/install/"
VERBS: tuple[str, ...] = ("preview", "up", "refresh", "destroy", "output")


def basic_environment() -> dict[str, str]:
    """Return the few variables of the person's that a process of the tour gets: none of them is a credential."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


class Engine(ABC):
    """An engine, set to the tour's folder.

    Args:
        folder: where everything lies.

    Attributes:
        name: for people.
        prefix: how its command lines begin.
        verbs: what the script of a kept tour offers.
    """

    name: str
    prefix: tuple[str, ...]
    verbs = VERBS

    def __init__(self, folder: DemoFolder) -> None:
        self._folder = folder

    @abstractmethod
    def command(self, verb: str, *options: str) -> list[str]:
        """Return the command line of a verb (one of VERBS); options are the same for both engines."""

    @abstractmethod
    def state_command(self) -> list[str]:
        """Return the command line that prints the stack's state, secrets encrypted."""

    @abstractmethod
    def environment(self, ready: ReadyFile) -> dict[str, str]:
        """Return the whole of its environment."""

    def setup(self) -> list[list[str]]:
        """Get its folders ready, and return the commands that are then to be run once.

        Raises:
            DemoError: something is missing.
        """
        return []

    def script(self, ready: ReadyFile) -> str:
        """Return a shell script that runs one verb with the same settings: `engine up --yes`.

        It offers the product's own commands too, with what they read of the stack piped in, as their pages say.
        """
        environment = self.environment(ready).items()
        commands = {"preflight": self.state_command(), "prove": self.command("output", "--json", "--show-secrets")}
        offered = " ".join([*self.verbs, *commands])
        return "\n".join(
            [
                "#!/bin/sh",
                "# One command on the kept demo, such as `engine preview`, with nothing of the caller's environment.",
                '[ -n "$EMPTIED" ] || exec env -i EMPTIED=yes "TERM=$TERM" /bin/sh "$0" "$@"',
                f"cd {shlex.quote(str(self._folder.project))} || exit 1",
                *(f"export {name}={shlex.quote(value)}" for name, value in environment),
                # Written down and marked like the tour's own processes, so that `--stop` finds what still runs.
                f"export {MARK}={shlex.quote(str(self._folder.root))}",
                f"cut -d' ' -f6 /proc/$$/stat >> {shlex.quote(str(self._folder.processes))} 2>/dev/null",
                'verb="$1"; [ $# -gt 0 ] && shift',
                'case "$verb" in',
                *(f'  {verb}) exec {shlex.join(self.command(verb))} "$@" ;;' for verb in self.verbs),
                *(f"  {name}) {self._piped(name, source)} ;;" for name, source in commands.items()),
                f'  *) echo "one of: {offered}" >&2; exit 2 ;;',
                "esac",
                "",
            ]
        )

    def _piped(self, name: str, source: list[str]) -> str:
        """Return shell code that gives a command of the product what the engine knows, signed in as the deployer."""
        file = str(self._folder.stack_file)
        command = [sys.executable, "-m", "commands", name, "--stack", STACK, "--config-file", file, "--stdin"]
        return f'. {shlex.quote(str(self._folder.env_file))}; {shlex.join(source)} | {shlex.join(command)} "$@"'


class LocalEngine(Engine):
    """`python -m rehearsal preview | up | ...`: the engine of `rehearsal/engine`."""

    name = "the local engine"
    prefix = ("python", "-m", "rehearsal")

    def command(self, verb: str, *options: str) -> list[str]:
        """Return the command line of a verb."""
        places = ["--stack", STACK, "--state-dir", str(self._folder.state)]
        if verb != "output":
            places += ["--ready-file", str(self._folder.ready_file), "--config-file", str(self._folder.stack_file)]
        return [sys.executable, "-m", "rehearsal", verb, *places, *options]

    def state_command(self) -> list[str]:
        """Return the command line that prints the stack's state."""
        return ["cat", str(self._folder.state / ".pulumi" / "stacks" / self._folder.project_name / f"{STACK}.json")]

    def environment(self, ready: ReadyFile) -> dict[str, str]:
        """Return its environment; it builds that of its children from the ready-file itself."""
        del ready
        return basic_environment() | {"PULUMI_CONFIG_PASSPHRASE_FILE": str(self._folder.passphrase_file)}


class PulumiCli(Engine):
    """The pulumi CLI with a file backend, and a PULUMI_HOME of its own, so that it writes to the tour's folder only.

    Args:
        folder: where everything lies.
        executable: the CLI.
    """

    name = "the pulumi CLI"
    prefix = ("pulumi",)
    verbs = (*VERBS, "cancel")  # a killed run leaves a lock

    def __init__(self, folder: DemoFolder, executable: Path) -> None:
        super().__init__(folder)
        self._executable = executable

    def command(self, verb: str, *options: str) -> list[str]:
        """Return the command line of a verb."""
        common = ["--stack", STACK, "--color", "never"]
        if verb == "output":
            return [str(self._executable), "stack", "output", *common, *options]
        if verb == "cancel":
            return [str(self._executable), "cancel", *common, "--yes", *options]
        files = ["--config-file", str(self._folder.stack_file)]
        return [str(self._executable), verb, *common, *files, "--suppress-progress", *options]

    def state_command(self) -> list[str]:
        """Return the command line that prints the stack's state."""
        return [str(self._executable), "stack", "export", "--stack", STACK]

    def environment(self, ready: ReadyFile) -> dict[str, str]:
        """Return its environment, which its children inherit."""
        return (
            basic_environment()
            | ready.environment()
            | {
                "PULUMI_BACKEND_URL": self._folder.state.as_uri(),
                "PULUMI_HOME": str(self._folder.pulumi_home),
                "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._folder.passphrase_file),
                "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
            }
        )

    def setup(self) -> list[list[str]]:
        """Put the azuread plugin into the tour's Pulumi home, and return the command that makes the stack."""
        from rehearsal.azuread_plugin import location  # it brings Pulumi's SDK with it, which takes its time

        if not (self._folder.project / ".venv").exists():
            # Without it the CLI would make one itself, outside of .rehearsal/ (contracts/pulumi-measured.md 12).
            raise DemoError("The pulumi CLI wants the project's .venv, and there is none: run `make demo`.")
        plugin = location.find_plugin(os.environ)
        executable = location.install(self._folder.pulumi_home)
        if plugin.is_real:
            executable.unlink()
            executable.symlink_to(plugin.command[0])
        # `stack init` writes its salt beside the Pulumi.yaml that it finds, so it finds one in the tour's folder.
        name = self._folder.project_name
        (self._folder.root / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n", encoding="utf-8")
        root = str(self._folder.root)
        return [[str(self._executable), "stack", "init", "--stack", STACK, "--cwd", root, "--non-interactive"]]


def choose(wanted: str, folder: DemoFolder, environment: Mapping[str, str]) -> Engine:
    """Return the engine.

    Args:
        wanted: `pulumi`, `local`, or `auto` for the CLI where it is.
        folder: where everything lies.
        environment: PATH is taken from it.

    Raises:
        DemoError: the CLI is wanted and not there.
    """
    if wanted == "local":
        return LocalEngine(folder)
    path = environment.get("PATH", "")
    executable = shutil.which("pulumi", path=path)
    if executable is not None:
        # The CLI looks for its language host on PATH and beside itself.
        beside = str(Path(executable).resolve().parent)
        if shutil.which("pulumi-language-python", path=os.pathsep.join([path, beside])):
            return PulumiCli(folder, Path(executable))
    if wanted == "pulumi":
        missing = "the pulumi CLI is" if executable is None else "the CLI's language host pulumi-language-python is"
        raise DemoError(f"{missing[0].upper()}{missing[1:]} not on PATH; to get it: {HOW_TO_GET_THE_CLI}")
    return LocalEngine(folder)
