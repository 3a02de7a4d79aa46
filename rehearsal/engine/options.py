"""The options of the engine's commands, spelled as the pulumi CLI's; argparse refuses all others by name."""

from __future__ import annotations

import argparse


def add_options(parser: argparse.ArgumentParser, command: str) -> None:
    """Declare the options of a command."""
    parser.epilog = "What else the pulumi CLI can do, the local engine cannot."
    add = parser.add_argument
    add("-s", "--stack", required=True, help="name of the stack")
    add("-C", "--cwd", default=".", metavar="FOLDER", help="the project's folder (default: here)")
    add("--state-dir", default=".rehearsal/state", metavar="FOLDER", help="where the state lies")
    add("--non-interactive", action="store_true", help="ask nothing")
    if command == "output":
        add("-j", "--json", action="store_true", help="as JSON")
        add("--show-secrets", action="store_true", help="show secrets in clear")
        parser.set_defaults(config_file=None)
        return
    add("--ready-file", default=".rehearsal/tenant.json", metavar="FILE", help="of the running rehearsal tenant")
    add("-p", "--parallel", type=_positive, metavar="N", help="steps at once (default: four per processor)")
    add("--diff", action="store_true", help="show each property")
    add("--config-file", metavar="FILE", help="the stack file, where it is another than the stack's own")
    add("--expect-no-changes", action="store_true", help="exit code 7 if there are any")
    parser.set_defaults(json=False, continue_on_error=False, preview_only=command == "preview")
    if command == "preview":
        add("-j", "--json", action="store_true", help="as JSON")
    else:
        add("-y", "--yes", action="store_true", help="do not ask")
        add("-f", "--skip-preview", action="store_true", help="no preview before it")
    if command in ("up", "destroy"):
        add("--continue-on-error", action="store_true", help="go on with what does not depend on what failed")
    if command in ("preview", "up"):
        add("-r", "--refresh", action="store_true", help="read what is really there first")
    else:
        add("--preview-only", action="store_true", help="only show what would be done")
    if command == "refresh":
        add("--clear-pending-creates", action="store_true", help="forget creates that were interrupted")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
