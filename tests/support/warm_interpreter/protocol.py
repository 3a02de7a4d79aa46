"""What whoever starts a process and the server say to each other: a request with three streams, signals, an exit code.

A process that is handed over imports this, so it imports what Python itself is made of: `socket`, `signal` and
`json` take longer to import than Python to start.
"""

import _socket
import marshal
from array import array


def hand_over(
    address: str, words: list[str], folder: str, environment: dict[str, str], streams: tuple[int, int, int]
) -> _socket.socket:
    """Have a process forked; a byte sent on the connection is a signal for it, and its end ends the process.

    Args:
        address: the server's socket.
        words: what `python` would be given, without -u: nothing is kept back in any case.
        folder: the working directory.
        environment: the whole of its environment.
        streams: its three standard streams.
    """
    request = marshal.dumps((words, folder, environment))
    server = _socket.socket(_socket.AF_UNIX)
    server.connect(address)
    server.sendmsg([len(request).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array("i", streams))])
    server.sendall(request)
    return server


def exit_code(server: _socket.socket) -> int:
    """Wait for the end of the process, and return its exit code, that of a signal below 0."""
    answer = server.recv(4)
    return int.from_bytes(answer, "big", signed=True) if len(answer) == 4 else 1
