"""The options of the engine's commands; what the CLI has and this does not is refused by name."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

REFUSED = (
    "--target", "-t", "--target-dependents", "--target-replace", "--exclude", "--exclude-dependents",
    "--exclude-protected", "--replace", "--plan", "--save-plan", "--policy-pack", "--policy-pack-config",
    "--run-program", "--import-pending-creates", "--skip-pending-creates", "--import-file", "--attach-debugger",
    "--continue-on-error", "--client", "--config-path", "--copilot", "--neo", "--message", "-m", "--remove",
    "--show-config", "--show-reads", "--show-replacement-steps", "--show-sames", "--show-policy-remediations",
    "--show-full-output", "--suppress-outputs", "--suppress-permalink", "--suppress-progress",
    "--suppress-stream-logs", "--secrets-provider", "--exec-kind", "--exec-agent", "--event-log", "--strict",
    "--debug", "-d", "--remote", "--color", "--profiling", "--tracing", "--verbose", "-v", "--logtostderr",
    "--logflow", "--emoji", "-e", "--disable-integrity-checking", "--memprofilerate", "--otel-traces", "--shell",
)  # fmt: skip


class _Refuse(argparse.Action):
    """Ends with one sentence."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002
        values: str | Sequence[Any] | None,  # noqa: ARG002
        option_string: str | None = None,
    ) -> None:
        parser.exit(1, f"error: {option_string}: the local engine does not do this; use the pulumi CLI.\n")


def add_options(parser: argparse.ArgumentParser, command: str) -> None:
    """Declare the options of a command."""
    add = parser.add_argument
    add("-s", "--stack", required=True, help="name of the stack")
    add("-C", "--cwd", default=".", metavar="FOLDER", help="the project's folder (default: here)")
    add("--state-dir", default=".rehearsal/state", metavar="FOLDER", help="where the state lies")
    add("--non-interactive", action="store_true", help="ask nothing")
    own = {"-s", "--stack"}
    if command == "output":
        add("name", nargs="?", help="the output to show; all where none is given")
        add("-j", "--json", action="store_true", help="as JSON")
        add("--show-secrets", action="store_true", help="show secrets in clear")
        own |= {"-j", "--json", "--show-secrets"}
    else:
        add("--ready-file", default=".rehearsal/tenant.json", metavar="FILE", help="of the running rehearsal tenant")
        _add_run_options(parser, command)
    for option in REFUSED:
        if option not in own:
            add(option, nargs="?", action=_Refuse, help=argparse.SUPPRESS)


def _add_run_options(parser: argparse.ArgumentParser, command: str) -> None:
    add = parser.add_argument
    add("-p", "--parallel", type=_positive, metavar="N", help="steps at once (default: four per processor)")
    add("--diff", action="store_true", help="show each property")
    add("-c", "--config", action="append", default=[], metavar="KEY=VALUE", help="configuration for this run")
    add("--config-file", metavar="FILE", help="the stack file, where it is another than the stack's own")
    add("--expect-no-changes", action="store_true", help="exit code 7 if there are any")
    if command == "preview":
        add("-j", "--json", action="store_true", help="as JSON")
    if command in ("preview", "up"):
        add("-r", "--refresh", action="store_true", help="read what is really there first")
    if command != "preview":
        add("-y", "--yes", action="store_true", help="do not ask")
        add("-f", "--skip-preview", action="store_true", help="no preview before it")
    if command in ("refresh", "destroy"):
        add("--preview-only", action="store_true", help="only show what would be done")
    if command == "refresh":
        add("--clear-pending-creates", action="store_true", help="forget creates that were interrupted")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
