"""The client's secrets of applications, against the tenant: made once, whatever Graph answers, and removed for sure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.graph.client import Graph
from clients.http.errors import BadRequest, NoResponse, ServiceError
from clients.session import Session
from tests.support.entra import EntraApplication, key_ids
from tests.support.tenant import OURS, Tenant

ENDS = (datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%dT00:00:00Z")
NAME = "entra-business-central:demo:magento:label"
BUSY: list[dict[str, Any]] = [
    {"status": 409, "code": "Directory_ConcurrencyViolation"},
    {"status": 503, "code": "serviceNotAvailable", "message": "x", "retryAfter": 0},
]


@pytest.fixture
def graph(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Graph:
    for name, value in tenant.ready.environment().items():
        monkeypatch.setenv(name, value)
    return Session({"azuread:tenantId": tenant.ready.tenantId}).graph


def posts(tenant: Tenant, action: str) -> int:
    return len([each for each in tenant.requests(OURS, "POST") if each["path"].endswith(f"/{action}")])


def test_a_secret_is_made_works_is_listed_without_its_text_and_is_removed(
    tenant: Tenant, graph: Graph, application: EntraApplication
) -> None:
    made = graph.add_password(application.object_id, NAME, ENDS)
    assert made is not None
    assert tenant.token(application.client_id, made.text)
    assert made.text not in repr(made)
    listed = {each.key_id: each for each in graph.passwords(application.object_id) or ()}
    assert (listed[made.key_id].display_name, listed[made.key_id].ends) == (NAME, ENDS)
    graph.remove_password(application.object_id, made.key_id.upper())
    assert made.key_id not in key_ids(application, tenant)
    graph.remove_password(application.object_id, made.key_id)
    with pytest.raises(BadRequest, match="No password credential found"):
        graph.remove_password(application.object_id, made.key_id, just_made=True)


def test_an_application_that_is_gone_has_none_and_needs_no_removal(tenant: Tenant, graph: Graph) -> None:
    gone = "00000000-0000-0000-0000-000000000001"
    assert graph.passwords(gone) is None
    graph.remove_password(gone, gone)
    with pytest.raises(ServiceError, match=rf"could not make the secret '{NAME}' of application {gone}"):
        graph.add_password(gone, NAME, ENDS)


@pytest.mark.parametrize("busy", BUSY, ids=str)
@pytest.mark.parametrize("when", ["before", "after"])
def test_busy_graph_is_asked_again_after_a_look_and_makes_one(
    tenant: Tenant, graph: Graph, application: EntraApplication, busy: dict[str, Any], when: str
) -> None:
    """Where it was made all the same, its text is lost: the caller is told, and no second one is asked for."""
    fault = tenant.fault({"path": "/addPassword$", "userAgent": OURS}, when=when, **busy)
    made = graph.add_password(application.object_id, NAME, ENDS)
    assert fault.hits == 1
    assert (made is None) == (when == "after")
    named = [each for each in graph.passwords(application.object_id) or () if each.display_name == NAME]
    assert len(named) == 1
    assert posts(tenant, "addPassword") == (2 if made else 1)


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_is_lost_is_not_asked_for_again_but_a_removal_is(
    tenant: Tenant, graph: Graph, application: EntraApplication, when: str
) -> None:
    tenant.fault({"path": "/addPassword$", "userAgent": OURS}, action="drop", when=when)
    with pytest.raises(NoResponse):
        graph.add_password(application.object_id, NAME, ENDS)
    assert posts(tenant, "addPassword") == 1
    known = key_ids(application, tenant)
    tenant.fault({"path": "/removePassword$", "userAgent": OURS}, action="drop", when=when)
    graph.remove_password(application.object_id, known[-1])
    assert posts(tenant, "removePassword") == (2 if when == "before" else 1)
    assert key_ids(application, tenant) == known[:-1]


def test_an_answer_without_the_text_is_an_unexpected_one(
    tenant: Tenant, graph: Graph, application: EntraApplication
) -> None:
    body = '{"keyId": "x", "secretText": null}'
    headers = {"Content-Type": "application/json"}
    tenant.fault({"path": "/addPassword$"}, action="raw", status=200, body=body, headers=headers)
    with pytest.raises(Exception, match="is not Microsoft Graph's"):
        graph.add_password(application.object_id, NAME, ENDS)
