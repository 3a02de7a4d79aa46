"""What whoever starts a process and the server say to each other: a request with three streams, signals, an exit code."""

import json
import socket


def hand_over(
    address: str, words: list[str], folder: str, environment: dict[str, str], streams: tuple[int, int, int]
) -> socket.socket:
    """Have a process forked; a byte sent on the connection is a signal for it, and its end ends the process.

    Args:
        address: the server's socket.
        words: what `python` would be given, without -u: nothing is kept back in any case.
        folder: the working directory.
        environment: the whole of its environment.
        streams: its three standard streams.
    """
    request = json.dumps({"words": words, "folder": folder, "environment": environment}).encode()
    server = socket.socket(socket.AF_UNIX)
    server.connect(address)
    socket.send_fds(server, [len(request).to_bytes(4, "big")], streams)
    server.sendall(request)
    return server


def exit_code(server: socket.socket) -> int:
    """Wait for the end of the process, and return its exit code, that of a signal below 0."""
    answer = server.recv(4)
    return int.from_bytes(answer, "big", signed=True) if len(answer) == 4 else 1
