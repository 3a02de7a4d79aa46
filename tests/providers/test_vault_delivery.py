"""VaultDelivery and VaultRetirement against the tenant's vaults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.provider_host import ProviderError, ProviderHost, refusal
from tests.support.tenant import Tenant
from tests.support.vault_deliveries import delivery, enabled, place
from tests.support.vaults import READER, AdministeredVault


def test_a_secret_is_copied_with_its_end_and_its_marks_and_recorded_without_its_value(
    tenant: Tenant, vault: AdministeredVault, deliveries: ProviderHost
) -> None:
    inputs = delivery()
    made = deliveries.create(inputs)
    (version,) = vault.versions("shop")
    assert vault.values("shop") == [inputs["client_secret"]]
    assert version == {
        "version": made.outputs["version"],
        "enabled": True,
        "expires": 1798761600,
        "contentType": "client secret of Entra",
        "tags": {
            "managed-by": "entra-business-central", "stack": "demo", "integration": "magento",
            "client-id": inputs["client_id"], "label": "2026-01-01", "key-id": inputs["key_id"], "mark": inputs["mark"],
        },
    }  # fmt: skip
    assert "client_secret" not in made.outputs
    assert inputs["client_secret"] not in str(made.outputs)
    assert [each["method"] for each in vault.requests()] == ["GET", "GET", "PUT"], "versions, a deleted one, set"
    assert not deliveries.has_changes(made, inputs)
    tenant.clear_requests()
    read = deliveries.read(made)
    assert read is not None
    assert dict(read.outputs) == dict(made.outputs)
    assert [each["path"] for each in vault.requests()] == ["/secrets"], "one list for all copies in the vault"


def test_a_delivery_that_was_killed_after_the_answer_is_adopted(
    vault: AdministeredVault, deliveries: ProviderHost
) -> None:
    first = deliveries.create(delivery())
    assert deliveries.create(delivery()).outputs["version"] == first.outputs["version"]
    assert len(vault.versions("shop")) == 1


def test_labels_that_are_ended_at_once_are_all_disabled(
    tenant: Tenant, vault: AdministeredVault, deliveries: ProviderHost, retirements: ProviderHost
) -> None:
    begun = [retirements.create(place(f"2026-0{month}-01")) for month in range(1, 5)]
    for each in begun:
        deliveries.create(delivery(each.inputs["label"], mark=each.outputs["mark"]))
        tenant.advance(1)
    tenant.latency(0.05)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(retirements.delete, begun))
    assert enabled(vault) == []


def test_a_vault_without_a_place_is_refused_before_there_is_a_secret(
    tenant: Tenant, vault: AdministeredVault, deliveries: ProviderHost, retirements: ProviderHost
) -> None:
    deliveries.create(delivery("2026-02-01"))
    assert "a later label than '2026-02-01'" in refusal(retirements, place("2026-01-01"))
    assert "a later label than '2026-02-01'" in refusal(deliveries, delivery("2026-01-01"))
    vault.edit("delete_vault_secret", secret="shop")
    assert "az keyvault secret recover" in refusal(retirements, place("2026-03-01"))
    assert "az keyvault secret recover" in refusal(deliveries, delivery("2026-03-01"))
    vault.edit("set_vault", network="firewall")
    assert "Networking of the vault" in refusal(retirements, place("2026-03-01"))
    assert "where there is no nosuch.vault.azure.net" in refusal(retirements, place(key_vault="nosuch"))
    assert not [each for each in tenant.requests(method="PUT") if each["status"] == 200][1:]


def test_a_vault_that_may_only_be_read_is_told_at_the_first_write(
    tenant: Tenant, deliveries: ProviderHost, retirements: ProviderHost, vault: AdministeredVault
) -> None:
    vault.edit("revoke_vault_roles")
    assert "Key Vault Secrets Officer" in refusal(retirements, place())
    vault.edit("grant_vault_role", role=READER)
    retirements.create(place())
    said = refusal(deliveries, delivery())
    assert "setSecret" in said
    assert "Key Vault Secrets Officer" in said
    assert delivery()["client_secret"] not in said


def test_nothing_is_copied_that_was_not_made_or_not_proven(vault: AdministeredVault, deliveries: ProviderHost) -> None:
    """Pulumi leaves out what a failed resource did not give."""
    made = {"mark", "client_secret", "key_id", "expires"}
    said = refusal(deliveries, {name: value for name, value in delivery().items() if name not in made})
    assert "could not create VaultDelivery: what it needs was not made: mark, key_id, expires, client_secret" in said
    inputs = delivery()
    del inputs["proven"]
    assert "could not copy the secret '2026-01-01' to shop in vault integrations" in refusal(deliveries, inputs)
    assert vault.requests() == []


@pytest.mark.parametrize("changed", [{"key_vault": "others"}, {"secret_name": "other"}])
def test_a_label_in_use_stays_where_it_is(
    deliveries: ProviderHost, retirements: ProviderHost, changed: dict[str, str]
) -> None:
    for host, inputs in ((deliveries, delivery()), (retirements, place())):
        made = host.create(inputs)
        with pytest.raises(ProviderError, match="a label stays where it is"):
            host.diff(made, {**inputs, **changed})
        in_capitals = {**inputs, "key_vault": "Integrations", "secret_name": "SHOP"}
        assert not host.has_changes(made, in_capitals), "case does not count"


def test_the_end_of_a_label_knows_the_others_of_an_application_that_was_made_anew(
    tenant: Tenant, vault: AdministeredVault, deliveries: ProviderHost, retirements: ProviderHost
) -> None:
    """Where the newest ends, the one before is the current one again, also then."""
    anew = {"client_id": "0a000000-0000-4000-8000-000000000002"}
    ends = []
    for label in ("2026-01-01", "2026-02-01"):
        begun = retirements.create(place(label))
        mark = begun.outputs["mark"]
        made = deliveries.create(delivery(label, mark=mark))
        assert retirements.has_changes(begun, place(label, **anew))
        tenant.clear_requests()
        updated = retirements.update(begun, place(label, **anew))
        assert vault.requests() == []
        assert updated.outputs["mark"] == mark
        assert not retirements.has_changes(updated, place(label, **anew))
        deliveries.update(made, delivery(label, mark=mark, key_id=f"another of {label}", **anew))
        ends.append(updated)
        tenant.advance(1)
    retirements.delete(ends[1])
    assert vault.versions("shop")[-1]["tags"]["label"] == "2026-01-01"
    assert set(enabled(vault)) == {"2026-01-01"}


def test_a_renamed_stack_or_integration_is_no_change(deliveries: ProviderHost, retirements: ProviderHost) -> None:
    for host, inputs in ((deliveries, delivery()), (retirements, place())):
        made = host.create(inputs)
        renamed = {**inputs, "stack": "prod", "integration": "shop", "declared_at": "integrations.shop"}
        assert not host.has_changes(made, renamed)
