"""Keeps a rehearsal a rehearsal: only the tenant on this machine is reached, with no credential of a person."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rehearsal.engine.errors import EngineError
from rehearsal.engine.project import Config
from rehearsal.loopback import is_loopback
from rehearsal.ready_file import ReadyFile

INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "REHEARSAL_PLUGIN_WAITS", "ENTRA_BC_TRACEBACK")
"""The variables of a person's that processes of a rehearsal get: none of them is a credential."""

_ENDPOINTS = ("baseUrl", "metadataHost")  # settings that would send the program to another place


def load_tenant(path: Path) -> ReadyFile:
    """Return the running tenant that the ready-file tells of.

    Raises:
        EngineError: there is none, it does not answer, or it is not on this machine.
    """
    try:
        ready = ReadyFile.load(path)
    except FileNotFoundError:
        raise EngineError(
            f"there is no ready-file {path}; start the rehearsal tenant with "
            f"`python -m rehearsal tenant --ready-file {path}`"
        ) from None
    except (OSError, ValueError) as problem:
        raise EngineError(f"the ready-file cannot be used: {problem}; start the rehearsal tenant anew") from None
    for address in (ready.origin, ready.metadataHost, ready.businessCentralUrl, ready.controlUrl):
        if not is_loopback(address):
            raise EngineError(
                f"{path} names {address}, which is not on this machine: the local engine only works on a rehearsal "
                "tenant here; for a real tenant use the pulumi CLI"
            )
    if not _answers(ready):
        raise EngineError(
            f"the rehearsal tenant of {path} does not answer (process {ready.pid}); start it again with "
            f"`python -m rehearsal tenant --ready-file {path}`"
        )
    return ready


def check_config(config: Config, ready: ReadyFile) -> None:
    """Hold a stack's configuration against the tenant.

    Raises:
        EngineError: it is meant for another tenant, or leads to another machine.
    """
    tenant = config.values.get("azuread:tenantId")
    if tenant and tenant.lower() != ready.tenantId.lower():
        raise EngineError(
            f"this stack is for the tenant {tenant}, and the rehearsal tenant is {ready.tenantId}: deploy it with the "
            "pulumi CLI, or rehearse a copy with azuread:tenantId changed"
        )
    for name, text in config.values.items():
        for key, address in _endpoints(name, text):
            if not is_loopback(address):
                raise EngineError(
                    f"{name} names the {key} {address}, which is not on this machine: the local engine only ever works "
                    "on a rehearsal tenant here; for a real one use the pulumi CLI"
                )


def child_environment(ready: ReadyFile, own: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of the engine's children: the tenant's, and a few harmless variables of ours."""
    return {name: own[name] for name in INHERITED if name in own} | ready.environment()


def _endpoints(name: str, text: str) -> Iterator[tuple[str, str]]:
    if name.rpartition(":")[2] in _ENDPOINTS:
        yield name.rpartition(":")[2], text
    try:
        yield from _inside(json.loads(text))
    except ValueError:
        return


def _inside(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _ENDPOINTS and isinstance(item, str):
                yield key, item
            yield from _inside(item)
    elif isinstance(value, list):
        for item in value:
            yield from _inside(item)


def _answers(ready: ReadyFile) -> bool:
    try:
        os.kill(ready.pid, 0)
        parts = urlsplit(ready.origin)
        with socket.create_connection((parts.hostname or "", parts.port or 443), timeout=5):
            return True
    except OSError:
        return False
