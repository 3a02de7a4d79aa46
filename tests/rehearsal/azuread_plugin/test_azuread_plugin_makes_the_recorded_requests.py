"""The azuread stand-in makes the requests of the real plugin: method, path, query, body, status and order.

What it is held against are the real plugin's recordings (recordings/http-*.jsonl). Its own requests pass a recording
proxy. Ids are numbered in the order of their appearance on either side.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.support import recordings
from tests.support.azuread_plugin import (
    APPLICATION,
    CERTIFICATE,
    FEDERATED,
    FLEXIBLE,
    PASSWORD,
    SERVICE_PRINCIPAL,
    WANTED_PERMISSIONS,
    AzureadPlugin,
    Bench,
    Resource,
    Values,
    lines,
)
from tests.support.certificates import make_certificate
from tests.support.entra import graph
from tests.support.recordings import SECRETS_END

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# method, path, query, body, status
Request = tuple[str, str, dict[str, str], Any, int]


class Deployed(NamedTuple):
    """The three resources of the recordings."""

    application: Resource
    principal: Resource
    password: Resource


def application(name: str) -> Values:
    return {"displayName": name, "requiredResourceAccesses": WANTED_PERMISSIONS}


def deploy(plugin: AzureadPlugin, name: str) -> Deployed:
    it = plugin.create(APPLICATION, application(name))
    password = plugin.create(PASSWORD, {"applicationId": it.id, "displayName": "pw", "endDate": SECRETS_END})
    return Deployed(it, plugin.create(SERVICE_PRINCIPAL, {"clientId": it.outputs["clientId"]}), password)


def rotate(plugin: AzureadPlugin, it: Deployed) -> None:
    plugin.create(PASSWORD, {"applicationId": it.application.id, "displayName": "pw", "endDate": SECRETS_END})
    plugin.delete(it.password)


def rename(plugin: AzureadPlugin, it: Deployed) -> None:
    plugin.diff(it.application, application("bc app renamed"))
    plugin.update(it.application, application("bc app renamed"))


def change_nothing(plugin: AzureadPlugin, it: Deployed) -> None:
    for resource in it:
        assert not plugin.diff(resource, resource.inputs).diffs


def refresh(plugin: AzureadPlugin, it: Deployed) -> None:
    for resource in it:
        assert plugin.read(resource) is not None


def destroy(plugin: AzureadPlugin, it: Deployed) -> None:
    for resource in (it.password, it.principal, it.application):
        plugin.delete(resource)


def destroy_application(plugin: AzureadPlugin, it: Deployed) -> None:
    plugin.delete(it.application)


SCENARIOS: dict[str, Callable[[AzureadPlugin, Deployed], None]] = {
    "http-noop-up": change_nothing,
    "http-rename": rename,
    "http-fix-drift-up": rename,
    "http-rotate-password": rotate,
    "http-destroy": destroy,
    "http-destroy-deleted-with": destroy_application,
}


def test_a_creation_makes_the_recorded_requests(bench: Bench) -> None:
    deploy(bench.signed_in(), "bc app renamed")
    assert streams(made(bench)) == streams(recorded("http-up"))


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_operation_makes_the_recorded_requests(bench: Bench, name: str) -> None:
    deployed = deploy(bench.signed_in(), "bc app")
    bench.proxy.taken()
    SCENARIOS[name](bench.signed_in(), deployed)
    assert streams(made(bench)) == streams(recorded(name))


@pytest.mark.parametrize("name", ["http-refresh", "http-refresh-drifted-name"])
def test_a_refresh_makes_the_recorded_requests(bench: Bench, name: str) -> None:
    deployed = deploy(bench.signed_in(), "bc app")
    bench.proxy.taken()
    refresh(bench.signed_in(), deployed)
    # The engine reads all at once, so the order between the resources is not the plugin's.
    assert in_any_order(made(bench)) == in_any_order(recorded(name))


@pytest.mark.parametrize("kind", ["fic", "cert"])
def test_a_trust_and_a_certificate_make_the_recorded_requests(bench: Bench, kind: str) -> None:
    plugin = bench.signed_in()
    deployed = deploy(plugin, "bc app renamed")
    application_id = deployed.application.id
    declared: dict[str, tuple[str, Values]] = {
        "fic": (
            FEDERATED,
            {
                "applicationId": application_id,
                "displayName": "github",
                "audiences": ["api://AzureADTokenExchange"],
                "issuer": "https://token.actions.githubusercontent.com",
                "subject": "repo:o/r:ref:refs/heads/main",
            },
        ),
        "cert": (
            CERTIFICATE,
            {
                "applicationId": application_id,
                "type": "AsymmetricX509Cert",
                "value": make_certificate()[0].decode(),
                "endDate": SECRETS_END,
            },
        ),
    }
    bench.proxy.taken()
    signed_in = bench.signed_in()
    it = signed_in.create(*declared[kind])
    created = made(bench)
    bench.signed_in().delete(it)
    assert streams(created) == streams(recorded(f"http-{kind}-create"))
    assert streams(made(bench)) == streams(recorded(f"http-{kind}-delete"))


FLEXIBLE_AS_MEASURED = [
    "GET /beta/applications/*",
    "POST /beta/applications/*/federatedIdentityCredentials",
    *["GET /beta/applications/*/federatedIdentityCredentials/*"] * 2,
    "PATCH /beta/applications/*/federatedIdentityCredentials/*",
    "GET /beta/applications/*/federatedIdentityCredentials/*",
    "DELETE /beta/applications/*/federatedIdentityCredentials/*",
    *["GET /beta/applications/*/federatedIdentityCredentials/*"] * 5,
]
"""What the real plugin 6.11.1 asked to create, change and delete one (run beside the stand-in on one tenant)."""


def test_a_flexible_trust_makes_the_measured_requests_of_the_beta_endpoint(bench: Bench) -> None:
    plugin = bench.signed_in()
    declared = {
        "applicationId": plugin.create(APPLICATION, application("bc app")).id,
        "displayName": "releases",
        "audience": "api://AzureADTokenExchange",
        "issuer": "https://token.actions.githubusercontent.com",
        "claimsMatchingExpression": "claims['sub'] matches 'repo:o/r:ref:refs/heads/release/*'",
    }
    bench.proxy.taken()
    it = plugin.create(FLEXIBLE, declared)
    plugin.update(it, {**declared, "description": "Releases"})
    plugin.delete(it)
    assert lines(bench) == FLEXIBLE_AS_MEASURED


def test_a_look_up_makes_the_recorded_requests(bench: Bench) -> None:
    client_id = "996def3d-b36c-4153-8607-a6fd3c01b89f"
    bench.signed_in().invoke("azuread:index/getServicePrincipal:getServicePrincipal", {"clientId": client_id})
    assert streams(made(bench)) == streams(recorded("http-data-service-principal"))


def test_a_preview_signs_in_and_asks_for_nothing_else(bench: Bench) -> None:
    bench.signed_in().preview(APPLICATION, application("bc app"))
    assert streams(made(bench)) == streams(recorded("http-noop-up"))


def test_a_request_that_is_not_the_recorded_one_would_be_seen() -> None:
    ours = recorded("http-rename")
    method, path, query, body, status = next(request for request in ours if request[0] == "PATCH")
    changed = [
        (method, path, query, {**body, "notes": "changed"}, status) if request[0] == "PATCH" else request
        for request in ours
    ]
    assert streams(changed) != streams(ours)
    assert streams(ours[:-1]) != streams(ours)


SENT_WHOLE = {
    "api", "description", "displayName", "groupMembershipClaims", "info", "isDeviceOnlyAuthSupported",
    "isFallbackPublicClient", "notes", "publicClient", "serviceManagementReference", "signInAudience", "spa", "tags",
    "web",
}  # fmt: skip
"""What the real plugin sends of an application where its name alone has changed."""


def test_a_rename_sends_the_whole_application() -> None:
    (body,) = [body for method, _, _, body, _ in recorded("http-rename") if method == "PATCH"]
    assert set(body) == {"@odata.type", *SENT_WHOLE}
    assert (body["publicClient"], body["notes"]) == ({"redirectUris": []}, None), "none, as the state has them"


def test_a_rename_sends_what_a_refresh_has_read(bench: Bench) -> None:
    deployed = deploy(bench.signed_in(), "bc app")
    by_hand = {"publicClient": {"redirectUris": ["http://localhost/x"]}, "notes": "by hand"}
    graph(bench.tenant, "PATCH", deployed.application.id, by_hand)
    plugin = bench.signed_in()
    refreshed = plugin.read(deployed.application)
    assert refreshed is not None

    def sent_from(state: Resource) -> Values:
        bench.proxy.taken()
        plugin.update(state, application("bc app renamed"), ignore=["publicClient", "notes"])
        (body,) = [it.body for it in bench.proxy.taken() if it.method == "PATCH"]
        assert set(body) == {"@odata.type", *SENT_WHOLE}
        return {name: body[name] for name in by_hand}

    assert sent_from(refreshed) == by_hand
    assert sent_from(deployed.application) == {"publicClient": {"redirectUris": []}, "notes": None}


def test_graph_is_asked_under_the_real_plugins_name(bench: Bench) -> None:
    deploy(bench.signed_in(), "bc app")
    to_graph = [request for request in bench.proxy.taken() if request.path.startswith(("/v1.0", "/beta"))]
    assert to_graph
    for request in to_graph:
        assert re.match(r"HashiCorp Terraform/.* terraform-provider-azuread/", request.user_agent)


def recorded(name: str) -> list[Request]:
    """Return a recording's requests in the order of time, repeated ones as often as they were made."""
    timed = [
        (moment, (it["method"], it["path"], it["query"], it["body"], it["status"]))
        for it in recordings.read(name)
        for moment in (it["t"], *it.get("repeated_at", []))
    ]
    return [_comparable(request) for _, request in sorted(timed, key=lambda entry: entry[0])]


