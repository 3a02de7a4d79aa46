"""The azuread stand-in answers Pulumi's calls as the real plugin did (recordings/grpc-azuread-*.jsonl)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import provider_pb2 as messages

from tests.support import recordings
from tests.support.azuread_plugin import (
    APPLICATION,
    PASSWORD,
    SERVICE_PRINCIPAL,
    WANTED_PERMISSIONS,
    AzureadPlugin,
    Bench,
    Resource,
    plugin_bench,
)
from tests.support.tenant import Tenant

REQUESTS = {
    "Check": messages.CheckRequest,
    "CheckConfig": messages.CheckRequest,
    "Diff": messages.DiffRequest,
    "Create": messages.CreateRequest,
    "Update": messages.UpdateRequest,
}
# Bookkeeping of the bridge, which the stand-in does not make up (rehearsal/DIFFERENCES.md).
OPAQUE = ("__meta", "__pulumi_raw_state_delta")


def calls(recording: str, method: str) -> list[dict[str, Any]]:
    """Return the calls of a method to azuread."""
    every = recordings.read(f"grpc-azuread-{recording}")
    found = [it for it in every if it["rpc"] == f"ResourceProvider/{method}" and it["to"] == "azuread"]
    assert found, f"no {method} in {recording}"
    return found


def named(recorded: dict[str, Any]) -> str:
    return str(recorded["request"]["urn"].rpartition("::")[2])


@pytest.fixture(scope="module")
def bench(tenant_process: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    tenant_process.reset()
    with plugin_bench(tenant_process, tmp_path_factory.mktemp("bench")) as bench:
        yield bench


@pytest.fixture(scope="module")
def plugin(bench: Bench) -> AzureadPlugin:
    return bench.signed_in()


def answer(plugin: AzureadPlugin, method: str, request: dict[str, Any]) -> dict[str, Any]:
    """Send a recorded request as it stands."""
    message = json_format.ParseDict(request, REQUESTS[method](), ignore_unknown_fields=True)
    return json_format.MessageToDict(getattr(plugin.stub, method)(message, timeout=60))


def without_opaque(outputs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in outputs.items() if name not in OPAQUE}


@pytest.mark.parametrize("recording", ["preview", "up", "noop-up", "rename"])
def test_a_check_is_answered_as_recorded(plugin: AzureadPlugin, recording: str) -> None:
    for it in calls(recording, "Check"):
        assert answer(plugin, "Check", it["request"]) == it["response"], named(it)


@pytest.mark.parametrize("recording", ["noop-up", "refresh", "rename", "drift-refresh"])
def test_a_diff_is_answered_as_recorded(plugin: AzureadPlugin, recording: str) -> None:
    for it in calls(recording, "Diff"):
        assert answer(plugin, "Diff", it["request"]) == it["response"], named(it)


@pytest.mark.parametrize("recording", ["preview", "up"])
def test_the_preview_of_a_creation_is_answered_as_recorded(plugin: AzureadPlugin, recording: str) -> None:
    for it in calls(recording, "Create"):
        if not it["request"].get("preview"):
            continue
        outputs = answer(plugin, "Create", it["request"])["properties"]
        expected = without_opaque(it["response"]["properties"])
        if "value" in expected:  # the recording hides it; the mark of a secret is there
            assert outputs["value"].keys() == expected["value"].keys()
            outputs, expected = {**outputs, "value": None}, {**expected, "value": None}
        assert outputs == expected, named(it)


def test_the_configuration_is_checked_as_recorded(plugin: AzureadPlugin) -> None:
    for recording in ("preview", "up", "explicit-provider-config-change"):
        for it in calls(recording, "CheckConfig"):
            # The recording hides the client id in what is marked as a secret.
            request = json.loads(
                json.dumps(it["request"]).replace('"33333333-3333-3333-3333-333333333333"', '"<secret>"')
            )
            assert answer(plugin, "CheckConfig", request) == it["response"]


def test_configure_promises_previews_and_takes_no_secrets(bench: Bench) -> None:
    [it] = calls("preview", "Configure")
    assert json_format.MessageToDict(bench.start().configure()) == it["response"]


def test_the_version_is_the_one_of_the_sdk(plugin: AzureadPlugin) -> None:
    [it] = calls("preview", "GetPluginInfo")
    assert json_format.MessageToDict(plugin.stub.GetPluginInfo(empty_pb2.Empty())) == it["response"]


def kinds(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return what kind of value each property has, into objects and members."""

    def kind(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: kind(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [kind(inner) for inner in value]
        return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__

    return {name: kind(value) for name, value in without_opaque(outputs).items()}


@pytest.fixture(scope="module")
def created(plugin: AzureadPlugin) -> dict[str, Resource]:
    """The three resources of the recordings, by the names that they have there."""
    news = {"displayName": "bc app", "requiredResourceAccesses": WANTED_PERMISSIONS}
    app = plugin.create(APPLICATION, news)
    password = {"applicationId": app.id, "displayName": "pw", "endDate": recordings.SECRETS_END}
    return {
        "app": app,
        "sp": plugin.create(SERVICE_PRINCIPAL, {"clientId": app.outputs["clientId"]}),
        "pw": plugin.create(PASSWORD, password),
    }


# Of the directory of the recordings, and so other than here.
OF_THE_DIRECTORY = {
    "id",
    "objectId",
    "clientId",
    "applicationId",
    "applicationTenantId",
    "keyId",
    "publisherDomain",
    "startDate",
    "value",
}


@pytest.mark.parametrize("name", ["app", "sp", "pw"])
def test_a_creation_has_the_recorded_outputs(created: dict[str, Resource], name: str) -> None:
    [it] = [call for call in calls("up", "Create") if named(call) == name and not call["request"].get("preview")]
    expected = it["response"]["properties"]
    if "value" in expected:
        expected = {**expected, "value": expected["value"]["value"]}
    assert kinds(created[name].outputs) == kinds(expected)
    for key in without_opaque(expected).keys() - OF_THE_DIRECTORY:
        assert created[name].outputs[key] == expected[key], key
    assert created[name].id.count("/") == it["response"]["id"].count("/")
    assert created[name].outputs["id"] == created[name].id


@pytest.mark.parametrize("name", ["app", "sp", "pw"])
def test_a_refresh_has_the_recorded_outputs_and_inputs(
    plugin: AzureadPlugin, created: dict[str, Resource], name: str
) -> None:
    [it] = [call for call in calls("refresh", "Read") if named(call) == name]
    found = plugin.read(created[name])
    assert found is not None
    expected = it["response"]["properties"]
    if "value" in expected:
        expected = {**expected, "value": expected["value"]["value"]}
        assert found.outputs["value"] == created[name].outputs["value"]
    assert kinds(found.outputs) == kinds(expected)
    assert kinds(found.inputs) == kinds(it["response"]["inputs"])
    assert found.inputs == created[name].inputs


def test_a_look_up_has_the_recorded_outputs(plugin: AzureadPlugin) -> None:
    [it] = calls("explicit-provider-config-change", "Invoke")
    expected = it["response"]["return"]
    found = plugin.invoke(it["request"]["tok"], it["request"]["args"])
    assert found.keys() == expected.keys()
    ids = {"appRoleIds", "oauth2PermissionScopeIds"}
    for name in ids:  # Business Central offers more here than in the recordings' directory
        assert expected[name].items() <= found[name].items()
    lists = {name for name, value in expected.items() if isinstance(value, list)}
    for name in expected.keys() - ids - lists - OF_THE_DIRECTORY - {"signInAudience"}:
        assert found[name] == expected[name], name
    for name in ("appRoles", "oauth2PermissionScopes", "features", "featureTags"):
        assert kinds({name: found[name][:1]}) == kinds({name: expected[name][:1]})


def test_the_secret_is_marked_as_one_in_every_answer(plugin: AzureadPlugin, created: dict[str, Resource]) -> None:
    password = created["pw"]
    request = messages.ReadRequest(id=password.id, urn=f"urn:pulumi:s::p::{PASSWORD}::pw")
    json_format.ParseDict(password.outputs, request.properties)
    outputs = json_format.MessageToDict(plugin.stub.Read(request, timeout=60))["properties"]
    [it] = [call for call in calls("refresh", "Read") if named(call) == "pw"]
    assert outputs["value"] == {**it["response"]["properties"]["value"], "value": password.outputs["value"]}


def test_state_of_the_real_plugin_is_understood_and_what_the_stand_in_does_not_know_is_carried(
    plugin: AzureadPlugin, created: dict[str, Resource]
) -> None:
    [it] = [call for call in calls("refresh", "Read") if named(call) == "app"]
    opaque = {name: it["request"]["properties"][name] for name in OPAQUE}
    of_the_real_plugin = created["app"]._replace(outputs={**created["app"].outputs, **opaque})
    found = plugin.read(of_the_real_plugin)
    assert found is not None
    assert {name: found.outputs[name] for name in OPAQUE} == opaque
    assert not plugin.diff(found, created["app"].inputs).diffs
