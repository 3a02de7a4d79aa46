"""Faults that are ordered at the control port: what each does to a request, and to whose."""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import IncompleteRead
from typing import Any

import pytest
import requests

from tests.support.control_port import APPLICATION, create, names, refusal
from tests.support.directory_objects import BUSINESS_CENTRAL_SCOPE, Graph
from tests.support.tenant import Tenant, open_connection, wait_for


def test_a_fault_before_leaves_the_service_untouched_and_one_after_does_not(tenant: Tenant) -> None:
    token = tenant.token()
    before = tenant.fault({"method": "POST", "path": "/applications$"}, status=503, retryAfter=7)
    response = create(tenant, token)
    assert (response.status_code, response.headers["retry-after"]) == (503, "7")
    assert response.json()["error"]["innerError"]["request-id"]
    assert names(tenant) == ["Rehearsal deployer"]
    after = tenant.fault({"path": "/applications$"}, when="after", status=502)
    assert create(tenant, token).status_code == 502
    assert names(tenant) == ["Rehearsal deployer", "Warehouse robots"]
    assert create(tenant, token).status_code == 201  # once each
    assert (before.hits, after.hits) == (1, 1)


def test_a_raw_fault_is_answered_to_the_letter_by_every_service(tenant: Tenant) -> None:
    """Body, its encoding, headers, status and the time to wait; and nothing of the service's own."""
    business_central = f"{tenant.ready.businessCentralUrl}/v2.0/x/Production/api/v2.0/companies"
    token_service = f"{tenant.ready.origin}/{tenant.ready.tenantId}/oauth2/v2.0/token"
    for number, url in enumerate(["/v1.0/applications", business_central, token_service, "/metadata/endpoints"]):
        headers = {"content-type": "text/html; charset=klingon", "x-cache": str(number)}
        body = {"body": "<h1>fejl: æ</h1>", "encoding": "utf-16-le", "headers": headers, "retryAfter": 3}
        fault = tenant.fault({}, "raw", status=418 + number, **body)
        answer = tenant.get(url)
        assert (answer.status_code, answer.headers["retry-after"]) == (418 + number, "3")
        assert answer.content == "<h1>fejl: æ</h1>".encode("utf-16-le")
        assert {name: answer.headers[name] for name in headers} == headers
        assert "request-id" not in answer.headers
        assert fault.hits == 1


def test_a_raw_fault_may_say_nothing_and_come_after_the_service_has_done_it(tenant: Tenant) -> None:
    token = tenant.token()
    for when, there in (("before", 1), ("after", 2)):
        tenant.fault({"method": "POST", "path": "/applications$"}, "raw", when=when, status=204)
        answer = create(tenant, token)
        assert (answer.status_code, answer.content) == (204, b"")
        assert len(names(tenant)) == there


def test_a_raw_fault_that_is_cut_short_breaks_the_connection_in_its_middle(tenant: Tenant) -> None:
    tenant.fault({}, "raw", status=200, body="0123456789", cutShort=True)
    with open_connection(tenant.ready) as connection:
        connection.request("GET", "/v1.0/applications")
        answer = connection.getresponse()
        assert answer.getheader("content-length") == "10"
        with pytest.raises(IncompleteRead) as broken:
            answer.read()
    assert broken.value.partial == b"01234"


def test_what_cannot_be_written_is_refused(tenant: Tenant) -> None:
    body = {"action": "raw", "body": "ł", "encoding": "latin-1"}
    assert "the body cannot be written in iso8859-1" in refusal(tenant, "/faults", body)
    assert "there is no encoding 'klingon'" in refusal(tenant, "/faults", {"action": "raw", "encoding": "klingon"})


def test_a_fault_speaks_the_language_of_its_service(tenant: Tenant) -> None:
    graph_token, business_token = tenant.token(), tenant.token(scope=BUSINESS_CENTRAL_SCOPE)
    tenant.fault(action="status", status=429, times=0)
    graph = tenant.get("/v1.0/applications", graph_token).json()["error"]
    assert (graph["code"], graph["message"]) == ("TooManyRequests", "Too many requests. Please try again later.")
    business = tenant.get(f"{tenant.ready.businessCentralUrl}/v2.0/x/Production/api/v2.0/companies", business_token)
    assert business.json()["error"]["code"] == "Application_TooManyRequests"
    assert "  CorrelationId:  " in business.json()["error"]["message"]
    token = tenant.token_response({"client_id": "x"})
    assert (token.status_code, token.json()["error"]) == (429, "temporarily_unavailable")


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (409, "Internal_ServerError", "Your activity was deadlocked with another user. Please retry the activity."),
        (400, "Application_DialogException", "The transaction was deadlocked. Please retry."),
        (429, None, None),
        (503, None, None),
    ],
)
def test_a_fault_in_business_central_has_exactly_the_shape_of_its_errors(
    tenant: Tenant, status: int, code: str | None, message: str | None
) -> None:
    words = {name: value for name, value in (("code", code), ("message", message)) if value}
    tenant.fault({"path": "/companies$"}, status=status, retryAfter=3, **words)
    answer = tenant.get(f"{tenant.ready.businessCentralUrl}/v2.0/x/Production/api/v2.0/companies", "no token")
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "3")
    assert set(answer.json()) == {"error"}
    error = answer.json()["error"]
    assert set(error) == {"code", "message"}
    assert error["code"] == (code or {429: "Application_TooManyRequests", 503: "ServiceUnavailable"}[status])
    assert re.fullmatch(re.escape(message or "") + r".*  CorrelationId:  [0-9a-f-]{36}\.", error["message"])


