"""`python -m rehearsal demo`: the tour, from its options to its exit code."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rehearsal import processes
from rehearsal.control_port import ControlPort, ControlPortError
from rehearsal.demo import tenant
from rehearsal.demo.declaration import write_stack_file
from rehearsal.demo.errors import DemoError
from rehearsal.demo.folder import DemoFolder
from rehearsal.demo.narration import Narration
from rehearsal.demo.next_steps import say_how_to_explore, say_next_steps
from rehearsal.demo.pulumi import Pulumi
from rehearsal.demo.pulumi_runner import PulumiRunner
from rehearsal.demo.tour import walk_tour
from rehearsal.demo.walk import Walk
from rehearsal.pulumi_cli.command import add_choice
from rehearsal.pulumi_cli.find import PulumiCli, PulumiError
from rehearsal.pulumi_cli.obtain import obtain

if TYPE_CHECKING:
    import argparse

_INTERRUPTED = 130  # as a shell has it: 128 + SIGINT
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command understands."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--keep", action="store_true", help="leave the tenant and the stack up, to look round")
    what.add_argument("--stop", action="store_true", help="end and remove what --keep, or a killed demo, left")
    add_choice(parser)
    parser.add_argument(
        "--plugin",
        choices=("stand-in", "real"),
        default="",
        help="the azuread plugin (default: the real one, if any)",
    )
    parser.add_argument("--plain", action="store_true", help="no colours and no progress, also at a terminal")


def run(arguments: argparse.Namespace) -> int:
    """Walk the tour; return 0 if every claim holds, 1 if one does not, 130 when it was interrupted."""
    narration = Narration(plain=arguments.plain)
    folder = DemoFolder()
    try:
        with folder.locked():
            return _stop(folder) if arguments.stop else _walk(arguments, folder, narration)
    except (DemoError, PulumiError) as problem:
        narration.failed(str(problem))
    except ControlPortError as problem:
        narration.failed(f"The tour cannot go on: {problem}.")
    except BrokenPipeError:  # the reader has closed the pipe, as in `demo | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as problem:
        narration.failed(f"{problem.filename or 'The machine'}: {problem.strerror}.")
    return 1


def _stop(folder: DemoFolder) -> int:
    """End and remove what is left; say nothing where there is nothing."""
    ended = processes.end(folder.root)
    if folder.root.exists():
        folder.remove()
    if ended:
        print(f"Ended what a demo had left ({ended} process{'es' if ended > 1 else ''}).")  # noqa: T201
    return 0


def _walk(arguments: argparse.Namespace, folder: DemoFolder, narration: Narration) -> int:
    if folder.script.exists() and processes.running(folder.root):
        raise DemoError("A demo was kept, and its tenant is up; end it with `make demo ARGS=--stop`.")
    for number in _SIGNALS:  # also where it was started in the background, with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    kept = interrupted = False
    try:
        cli = obtain(os.environ, named=arguments.pulumi, fetch=not arguments.no_fetch, console=narration.console)
        processes.end(folder.root)  # of a demo that was killed
        folder.make_anew()
        _tour(Pulumi(folder, cli, arguments.plugin), folder, narration, keep=arguments.keep)
        kept = arguments.keep
    except KeyboardInterrupt:
        interrupted = True
    finally:
        if not kept:
            _end(folder)
    if interrupted:
        narration.failed("Interrupted; everything that was started has been ended.")
        return _INTERRUPTED
    if not kept:
        say_next_steps(narration, folder)
    return 0


def _tour(pulumi: Pulumi, folder: DemoFolder, narration: Narration, *, keep: bool) -> None:
    _introduce(pulumi.cli, folder, narration)
    start = time.monotonic()
    folder.passphrase_file.touch(mode=0o600)
    folder.passphrase_file.write_text(secrets.token_urlsafe(24), encoding="utf-8")
    narration.title("1. A rehearsal tenant: Entra, Microsoft Graph and Business Central on this machine")
    begun = time.monotonic()
    ready = tenant.start(folder, keep_running=keep)
    state = ControlPort(ready.controlUrl).state()
    for name, environment in state["businessCentral"].items():
        companies = ", ".join(company["name"] for company in environment["companies"])
        narration.passed(f"environment {name}, with the companies {companies}")
    narration.measured(f"{time.monotonic() - begun:.1f} s; {ready.origin}, control port {ready.controlUrl}")
    declared = write_stack_file(folder, ready.tenantId, datetime.now(UTC).date())
    runner = PulumiRunner(pulumi, folder, ready, narration)
    runner.set_up()
    walk = Walk(declared, runner, ready, folder, narration)
    walk_tour(walk, keep=keep)
    narration.title(f"Every claim holds. It took {time.monotonic() - start:.0f} s.")
    if keep:
        folder.script.touch(mode=0o700)
        folder.script.write_text(pulumi.script(ready), encoding="utf-8")
        say_how_to_explore(narration, folder, ready, walk.client_id, declared)


def _introduce(cli: PulumiCli, folder: DemoFolder, narration: Narration) -> None:
    narration.title("An outside system's access to Business Central: made, used, broken, repaired and removed")
    narration.say("Nothing real is touched: the tenant is a process on this machine, which knows no other address.")
    narration.say(
        "It needs the Pulumi CLI and the packages in .venv, no network and no account. It takes about half a minute; "
        "with the real azuread plugin, which waits for Entra, a whole one."
    )
    narration.say(
        f"State, logs and everything else that is written lie in {folder.relative(folder.root)}/ "
        f"(logs in {folder.relative(folder.logs)}/), and are replaced by the next tour."
    )
    narration.say(f"Engine: Pulumi's own. {cli}.")
    narration.say("The commands below are shown without the options that name the tour's stack and files.")


def _end(folder: DemoFolder) -> None:
    """End everything that runs, and remove what signs in to the tenant, which ends too."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C would leave what is to be ended here
    processes.end(folder.root)
    for path in (folder.passphrase_file, folder.ready_file, folder.env_file):
        path.unlink(missing_ok=True)
