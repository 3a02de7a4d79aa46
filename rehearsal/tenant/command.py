"""`python -m rehearsal tenant`: run the rehearsal tenant until a signal ends it."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from rehearsal.ready_file import Deployer, ReadyFile
from rehearsal.tenant.asgi import TenantApp
from rehearsal.tenant.business_central import companion
from rehearsal.tenant.control import control_app
from rehearsal.tenant.directory.seed import DEPLOYER_CLIENT_ID, DEPLOYER_OBJECT_ID, TENANT_ID
from rehearsal.tenant.name_proxy import NameProxy
from rehearsal.tenant.server import HOST, listen, make_certificates, serve
from rehearsal.tenant.tenant import Tenant

DEFAULT_READY_FILE = Path(".rehearsal/tenant.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command understands."""
    parser.add_argument("--port", type=int, default=0, metavar="P", help="TLS port; 0 (default) takes a free one")
    parser.add_argument(
        "--ready-file",
        type=Path,
        default=DEFAULT_READY_FILE,
        metavar="F",
        help="where to say, as JSON, how to reach the tenant, once it can be reached (default: %(default)s)",
    )
    parser.add_argument("--env-file", type=Path, metavar="F", help="where to say the same as shell exports")
    parser.add_argument("--die-with", type=int, metavar="PID", help="end when this process ends")


def run(arguments: argparse.Namespace) -> int:
    """Run the tenant; return 0 when a signal ended it, 1 when it could not start."""
    try:
        services_socket, control_socket, proxy_socket = listen(arguments.port), listen(0), listen(0)
    except OSError as problem:
        print(f"The rehearsal tenant cannot listen on {HOST}: {os.strerror(problem.errno or 0)}.", file=sys.stderr)  # noqa: T201
        return 1
    ready_file: Path = arguments.ready_file.absolute()
    authority_file = ready_file.with_name(f"{ready_file.stem}-ca.pem")
    port = services_socket.getsockname()[1]
    tenant = Tenant(f"https://{HOST}:{port}")
    context, authority = make_certificates()
    ready = ReadyFile(
        pid=os.getpid(),
        origin=tenant.origin,
        metadataHost=f"{HOST}:{port}",
        tenantId=TENANT_ID,
        caFile=str(authority_file),
        businessCentralUrl=tenant.business_central_url,
        environments=list(tenant.snapshot()["businessCentral"]),
        deployer=Deployer(DEPLOYER_CLIENT_ID, tenant.deployer_secret, DEPLOYER_OBJECT_ID),
        companionRoute=companion.ROUTE,
        controlUrl=f"http://{HOST}:{control_socket.getsockname()[1]}",
        namesProxy=f"http://{HOST}:{proxy_socket.getsockname()[1]}",
    )
    written = [ready_file, authority_file, *([arguments.env_file.absolute()] if arguments.env_file else [])]

    def announce() -> None:
        authority_file.parent.mkdir(parents=True, exist_ok=True)
        authority_file.write_bytes(authority)
        if arguments.env_file:
            ready.save_environment(arguments.env_file)
        ready.save(ready_file)  # last, since a process that waits for it then reads the others
        print(f"rehearsal tenant at {ready.origin}, control port {ready.controlUrl}", file=sys.stderr)  # noqa: T201

    try:
        asyncio.run(
            serve(
                (TenantApp(tenant), services_socket, context),
                (control_app(tenant), control_socket),
                (NameProxy(tenant.has_host, port), proxy_socket),
                on_ready=announce,
                die_with=arguments.die_with,
            )
        )
    finally:
        _remove(ready_file, written)
    return 0


def _remove(ready_file: Path, written: list[Path]) -> None:
    """Remove what this process wrote, unless another tenant has written it anew since."""
    try:
        if ReadyFile.load(ready_file).pid != os.getpid():
            return
    except (OSError, ValueError):
        return
    for path in written:
        path.unlink(missing_ok=True)
