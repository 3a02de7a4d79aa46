"""What the azuread stand-in does where the recordings are silent: names, owners, tags, drift, import."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.azuread_plugin import (
    APPLICATION,
    BUSINESS_CENTRAL,
    PASSWORD,
    SERVICE_PRINCIPAL,
    UNKNOWN,
    WANTED_PERMISSIONS,
    AzureadPlugin,
    Bench,
    PluginError,
    Resource,
    bodies,
    lines,
    named,
)
from tests.support.tenant import Tenant

TAGS = ["zeta", "alpha", "entra-business-central:dev:kitchen"]


# -- duplicate names


def test_a_name_in_use_is_refused_in_the_preview_already(bench: Bench, plugin: AzureadPlugin, tenant: Tenant) -> None:
    news = {"displayName": "Kitchen kiosk", "preventDuplicateNames": True}
    first = plugin.create(APPLICATION, news)
    bench.proxy.taken()
    for attempt in (plugin.preview, plugin.create):
        with pytest.raises(PluginError) as refusal:
            attempt(APPLICATION, news)
        assert (
            f'An existing "azuread_application" with name "Kitchen kiosk" (ID: "{first.outputs["objectId"]}") was found '
            "and `prevent_duplicate_names` was specified. To be managed via Terraform, this resource needs to be "
            "imported into the State."
        ) in str(refusal.value)
    assert lines(bench) == ["GET /v1.0/applications"] * 2
    assert len(named(tenant, "Kitchen kiosk")) == 1


def test_a_name_is_looked_up_at_the_preview_and_twice_at_the_creation(bench: Bench, plugin: AzureadPlugin) -> None:
    news = {"displayName": "Kitchen kiosk", "preventDuplicateNames": True}
    plugin.preview(APPLICATION, news)
    [request] = bench.proxy.taken()
    assert request.query == {"$filter": "displayName eq 'Kitchen kiosk'"}
    plugin.create(APPLICATION, news)
    assert lines(bench)[:3] == ["GET /v1.0/applications", "GET /v1.0/applications", "POST /v1.0/applications"]


def test_a_rename_to_a_name_in_use_is_refused_by_the_update_not_by_the_diff(
    bench: Bench, plugin: AzureadPlugin, tenant: Tenant
) -> None:
    plugin.create(APPLICATION, {"displayName": "Taken"})
    mine = plugin.create(APPLICATION, {"displayName": "Mine", "preventDuplicateNames": True})
    wanted = {"displayName": "Taken", "preventDuplicateNames": True}
    bench.proxy.taken()
    assert list(plugin.diff(mine, wanted).diffs) == ["displayName"]
    assert lines(bench) == ["GET /v1.0/applications"]
    with pytest.raises(PluginError, match='An existing "azuread_application" with name "Taken"'):
        plugin.update(mine, wanted)
    assert len(named(tenant, "Taken")) == 1


def test_an_unchanged_application_is_compared_without_a_request(bench: Bench, plugin: AzureadPlugin) -> None:
    news = {"displayName": "Kitchen kiosk", "preventDuplicateNames": True, "tags": TAGS}
    it = plugin.create(APPLICATION, news)
    bench.proxy.taken()
    assert not plugin.diff(it, news).diffs
    assert lines(bench) == []


# -- what the program wants


def test_a_preview_changes_nothing(bench: Bench, plugin: AzureadPlugin, tenant: Tenant) -> None:
    before = tenant.state()
    outputs = plugin.preview(APPLICATION, {"displayName": "New", "tags": TAGS, "preventDuplicateNames": True})
    plugin.preview(SERVICE_PRINCIPAL, {"clientId": UNKNOWN})
    plugin.preview(PASSWORD, {"applicationId": UNKNOWN})
    assert outputs["clientId"] == outputs["objectId"] == outputs["id"] == UNKNOWN
    assert outputs["tags"] == sorted(TAGS)
    assert {request.method for request in bench.proxy.taken()} == {"GET"}
    assert tenant.state() == before


def test_an_update_is_previewed_without_a_write(bench: Bench, plugin: AzureadPlugin) -> None:
    it = plugin.create(APPLICATION, {"displayName": "Old"})
    bench.proxy.taken()
    assert plugin.update(it, {"displayName": "New"}, preview=True).outputs == {**it.outputs, "displayName": "New"}
    assert lines(bench) == []


def test_the_caller_stays_an_owner_only_where_it_is_listed(bench: Bench, plugin: AzureadPlugin, tenant: Tenant) -> None:
    caller = tenant.ready.deployer.objectId
    removal = "DELETE /v1.0/applications/*/owners/*/$ref"
    assert plugin.create(APPLICATION, {"displayName": "A", "owners": [caller]}).outputs["owners"] == [caller]
    assert removal not in lines(bench)
    assert plugin.create(APPLICATION, {"displayName": "B"}).outputs["owners"] is None
    assert removal in lines(bench)


def test_owners_are_added_before_others_are_removed(bench: Bench, plugin: AzureadPlugin, tenant: Tenant) -> None:
    caller = tenant.ready.deployer.objectId
    other = plugin.create(APPLICATION, {"displayName": "Other"})
    principal = plugin.create(SERVICE_PRINCIPAL, {"clientId": other.outputs["clientId"]}).outputs["objectId"]
    it = plugin.create(APPLICATION, {"displayName": "A", "owners": [caller]})
    bench.proxy.taken()
    assert plugin.update(it, {"displayName": "A", "owners": [principal]}).outputs["owners"] == [principal]
    assert lines(bench)[1:4] == [
        "GET /v1.0/applications/*/owners",
        "POST /v1.0/applications/*/owners/$ref",
        "DELETE /v1.0/applications/*/owners/*/$ref",
    ]


def test_tags_and_wanted_permissions_are_sent_and_a_change_of_them_is_an_update(
    bench: Bench, plugin: AzureadPlugin
) -> None:
    news = {"displayName": "A", "tags": TAGS, "requiredResourceAccesses": WANTED_PERMISSIONS}
    it = plugin.create(APPLICATION, news)
    assert sorted(bodies(bench, "POST")[0]["tags"]) == sorted(TAGS)
    assert it.outputs["tags"] == sorted(TAGS)

    second = {"id": "d365bc00-a990-0000-00bc-160000000001", "type": "Role"}
    more = [
        {"resourceAppId": BUSINESS_CENTRAL, "resourceAccesses": [WANTED_PERMISSIONS[0]["resourceAccesses"][0], second]}
    ]
    difference = plugin.diff(it, {**news, "requiredResourceAccesses": more})
    assert list(difference.detailedDiff) == ["requiredResourceAccesses"]
    assert list(difference.replaces) == []
    updated = plugin.update(it, {**news, "requiredResourceAccesses": more})
    assert updated.outputs["requiredResourceAccesses"] == more
    [patch] = bodies(bench, "PATCH")
    assert len(patch["requiredResourceAccess"][0]["resourceAccess"]) == 2
    plugin.update(updated, {**news, "requiredResourceAccesses": more, "tags": ["alpha"]})
    [patch] = bodies(bench, "PATCH")
    assert patch["tags"] == ["alpha"]
    assert "requiredResourceAccess" not in patch  # only what changed of the larger parts is sent


def test_a_property_that_is_no_longer_given_is_cleared_but_tags_are_left(bench: Bench, plugin: AzureadPlugin) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A", "notes": "n", "tags": ["t"]})
    difference = plugin.diff(it, {"displayName": "A"})
    assert list(difference.diffs) == ["notes"]
    bench.proxy.taken()
    assert plugin.update(it, {"displayName": "A"}).outputs["notes"] == ""
    [patch] = bodies(bench, "PATCH")
    assert (patch["notes"], patch["tags"]) == (None, ["t"])


def test_ignored_changes_are_not_changes(plugin: AzureadPlugin, tenant: Tenant) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A", "owners": [tenant.ready.deployer.objectId], "notes": "n"})
    assert not plugin.diff(it, {"displayName": "A"}, ignore=["owners", "notes"]).diffs
    assert list(plugin.diff(it, {"displayName": "A"}, ignore=["owners"]).diffs) == ["notes"]


@pytest.mark.parametrize(
    "change", [{"displayName": "other"}, {"endDate": "2098-02-02T00:00:00Z"}, {"applicationId": UNKNOWN}]
)
def test_every_change_of_a_password_replaces_it(plugin: AzureadPlugin, change: dict[str, Any]) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A"})
    news = {"applicationId": it.id, "displayName": "2026-09-01", "endDate": "2098-01-01T00:00:00Z"}
    password = plugin.create(PASSWORD, news)
    assert list(plugin.diff(password, {**news, **change}).replaces) == list(change)
    assert not plugin.diff(password, news).diffs


def test_another_client_id_replaces_a_service_principal(plugin: AzureadPlugin) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A"})
    principal = plugin.create(SERVICE_PRINCIPAL, {"clientId": it.outputs["clientId"]})
    assert list(plugin.diff(principal, {"clientId": UNKNOWN}).replaces) == ["clientId"]


# -- drift, import, what is gone


def test_drift_shows_in_the_inputs_and_is_repaired_by_an_update(
    bench: Bench, plugin: AzureadPlugin, tenant: Tenant
) -> None:
    it = plugin.create(APPLICATION, {"displayName": "Kitchen", "notes": "ours"})
    token = tenant.token()
    by_hand = {"displayName": "Renamed by hand", "description": "added by hand"}
    assert tenant.send("PATCH", f"/v1.0{it.id}", token, json=by_hand).status_code == 204
    found = plugin.read(it)
    assert found is not None
    assert found.inputs["displayName"] == "Renamed by hand"
    assert "description" not in found.inputs  # the program does not speak of it; the outputs do
    assert sorted(plugin.diff(found, {"displayName": "Kitchen", "notes": "ours"}).diffs) == [
        "description",
        "displayName",
    ]
    repaired = plugin.update(found, {"displayName": "Kitchen", "notes": "ours"})
    assert (repaired.outputs["displayName"], repaired.outputs["description"]) == ("Kitchen", "")
    [application] = named(tenant, "Kitchen")
    assert application["description"] is None


def test_what_is_gone_is_read_as_gone_and_cannot_be_deleted_again(plugin: AzureadPlugin) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A"})
    principal = plugin.create(SERVICE_PRINCIPAL, {"clientId": it.outputs["clientId"]})
    password = plugin.create(PASSWORD, {"applicationId": it.id})
    for resource in (password, principal, it):
        plugin.delete(resource)
    for resource in (password, principal, it):
        assert plugin.read(resource) is None
        with pytest.raises(PluginError, match=r"(?s)deleting urn:.*unexpected status 404"):
            plugin.delete(resource)


def test_an_application_is_imported_by_its_id(plugin: AzureadPlugin) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A", "notes": "n", "requiredResourceAccesses": WANTED_PERMISSIONS})
    found = plugin.read(Resource(APPLICATION, it.id, {}, {}))
    assert found is not None
    assert {"displayName": "A", "notes": "n"}.items() <= found.inputs.items()
    news = {"displayName": "A", "notes": "n", "requiredResourceAccesses": WANTED_PERMISSIONS}
    assert not plugin.diff(found, news).diffs
    assert plugin.read(Resource(APPLICATION, "nonsense", {}, {})) is None


def test_a_service_principal_that_exists_is_not_adopted(plugin: AzureadPlugin) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A"})
    news = {"clientId": it.outputs["clientId"]}
    first = plugin.create(SERVICE_PRINCIPAL, news)
    with pytest.raises(PluginError, match=f'A resource with the ID "{first.outputs["objectId"]}" already exists'):
        plugin.create(SERVICE_PRINCIPAL, news)
    [failure] = plugin.check(SERVICE_PRINCIPAL, {**news, "useExisting": True}).failures
    assert "does not have 'useExisting'" in failure.reason


def test_the_order_of_wanted_permissions_is_not_a_change(plugin: AzureadPlugin) -> None:
    graph = {
        "resourceAppId": "00000003-0000-0000-c000-000000000000",
        "resourceAccesses": [{"id": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "type": "Role"}],
    }
    for wanted in ([graph, *WANTED_PERMISSIONS], [*WANTED_PERMISSIONS, graph]):
        news = {"displayName": "A", "requiredResourceAccesses": wanted}
        it = plugin.create(APPLICATION, news)
        found = plugin.read(it)
        assert found is not None
        assert found.inputs == it.inputs
        assert not plugin.diff(found, {**news, "requiredResourceAccesses": wanted[::-1]}).diffs
