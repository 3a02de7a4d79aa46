"""`python -m rehearsal tenant | pulumi | demo`."""

from __future__ import annotations

import argparse
import importlib
import sys

COMMANDS = {  # command -> (module that has add_arguments(parser) and run(arguments) -> exit code, one line of help)
    "tenant": ("rehearsal.tenant.command", "run the rehearsal tenant: Entra, Microsoft Graph and Business Central"),
    "pulumi": ("rehearsal.pulumi_cli.command", "find or get the Pulumi CLI, and say where it lies"),
    "demo": ("rehearsal.demo.command", "walk through all of it, narrated"),
}


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description="Rehearse on this machine alone.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    for name, (module, text) in COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        if name == chosen:  # import only what is asked for
            importlib.import_module(module).add_arguments(sub)
    parsed = parser.parse_args(arguments)
    return int(importlib.import_module(COMMANDS[parsed.command][0]).run(parsed))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] == "rehearsal":
            raise
        sys.exit(f"The package {missing.name} is not there: use .venv/bin/python (`make demo` makes it).")
