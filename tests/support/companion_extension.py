"""CompanionExtension in tests: its inputs as the component gives them, and what a tenant shows of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.app_file import COMPANION_APP_ID, write_app_file
from tests.support.provider_host import ProviderHost
from tests.support.tenant import Tenant

UPLOADS = {"adminCenter": "/apps/pteInstall$", "automation": "Microsoft.NAV.upload$"}

Declare = Callable[..., dict[str, Any]]


def declarations(folder: Path, channel: str) -> Declare:
    """Return a function that declares the extension of a file in a folder, to be installed by a channel."""

    def declare(version: str = "1.0.0.0", **changed: Any) -> dict[str, Any]:
        return {
            "environment": "Production",
            "file": changed.get("file") or str(write_app_file(folder, version)),
            "channel": channel,
            "uninstall_on_destroy": False,
            "declared_at": "companionExtension",
            **changed,
        }

    return declare


def installed(tenant: Tenant, environment: str = "Production") -> str | None:
    """The companion's version there."""
    extensions = tenant.state()["businessCentral"][environment]["extensions"]
    found = [each["version"] for each in extensions if each["id"] == COMPANION_APP_ID and each["installed"]]
    return found[0] if found else None


def uploads(tenant: Tenant) -> int:
    pattern = "|".join(UPLOADS.values())
    return sum(bool(re.search(pattern, each["path"])) for each in tenant.requests(method="POST"))


def writes(tenant: Tenant) -> list[str]:
    ours = tenant.requests(user_agent="entra-business-central/")
    return [each["path"] for each in ours if each["method"] != "GET" and "/oauth2/" not in each["path"]]


def stderr_of(host: ProviderHost) -> str:
    """End a host and return what it told."""
    host.__exit__(None, None, None)
    return host.stderr
