"""Runs the tour's commands: shows the lines worth showing, writes all of them to a log, checks the exit code."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from datetime import date
from typing import Any

from rehearsal import processes
from rehearsal.demo.errors import ClaimFailed, DemoError
from rehearsal.demo.folder import STACK, DemoFolder
from rehearsal.demo.narration import Narration
from rehearsal.demo.pulumi import Pulumi
from rehearsal.ready_file import ReadyFile

_NOISE = re.compile(
    r"^@ "  # the CLI's progress dots
    r"|\b(creating|updating|deleting|refreshing|reading)( \(0s\)|\s*$)"  # begun; another line says when it is done
    r"|^    [\w-]+:[\w/:-]+ \S+\s*(running)?\s*$"  # a resource without +, - or ~: unchanged
    r"|^The resources in the stack have been|^If you want to remove the stack"
)
_CHANGE = re.compile(r"^\s*[-+~]|^Resources:|^\s+\d+ unchanged")


class PulumiRunner:
    """Runs the commands of one tour.

    Args:
        pulumi: the CLI.
        folder: where logs go.
        ready: the tenant.
        narration: shows what they print.
    """

    def __init__(self, pulumi: Pulumi, folder: DemoFolder, ready: ReadyFile, narration: Narration) -> None:
        self._pulumi = pulumi
        self._folder = folder
        self._ready = ready
        self._environment = pulumi.environment(ready)
        self._narration = narration
        self._numbers = itertools.count(1)

    def set_up(self) -> None:
        """Create the stack.

        Raises:
            DemoError: it cannot be made.
        """
        done = self._start(self._pulumi.setup(), subprocess.PIPE, subprocess.STDOUT)
        output = done.communicate()[0]
        if done.returncode:
            raise DemoError(f"`pulumi stack init` ended with exit code {done.returncode}: {output.strip()}")

    def run(self, verb: str, *options: str, expected: int = 0, only_changes: bool = False) -> str:
        """Run a command, show what it prints, and return all of it.

        Args:
            verb: preview, up, refresh or destroy.
            options: of the verb; it never asks.
            expected: the exit code that the tour claims.
            only_changes: show the lines of what changes alone; the log has all of them.

        Raises:
            ClaimFailed: another exit code.
        """
        log_file = self._folder.logs / f"{next(self._numbers):02}-{verb}.log"
        self._narration.command(" ".join(["pulumi", verb, *options]))
        lines: list[str] = []
        with log_file.open("w", encoding="utf-8") as log, self._narration.waiting(f"{verb} is under way"):
            process = self._start(
                self._pulumi.command(verb, "--non-interactive", *options), subprocess.PIPE, subprocess.STDOUT
            )
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            for line in process.stdout:
                log.write(line)
                lines.append(line)
                if line.strip() and not _NOISE.search(line) and (not only_changes or _CHANGE.search(line)):
                    self._narration.output(line.rstrip())
            code = process.wait()
        if code != expected:
            raise ClaimFailed(
                f"`{verb}` ended with exit code {code} instead of {expected}; all it printed is in "
                f"{self._folder.relative(log_file)}."
            )
        return "".join(lines)

    def preflight(self, *, expected: int = 0) -> list[dict[str, str]]:
        """Run `python -m commands preflight` on the stack that is not deployed yet, and show what it finds.

        Args:
            expected: the exit code that the tour claims.

        Returns:
            Its findings: kind, where, found, remedy.

        Raises:
            ClaimFailed: another exit code, or something else than findings.
        """
        code, answer = self._ask("preflight", state='{"deployment": null}')
        findings: list[dict[str, str]] = answer["findings"]
        for each in findings:
            self._narration.output(f"{each['kind']}: {each['where']}: {each['found']}. {each['remedy']}".strip())
        if code != expected:
            raise ClaimFailed(f"`preflight` ended with exit code {code} instead of {expected}.")
        return findings

    def rotate(self, today: date, *, expected: int) -> dict[str, dict[str, Any]]:
        """Run `python -m commands rotate` as if it were another day, and show what it does.

        Args:
            today: the day.
            expected: the exit code that the tour claims.

        Returns:
            What it says of each integration, by its key: add, remove, notes, nextUp.

        Raises:
            ClaimFailed: another exit code, or something else than its JSON.
        """
        exporting = self._start(self._pulumi.state_command(), subprocess.PIPE, subprocess.DEVNULL)
        code, answer = self._ask("rotate", "--today", today.isoformat(), state=exporting.communicate()[0])
        for found in answer["integrations"]:
            for text in [*(each["text"] for each in found["notes"]), *found["nextUp"]]:
                self._narration.output(f"{found['key']}: {text}")
        if code != expected:
            raise ClaimFailed(f"`rotate` ended with exit code {code} instead of {expected}.")
        return {str(each["key"]): dict(each) for each in answer["integrations"]}

    def remains(self) -> list[dict[str, str]]:
        """Run `python -m commands remains` on the destroyed stack, and return what it lists.

        Raises:
            ClaimFailed: it prints something else.
        """
        _, answer = self._ask("remains")
        found: list[dict[str, str]] = answer["remains"]
        return found

    def _ask(self, command: str, *options: str, state: str | None = None) -> tuple[int, dict[str, Any]]:
        """Run a command of the product, and return exit code and JSON.

        Args:
            command: preflight, rotate or remains.
            options: of the command.
            state: the stack's state, which is piped in; None for a command that reads none.

        Raises:
            ClaimFailed: it prints something else.
        """
        self._narration.command(" ".join([f"python -m commands {command} --stack {STACK}", *options]))
        file = str(self._folder.stack_file)
        given = [] if state is None else ["--stdin"]
        process = processes.start(
            [
                *(sys.executable, "-m", "commands", command, "--stack", STACK, "--config-file", file, "--json"),
                *given,
                *options,
            ],
            processes.basic_environment() | self._ready.environment(),
            mark=self._folder.root,
            cwd=self._folder.project,
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output = process.communicate(state)[0]
        try:
            return process.returncode, dict(json.loads(output))
        except ValueError:
            raise ClaimFailed(f"`{command}` says, with exit code {process.returncode}: {output.strip()}") from None

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets in clear; nothing of it is shown or logged.

        Raises:
            ClaimFailed: there are none.
        """
        process = self._start(
            self._pulumi.command("output", "--json", "--show-secrets"), subprocess.PIPE, subprocess.DEVNULL
        )
        text = process.communicate()[0]
        try:
            return dict(json.loads(text))
        except ValueError:  # without the text: it may hold the secret
            raise ClaimFailed(f"The stack's outputs cannot be read (exit code {process.returncode}).") from None

    def decrypted_state(self) -> str:
        """Return the stack's state with its secrets in clear; nothing of it is shown or logged.

        Raises:
            ClaimFailed: it cannot be read.
        """
        command = [*self._pulumi.state_command(), "--show-secrets"]
        process = self._start(command, subprocess.PIPE, subprocess.DEVNULL)
        text = process.communicate()[0]
        if process.returncode:
            raise ClaimFailed(f"The stack's state cannot be read (exit code {process.returncode}).")
        return text

    def _start(self, command: list[str], stdout: int, stderr: int) -> subprocess.Popen[str]:
        return processes.start(
            command, self._environment, mark=self._folder.root, cwd=self._folder.project, stdout=stdout, stderr=stderr
        )
