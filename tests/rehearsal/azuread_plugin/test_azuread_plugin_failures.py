"""What the azuread stand-in tries again, what it does not, and what is left of an operation that failed half-way."""

from __future__ import annotations

import time
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal.azuread_plugin.application_certificate import ApplicationCertificate
from rehearsal.azuread_plugin.application_password import ApplicationPassword
from rehearsal.azuread_plugin.credentials import ApplicationCredential
from rehearsal.azuread_plugin.errors import DiagnosticError
from rehearsal.azuread_plugin.federated_credential import FlexibleFederatedCredential
from rehearsal.azuread_plugin.polling import Poller
from rehearsal.azuread_plugin.schema import Values
from tests.support.azuread_plugin import (
    APPLICATION,
    BUSINESS_CENTRAL,
    CERTIFICATE,
    PASSWORD,
    SERVICE_PRINCIPAL,
    AzureadPlugin,
    Bench,
    PluginError,
    Resource,
    lines,
    named,
    unwrapped,
)
from tests.support.certificates import make_certificate
from tests.support.tenant import Tenant

OURS = {"userAgent": "terraform-provider-azuread"}


@pytest.mark.parametrize("status", [404, 409, 424, 429, 500, 503])
def test_a_patch_after_the_creation_is_tried_again(
    bench: Bench, plugin: AzureadPlugin, tenant: Tenant, status: int
) -> None:
    match = {**OURS, "method": "PATCH", "path": "applications"}
    fault = tenant.fault(match, status=status, retryAfter=0)
    plugin.create(APPLICATION, {"displayName": "A"})
    assert fault.hits == 1
    assert lines(bench).count("PATCH /v1.0/applications/*") == 3


def test_a_service_principal_waits_for_its_application(plugin: AzureadPlugin, tenant: Tenant) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A"})
    client_id = it.outputs["clientId"]
    text = f"The appId '{client_id}' of the service principal does not reference a valid application object."
    match = {**OURS, "method": "POST", "path": "servicePrincipals"}
    fault = tenant.fault(match, status=400, code="Request_BadRequest", message=text, retryAfter=0)
    assert plugin.create(SERVICE_PRINCIPAL, {"clientId": client_id}).id
    assert fault.hits == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
def test_a_creation_that_is_refused_is_not_tried_again(
    bench: Bench, plugin: AzureadPlugin, tenant: Tenant, status: int
) -> None:
    tenant.fault({**OURS, "method": "POST", "path": "applications$"}, status=status, times=0)
    with pytest.raises(PluginError, match=f"Could not create application: unexpected status {status}") as refusal:
        plugin.create(APPLICATION, {"displayName": "A"})
    assert refusal.value.kept is None
    assert lines(bench) == ["POST /v1.0/applications"]


def test_a_write_without_an_answer_is_not_tried_again(bench: Bench, plugin: AzureadPlugin, tenant: Tenant) -> None:
    tenant.fault({**OURS, "method": "POST", "path": "applications"}, action="drop", when="after")
    with pytest.raises(PluginError, match="HTTP response was nil; connection may have been reset"):
        plugin.create(APPLICATION, {"displayName": "Orphan", "preventDuplicateNames": True})
    assert len(named(tenant, "Orphan")) == 1
    with pytest.raises(PluginError, match='An existing "azuread_application" with name "Orphan"'):
        plugin.create(APPLICATION, {"displayName": "Orphan", "preventDuplicateNames": True})


def test_an_application_whose_creation_fails_on_the_way_is_kept_by_the_engine(
    plugin: AzureadPlugin, tenant: Tenant
) -> None:
    tenant.fault({**OURS, "path": "applications/.*/owners$", "method": "GET"}, status=403)
    with pytest.raises(PluginError, match="Could not retrieve owners for Application") as failure:
        plugin.create(APPLICATION, {"displayName": "A"})
    [application] = named(tenant, "A")
    assert failure.value.kept is not None
    id_, outputs = failure.value.kept
    assert id_ == f"/applications/{application['id']}"
    assert outputs["clientId"] == application["appId"]


def test_a_service_principal_that_cannot_be_found_at_once_fails_at_once_and_is_kept(
    plugin: AzureadPlugin, tenant: Tenant
) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A"})
    tenant.fault({**OURS, "path": "servicePrincipals/", "method": "PATCH"}, status=404)
    with pytest.raises(PluginError, match="Timed out whilst waiting for new service principal") as failure:
        plugin.create(SERVICE_PRINCIPAL, {"clientId": it.outputs["clientId"]})
    assert failure.value.kept is not None
    assert failure.value.kept[0].startswith("/servicePrincipals/")


