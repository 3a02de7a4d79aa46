"""Settings of the azuread provider that would make the two halves of an `up` two callers: refused, with what to set.

azuread signs in by the stack's configuration first, our own resources by the environment alone: so a plain refresh or
destroy, which gets the configuration of the last `up`, is the caller of today, and no credential enters the state.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from settings.messages import Problem

ALLOWED = frozenset({"tenantId", "environment", "metadataHost", "partnerId", "disableTerraformPartnerId"})
"""Settings of azuread that say where, and not who: both halves read them, or they say nothing of the caller."""

VARIABLES: Mapping[str, str] = {
    "adoPipelineServiceConnectionId": "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
    "clientCertificate": "ARM_CLIENT_CERTIFICATE",
    "clientCertificatePassword": "ARM_CLIENT_CERTIFICATE_PASSWORD",
    "clientCertificatePath": "ARM_CLIENT_CERTIFICATE_PATH",
    "clientId": "ARM_CLIENT_ID",
    "clientIdFilePath": "ARM_CLIENT_ID_FILE_PATH",
    "clientSecret": "ARM_CLIENT_SECRET",
    "clientSecretFilePath": "ARM_CLIENT_SECRET_FILE_PATH",
    "msiEndpoint": "ARM_USE_MSI=true (the endpoint is found by itself)",
    "oidcRequestToken": "ARM_OIDC_REQUEST_TOKEN",
    "oidcRequestUrl": "ARM_OIDC_REQUEST_URL",
    "oidcToken": "ARM_OIDC_TOKEN",
    "oidcTokenFilePath": "ARM_OIDC_TOKEN_FILE_PATH",
    "useAksWorkloadIdentity": "ARM_USE_OIDC=true with ARM_OIDC_TOKEN_FILE_PATH",
    "useCli": "ARM_USE_CLI",
    "useMsi": "ARM_USE_MSI",
    "useOidc": "ARM_USE_OIDC",
}
"""The other settings of azuread, with the environment variable that takes the place of each: both halves read it.

https://www.pulumi.com/registry/packages/azuread/installation-configuration/"""


def sign_in_problems(configuration: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield each setting in a stack's configuration by which azuread alone would sign in.

    Args:
        configuration: all of it, keys with their namespace, values as in the file or as Pulumi gives them to a program.
    """
    for keys, name in _settings_of_azuread(configuration):
        if name in VARIABLES:
            yield Problem(
                keys,
                "only azuread would sign in by it, and the program's own resources as another caller; remove it, and "
                f"set the environment variable {VARIABLES[name]}",
            )


def _settings_of_azuread(configuration: Mapping[str, Any]) -> Iterator[tuple[list[str | int], str]]:
    """Yield the keys that lead to each setting of azuread, and its name.

    They are `azuread:name`, or `azuread:config:name`, which Pulumi takes for the same; and what `pulumi:providers` says
    of azuread.
    """
    for key, said in configuration.items():
        namespace, _, rest = key.partition(":")
        name = rest.removeprefix("config:")
        if namespace == "azuread":
            yield [key], name
        elif namespace == "pulumi" and name.startswith("providers"):
            for path, inner in _below(said):
                if "azuread" in f"{key}:{':'.join(path)}":
                    yield [key, *path], inner


def _below(said: Any) -> Iterator[tuple[list[str], str]]:
    """Yield the keys to each entry of nested mappings, and its last key; a text may be a mapping in JSON."""
    if isinstance(said, str) and said.lstrip().startswith("{"):
        try:
            said = json.loads(said)
        except (ValueError, RecursionError):
            return
    if isinstance(said, Mapping):
        for key, value in said.items():
            yield [str(key)], str(key).rpartition(":")[2]
            yield from (([str(key), *path], name) for path, name in _below(value))
