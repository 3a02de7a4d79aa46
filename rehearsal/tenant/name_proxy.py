"""A proxy in place of the DNS: it leads the names of the tenant's vaults, and of the portal's API, to the tenant.

The product makes the address of a vault from its name and the cloud's suffix, `NAME.vault.azure.net`, and no
configuration of it takes another; the Azure CLI has the address of the portal's API in its code. So the rehearsal gives
its programs HTTPS_PROXY, as a company's network does, and the proxy answers CONNECT for these names. What it passes on
is TLS, which it cannot read.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from rehearsal.loopback import is_loopback

_NO_SUCH_NAME = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class NameProxy:
    """The proxy.

    Args:
        has: tells whether a host's name leads to the tenant, at this moment.
        port: the tenant's, on 127.0.0.1.
    """

    def __init__(self, has: Callable[[str], bool], port: int) -> None:
        self._has = has
        self._port = port

    async def serve(self, bound: socket.socket) -> asyncio.Server:
        """Answer on a bound socket."""
        return await asyncio.start_server(self._answer, sock=bound)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.split(" ", 2)
            host, _, port = target.rpartition(":")
            to = self._destination(method, host, int(port))
            if to is None:
                writer.write(_NO_SUCH_NAME.encode())
                await writer.drain()
            else:
                there, back = await asyncio.open_connection("127.0.0.1", to)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        writer.close()

    def _destination(self, method: str, host: str, port: int) -> int | None:
        if method != "CONNECT":
            return None
        if self._has(host) and port == 443:
            return self._port
        return port if is_loopback(host) else None


async def _pass_on(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    """Pass on what comes until one side ends."""
    with contextlib.suppress(OSError):
        while part := await source.read(65536):
            to.write(part)
            await to.drain()
    with contextlib.suppress(OSError):
        to.close()
