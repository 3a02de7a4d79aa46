"""`python -m commands preflight`: identities that exist already, and client ids that other stacks have."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.consents import let_in
from tests.support.directory_objects import JOB_QUEUE_RUNNER
from tests.support.preflight import COMPONENT, PreflightRun, exported, run_preflight
from tests.support.provider_host import ProviderHost, refusal
from tests.support.provider_inputs import tenant_consent, vendor_consent
from tests.support.stack import MAGENTO, VENDOR
from tests.support.tenant import Tenant

EXPORT: dict[str, Any] = {
    "owner": "tenant",
    "displayName": "Nightly export",
    "roles": ["API.ReadWrite.All"],
    "permissionSets": ["D365 READ"],
    "environments": ["production"],
}
OTHER = "acme/identities/prod"
FROM_ANOTHER_STACK = {**EXPORT, "clientId": {"stack": OTHER, "output": "exportClientId"}}
WHERE = "integrations.export"


def made(tenant: Tenant, kind: str = "managed_identity") -> str:
    return str(tenant.edit(f"add_{kind}", displayName="Nightly export")["clientId"])


def looked_at(
    tenant: Tenant, folder: Path, answer: str | None, state: dict[str, Any] | None = None, **integrations: Any
) -> PreflightRun:
    """Run it with a CLI that prints these outputs of the other stack; with none, without a CLI."""
    pulumi = folder / "bin" / "pulumi"
    pulumi.parent.mkdir()
    if answer is not None:
        (folder / "answer").write_text(answer)
        asked = f"stack output --json --stack {OTHER}"
        pulumi.write_text(f'#!/bin/sh\n[ "$*" = "{asked}" ] || exit 9\necho x >> {folder}/asked\ncat {folder}/answer\n')
        pulumi.chmod(0o700)
    path = f"{pulumi.parent}:{os.environ['PATH']}" if answer is not None else str(pulumi.parent)
    environment = {**tenant.ready.environment(), "PATH": path}
    return run_preflight(tenant, folder, integrations=integrations, environment=environment, state=state)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("managed_identity", "a managed identity of this tenant, of /subscriptions/"),
        ("application", "an application of"),
    ],
)
def test_it_says_what_an_identity_is_and_whose(tenant: Tenant, tmp_path: Path, kind: str, what: str) -> None:
    client_id = made(tenant, kind)
    looked = run_preflight(tenant, tmp_path, integrations={"export": {**EXPORT, "clientId": client_id}})
    assert looked.code == 0, looked
    assert f"Nightly export ({client_id}) is {what}" in looked.only("ready", WHERE)["found"]
    assert not any("vendor" in each["found"] + each["remedy"] for each in looked.findings)


@pytest.mark.parametrize("there", [True, False], ids=["let in", "not there"])
def test_a_foreign_application_is_refused_in_the_words_of_up(
    tenant: Tenant, tmp_path: Path, consents: ProviderHost, there: bool
) -> None:
    if there:
        let_in(tenant)
    looked = run_preflight(tenant, tmp_path, integrations={"export": {**EXPORT, "clientId": JOB_QUEUE_RUNNER}})
    assert looked.code == 1
    found = looked.only("refused" if there else "missing", WHERE)
    assert found["remedy"] in refusal(consents, tenant_consent(JOB_QUEUE_RUNNER))
    assert "ask the vendor" not in found["remedy"]


@pytest.mark.parametrize("kind", ["managed_identity", "application"])
def test_an_identity_that_is_declared_as_a_vendors_is_refused_with_the_key_that_is_right(
    tenant: Tenant, tmp_path: Path, consents: ProviderHost, kind: str
) -> None:
    client_id = made(tenant, kind)
    looked = run_preflight(tenant, tmp_path, integrations={"runner": {**VENDOR, "clientId": client_id}})
    remedy = looked.only("refused", "integrations.runner")["remedy"]
    assert "`owner: tenant`" in remedy
    assert remedy in refusal(consents, vendor_consent(client_id=client_id))


def test_it_needs_no_right_to_make_applications_or_to_let_vendors_in(tenant: Tenant, tmp_path: Path) -> None:
    client_id = made(tenant)
    for role in ("Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"):
        tenant.edit("revoke_deployer", resource="graph", role=role)
    looked = run_preflight(tenant, tmp_path, integrations={"export": {**EXPORT, "clientId": client_id}})
    assert looked.code == 0, looked
    assert not any("vendor" in each["found"] for each in looked.findings)


def test_pulumi_is_asked_once_for_the_client_ids_that_another_stack_has(tenant: Tenant, tmp_path: Path) -> None:
    client_id, second = made(tenant), made(tenant, "application")
    twice = {**FROM_ANOTHER_STACK, "displayName": "Other", "clientId": {"stack": OTHER, "output": "otherClientId"}}
    outputs = json.dumps({"exportClientId": client_id.upper(), "otherClientId": second})
    looked = looked_at(tenant, tmp_path, outputs, export=FROM_ANOTHER_STACK, other=twice)
    assert looked.code == 0, looked
    assert f"({client_id}) is a managed identity of this tenant" in looked.only("ready", WHERE)["found"]
    assert f"({second}) is an application of this tenant" in looked.only("ready", "integrations.other")["found"]
    assert (tmp_path / "asked").read_text().count("x") == 1


def test_an_output_that_names_the_application_of_another_integration_is_refused(tenant: Tenant, tmp_path: Path) -> None:
    client_id = made(tenant)
    by_hand = {**EXPORT, "displayName": "Other", "clientId": client_id}
    outputs = json.dumps({"exportClientId": client_id.upper()})
    looked = looked_at(tenant, tmp_path, outputs, other=by_hand, export=FROM_ANOTHER_STACK)
    assert looked.code == 1
    found = looked.only("refused")
    assert (found["where"], found["found"]) == (
        "integrations.export",
        f"has the same clientId as integrations.other ('{client_id}'); one integration per application",
    )


@pytest.mark.parametrize(
    ("answer", "kind", "where", "said"),
    [
        ("{}", "missing", f"{WHERE}.clientId", f"there is no output exportClientId of stack {OTHER}"),
        ('{"exportClientId": "hidden-word"}', "refused", f"{WHERE}.clientId", "is not a client id"),
        ('{"exportClientId": "[secret]"}', "note", WHERE, "is a secret there"),
        ("[]", "refused", WHERE, "did not print a mapping"),
        ("hidden-word", "refused", WHERE, "did not print a mapping"),
        (None, "note", WHERE, "(The pulumi CLI is not on PATH); it is not looked at"),
    ],
    ids=["no such output", "no client id", "a secret", "a list", "no JSON", "no CLI"],
)
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "beside another"])
def test_a_client_id_that_cannot_be_had_is_told_and_the_rest_is_looked_at(
    tenant: Tenant, tmp_path: Path, answer: str | None, kind: str, where: str, said: str, alone: bool
) -> None:
    others = {} if alone else {"magento": MAGENTO}
    looked = looked_at(tenant, tmp_path, answer, export=FROM_ANOTHER_STACK, **others)
    (found,) = [each for each in looked.of(kind) if each["where"] == where]
    assert said in found["found"]
    assert "hidden-word" not in looked.output
    assert looked.code == (0 if kind == "note" else 1)
    assert looked.of("ready"), "the rest was looked at"


@pytest.mark.parametrize("answer", [None, '{"exportClientId": "[secret]"}'], ids=["no CLI", "a secret"])
def test_where_pulumi_cannot_be_asked_the_client_id_of_the_last_up_is_taken(
    tenant: Tenant, tmp_path: Path, answer: str | None
) -> None:
    client_id = made(tenant)
    state = exported(registrations=(("Production", client_id),))
    state["deployment"]["resources"].append(
        {
            "urn": COMPONENT.replace("magento", "export"),
            "type": "entra-business-central:index:Integration",
            "outputs": {"clientId": client_id.upper()},
        }
    )
    looked = looked_at(tenant, tmp_path, answer, state, export=FROM_ANOTHER_STACK)
    assert f"taken is that of the last `up`, {client_id}" in looked.only("note", WHERE)["found"]
    assert f"({client_id}) is a managed identity" in looked.only("ready", WHERE)["found"]


def test_a_stack_that_pulumi_cannot_read_is_told_in_its_words(tenant: Tenant, tmp_path: Path) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text("#!/bin/sh\necho \"error: no stack named 'acme/identities/prod' found\" >&2\nexit 6\n")
    pulumi.chmod(0o700)
    environment = {**tenant.ready.environment(), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    looked = run_preflight(tenant, tmp_path, integrations={"export": FROM_ANOTHER_STACK}, environment=environment)
    assert looked.code == 1
    found = looked.only("refused", WHERE)
    assert f"could not read output exportClientId of stack {OTHER}" in found["found"]
    assert "no stack named" in found["found"]
    assert "clientId.stack" in found["remedy"]
