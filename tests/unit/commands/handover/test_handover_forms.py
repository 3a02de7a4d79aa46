"""`python -m commands handover`: what it takes from the outputs, and how it prints that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clients.session import Session
from commands.handover.access import Handover, handover, read
from commands.handover.command import as_environment, as_json, as_text
from commands.handover.examples import examples
from commands.stack_outputs import UNKNOWN_OUTPUT, OutputsUnusable

SECRET = "abc8Q~not-a-real-secret-not-a-real-secret-x"
TENANT, CLIENT = "6f1d0c5e-0b7a-4c1e-9a54-3f5d7c2b8e10", "a0a0a0a0-0000-4000-8000-000000000001"
API = f"https://api.businesscentral.dynamics.com/v2.0/{TENANT}/Production/api/v2.0"
MAGENTO: dict[str, Any] = {
    "tenantId": TENANT,
    "clientId": CLIENT,
    "tokenEndpoint": f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
    "scope": "https://api.businesscentral.dynamics.com/.default",
    "roles": ["API.ReadWrite.All"],
    "environments": ["Production", "container"],
    "access": {
        "Production": {"apiUrl": API, "companies": ["Bob's shop"]},
        "container": {"baseUrl": "https://bc.example/BC?tenant=default", "scope": "api://bc.example/.default"},
    },
}
WITH_SECRET = {"clientSecret": SECRET, "clientSecretExpires": "2027-03-23T00:00:00Z"}
IDENTITY = {"issuer": "https://i.example", "subject": "x", "audience": "api://a", "platform": "managedIdentity"}


def no_session() -> Session:
    raise AssertionError("the outputs have all addresses")


def made(**more: Any) -> Handover:
    text = json.dumps({"integrations": {"magento": {**MAGENTO, **more}}})
    return handover("magento", read(text, "magento"), no_session)


def everything(access: Handover) -> str:
    return "\n".join([json.dumps(as_json(access)), *as_environment(access), *as_text(access, "prod")])


def test_a_secret_in_the_outputs_is_in_nothing_that_is_printed() -> None:
    printed = everything(made(**WITH_SECRET))
    assert SECRET not in printed
    assert "until 2027-03-23T00:00:00Z: whoever runs the stack has it" in printed


def test_a_slash_before_the_query_of_a_server_s_address_is_not_doubled() -> None:
    with_slash = {"container": {"baseUrl": "https://bc.example/BC/?tenant=default"}}
    (access,) = made(environments=["container"], access=with_slash).environments
    assert access.api == "https://bc.example/BC/api/v2.0?tenant=default"


def test_a_secret_in_a_vault_is_named_by_vault_and_secret() -> None:
    place = {"keyVault": "acme-vault", "secretName": "magento", "version": "0123"}
    access = made(clientSecretIn=place)
    assert access.kinds == ["clientSecret"]
    assert "in Azure Key Vault acme-vault, secret magento, version 0123" in everything(access)
    assert as_json(access)["clientSecretIn"] == place


def test_addresses_of_companies_and_servers_are_complete() -> None:
    online, container = made(**WITH_SECRET).environments
    assert online.companies == {"Bob's shop": f"{API}/companies?$filter=name%20eq%20'Bob''s%20shop'"}
    assert container.companies_url == "https://bc.example/BC/api/v2.0/companies?tenant=default"
    assert container.scope == "api://bc.example/.default"


def test_a_file_of_variables_names_each_environment_and_leaves_the_secret_to_add() -> None:
    lines = list(as_environment(made(**WITH_SECRET)))
    assert f"AZURE_CLIENT_ID={CLIENT}" in lines
    assert "AZURE_AUTHORITY_HOST=https://login.microsoftonline.com" in lines
    assert f"BUSINESS_CENTRAL_API_PRODUCTION={API}" in lines
    assert "BUSINESS_CENTRAL_API_CONTAINER='https://bc.example/BC/api/v2.0?tenant=default'" in lines
    assert lines[-1] == "# AZURE_CLIENT_SECRET="


def test_what_needs_no_secret_comes_first_and_each_kind_has_an_example() -> None:
    other = {**IDENTITY, "platform": "github"}
    access = made(
        **WITH_SECRET,
        federatedCredentials={"mine": IDENTITY, "theirs": other},
        certificates={"AB12": {"expires": "2028-01-01T00:00:00Z"}},
    )
    kinds = ["managedIdentity", "federatedCredential", "certificate", "clientSecret"]
    assert access.kinds == kinds
    assert [each.kind for each in examples(access)] == kinds
    assert all("disable_instance_discovery" not in each.python for each in examples(access)), (
        "the public cloud is known"
    )


def test_where_people_sign_in_or_others_have_the_credential_there_is_no_example() -> None:
    people = made(roles=[], delegatedScopes=["user_impersonation"])
    assert people.kinds == ["people"]
    assert "people sign in, with a public client" in everything(people)
    vendors = made()
    assert vendors.kinds == []
    assert "this stack made no credential" in everything(vendors)
    assert examples(people) == examples(vendors) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not the outputs"),
        ("[]", "not the outputs"),
        ("{}", "not the outputs"),
        ('{"integrations": 5}', "not the outputs"),
        ('{"integrations": {"magneto": {}}}', "did you mean 'magneto'?"),
        ('{"integrations": {}}', "it has none"),
        (f'{{"integrations": {{"magento": {{"roles": "{SECRET}"}}}}}}', "lack something"),
        (json.dumps({"integrations": {"magento": {**MAGENTO, "clientId": UNKNOWN_OUTPUT}}}), "run it again"),
    ],
)
def test_what_cannot_be_used_is_said_and_quoted_nowhere(text: str, says: str) -> None:
    with pytest.raises(OutputsUnusable) as refused:
        read(text, "magento")
    assert says in str(refused.value)
    assert SECRET not in str(refused.value)
