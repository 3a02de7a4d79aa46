"""VaultSecret: made and put into the vault in one step, read back without its value, repaired, and taken away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dynamic_providers.vault_secret import VaultSecretProvider
from tests.support.entra import EntraApplication, graph, key_ids, make_application
from tests.support.provider_host import ProviderError, ProviderHost, Resource, refreshed, refusal
from tests.support.tenant import OURS, Tenant
from tests.support.vault_secrets import NAME, NEW, OLD, TAG, current, declared_secret, enabled, marked, tags, works
from tests.support.vaults import READER, VAULT, AdministeredVault

VALUE = "not-a-secret-of-ours"


@pytest.fixture
def host(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    return start_host(VaultSecretProvider())


def asked(tenant: Tenant) -> list[str]:
    """What our half asked, besides signing in: method and the end of the path."""
    return [
        f"{each['method']} {'versions' if each['path'].endswith('/versions') else each['path'].split('/')[-1]}"
        for each in tenant.requests(user_agent=OURS)
        if each["caller"] is not None and "/oauth2/" not in each["path"]
    ]


def test_it_is_made_works_and_lies_in_the_vault_alone(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    inputs = declared_secret(application)
    made = host.create(inputs)
    key_id = works(tenant, vault, application)
    (version,) = vault.versions(NAME)
    assert version["tags"] == tags(application, key_id)
    assert version["expires"] == datetime.fromisoformat(inputs["ends"]).timestamp()
    recorded = {key: value for key, value in made.outputs.items() if key != "__provider"}
    declared = {key: value for key, value in inputs.items() if key != "state"}
    assert recorded == {**declared, "state": "Enabled", "key_id": key_id, "version": version["version"]}
    assert made.id == f"{tenant.ready.tenantId}/{application.client_id}/{NEW}"
    (value,) = vault.values(NAME)
    assert value not in json.dumps([made.inputs, made.outputs, tenant.requests(), tenant.state()])


def test_what_it_asks_and_nothing_twice(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    made = host.create(declared_secret(application))
    look = [f"GET {application.object_id}", "GET versions"]
    assert asked(tenant) == [*look, f"GET {NAME}", "POST addPassword", f"PUT {NAME}"], (
        "the third: whether it is deleted"
    )
    tenant.clear_requests()
    assert host.read(made) == made
    assert asked(tenant) == [look[0], "GET secrets"]
    tenant.clear_requests()
    host.delete(made)
    assert asked(tenant) == [look[0], "POST removePassword", look[1], f"PATCH {made.outputs['version']}"]


def test_a_secret_that_leaked_works_no_more_although_the_vault_does_not_answer(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    before = key_ids(application, tenant)
    made = host.create(declared_secret(application))
    vault.edit("set_vault", network="firewall")
    with pytest.raises(ProviderError, match="ForbiddenByFirewall"):
        host.delete(made)
    assert key_ids(application, tenant) == before
    vault.edit("set_vault", network="open")
    host.delete(made)
    assert enabled(vault) == [], "and the next run goes on"


def test_nothing_of_it_works_after_a_delete_and_a_second_delete_or_a_gone_application_is_fine(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    before = key_ids(application, tenant)
    made = host.create(declared_secret(application))
    host.delete(made)
    assert key_ids(application, tenant) == before, "only ours"
    assert enabled(vault) == []
    host.delete(made)
    again = host.create(declared_secret(application))
    works(tenant, vault, application)
    tenant.edit("delete_application", clientId=application.client_id)
    host.delete(again)
    assert enabled(vault) == []


def test_the_newest_label_stays_the_vaults_current_version(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    """An older one that is made anew comes after the newer one; then the newer one's value is set once more."""
    old, new = (host.create(declared_secret(application, label)) for label in (OLD, NEW))
    assert current(vault) == NEW
    tenant.advance(2)
    graph(tenant, "POST", f"/applications/{application.object_id}/removePassword", {"keyId": old.outputs["key_id"]})
    live = host.read(old)
    assert live is not None
    assert live.outputs["state"] == "Removed"
    host.update(live, declared_secret(application, OLD))
    works(tenant, vault, application, OLD)
    works(tenant, vault, application, NEW)
    assert current(vault) == NEW
    assert vault.values(NAME)[-1] == vault.values(NAME)[1]
    read = host.read(new)
    assert read == new, "which is no change of it"
    host.delete(new)
    assert [each["tags"]["label"] for each in vault.versions(NAME) if each["enabled"]] == [OLD]


