"""Hands this process over to the server that WARM_INTERPRETER names, if that has the imports of what it runs.

Python imports it first in every process that has this folder in PYTHONPATH:
https://docs.python.org/3/library/site.html#module-sitecustomize
"""

import os
import sys


def _is_known(words: list[str]) -> bool:
    """Tell whether the server has the imports of what a command line runs."""
    match [word for word in words if word != "-u"]:
        case ["-m", "pulumi.dynamic" | "rehearsal.azuread_plugin", *_]:
            return True
        case [script, *_]:
            return os.path.basename(script) == "pulumi-language-python-exec"  # noqa: PTH119 - pathlib is slow to import
        case _:
            return False


def _hand_over(address: str) -> None:
    """Let the server run it, pass signals on, and end as it ends."""
    import json
    import signal
    import socket

    environment = {name: value for name, value in os.environ.items() if name not in {"WARM_INTERPRETER", "PYTHONPATH"}}
    words = [word for word in sys.orig_argv[1:] if word != "-u"]
    request = json.dumps({"words": words, "folder": os.getcwd(), "environment": environment}).encode()  # noqa: PTH109
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: server.send(bytes([number])))
        socket.send_fds(server, [len(request).to_bytes(4, "big")], [0, 1, 2])
        server.sendall(request)
        answer = server.recv(4)
    code = int.from_bytes(answer, "big", signed=True) if len(answer) == 4 else 1
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if "WARM_INTERPRETER" in os.environ and _is_known(sys.orig_argv[1:]):
    _hand_over(os.environ["WARM_INTERPRETER"])
