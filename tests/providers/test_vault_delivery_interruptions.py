"""A fault at, and a kill at, each request of a copy in a vault and of its end; then the same again: nothing is lost or left."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from dynamic_providers.vault_delivery import VaultDeliveryProvider, VaultRetirementProvider
from tests.support.interruptions import attempt, killed
from tests.support.provider_host import ProviderHost
from tests.support.tenant import OURS, Tenant
from tests.support.vault_deliveries import SECRET, delivery, enabled, place
from tests.support.vaults import AdministeredVault

INTERRUPTED = {"userAgent": OURS, "path": "secrets/"}
"""Each request to a vault."""


def test_create_interrupted(
    tenant: Tenant, vault: AdministeredVault, deliveries: ProviderHost, fault: dict[str, Any]
) -> None:
    for number in count():
        inputs = delivery(secret_name=f"shop{number}")
        ordered = tenant.fault(skip=number, **fault)
        attempt(deliveries, "create", inputs)
        hits = ordered.hits
        tenant.clear_faults()
        if not hits:
            break
        made = deliveries.create(inputs)
        (version,) = vault.versions(f"shop{number}")
        assert (version["version"], version["enabled"]) == (made.outputs["version"], True)
        refreshed = deliveries.read(made)
        assert refreshed is not None
        assert not deliveries.has_changes(refreshed, inputs)
    assert number >= 2, "list, set"


def test_update_interrupted(
    tenant: Tenant, vault: AdministeredVault, deliveries: ProviderHost, fault: dict[str, Any]
) -> None:
    """Another secret under the same label, as azuread makes where somebody removed the first."""
    for number in count():
        inputs = delivery(secret_name=f"shop{number}")
        made = deliveries.create(inputs)
        again = {**inputs, "key_id": "another", "client_secret": f"another-{SECRET[8:]}"}
        ordered = tenant.fault(skip=number, **fault)
        attempt(deliveries, "update", made, again)
        hits = ordered.hits
        tenant.clear_faults()
        if not hits:
            break
        deliveries.update(made, again)
        versions = vault.versions(f"shop{number}")
        assert [(each["tags"]["key-id"], each["enabled"]) for each in versions] == [
            (inputs["key_id"], False),
            ("another", True),
        ]
    assert number >= 3, "list, set, disable what was before"


def test_the_end_of_a_label_interrupted(
    tenant: Tenant, vault: AdministeredVault, deliveries: ProviderHost, retirements: ProviderHost, fault: dict[str, Any]
) -> None:
    for number in count():
        name = f"shop{number}"
        begun = retirements.create(place(secret_name=name))
        mark = begun.outputs["mark"]
        deliveries.create(delivery("2025-12-01", secret_name=name))
        tenant.advance(1)
        deliveries.create(delivery(secret_name=name, mark=mark))
        tenant.advance(1)
        vault.edit("set_vault_secret", secret=name, value="of somebody")
        vault.edit("update_vault_secret", secret=name, tags={"by": "somebody"})
        ordered = tenant.fault(skip=number, **fault)
        attempt(retirements, "delete", begun)
        hits = ordered.hits
        tenant.clear_faults()
        if not hits:
            break
        retirements.delete(begun)
        assert enabled(vault, name) == ["2025-12-01", ""]
    assert number >= 2, "list, disable"


def test_the_end_of_the_newest_label_makes_the_one_before_the_current_one_again(
    tenant: Tenant, vault: AdministeredVault, deliveries: ProviderHost, retirements: ProviderHost, fault: dict[str, Any]
) -> None:
    """After a leak, say: whoever reads the current version must not get one that is disabled."""
    for number in count():
        name = f"shop{number}"
        old, leaked = (retirements.create(place(label, secret_name=name)) for label in ("2026-01-01", "2026-02-01"))
        for each in (old, leaked):
            label, mark = each.inputs["label"], each.outputs["mark"]
            deliveries.create(delivery(label, secret_name=name, mark=mark))
            tenant.advance(1)
        ordered = tenant.fault(skip=number, **fault)
        went_well = attempt(retirements, "delete", leaked)
        hits = ordered.hits
        tenant.clear_faults()
        if not hits:
            break
        if went_well:
            assert vault.versions(name)[-1]["tags"]["label"] == "2026-01-01", (
                "what is asked again is not taken for done"
            )
        retirements.delete(leaked)
        assert vault.values(name)[-1] == delivery("2026-01-01")["client_secret"]
        assert set(enabled(vault, name)) == {"2026-01-01"}
        retirements.delete(old)
        assert enabled(vault, name) == []
    assert number >= 4, "list, read, set, disable"


def test_killed_while_it_is_copied(
    tenant: Tenant,
    start_host: Callable[..., ProviderHost],
    vault: AdministeredVault,
    deliveries: ProviderHost,
    when: str,
) -> None:
    for number in count():
        inputs = delivery(secret_name=f"shop{number}")
        if not killed(tenant, start_host, VaultDeliveryProvider(), INTERRUPTED, number, when, "create", inputs):
            break
        made = deliveries.create(inputs)
        (version,) = vault.versions(f"shop{number}")
        assert (version["version"], version["enabled"]) == (made.outputs["version"], True)
        assert vault.values(f"shop{number}") == [inputs["client_secret"]]
    assert number >= 2, "list, set"


def test_killed_while_it_is_copied_again(
    tenant: Tenant,
    start_host: Callable[..., ProviderHost],
    vault: AdministeredVault,
    deliveries: ProviderHost,
    when: str,
) -> None:
    for number in count():
        inputs = delivery(secret_name=f"shop{number}")
        made = deliveries.create(inputs)
        again = {**inputs, "key_id": "another", "client_secret": f"another-{SECRET[8:]}"}
        if not killed(tenant, start_host, VaultDeliveryProvider(), INTERRUPTED, number, when, "update", made, again):
            break
        deliveries.update(made, again)
        versions = vault.versions(f"shop{number}")
        assert [(each["tags"]["key-id"], each["enabled"]) for each in versions] == [
            (inputs["key_id"], False),
            ("another", True),
        ]
    assert number >= 3, "list, set, disable what was before"


def test_killed_while_the_newest_label_ends(
    tenant: Tenant,
    start_host: Callable[..., ProviderHost],
    vault: AdministeredVault,
    deliveries: ProviderHost,
    retirements: ProviderHost,
    when: str,
) -> None:
    for number in count():
        name = f"shop{number}"
        old, leaked = (retirements.create(place(label, secret_name=name)) for label in ("2026-01-01", "2026-02-01"))
        for each in (old, leaked):
            label, mark = each.inputs["label"], each.outputs["mark"]
            deliveries.create(delivery(label, secret_name=name, mark=mark))
            tenant.advance(1)
        if not killed(tenant, start_host, VaultRetirementProvider(), INTERRUPTED, number, when, "delete", leaked):
            break
        retirements.delete(leaked)
        assert vault.values(name)[-1] == delivery("2026-01-01")["client_secret"]
        assert set(enabled(vault, name)) == {"2026-01-01"}
    assert number >= 4, "list, read, set, disable"