def test_a_secret_of_that_name_that_others_made_is_left_alone(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    vault.edit("set_vault_secret", secret=NAME, value=VALUE)
    before = key_ids(application, tenant)
    said = refusal(host, declared_secret(application))
    assert re.search(
        rf"could not put the secret '{NEW}' of application {application.client_id} into vault {VAULT}", said
    )
    assert "Give each integration a `secretName` of its own. Nothing was changed." in said
    other = make_application(tenant, "Another shop")
    foreign = {"managed-by": "x", "integration": "y"}
    vault.edit("set_vault_secret", secret=NAME, value=VALUE, tags=foreign, laterBy=1)
    assert "but of x:y" in refusal(host, declared_secret(other))
    assert vault.values(NAME) == [VALUE, VALUE]
    assert key_ids(application, tenant) == before


@pytest.mark.parametrize("is_enabled", [True, False])
def test_a_deleted_secret_is_recovered_only_where_it_is_the_integrations(
    host: ProviderHost, vault: AdministeredVault, application: EntraApplication, is_enabled: bool
) -> None:
    """Another team may have deleted it because it leaked. Key Vault hides the tags where it is disabled, but in a list."""
    for name, marked_with in (("theirs", {"managed-by": "x", "integration": "y"}), (NAME, tags(application, "1", OLD))):
        made = vault.edit("set_vault_secret", secret=name, value=VALUE, tags=marked_with)
        vault.edit("update_vault_secret", secret=name, version=made["version"], enabled=is_enabled)
        vault.edit("delete_vault_secret", secret=name)
    said = refusal(host, declared_secret(application, secret_name="theirs"))
    assert "the deleted secret theirs there is not of this integration, but of x:y" in said
    assert "Nothing was changed" in said
    assert vault.versions("theirs") == []
    host.create(declared_secret(application))
    assert [each["tags"]["label"] for each in vault.versions(NAME)] == [OLD, NEW], (
        "it is there again, and has a new one"
    )


@pytest.mark.parametrize(
    ("olds", "said"),
    [
        ({"key_vault": "another-vault"}, "lies in vault another-vault as magento"),
        ({"secret_name": "another"}, f"lies in vault {VAULT} as another"),
        (None, "lies in this stack's state"),
    ],
)
def test_another_place_under_a_label_in_use_is_refused_in_check_without_a_request(
    tenant: Tenant, host: ProviderHost, application: EntraApplication, olds: dict[str, str] | None, said: str
) -> None:
    inputs = declared_secret(application)
    azureads = {"applicationId": f"/applications/{application.object_id}", "displayName": "x", "endDate": "2030-01-01"}
    with pytest.raises(ProviderError, match=said) as refused:
        host.check(inputs, azureads if olds is None else {**inputs, **olds})
    assert "integrations.magento.credentials.secrets.issued" in str(refused.value)
    assert "another label" in str(refused.value)
    assert tenant.requests() == []
    assert host.check(inputs, inputs) == host.check(inputs)


def vault_without_a_role(vault: AdministeredVault, tenant: Tenant) -> str:
    vault.edit("revoke_vault_roles")
    return "ForbiddenByRbac.*Key Vault Secrets Officer"


def vault_that_may_only_be_read(vault: AdministeredVault, tenant: Tenant) -> str:
    vault.edit("revoke_vault_roles")
    vault.edit("grant_vault_role", role=READER)
    return "ForbiddenByRbac.*Key Vault Secrets Officer"


def vault_behind_a_firewall(vault: AdministeredVault, tenant: Tenant) -> str:
    vault.edit("set_vault", network="firewall")
    return "ForbiddenByFirewall.*Networking of the vault"


def vault_that_is_not_there(vault: AdministeredVault, tenant: Tenant) -> str:
    vault.edit("remove_vault")
    return "Check `keyVault` in the stack file|vault's name"


def vault_that_throttles(vault: AdministeredVault, tenant: Tenant) -> str:
    tenant.fault({"method": "PUT", "path": "/secrets/"}, status=400, code="BadParameter", message="no")
    return "BadParameter"


REFUSING = [
    vault_without_a_role,
    vault_that_may_only_be_read,
    vault_behind_a_firewall,
    vault_that_is_not_there,
    vault_that_throttles,
]


@pytest.mark.parametrize("refusing", REFUSING)
def test_a_vault_that_refuses_is_named_and_what_entra_made_is_taken_back(
    tenant: Tenant,
    host: ProviderHost,
    vault: AdministeredVault,
    application: EntraApplication,
    refusing: Callable[[AdministeredVault, Tenant], str],
) -> None:
    before = key_ids(application, tenant)
    said = refusing(vault, tenant)
    assert re.search(said, refusal(host, declared_secret(application)))
    assert key_ids(application, tenant) == before


def test_it_waits_until_entra_takes_the_new_secret(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    tenant.replication(2)
    made = host.create(declared_secret(application))
    refused = [
        each for each in tenant.requests(user_agent=OURS) if each["status"] == 401 and "/oauth2/" in each["path"]
    ]
    assert refused, "it was too early at first"
    assert tenant.token(application.client_id, vault.values(NAME)[0])
    assert host.read(made) is not None


def test_a_secret_that_is_never_taken_is_taken_back(
    tenant: Tenant, start_host: Callable[..., ProviderHost], vault: AdministeredVault, application: EntraApplication
) -> None:
    tenant.replication(600)
    before = key_ids(application, tenant)
    host = start_host(VaultSecretProvider(), ENTRA_BC_LONGEST_WAIT="1")
    assert "AADSTS7000215" in refusal(host, declared_secret(application))
    assert key_ids(application, tenant) == before
    assert vault.versions(NAME) == []


def test_of_a_disabled_service_principal_it_is_made_without_a_trial(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    graph(tenant, "PATCH", f"/servicePrincipals/{application.principal_id}", {"accountEnabled": False})
    host.create(declared_secret(application))
    graph(tenant, "PATCH", f"/servicePrincipals/{application.principal_id}", {"accountEnabled": True})
    works(tenant, vault, application)


def test_a_label_that_has_ended_is_told_as_one(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    said = refusal(host, declared_secret(application, ends="2020-01-01T00:00:00Z"))
    assert "this one would end 2020-01-01T00:00:00Z: if that has passed, take the label out of `issued`" in said


@pytest.mark.parametrize(
    ("restriction", "longest", "remedy"),
    [("passwordAddition", None, "for an exception for this application"), ("passwordLifetime", "P1D", "Shorten `life")],
)
def test_what_the_tenants_policy_forbids_is_told_with_its_own_remedy(
    tenant: Tenant,
    host: ProviderHost,
    vault: AdministeredVault,
    application: EntraApplication,
    restriction: str,
    longest: str | None,
    remedy: str,
) -> None:
    tenant.edit("set_app_management_policy", restrictionType=restriction, maxLifetime=longest, since=None)
    said = refusal(host, declared_secret(application))
    assert remedy in said
    assert "has ended" not in said


def test_an_end_that_is_edited_and_another_key_are_no_change(
    host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    made = host.create(declared_secret(application))
    renamed = declared_secret(application, declared_at="integrations.shop", application_tag=f"{TAG}2")
    assert not host.has_changes(made, renamed)
    assert host.has_changes(made, {**renamed, "application_object_id": "another"})


def test_a_refresh_asks_for_one_list_of_the_vault_and_one_of_applications(
    tenant: Tenant, host: ProviderHost, start_host: Callable[..., ProviderHost], vault: AdministeredVault
) -> None:
    """Three applications are asked one by one, all others share a list; versions only of what has an older label too."""

    def secrets(start: int, end: int) -> list[Resource]:
        made: list[Resource] = []
        for number in range(start, end):
            application = make_application(tenant, f"Shop {number}")
            tag = f"entra-business-central:demo:shop{number}"
            graph(tenant, "PATCH", f"/applications/{application.object_id}", {"tags": [tag]})
            for label in (OLD, NEW) if number == 0 else (NEW,):
                inputs = declared_secret(application, label, secret_name=f"shop{number}", application_tag=tag)
                made.append(host.create(inputs))
                tenant.advance(2)
        return made

    def counted(made: list[Resource]) -> tuple[int, int]:
        tenant.clear_requests()
        assert refreshed(start_host(VaultSecretProvider()), made) == made
        requests = asked(tenant)
        return len([each for each in requests if "versions" not in each]), requests.count("GET versions")

    four = secrets(0, 4)
    assert counted(four) == (5, 1), "three applications, their list, the vault's, and the versions of one secret"
    assert counted([*four, *secrets(4, 7)]) == (5, 1), "however many there are"


def found_by(host: ProviderHost, made: Resource, inputs: dict[str, Any]) -> tuple[str, Resource]:
    live = host.read(made)
    assert live is not None
    assert host.has_changes(live, inputs)
    return str(live.outputs["state"]), host.update(live, inputs)


def test_what_a_vault_says_of_a_credential_alone_does_not_have_it_removed(
    tenant: Tenant, host: ProviderHost, vault: AdministeredVault, application: EntraApplication
) -> None:
    """Whoever may write to the vault could otherwise have any credential of the application removed."""
    (theirs,) = key_ids(application, tenant)
    made = host.create(declared_secret(application))
    vault.edit("set_vault_secret", secret=NAME, value=VALUE, tags=tags(application, theirs))
    vault.edit("update_vault_secret", secret=NAME, version=made.outputs["version"], enabled=False)
    state, repaired = found_by(host, made, declared_secret(application))
    assert state == "Disabled"
    assert repaired.outputs["key_id"] == made.outputs["key_id"]
    assert theirs in key_ids(application, tenant)
    assert len(marked(tenant, application)) == 1
    host.delete(repaired)
    assert key_ids(application, tenant) == (theirs,)