def test_a_failed_update_is_kept_as_it_was_wanted(plugin: AzureadPlugin, tenant: Tenant) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A"})
    tenant.fault({**OURS, "method": "PATCH"}, status=403)
    with pytest.raises(PluginError, match="Could not update application") as failure:
        plugin.update(it, {"displayName": "B"})
    assert failure.value.kept is not None
    assert failure.value.kept[1]["displayName"] == "B"
    assert len(named(tenant, "A")) == 1


def test_a_new_password_is_not_believed_before_it_was_seen_five_times_in_a_row(
    bench: Bench, plugin: AzureadPlugin, tenant: Tenant
) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A"})
    bench.proxy.taken()
    plugin.create(PASSWORD, {"applicationId": it.id})
    looks = ["GET /v1.0/applications/*"]
    assert lines(bench) == [*looks, "POST /v1.0/applications/*/addPassword", *looks * 5, *looks]


def test_a_password_of_an_application_that_is_not_there_is_refused(plugin: AzureadPlugin) -> None:
    nowhere = f"/applications/{BUSINESS_CENTRAL}"
    with pytest.raises(PluginError, match=r"\[application_id\] Application .* was not found"):
        plugin.create(PASSWORD, {"applicationId": nowhere})


@pytest.mark.parametrize("new", [ApplicationPassword, ApplicationCertificate])
def test_a_credential_that_never_appears_is_given_up_after_twenty_one_absences(
    new: type[ApplicationCredential],
) -> None:
    class Silent(Poller):
        def pause(self, seconds: float) -> None:
            """Take no time."""

    class Absent(new):  # type: ignore[misc, valid-type]
        def add(self, *_: object) -> tuple[str, Values]:
            return "a-key", {}

    class Graph(SimpleNamespace):
        def get(self, *_: object, **__: object) -> Values:
            looks.append(1)
            return {}

    looks: list[int] = []
    graph: Any = Graph(poller=Silent(), write_lock=lambda _: nullcontext())
    with pytest.raises(DiagnosticError, match=r"Waiting for .*couldn't find resource \(21 retries\)"):
        Absent().create(graph, {"applicationId": "/applications/a"}, time.monotonic() + 600)
    assert len(looks) == 21


def test_a_flexible_federated_credential_that_never_appears_is_given_up_in_time() -> None:
    pauses: list[float] = []
    poller = Poller(fixed_waits=True)
    poller.pause = pauses.append  # type: ignore[method-assign, assignment]
    graph: Any = SimpleNamespace(poller=poller, find=lambda *_, **__: None)
    id_ = "/applications/a/federatedIdentityCredentials/b"
    with pytest.raises(DiagnosticError, match=r"context deadline exceeded: context deadline exceeded"):
        FlexibleFederatedCredential().wait_until_seen(graph, id_, time.monotonic())
    assert pauses == [10, 1]


@pytest.mark.parametrize("type_", [PASSWORD, CERTIFICATE])
def test_a_credential_whose_last_read_fails_is_kept_and_goes_with_its_application(
    plugin: AzureadPlugin, tenant: Tenant, type_: str
) -> None:
    it = plugin.create(APPLICATION, {"displayName": "A"})
    given = {"value": make_certificate()[0].decode(), "type": "AsymmetricX509Cert"} if type_ == CERTIFICATE else {}
    tenant.fault({**OURS, "method": "GET", "path": "applications/"}, status=403, skip=6)
    with pytest.raises(PluginError, match="Retrieving Application") as failure:
        plugin.create(type_, {"applicationId": it.id, **given})
    assert failure.value.kept is not None
    id_, outputs = failure.value.kept
    assert id_.startswith(it.id.removeprefix("/applications/"))
    assert outputs["value"]
    tenant.edit("delete_application", clientId=it.outputs["clientId"])
    kept = Resource(type_, id_, {}, unwrapped(outputs))
    if type_ == PASSWORD:
        assert plugin.read(kept) is None
    else:  # the real plugin does not look whether the application is there
        with pytest.raises(PluginError, match="Retrieving Application"):
            plugin.read(kept)
