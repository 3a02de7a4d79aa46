"""Identities that exist already, managed ones and other teams' applications, over their whole life, through the CLI."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.consents import BOTH, held, principals
from tests.support.directory_objects import BUSINESS_CENTRAL_SCOPE, JOB_QUEUE_RUNNER
from tests.support.entra import graph
from tests.support.other_stack import NAME, publish, secret
from tests.support.registrations import registrations
from tests.support.stack import Stack
from tests.support.tenant import OURS, Tenant

EXPORT: dict[str, Any] = {
    "owner": "tenant",
    "displayName": "Nightly export",
    "roles": BOTH,
    "permissionSets": ["D365 READ"],
    "environments": ["production"],
}
FROM_ANOTHER_STACK = {"stack": NAME, "output": "exportClientId"}
REGISTERED = {"Production": ("Enabled", [("D365 READ", "")])}
REFERENCE = "pulumi:pulumi:StackReference"


def made(tenant: Tenant, kind: str = "managed_identity", name: str = "Nightly export") -> str:
    return str(tenant.edit(f"add_{kind}", displayName=name)["clientId"])


def applications(tenant: Tenant) -> list[str]:
    return [each["displayName"] for each in tenant.state()["entra"]["applications"]]


@pytest.mark.parametrize("kind", ["managed_identity", pytest.param("application", marks=pytest.mark.nightly)])
def test_an_identity_of_this_tenant_gets_consent_and_registration_and_nothing_else(
    tenant: Tenant, stack: Stack, kind: str
) -> None:
    client_id = made(tenant, kind)
    before, principal = applications(tenant), principals(tenant, client_id)
    stack.write(export={**EXPORT, "clientId": client_id})
    done = stack.up()
    assert done.code == 0, done
    assert done.changes == {"create": 5}, "stack, component, consent, registration, and why there is no proof"
    assert held(tenant, client_id) == BOTH
    assert registrations(tenant, client_id) == REGISTERED
    assert applications(tenant) == before
    assert not {"clientSecret", "clientSecretExpires"} & set(stack.outputs()["integrations"]["export"])
    tenant.clear_requests()
    assert stack.up().changes == {"unchanged": 5}
    assert tenant.requests(user_agent=OURS) == []
    assert stack.drift().code == 0
    assert stack.destroy().code == 0
    assert held(tenant, client_id) == []
    assert principals(tenant, client_id) == principal, "it stays"
    assert registrations(tenant, client_id) == {}


def test_a_foreign_application_gets_neither_consent_nor_registration(tenant: Tenant, stack: Stack) -> None:
    stack.write(export={**EXPORT, "clientId": JOB_QUEUE_RUNNER})
    refused = stack.up()
    assert refused.code != 0
    assert "integrations.export: could not grant anything to" in refused.output
    assert "Traceback" not in refused.output
    assert principals(tenant) == []
    assert registrations(tenant, JOB_QUEUE_RUNNER) == {}


def test_a_registration_that_is_there_is_taken_over_only_where_the_stack_file_says_so(
    tenant: Tenant, stack: Stack
) -> None:
    client_id = made(tenant)
    export = {**EXPORT, "clientId": client_id}
    stack.write(export=export)
    assert stack.up().code == 0
    other = Stack(stack.folder.root / "other", tenant, stack.plugin)
    other.write(export=export)
    refused = other.up()
    assert refused.code != 0
    assert "set `adopt: true`" in refused.output
    other.write(export={**export, "adopt": True})
    taken = other.up()
    assert taken.code == 0, taken
    assert registrations(tenant, client_id) == REGISTERED


def test_the_identity_of_another_team_can_use_what_it_was_given(tenant: Tenant, stack: Stack) -> None:
    application = tenant.edit("add_application", displayName="Data platform")
    client_id = application["clientId"]
    stack.write(export={**EXPORT, "clientId": client_id})
    assert stack.up().code == 0
    body = {"passwordCredential": {"displayName": "the other team's own"}}
    secret_text = graph(tenant, "POST", f"/applications/{application['id']}/addPassword", body)["secretText"]
    token = tenant.token(client_id, secret_text, BUSINESS_CENTRAL_SCOPE)
    url = f"{tenant.ready.businessCentralUrl}/v2.0/{tenant.ready.tenantId}/Production/api/v2.0/companies"
    assert tenant.get(url, token).status_code == 200
    assert stack.destroy().code == 0
    assert tenant.get(url, token).status_code == 401


def test_the_client_id_may_come_from_another_stacks_output(tenant: Tenant, stack: Stack) -> None:
    client_id = made(tenant)
    publish(stack, exportClientId=client_id.upper())
    stack.write(export={**EXPORT, "clientId": FROM_ANOTHER_STACK})
    assert stack.preview().changes == {"create": 5}
    done = stack.up()
    assert done.code == 0, done
    assert held(tenant, client_id) == BOTH
    assert registrations(tenant, client_id) == REGISTERED
    assert stack.outputs()["integrations"]["export"]["clientId"] == client_id
    (reference,) = [each for each in stack.resources() if each["type"] == REFERENCE]
    assert reference["urn"].endswith(f"entra-business-central:index:Integration${REFERENCE}::export")
    assert not {"stackTrace", "sourcePosition"} & set(reference), "paths of this machine"
    tenant.clear_requests()
    again = stack.up()
    assert "create" not in again.changes, again
    assert "update" not in again.changes, again
    assert tenant.requests(user_agent=OURS) == []
    assert stack.drift().code == 0
    publish(stack, exportClientId=client_id, another="output")
    assert stack.drift().code == 7, "Pulumi compares all outputs of the other stack"
    tenant.clear_requests()
    # What was in the output is what the state has: the same client id in the stack file changes nothing.
    stack.write(export={**EXPORT, "clientId": client_id})
    by_hand = stack.up()
    assert by_hand.code == 0, by_hand
    assert {"create", "update", "replace"}.isdisjoint(by_hand.changes), by_hand
    assert tenant.requests(user_agent=OURS) == []


def test_a_client_id_that_the_other_stack_keeps_as_a_secret_is_none_here(tenant: Tenant, stack: Stack) -> None:
    client_id = made(tenant)
    publish(stack, exportClientId=secret(client_id))
    stack.write(export={**EXPORT, "clientId": FROM_ANOTHER_STACK})
    done = stack.up()
    assert done.code == 0, done
    assert held(tenant, client_id) == BOTH
    (reference,) = [each for each in stack.resources() if each["type"] == REFERENCE]
    assert reference["outputs"]["secretOutputNames"] == ["exportClientId"]
    (consent,) = [each for each in stack.resources() if each["type"].endswith(":AdminConsent")]
    assert consent["inputs"]["client_id"] == client_id


def test_an_identity_that_the_other_stack_made_anew_takes_the_place_of_the_old_one(
    tenant: Tenant, stack: Stack
) -> None:
    first, second = made(tenant), made(tenant, name="Nightly export again")
    publish(stack, exportClientId=first)
    stack.write(export={**EXPORT, "clientId": FROM_ANOTHER_STACK})
    assert stack.up().code == 0
    publish(stack, exportClientId=second)
    done = stack.up()
    assert done.code == 0, done
    assert (held(tenant, first), registrations(tenant, first)) == ([], {})
    assert (held(tenant, second), registrations(tenant, second)) == (BOTH, REGISTERED)


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        pytest.param(
            {},
            f"integrations.export.clientId: there is no output exportClientId of stack {NAME}",
            id="no such output",
            marks=pytest.mark.nightly,
        ),
        pytest.param(
            {"exportClientId": "not a client id"},
            f"output exportClientId of stack {NAME} is not a client id",
            id="no client id",
        ),
    ],
)
def test_an_output_that_is_no_client_id_is_refused_in_words_before_anything_is_made(
    tenant: Tenant, stack: Stack, outputs: dict[str, str], said: str
) -> None:
    publish(stack, **outputs)
    stack.write(export={**EXPORT, "clientId": FROM_ANOTHER_STACK})
    for refused in (stack.preview(), stack.up()):
        assert refused.code != 0
        assert said in refused.output
        assert "Traceback" not in refused.output
        assert "not a client id" not in refused.output.replace(said, "")
    assert not [each for each in tenant.requests() if each["method"] != "GET" and "token" not in each["path"]]


def test_an_output_that_names_the_application_of_another_integration_is_refused(tenant: Tenant, stack: Stack) -> None:
    client_id = made(tenant)
    publish(stack, exportClientId=client_id.upper())
    other = {**EXPORT, "displayName": "Other", "clientId": client_id}
    stack.write(export={**EXPORT, "clientId": FROM_ANOTHER_STACK}, other=other)
    refused = stack.preview()
    assert refused.code != 0
    assert f"integrations.export: has the same clientId as integrations.other ('{client_id}')" in refused.output
    assert "Traceback" not in refused.output


def test_another_stack_that_is_not_there_is_refused_in_words(tenant: Tenant, stack: Stack) -> None:
    stack.write(export={**EXPORT, "clientId": FROM_ANOTHER_STACK})
    refused = stack.preview()
    assert refused.code != 0
    assert NAME in refused.output
    assert "Traceback" not in refused.output
