"""Everything that an administrator can do by hand to a certificate that a vault makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamic_providers.vault_certificate import VaultCertificateProvider
from tests.support.drift.case import Drift, Inputs, Subject
from tests.support.drift.vault_drifts import NOT_LET_IN
from tests.support.entra import make_application
from tests.support.tenant import Tenant
from tests.support.vault_certificates import NAME, declared_certificate
from tests.support.vaults import CERTIFICATES_OFFICER, VAULT, AdministeredVault

DRIFTS = [
    Drift("disables its version", ({"do": "update_vault_certificate", "enabled": False},)),
    Drift("edits its version's tags", ({"do": "update_vault_certificate", "tags": {}},), is_drift=False),
    Drift("has another version made after it", ({"do": "create_vault_certificate"},), is_drift=False, stays=True),
    Drift("deletes the vault's certificate", ({"do": "delete_vault_certificate"},)),
    Drift(
        "deletes the vault's certificate and purges it",
        ({"do": "delete_vault_certificate"}, {"do": "purge_vault_certificate"}),
    ),
    *NOT_LET_IN,
]


def _declare(tenant: Tenant, changed: Mapping[str, Any]) -> Inputs:
    AdministeredVault(tenant, CERTIFICATES_OFFICER)
    return {**declared_certificate(make_application(tenant, "Robots")), **changed}


def _filled_in(inputs: Inputs) -> dict[str, Any]:
    return {"vault": VAULT, "certificate": NAME, "clientId": inputs["client_id"]}


def _versions(tenant: Tenant) -> list[dict[str, Any]]:
    vaults = tenant.state()["keyVault"]
    found: list[dict[str, Any]] = vaults[VAULT]["certificates"].get(NAME, []) if VAULT in vaults else []
    return [each for each in found if each["subject"].startswith("CN=robots-")]


def _is_as_declared(tenant: Tenant, _inputs: Inputs) -> bool:
    """One version of it signs."""
    return [each["enabled"] for each in _versions(tenant)] == [True]


def _is_gone(tenant: Tenant, _inputs: Inputs) -> bool:
    return not [each for each in _versions(tenant) if each["enabled"]]


CERTIFICATE = Subject(
    "A certificate in a vault",
    VaultCertificateProvider(),
    declare=_declare,
    filled_in=_filled_in,
    is_as_declared=_is_as_declared,
    is_gone=_is_gone,
    words={
        ("POST", "recover"): "recovers the certificate",
        ("PATCH", "certificates"): "enables or disables a version",
        ("POST", "create"): "has another one made",
    },
)
