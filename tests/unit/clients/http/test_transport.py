"""The transport against a server that answers what no API should: one sentence each, and no secret in it."""

from __future__ import annotations

import json
import re
import string
import threading
from collections.abc import Iterator
from http.client import RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ProxyError, ReadTimeoutError
from urllib3.response import HTTPResponse

from clients.business_central.environment import read_error_body as read_business_central_problem
from clients.graph.client import read_error_body as read_graph_problem
from clients.http.errors import FailedPrecondition, NoResponse, ServiceError, Throttled, UserFacingError
from clients.http.redaction import redact
from clients.http.retries import RETRIES
from clients.http.transport import Transport


class Server(ThreadingHTTPServer):
    """Answers every request with one answer, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body = 200, b"{}"
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.silent = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        if self.server.silent.is_set():
            self.rfile.read(1)  # until the client leaves
            return
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def transport(server: Server) -> Transport:
    return Transport(
        "Business Central", server.url, authorization=lambda: "Bearer x", read_error_body=read_business_central_problem
    )


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b'{"companies": []}', b"[]", b'"x"', b""])
def test_something_else_than_the_api_at_the_address_is_told(server: Server, body: bytes) -> None:
    server.body = body
    with pytest.raises(FailedPrecondition, match=r"the answer from .* is not Business Central's, but 200 \(.*baseUrl"):
        transport(server).items(dict, "/companies", attempting="list")


@pytest.mark.parametrize("link", ["https://elsewhere.example/companies", "@elsewhere.example/", "companies?page=2", 7])
def test_a_next_link_to_another_address_is_not_followed(server: Server, link: object) -> None:
    server.body = json.dumps({"value": [], "@odata.nextLink": link}).encode()
    with pytest.raises(FailedPrecondition, match="is not Business Central's"):
        transport(server).items(dict, "/companies", attempting="list")
    assert [path for path, _ in server.asked] == ["/companies"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":"invalid_token"}',
        b'{"error":{"code":null,"message":null}}',
        b'{"error":[]}',
        b"[]",
        b"",
        b"no",
        b'{"error":{"message":7}}',
    ],
)
@pytest.mark.parametrize("read_error_body", [read_business_central_problem, read_graph_problem])
def test_an_error_of_an_odd_shape_is_still_an_error_of_the_service(
    server: Server, body: bytes, read_error_body: Any
) -> None:
    server.status, server.body = 401, body
    odd = Transport("The service", server.url, authorization=None, read_error_body=read_error_body)
    with pytest.raises(ServiceError, match="could not look: The service answered 401"):
        odd.request("GET", "/", attempting="look")


@pytest.mark.parametrize(("method", "times"), [("GET", 2), ("POST", 1)])
def test_a_service_that_says_nothing_is_asked_once_more_where_that_can_do_no_harm(
    server: Server, method: str, times: int
) -> None:
    server.silent.set()
    silent = Transport(
        "Microsoft Graph", server.url, authorization=None, read_error_body=read_graph_problem, answer_seconds=0.1
    )
    with pytest.raises(NoResponse, match="gave no answer to"):
        silent.request(method, "/", attempting="look")
    assert len(server.asked) == times


@pytest.mark.parametrize("asked_for", ["121", "86400", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_service_that_asks_to_wait_for_hours_is_not_waited_for(server: Server, asked_for: str) -> None:
    server.status, server.headers = 429, {"Retry-After": asked_for}
    with pytest.raises(Throttled) as failed:
        transport(server).request("GET", "/", attempting="look")
    assert failed.value.retry_after
    assert len(server.asked) == 1


def test_a_service_that_asks_for_a_short_wait_is_asked_again() -> None:
    busy = HTTPResponse(status=429, headers={"Retry-After": "120"})
    assert RETRIES.increment("POST", "/", response=busy).total == 5


def test_whoever_says_how_long_to_wait_at_most_waits_no_longer_for_a_service_that_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENTRA_BC_LONGEST_WAIT", "30")
    busy = HTTPResponse(status=429, headers={"Retry-After": "31"})
    with pytest.raises(MaxRetryError):
        RETRIES.increment("GET", "/", response=busy)


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.status = 302
    with pytest.raises(UserFacingError):
        transport(server).request("GET", "/", attempting="look")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "address", ["http://graph.example", "HTTP://bc.example:7048/BC", "http://[", "http://127.0.0.1.example"]
)
def test_nothing_that_signs_in_travels_in_the_clear(address: str) -> None:
    def nobody_asks() -> str:
        raise AssertionError("a token was asked for")

    clear = Transport("The service", address, authorization=nobody_asks, read_error_body=read_graph_problem)
    with pytest.raises(FailedPrecondition, match=r"(?i)could not look: The service is at http.*which is not https"):
        clear.request("POST", "/", attempting="look")
    unsigned = Transport("The service", address, authorization=None, read_error_body=read_graph_problem)
    with pytest.raises(FailedPrecondition, match="which is not https"):
        unsigned.request("GET", "/", attempting="look", headers={"Authorization": "Bearer x"})


SECRET = st.tuples(
    st.text(string.ascii_letters + string.digits + "-._~", min_size=3, max_size=3),
    st.sampled_from(string.digits),
    st.text(string.ascii_letters + string.digits + "-._~", min_size=31, max_size=34),
).map(lambda parts: f"{parts[0]}{parts[1]}Q~{parts[2]}")


@given(SECRET, st.sampled_from(['the secret "{}" is', "{}", "client_secret={}&x", "({})", "a {}."]))
def test_whatever_looks_like_a_client_secret_is_cut_out(secret: str, around: str) -> None:
    assert secret.strip(".~-") not in redact(around.format(secret))


@pytest.mark.parametrize("limit", ["0", "0.5", "3", "120"])
def test_a_read_waits_between_its_tries_as_long_as_the_environment_allows_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setenv("ENTRA_BC_LONGEST_WAIT", limit)
    tries, pauses = RETRIES, []
    while tries.total:
        tries = tries.increment("GET", "/", error=ConnectionResetError())
        pauses.append(tries.get_backoff_time())
    assert len(pauses) == 6
    assert max(pauses) <= float(limit)
    assert sum(pauses) >= 6 * 0.5 * min(float(limit), 0.5)


@pytest.mark.parametrize("text", ["Bearer abc.def", "Basic dXNlcjpwYXNz", "eyJhbGciOi.eyJhdWQi.c2ln"])
def test_tokens_are_cut_out(text: str) -> None:
    assert text.split()[-1] not in redact(f"x {text} y")


@pytest.mark.parametrize(
    "address", ["http://alice:S3cr:t9@proxy:8080", "https://:S3cr@t9@proxy", "socks5://a:S3crt9@p"]
)
def test_passwords_in_addresses_are_cut_out_and_the_rest_stays(address: str) -> None:
    assert not re.search("S3cr|t9", redact(f"Failed to parse: {address}"))
    assert redact(f"at {address}, again").endswith(f"@{address.rpartition('@')[2]}, again")


@pytest.mark.parametrize(
    "text",
    [
        "https://bc.example:7048/BC/x@y",
        '{"iss":"https://sts.example","code":"AADSTS700213","upn":"ann@x"}',
        "<iss>https://sts.example</iss><code>AADSTS700213:ann@x</code>",
        f"https://{'a:' * 50_000}",  # at once, and not in a minute
    ],
)
def test_an_address_without_a_password_and_what_follows_it_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "broken", [RemoteDisconnected("closed"), ConnectionResetError(104, "reset"), ReadTimeoutError(None, "/", "late")],  # type: ignore[arg-type]
)  # fmt: skip
def test_a_write_whose_connection_through_a_proxy_breaks_is_not_repeated(broken: Exception) -> None:
    """urllib3 takes it for a failure of the proxy, before anything was sent, and would repeat any method."""
    with pytest.raises(ProtocolError):
        RETRIES.increment("PUT", "/", error=ProxyError("the proxy fails", broken))
    assert RETRIES.increment("GET", "/", error=ProxyError("the proxy fails", broken)).read == 0
    not_connected = NewConnectionError(None, "refused")  # type: ignore[arg-type]
    assert RETRIES.increment("PUT", "/", error=ProxyError("the proxy fails", not_connected)).total == 5
