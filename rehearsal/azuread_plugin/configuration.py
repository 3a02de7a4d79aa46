"""Where the plugin signs in, and as whom."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rehearsal.azuread_plugin import azure_cli
from rehearsal.azuread_plugin.errors import StandInError
from rehearsal.loopback import is_loopback

# Provider settings that the real schema marks as sensitive; CheckConfig answers them as secrets.
SECRET_SETTINGS = frozenset(
    {
        "clientId",
        "clientSecret",
        "clientCertificate",
        "clientCertificatePassword",
        "oidcToken",
        "oidcRequestToken",
    }
)

_ENVIRONMENT_VARIABLES = {
    "metadataHost": "ARM_METADATA_HOSTNAME",
    "tenantId": "ARM_TENANT_ID",
    "clientId": "ARM_CLIENT_ID",
    "clientSecret": "ARM_CLIENT_SECRET",
}

_ENVIRONMENTS = (  # go-azure-sdk, sdk/environments/from_name.go
    "china", "canary", "global", "public", "usgovernment", "usgovernmentl4", "dod", "usgovernmentl5",
)  # fmt: skip


@dataclass(frozen=True)
class Configuration:
    """Settings of the provider.

    Attributes:
        metadata_host: `host[:port]` of the metadata document; loopback.
        client_id: application (client) id of the caller; the Azure CLI's own where a person signs in with it.
        client_secret: its secret; "" where the Azure CLI gives the tokens, or there is a federated token.
        federated_token: what it signs in with in place of a secret; "" for none.
        ca_file: PEM file of the authorities to trust, None for the usual ones.
    """

    metadata_host: str
    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    ca_file: str | None = None
    federated_token: str = field(default="", repr=False)

    @classmethod
    def read(cls, settings: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> Configuration:
        """Take each setting from the provider's configuration, else from the environment.

        As the real plugin does: docs/reference/facts-graph.md, "Settings of the plugin".
        """
        found = {
            name: settings.get(name) or environment.get(variable, "")
            for name, variable in _ENVIRONMENT_VARIABLES.items()
        }
        if not found["metadataHost"]:
            raise StandInError(
                "this is the rehearsal's stand-in for the azuread plugin: it speaks to a rehearsal tenant only, and "
                "neither azuread:metadataHost nor ARM_METADATA_HOSTNAME says where that is. "
                "For a real tenant install the real plugin: pulumi plugin install resource azuread"
            )
        require_loopback(f"https://{found['metadataHost']}")
        _require_known_environment(settings.get("environment") or environment.get("ARM_ENVIRONMENT") or "public")
        federated_token = ""
        if not found["clientSecret"] and environment.get("ARM_USE_OIDC") == "true":
            federated_token = environment.get("ARM_OIDC_TOKEN", "")
        if federated_token and found["tenantId"] and found["clientId"]:
            pass
        elif found["tenantId"] and not found["clientSecret"] and azure_cli.may_be_used(settings, environment):
            azure_cli.require_account()
            found["clientId"] = azure_cli.CLIENT_ID
        else:
            missing = [name for name in ("tenantId", "clientId", "clientSecret") if not found[name]]
            if missing:
                raise StandInError(_no_credentials(missing))
        return cls(
            metadata_host=found["metadataHost"],
            tenant_id=found["tenantId"],
            client_id=found["clientId"],
            client_secret=found["clientSecret"],
            ca_file=environment.get("SSL_CERT_FILE") or None,
            federated_token=federated_token,
        )


def require_loopback(url: str) -> None:
    """Refuse an address beyond this machine: the stand-in shall never touch a real tenant."""
    if not is_loopback(url):
        host = urlsplit(url).hostname
        raise StandInError(
            f"this is the rehearsal's stand-in for the azuread plugin, and {host or 'an empty host'!r} is not on this "
            "machine: it never speaks to a real tenant. Install the real plugin: pulumi plugin install resource azuread"
        )


def _require_known_environment(name: str) -> None:
    """Refuse a cloud that there is not, also beside a metadata host (pulumi-azuread, preConfigureCallback)."""
    if name.lower() not in _ENVIRONMENTS:
        raise StandInError(
            f'failed to read Azure environment "{name}": no environment was found with the name "{name}"'
        )


def _no_credentials(missing: list[str]) -> str:
    # The frame is the real plugin's (pulumi-azuread, resources.go); its details depend on the Azure CLI being there.
    names = ", ".join(f"azuread:{name} or {_ENVIRONMENT_VARIABLES[name]}" for name in missing)
    return (
        "failed to load Azure credentials.\n"
        "Details: the stand-in signs in with a client secret, with ARM_OIDC_TOKEN or by the Azure CLI, and there is no "
        f"{names}\n\n"
        "\tPlease make sure you have signed in via 'az login' or configured another authentication method.\n\n"
        "\tSee https://www.pulumi.com/registry/packages/azuread/installation-configuration/ for more information"
    )
