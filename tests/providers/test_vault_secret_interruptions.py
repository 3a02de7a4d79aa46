"""A fault at, and a kill at, each request of a secret in custody; then the same again: one works, and none is left over."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from dynamic_providers.vault_secret import VaultSecretProvider
from tests.support.entra import EntraApplication, key_ids, make_application
from tests.support.interruptions import attempt, killed
from tests.support.provider_host import ProviderHost, Resource
from tests.support.tenant import OURS, Tenant
from tests.support.vault_secrets import NAME, NEW, OLD, declared_secret, enabled, marked, works
from tests.support.vaults import AdministeredVault

INTERRUPTED = {"userAgent": OURS, "path": "/v1.0/|secrets/|/oauth2/"}
"""Every request but those for addresses: Graph's, the vault's, and for tokens, with the new secret too."""


@pytest.fixture
def host(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    return start_host(VaultSecretProvider())


def test_create(tenant: Tenant, host: ProviderHost, vault: AdministeredVault, fault: dict[str, object]) -> None:
    for number in count():
        application = make_application(tenant, f"Shop {number}")
        inputs = declared_secret(application, secret_name=f"{NAME}{number}")
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(host, "create", inputs)
        if not ordered.hits:
            break
        tenant.clear_faults()
        made = host.create(inputs)
        assert works(tenant, vault, application, name=f"{NAME}{number}") == made.outputs["key_id"]
        assert host.read(made) == made
    assert number >= 6, "what there is, whether it is deleted, a secret, a token with it, its version"


def test_delete(tenant: Tenant, host: ProviderHost, vault: AdministeredVault, fault: dict[str, object]) -> None:
    for number in count():
        application = make_application(tenant, f"Shop {number}")
        before = key_ids(application, tenant)
        made = host.create(declared_secret(application, secret_name=f"{NAME}{number}"))
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(host, "delete", made)
        if not ordered.hits:
            break
        tenant.clear_faults()
        host.delete(made)
        assert key_ids(application, tenant) == before
        assert enabled(vault, name=f"{NAME}{number}") == []
    assert number >= 4, "what there is, removed, disabled"


def test_repair(tenant: Tenant, host: ProviderHost, vault: AdministeredVault, when: str) -> None:
    """Its credential was removed by hand, and a newer label is there: another one is made, and the newer one set again."""
    for number in count():
        name = f"{NAME}{number}"
        application = make_application(tenant, f"Shop {number}")
        inputs = declared_secret(application, OLD, secret_name=name)
        made = host.create(inputs)
        host.create(declared_secret(application, NEW, secret_name=name))
        tenant.edit("remove_password", clientId=application.client_id, keyId=made.outputs["key_id"])
        live = host.read(made)
        assert live is not None
        ordered = tenant.fault(INTERRUPTED, action="drop", skip=number, when=when)
        attempt(host, "update", live, inputs)
        if not ordered.hits:
            break
        tenant.clear_faults()
        repaired = host.update(live, inputs)
        assert works(tenant, vault, application, OLD, name=name) == repaired.outputs["key_id"]
        works(tenant, vault, application, NEW, name=name)
        assert vault.versions(name)[-1]["tags"]["label"] == NEW
        assert host.read(repaired) == repaired
    assert number >= 8


def test_killed_while_it_is_made(
    tenant: Tenant, start_host: Callable[..., ProviderHost], vault: AdministeredVault, when: str
) -> None:
    for number in count():
        application = make_application(tenant, f"Shop {number}")
        inputs = declared_secret(application, secret_name=f"{NAME}{number}")
        if not killed(tenant, start_host, VaultSecretProvider(), INTERRUPTED, number, when, "create", inputs):
            break
        left = marked(tenant, application)
        made = start_host(VaultSecretProvider()).create(inputs)
        assert works(tenant, vault, application, name=f"{NAME}{number}") == made.outputs["key_id"]
        assert set(left) <= {made.outputs["key_id"]} or not set(left) & set(key_ids(application, tenant)), "or removed"
    assert number >= 6


def test_a_credential_that_entra_does_not_list_yet_is_waited_for_and_adopted(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    """As after a kill: the vault has it, nothing is recorded, and Entra's list is late."""
    made = host.create(declared_secret(application))
    late = f'{{"id": "{application.object_id}", "passwordCredentials": []}}'
    fault = tenant.fault(
        {"method": "GET", "path": f"/applications/{application.object_id}$", "userAgent": OURS},
        action="raw", status=200, body=late, headers={"Content-Type": "application/json"}, times=2,
    )  # fmt: skip
    again = host.create(declared_secret(application))
    assert fault.hits == 2
    assert again.outputs == made.outputs
    works(tenant, vault, application)


def test_killed_while_it_is_taken_away(
    tenant: Tenant, start_host: Callable[..., ProviderHost], host: ProviderHost, vault: AdministeredVault, when: str
) -> None:
    for number in count():
        application = make_application(tenant, f"Shop {number}")
        before = key_ids(application, tenant)
        made: Resource = host.create(declared_secret(application, secret_name=f"{NAME}{number}"))
        if not killed(tenant, start_host, VaultSecretProvider(), INTERRUPTED, number, when, "delete", made):
            break
        start_host(VaultSecretProvider()).delete(made)
        assert key_ids(application, tenant) == before
        assert enabled(vault, name=f"{NAME}{number}") == []
    assert number >= 4