def _comparable(request: Request) -> Request:
    """Return a request with a name that Entra takes, and without the text of a certificate."""
    method, path, query, body, status = request
    if isinstance(body, dict) and body.get("name") == "gh":
        body = {**body, "name": "github"}
    if isinstance(body, dict) and body.get("keyCredentials"):
        body = {**body, "keyCredentials": [{**each, "key": ""} for each in body["keyCredentials"]]}
    return method, path, query, body, status


def made(bench: Bench) -> list[Request]:
    """Return what has passed the proxy, with the names that the recordings have for what is the same everywhere."""
    requests = [(it.method, it.path, it.query, it.body, it.status) for it in bench.proxy.taken()]
    text = json.dumps(requests)
    text = text.replace(bench.environment["ARM_CLIENT_SECRET"], "<secret>")
    text = text.replace(bench.proxy.host, "127.0.0.1:18443")
    return [_comparable(tuple(it)) for it in json.loads(text)]


def streams(requests: list[Request]) -> dict[str, list[Any]]:
    """Split by kind of object, since the engine works on a service principal beside a password; number the ids."""
    principals = [it for it in requests if "/servicePrincipals" in it[1]]
    others = [it for it in requests if "/servicePrincipals" not in it[1]]
    return {"service principals": numbered(principals), "others": numbered(others)}


def in_any_order(requests: list[Request]) -> list[str]:
    """Return the requests with every id alike, sorted."""
    return sorted(GUID.sub("<id>", json.dumps(request, sort_keys=True)) for request in requests)


def numbered(requests: list[Request]) -> list[Any]:
    """Replace each id by its number, and what follows TERRAFORM_UPDATE_ by nothing."""
    text = re.sub(rf"TERRAFORM_UPDATE_{GUID.pattern}", "TERRAFORM_UPDATE_", json.dumps(requests, sort_keys=True))
    numbers: dict[str, str] = {}
    numbers_given = GUID.sub(lambda it: numbers.setdefault(it[0], f"<{len(numbers)}>"), text)
    answer: list[Any] = json.loads(numbers_given)
    return answer
