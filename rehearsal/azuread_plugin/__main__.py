"""`python -m rehearsal.azuread_plugin <engine-address>`: what an engine starts as `pulumi-resource-azuread`."""

from __future__ import annotations

from rehearsal.azuread_plugin.process import exit_on_interrupt, serve
from rehearsal.azuread_plugin.provider import AzureadProvider


def main() -> None:
    """Serve until told to stop. The engine's address, the one argument, is not needed."""
    exit_on_interrupt()
    server, port = serve(AzureadProvider())
    print(port, flush=True)  # the first line of the output is the port (contracts/engine.md 3.1)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
