"""`python -m commands preflight`: what interrupted runs left in Entra and in the state, and the way out of each."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.directory_objects import JOB_QUEUE_RUNNER
from tests.support.entra import EntraApplication, graph, key_ids, make_application, tag
from tests.support.preflight import COMPONENT, exported, run_preflight
from tests.support.stack import MAGENTO
from tests.support.tenant import Tenant

EVIL = "https://evil.example/"


def test_an_application_that_no_state_knows_is_found_by_its_tag_with_both_ways_out(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    tenant.edit("rename_application", clientId=application.client_id, displayName="TERRAFORM_UPDATE_0b1ec7")
    looked = run_preflight(tenant, tmp_path, state=exported())
    assert looked.code == 0, "azuread does not see it by its name and makes a second one"
    found = looked.only("leftover")
    assert "TERRAFORM_UPDATE_0b1ec7" in found["found"]
    assert "with 1 secret(s)" in found["found"]
    assert f"`az ad app delete --id {application.object_id}`" in found["remedy"]
    assert (
        f"`pulumi import azuread:index/application:Application magento /applications/{application.object_id} --parent "
        f"component={COMPONENT} --generate-code=false --protect=false --stack demo`"
    ) in found["remedy"]
    before_the_import = found["remedy"].partition("`pulumi import")[0]
    assert "Whoever may register applications can set a tag, and this one is owned by " in before_the_import


def test_an_application_whose_owners_cannot_be_read_is_left_over_all_the_same(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    tenant.fault({"path": "/owners$"}, action="status", status=403, code="denied", message="no")
    found = run_preflight(tenant, tmp_path, state=exported()).only("leftover")
    assert "who owns this one is not known (could not list the owners of" in found["remedy"]


def test_an_application_that_is_left_over_with_its_name_is_in_the_way(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    """azuread refuses to make a second one of that name."""
    tag(application, tenant)
    looked = run_preflight(tenant, tmp_path, state=exported())
    assert looked.code == 1
    assert looked.only("leftover")["stopsUp"]


def test_where_the_state_is_empty_nothing_is_to_be_removed_before_the_state_was_looked_for(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    """Signed in to another backend, every application of a stack in use looks left over."""
    tag(application, tenant)
    found = run_preflight(tenant, tmp_path, state={"version": 3, "deployment": None}).only("leftover")
    assert "The state that was looked at is empty." in found["remedy"]
    assert "another backend" in found["remedy"].partition("az ad app delete")[0]


@pytest.mark.parametrize("owner", ["nobody", "other"])
def test_an_application_of_that_name_is_found_before_azuread_refuses_a_second(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, owner: str
) -> None:
    """As Business Central's own wizards leave them."""
    if owner == "other":
        tag(application, tenant, "entra-business-central:other:shop")
    found = run_preflight(tenant, tmp_path).only("refused")
    assert found["where"] == "integrations.magento"
    assert application.client_id in found["found"]
    assert ("stack other's" if owner == "other" else "somebody else's") in found["found"]
    assert "another `displayName`" in found["remedy"]
    assert "az ad" not in found["remedy"]


