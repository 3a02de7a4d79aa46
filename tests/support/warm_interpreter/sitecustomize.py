"""Hands this process over to the server that WARM_INTERPRETER names, if that has the imports of what it runs.

Python imports it first in every process that has this folder in PYTHONPATH:
https://docs.python.org/3/library/site.html#module-sitecustomize
"""

import os
import sys


def _is_known(words: list[str]) -> bool:
    """Tell whether the server has the imports of what a command line runs."""
    match words:
        case ["-m", "pulumi.dynamic" | "rehearsal.azuread_plugin", *_]:
            return True
        case [script, *_]:
            return os.path.basename(script) == "pulumi-language-python-exec"  # noqa: PTH119 - pathlib is slow to import
        case _:
            return False


def _run_elsewhere(address: str, words: list[str]) -> None:
    """Let the server run it, pass signals on, and end as it ends."""
    import signal

    from protocol import exit_code, hand_over  # type: ignore[import-not-found] # beside this file

    environment = {name: value for name, value in os.environ.items() if name not in {"WARM_INTERPRETER", "PYTHONPATH"}}
    server = hand_over(address, words, os.getcwd(), environment, (0, 1, 2))  # noqa: PTH109
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: server.send(bytes([number])))
    code = exit_code(server)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


_WORDS = [word for word in sys.orig_argv[1:] if word != "-u"]
if "WARM_INTERPRETER" in os.environ and _is_known(_WORDS):
    _run_elsewhere(os.environ["WARM_INTERPRETER"], _WORDS)
