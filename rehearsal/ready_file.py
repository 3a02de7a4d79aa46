"""The ready-file: how to reach a running rehearsal tenant.

The tenant writes it, the demo and the tests read it. It is also the only source of the credentials
that a rehearsed program sees, so that none of the user's own can leak into it.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Deployer:
    """The application that the program signs in with.

    Attributes:
        clientId: application (client) id, a GUID.
        clientSecret: its secret; worth nothing outside the rehearsal tenant.
        objectId: object id of its service principal, a GUID.
    """

    clientId: str  # noqa: N815 - the names of the JSON file
    clientSecret: str  # noqa: N815
    objectId: str  # noqa: N815


@dataclass(frozen=True)
class ReadyFile:
    """A running rehearsal tenant.

    Attributes:
        pid: process id of the tenant.
        origin: `https://127.0.0.1:<port>`, no trailing slash.
        metadataHost: `127.0.0.1:<port>`, as ARM_METADATA_HOSTNAME wants it.
        tenantId: the directory's id, a GUID; the same for every rehearsal tenant.
        caFile: PEM file of the certificate authority that signed the tenant's certificate.
        businessCentralUrl: base address of Business Central, no trailing slash.
        environments: names of its Business Central environments.
        deployer: the application that the program signs in with.
        companionRoute: `publisher/group/version` of the companion extension's API pages.
        controlUrl: base address of the control port, plain HTTP on 127.0.0.1, no trailing slash.
        namesProxy: address of the proxy that leads the names of vaults to the tenant, and nothing else anywhere.
    """

    pid: int
    origin: str
    metadataHost: str  # noqa: N815
    tenantId: str  # noqa: N815
    caFile: str  # noqa: N815
    businessCentralUrl: str  # noqa: N815
    environments: list[str]
    deployer: Deployer
    companionRoute: str  # noqa: N815
    controlUrl: str  # noqa: N815
    namesProxy: str  # noqa: N815

    @classmethod
    def load(cls, path: Path) -> ReadyFile:
        """Read a ready-file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is not a ready-file.
        """
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**content, "deployer": Deployer(**content["deployer"])})
        except (KeyError, TypeError, json.JSONDecodeError) as problem:
            raise ValueError(f"{path} is not the ready-file of a rehearsal tenant: {problem}") from None

    def save(self, path: Path) -> None:
        """Write the file in one step, readable by its owner only: whoever waits for it never sees half of it."""
        _write_private(path, json.dumps(asdict(self), indent=2) + "\n")

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point the program, its providers and azuread at this tenant."""
        return {
            "ARM_METADATA_HOSTNAME": self.metadataHost,
            "ARM_TENANT_ID": self.tenantId,
            "ARM_CLIENT_ID": self.deployer.clientId,
            "ARM_CLIENT_SECRET": self.deployer.clientSecret,
            "ARM_USE_CLI": "false",
            "AZURE_AUTHORITY_HOST": self.origin,
            "AZURE_TENANT_ID": self.tenantId,
            "AZURE_CLIENT_ID": self.deployer.clientId,
            "AZURE_CLIENT_SECRET": self.deployer.clientSecret,
            "BUSINESS_CENTRAL_URL": self.businessCentralUrl,
            "HTTPS_PROXY": self.namesProxy,
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": self.caFile,
            "SSL_CERT_DIR": os.devnull,  # and no other authority: each process would read the machine's hundreds
            "REQUESTS_CA_BUNDLE": self.caFile,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def save_environment(self, path: Path) -> None:
        """Write `environment()` as shell exports, readable by its owner only."""
        lines = [f"export {name}={shlex.quote(value)}" for name, value in self.environment().items()]
        _write_private(path, "\n".join(lines) + "\n")


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mkstemp creates with mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(draft).replace(path)