def test_a_service_principal_that_the_state_has_under_another_key_is_not_left_over(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    state = exported(application, secrets=key_ids(application, tenant))
    for each in state["deployment"]["resources"]:
        if "servicePrincipal" in each["type"]:
            each["urn"] = each["urn"].replace("::magento", "::shop")
    assert run_preflight(tenant, tmp_path, state=state).of("leftover") == []


def test_a_second_application_of_one_integration_can_only_be_removed(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    known = application._replace(object_id="a0a0a0a0-0000-4000-8000-000000000009", client_id=JOB_QUEUE_RUNNER)
    gone, second = run_preflight(tenant, tmp_path, state=exported(known, principal=True)).of("leftover")
    assert "az ad app delete" in second["remedy"]
    assert "pulumi import" not in second["remedy"]
    assert known.client_id in gone["found"]


def test_an_application_that_the_state_has_and_entra_has_not_is_in_the_way(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    """azuread fails to delete and to change it, and `up` would wait for it in vain."""
    tag(application, tenant)
    state = exported(application, secrets=key_ids(application, tenant))
    tenant.edit("delete_application", clientId=application.client_id)
    looked = run_preflight(tenant, tmp_path, state=state)
    assert looked.code == 1
    found = looked.only("leftover")
    assert (
        f"application {application.client_id} (integration magento) is in the state and not in Entra" in found["found"]
    )
    assert found["remedy"].startswith("`pulumi refresh --yes --stack demo`")


TAG = "entra-business-central:demo:magento"
CHANGED_TAGS = {
    "removed": [],
    "and another stack's": ["entra-business-central:aaa:x", TAG],
    "another's": ["a", f"{TAG}2"],
}


@pytest.mark.parametrize("tags", CHANGED_TAGS.values(), ids=list(CHANGED_TAGS))
def test_an_application_whose_tag_somebody_changed_is_not_taken_for_gone_and_is_looked_at_all_the_same(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, tags: list[str]
) -> None:
    graph(tenant, "PATCH", f"/applications/{application.object_id}", {"tags": tags, "web": {"redirectUris": [EVIL]}})
    state = exported(application, secrets=key_ids(application, tenant))
    looked = run_preflight(tenant, tmp_path, state=state)
    assert (looked.code, looked.of("leftover")) == (0, [])
    tag_note, address_note = sorted((each["found"] for each in looked.of("note")), key=lambda found: EVIL in found)
    listed = ", ".join(each for each in tags if ":" in each) or "none"
    assert f"is to have the tag {TAG}, and has {listed}: somebody changed its tags, or the stack" in tag_note
    assert f"that no stack file names: {EVIL}" in address_note
    (added,) = run_preflight(tenant, tmp_path, state=exported(application)).of("leftover")
    assert f"secret 'x' ({key_ids(application, tenant)[0]})" in added["found"]


def test_applications_without_their_tag_take_one_request_more_for_all_of_them(tenant: Tenant, tmp_path: Path) -> None:
    made = {f"shop{number}": make_application(tenant, f"Shop {number}") for number in range(3)}
    state = exported()
    for key, each in made.items():
        state["deployment"]["resources"] += [
            {**resource, "urn": resource["urn"].replace("::magento", f"::{key}")}
            for resource in exported(each, secrets=key_ids(each, tenant))["deployment"]["resources"]
        ]
    integrations = {key: {**MAGENTO, "displayName": key.title()} for key in made}

    def asked() -> int:
        tenant.clear_requests()
        run_preflight(tenant, tmp_path, integrations=integrations, state=state)
        return len(tenant.requests())

    without = asked()
    for key, each in made.items():
        tag(each, tenant, f"entra-business-central:demo:{key}")
    assert asked() == without - 1


def test_a_second_tag_does_not_make_what_no_state_knows_another_stacks(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    graph(tenant, "PATCH", f"/applications/{application.object_id}", {"tags": CHANGED_TAGS["and another stack's"]})
    found = run_preflight(tenant, tmp_path, state=exported()).only("leftover")
    assert "integration magento of stack demo" in found["found"]


def test_an_application_of_another_stack_is_none_of_ours(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant, "entra-business-central:demonstration:magento")
    assert run_preflight(tenant, tmp_path).of("leftover") == []


def test_a_secret_that_no_state_knows_is_found_with_the_command_that_removes_it(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    (key_id,) = key_ids(application, tenant)
    assert run_preflight(tenant, tmp_path, state=exported(application, secrets=(key_id,))).of("leftover") == []
    looked = run_preflight(tenant, tmp_path, state=exported(application))
    assert looked.code == 0, "it ends by itself, and `up` does not mind it"
    found = looked.only("leftover")
    assert not found["stopsUp"]
    assert f"az ad app credential delete --id {application.client_id} --key-id {key_id}" in found["remedy"]


def test_a_service_principal_that_no_state_knows_is_found_with_the_command_that_removes_it(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    state = exported(application, principal=False, secrets=key_ids(application, tenant))
    looked = run_preflight(tenant, tmp_path, state=state)
    assert looked.code == 1, "azuread would be refused because it exists"
    found = looked.only("leftover")
    assert f"az ad sp delete --id {application.principal_id}" in found["remedy"]


def test_what_an_interrupted_run_was_at_work_on_is_told(tenant: Tenant, tmp_path: Path) -> None:
    state = exported()
    state["deployment"]["pending_operations"] = [{"type": "creating", "resource": {"urn": COMPONENT}}]
    looked = run_preflight(tenant, tmp_path, state=state)
    assert looked.code == 0
    assert "`pulumi refresh --clear-pending-creates --stack demo`" in looked.only("note")["remedy"]


def test_what_a_run_may_be_making_now_is_not_to_be_removed_before_it_has_ended(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    state = exported()
    state["deployment"]["pending_operations"] = [{"type": "creating", "resource": {"urn": COMPONENT}}]
    found = run_preflight(tenant, tmp_path, state=state).only("leftover")
    assert application.client_id in found["found"]
    assert found["remedy"].startswith("Check that no `pulumi up` is under way. ")


@pytest.mark.parametrize("settles", [True, False])
def test_what_an_up_made_while_preflight_looked_is_not_told_as_left_over(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, settles: bool
) -> None:
    """The state is read again where something looks left over."""
    tag(application, tenant)
    tenant.edit("rename_application", clientId=application.client_id, displayName="TERRAFORM_UPDATE_0b1ec7")
    later = exported(application, secrets=key_ids(application, tenant)) if settles else exported(secrets=("{n}",))
    pulumi = tmp_path / "pulumi"
    (tmp_path / "1").write_text(json.dumps(exported()))
    (tmp_path / "later").write_text(json.dumps(later))
    pulumi.write_text(
        f"#!/bin/sh\ncd {tmp_path}\necho x >> asked\nn=$(wc -l < asked)\n"
        '[ "$4" = acme/entra-business-central/demo ] || exit 1\n'  # as it was asked for, with the organisation
        'if [ -e "$n" ]; then cat "$n"; else sed "s/{n}/$n/g" later; fi\n'
    )
    pulumi.chmod(0o700)
    path = f"{tmp_path}:{os.environ['PATH']}"
    environment = {**tenant.ready.environment(), "PATH": path}
    stack = "acme/entra-business-central/demo"
    looked = run_preflight(tenant, tmp_path, "--json", asks=True, stack=stack, environment=environment)
    assert looked.code == 0, looked
    assert "leftover" not in {each["kind"] for each in looked.findings}
    notes = [each["found"] for each in looked.findings if each["kind"] == "note"]
    assert notes == (
        []
        if settles
        else ["the stack's state changes while preflight looks, so that what looks left over may be in use"]
    )
