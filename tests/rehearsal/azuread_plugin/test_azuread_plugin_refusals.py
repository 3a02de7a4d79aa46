"""What the azuread stand-in does not have, whom it does not sign in, and where it never goes."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.support.azuread_plugin import (
    APPLICATION,
    BUSINESS_CENTRAL,
    PASSWORD,
    AzureadPlugin,
    Bench,
    PluginError,
    Resource,
    lines,
)
from tests.support.tenant import Tenant

OURS = {"userAgent": "terraform-provider-azuread"}


# -- what is not here


@pytest.mark.parametrize("type_", ["azuread:index/group:Group", "azuread:index/applicationOwner:ApplicationOwner"])
def test_a_type_that_is_not_here_is_refused_by_name(plugin: AzureadPlugin, type_: str) -> None:
    with pytest.raises(PluginError, match=f"stand-in .* does not have the resource type {type_}; the real plugin does"):
        plugin.check(type_, {})


def test_a_function_that_is_not_here_is_refused_by_name(plugin: AzureadPlugin) -> None:
    token = "azuread:index/getApplication:getApplication"
    with pytest.raises(PluginError, match=f"does not have the function {token}; the real plugin does"):
        plugin.invoke(token)


def test_a_property_that_is_not_here_is_refused_by_name_and_its_value_is_not_told(plugin: AzureadPlugin) -> None:
    [failure] = plugin.check(APPLICATION, {"displayName": "A", "password": {"displayName": "hidden"}}).failures
    assert failure.reason == "The rehearsal's stand-in for azuread does not have 'password'; the real plugin does"
    assert failure.property == ""  # an engine prints the value of a property that is named here


def test_a_missing_property_is_refused_in_the_real_plugins_words(plugin: AzureadPlugin) -> None:
    [failure] = plugin.check(APPLICATION, {}).failures
    assert failure.reason == (
        'Missing required argument. The argument "display_name" is required, but no definition was found.. '
        "Examine values at 'it.displayName'."
    )


def test_a_service_principal_that_is_not_there_is_not_looked_up_in_the_real_plugins_words(
    plugin: AzureadPlugin,
) -> None:
    nowhere = "11111111-2222-4333-8444-555555555555"
    with pytest.raises(PluginError, match=f'No service principal found for client ID: "{nowhere}"'):
        plugin.invoke("azuread:index/getServicePrincipal:getServicePrincipal", {"clientId": nowhere})


# -- signing in


def test_the_client_configuration_is_told_without_a_request(
    bench: Bench, plugin: AzureadPlugin, tenant: Tenant
) -> None:
    ready = tenant.ready
    assert plugin.invoke("azuread:index/getClientConfig:getClientConfig") == {
        "clientId": ready.deployer.clientId,
        "id": f"{ready.tenantId}-{ready.deployer.clientId}-{ready.deployer.objectId}",
        "objectId": ready.deployer.objectId,
        "tenantId": ready.tenantId,
    }
    assert lines(bench) == []


@pytest.mark.parametrize(
    "host", ["login.microsoftonline.com", "management.azure.com:443", "192.0.2.7:8443", "127.0.0.1.example"]
)
def test_a_host_that_is_not_this_machine_is_refused(bench: Bench, host: str) -> None:
    with pytest.raises(PluginError, match="never speaks to a real tenant"):
        bench.start().configure(metadataHost=host)
    assert lines(bench) == []


def test_without_a_metadata_host_nothing_is_asked_of_anybody(bench: Bench) -> None:
    with pytest.raises(PluginError, match="neither azuread:metadataHost nor ARM_METADATA_HOSTNAME"):
        bench.start(ARM_METADATA_HOSTNAME="").configure()


@pytest.mark.parametrize("name", ["ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_TENANT_ID"])
def test_missing_credentials_are_refused_in_the_real_plugins_words(bench: Bench, name: str) -> None:
    with pytest.raises(PluginError, match=f"failed to load Azure credentials(?s:.)*{name}"):
        bench.start(**{name: ""}).configure()
    assert lines(bench) == []


def test_an_azure_cli_that_nobody_signed_in_to_is_refused_in_the_real_plugins_words(
    bench: Bench, tmp_path: Path
) -> None:
    az = tmp_path / "az"
    az.write_text('#!/bin/sh\n[ "$1" = version ] && echo "{}" && exit\necho "ERROR: Please run az login" >&2; exit 1\n')
    az.chmod(0o700)
    path = f"{tmp_path}:{os.environ['PATH']}"
    with pytest.raises(
        PluginError, match=r"could not configure AzureCli Authorizer: .*exit status 1: ERROR: Please run"
    ):
        bench.start(ARM_CLIENT_SECRET="", ARM_USE_CLI="true", PATH=path).configure()
    assert lines(bench) == []


def test_an_azure_cli_that_answers_no_json_is_refused_with_a_sentence(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "az").write_text("#!/bin/sh\necho Welcome\n")
    (tmp_path / "az").chmod(0o700)
    path = f"{tmp_path}:{os.environ['PATH']}"
    with pytest.raises(PluginError, match="obtaining account details: unmarshaling the result of Azure CLI: "):
        bench.start(ARM_CLIENT_SECRET="", ARM_USE_CLI="true", PATH=path).configure()


def test_an_answer_of_graph_that_is_no_json_is_refused_with_a_sentence(plugin: AzureadPlugin, tenant: Tenant) -> None:
    tenant.fault({**OURS, "method": "POST"}, action="raw", status=201, body="<html>")
    with pytest.raises(PluginError, match="Could not create application: unmarshaling response: "):
        plugin.create(APPLICATION, {"displayName": "A"})


def test_a_cloud_that_there_is_not_is_refused_beside_a_metadata_host_too(bench: Bench) -> None:
    text = 'failed to read Azure environment "germany": no environment was found with the name "germany"'
    with pytest.raises(PluginError, match=text):
        bench.start(ARM_ENVIRONMENT="germany").configure()
    with pytest.raises(PluginError, match=text):
        bench.start().configure(environment="germany")
    assert lines(bench) == []


def test_a_wrong_secret_is_refused_with_what_the_token_service_says_and_is_not_repeated(bench: Bench) -> None:
    with pytest.raises(PluginError, match=r"received HTTP status 401 with response: .*AADSTS7000215") as refusal:
        bench.start().configure(clientSecret="wrong-but-still-nobodys-business")
    assert "wrong-but-still-nobodys-business" not in str(refusal.value)


def test_a_certificate_that_is_not_trusted_is_refused(bench: Bench, tenant: Tenant) -> None:
    with pytest.raises(PluginError, match=r"retrieving metadata from endpoint .*x509"):
        bench.start(SSL_CERT_FILE=tenant.ready.caFile).configure()  # the proxy's is another authority


def test_a_metadata_document_that_points_elsewhere_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = '"https://graph.microsoft.com/"'
    monkeypatch.setattr(bench.proxy, "rewrite", lambda text: re.sub(r'"https://127\.0\.0\.1:\d+/?"', elsewhere, text))
    with pytest.raises(PluginError, match=r"'graph\.microsoft\.com' is not on this machine"):
        bench.start().configure()
    assert lines(bench) == ["GET /metadata/endpoints"]


def test_no_secret_is_in_any_error_or_output_of_the_process(bench: Bench, tenant: Tenant) -> None:
    plugin = bench.signed_in()
    it = plugin.create(APPLICATION, {"displayName": "A"})
    value = plugin.create(PASSWORD, {"applicationId": it.id}).outputs["value"]
    tenant.fault({**OURS, "method": "POST"}, status=500, retryAfter=0)
    tenant.fault({**OURS, "method": "POST", "path": "removePassword"}, status=403)
    with pytest.raises(PluginError) as failure:
        plugin.delete(Resource(PASSWORD, f"{it.outputs['objectId']}/password/{BUSINESS_CENTRAL}", {}, {"value": value}))
    assert plugin.stop() == 0
    everything = f"{failure.value}{json.dumps(failure.value.kept)}{plugin.output}"
    for secret in (value, tenant.ready.deployer.clientSecret):
        assert secret not in everything
