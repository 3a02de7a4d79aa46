"""Hands this process over to the server that WARM_INTERPRETER names, if that has the imports of what it runs.

Python imports it first in every process that has this folder in PYTHONPATH:
https://docs.python.org/3/library/site.html#module-sitecustomize
"""

import os
import sys

LANGUAGE_HOST = "/language_host.py"
OURS = {"WARM_INTERPRETER", "WARM_PREFIX", "PYTHONPATH"}


def _is_known(words: list[str]) -> bool:
    """Tell whether the server has the imports of what a command line runs."""
    match words:
        case ["-m", "pulumi.dynamic" | "rehearsal.azuread_plugin", *_]:
            return True
        case [script, *_]:
            return script.endswith(("/pulumi-language-python-exec", LANGUAGE_HOST))
        case _:
            return False


def _run_elsewhere(address: str, words: list[str]) -> None:
    """Let the server run it, pass signals on, and end as it ends."""
    from _signal import SIG_DFL, SIGINT, SIGTERM, signal  # type: ignore[import-not-found] # typeshed has it not

    from protocol import exit_code, hand_over  # type: ignore[import-not-found] # beside this file

    starts_others = words[0].endswith(LANGUAGE_HOST)
    environment = {name: value for name, value in os.environ.items() if starts_others or name not in OURS}
    server = hand_over(address, words, os.getcwd(), environment, (0, 1, 2))  # noqa: PTH109
    for number in (SIGINT, SIGTERM):
        signal(number, lambda number, _: server.send(bytes([number])))
    code = exit_code(server)
    if code < 0:
        signal(-code, SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


_WORDS = [word for word in sys.orig_argv[1:] if word not in {"-s", "-u"}]
if os.environ.get("WARM_PREFIX") == sys.prefix and _is_known(_WORDS):
    _run_elsewhere(os.environ["WARM_INTERPRETER"], _WORDS)