def test_a_fault_in_the_admin_center_is_not_wrapped(tenant: Tenant) -> None:
    tenant.fault({"path": "/bc/admin/"}, status=500, code="Unknown", message="Something went wrong.")
    answer = tenant.get(
        f"{tenant.ready.businessCentralUrl}/admin/v2.29/applications/BusinessCentral/environments/Production/apps"
    )
    assert (answer.status_code, answer.json()) == (500, {"code": "Unknown", "message": "Something went wrong."})


def test_a_fault_takes_the_words_it_is_given(tenant: Tenant) -> None:
    token = tenant.token()
    tenant.fault(
        {"path": "/applications"}, status=400, code="Request_BadRequest", message="Not a valid reference update"
    )
    error = tenant.get("/v1.0/applications", token).json()["error"]
    assert (error["code"], error["message"]) == ("Request_BadRequest", "Not a valid reference update")


def test_a_fault_waits_for_its_turn_and_its_caller(tenant: Tenant) -> None:
    token = tenant.token()
    other = Graph(tenant).caller(graph=["Directory.Read.All"])
    match = {"caller": other.client_id, "userAgent": "support.tenant", "method": "get"}
    fault = tenant.fault(match, skip=1, times=2)
    assert tenant.get("/v1.0/applications", token).status_code == 200
    statuses = [other.graph("GET", "/applications").status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 200]
    assert fault.hits == 2


@pytest.mark.parametrize(("when", "made"), [("before", 1), ("after", 2)])
def test_a_dropped_request_gets_no_answer(tenant: Tenant, when: str, made: int) -> None:
    token = tenant.token()
    tenant.fault({"path": "/applications$"}, "drop", when=when)
    with pytest.raises(requests.ConnectionError):
        create(tenant, token)
    assert len(names(tenant)) == made
    assert tenant.requests(method="POST")[-1]["status"] is None
    assert tenant.get("/v1.0/applications", token).status_code == 200


def test_a_held_request_goes_on_once_it_is_released_and_nobody_else_waits(tenant: Tenant) -> None:
    token = tenant.token()
    fault = tenant.fault({"method": "POST", "path": "/applications$"}, "hold")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(requests.post, f"{tenant.ready.origin}/v1.0/applications", json=APPLICATION,
                              headers={"Authorization": f"Bearer {token}"}, verify=tenant.ready.caFile, timeout=60)  # fmt: skip
        fault.wait_until_held()
        assert names(tenant) == ["Rehearsal deployer"]
        assert tenant.get("/v1.0/applications", token).status_code == 200
        assert not waiting.done()
        fault.release()
        assert waiting.result(30).status_code == 201
    assert (fault.hits, fault.held) == (1, 0)


@pytest.mark.parametrize(("when", "made"), [("before", 1), ("after", 2)])
def test_a_client_that_leaves_while_it_is_held_has_done_what_was_committed(
    tenant: Tenant, when: str, made: int
) -> None:
    token = tenant.token()
    fault = tenant.fault({"method": "POST", "path": "/applications$"}, "hold", when=when)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with open_connection(tenant.ready) as connection:
        connection.request("POST", "/v1.0/applications", json.dumps(APPLICATION), headers)
        fault.wait_until_held()
    wait_for(lambda: fault.held == 0, 30, "the tenant to see that the client has gone")
    fault.release()
    assert len(names(tenant)) == made


def test_reset_lets_held_requests_go(tenant: Tenant) -> None:
    token = tenant.token()
    fault = tenant.fault({"method": "POST", "path": "/applications$"}, "hold")
    done = threading.Event()

    def ask() -> None:
        requests.post(f"{tenant.ready.origin}/v1.0/applications", json=APPLICATION,
                      headers={"Authorization": f"Bearer {token}"}, verify=tenant.ready.caFile, timeout=60)  # fmt: skip
        done.set()

    thread = threading.Thread(target=ask)
    thread.start()
    fault.wait_until_held()
    tenant.reset()
    assert done.wait(30)
    thread.join()


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"action": "explode"}, "action: Input should be 'status', 'hold'"),
        ({"action": "drop", "mach": {}}, "mach: Extra inputs are not permitted"),
        ({"action": "drop", "match": {"pth": "x"}}, "match.pth: Extra inputs are not permitted"),
        ({"action": "drop", "match": {"path": "("}}, "match.path: Input should be a valid regular expression"),
        ({"action": "drop", "times": -1}, "times: Input should be greater than or equal to 0"),
        ({"action": "drop", "when": "during"}, "when: Input should be 'before' or 'after'"),
    ],
)
def test_a_fault_that_cannot_be_understood_is_refused_with_a_sentence(
    tenant: Tenant, wish: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal(tenant, "/faults", wish)
    assert tenant.control("GET", "/faults") == []
