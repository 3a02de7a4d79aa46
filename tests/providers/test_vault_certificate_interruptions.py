"""A fault at, and a kill at, each request of a certificate in a vault; then the same again: one signs, none is left over."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from dynamic_providers.vault_certificate import VaultCertificateProvider
from tests.support.entra import EntraApplication
from tests.support.interruptions import attempt, killed
from tests.support.provider_host import ProviderHost
from tests.support.tenant import OURS, Tenant
from tests.support.vault_certificates import declared_certificate, enabled
from tests.support.vaults import AdministeredVault

INTERRUPTED = {"userAgent": OURS, "path": "certificates/"}
"""Every request to the vault."""


@pytest.fixture
def host(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    return start_host(VaultCertificateProvider())


def test_create(
    tenant: Tenant,
    host: ProviderHost,
    certificate_vault: AdministeredVault,
    application: EntraApplication,
    fault: dict[str, object],
) -> None:
    for number in count():
        name = f"robots{number}"
        inputs = declared_certificate(application, certificate_name=name)
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(host, "create", inputs)
        if not ordered.hits:
            break
        tenant.clear_faults()
        made = host.create(inputs)
        assert [each["version"] for each in certificate_vault.certificates(name)] == [made.outputs["version"]]
        assert len(enabled(certificate_vault, name=name)) == 1
        assert host.read(made) == made
    assert number >= 7, (
        "whether one is being made, what there is, whether it is deleted, made, there, which, what it is"
    )


def test_delete_and_repair(
    tenant: Tenant,
    host: ProviderHost,
    certificate_vault: AdministeredVault,
    application: EntraApplication,
    fault: dict[str, object],
) -> None:
    """It is deleted by hand, recovered, and then taken out."""
    for number in count():
        name = f"robots{number}"
        inputs = declared_certificate(application, certificate_name=name)
        made = host.create(inputs)
        certificate_vault.edit("delete_vault_certificate", certificate=name)
        live = host.read(made)
        assert live is not None
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(host, "update", live, inputs)
        hits = ordered.hits
        tenant.clear_faults()
        repaired = host.update(live, inputs)
        assert repaired == made, "with the same key"
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(host, "delete", repaired)
        if not hits + ordered.hits:
            break
        tenant.clear_faults()
        host.delete(repaired)
        assert enabled(certificate_vault, name=name) == []
    assert number >= 6


def test_killed_while_it_is_made(
    tenant: Tenant,
    start_host: Callable[..., ProviderHost],
    certificate_vault: AdministeredVault,
    application: EntraApplication,
    when: str,
) -> None:
    for number in count():
        name = f"robots{number}"
        inputs = declared_certificate(application, certificate_name=name)
        if not killed(tenant, start_host, VaultCertificateProvider(), INTERRUPTED, number, when, "create", inputs):
            break
        made = start_host(VaultCertificateProvider()).create(inputs)
        assert [each["version"] for each in certificate_vault.certificates(name)] == [made.outputs["version"]]
    assert number >= 7
