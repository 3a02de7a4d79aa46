"""Signing in from a pipeline: each failure names the variable, and the service that answered by what it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest

from dynamic_providers.admin_consent import AdminConsentProvider
from tests.support.entra import graph
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.recording_proxy import RecordingProxy
from tests.support.tenant import Tenant

Says = Callable[..., str]
FEDERATED = {"ARM_CLIENT_SECRET": "", "ARM_USE_OIDC": "true"}
OUTSIDE = {"iss": "https://issuer.example", "sub": "repo:acme/robots:ref:refs/heads/main"}
AUDIENCE = "api://AzureADTokenExchange"


class Service(ThreadingHTTPServer):
    """A pipeline's token service; the methods that it does not take are answered with 405."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.takes, self.status, self.body = "GET", 200, b"{}"
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token?pool=1"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        self.send_response(self.server.status if self.command == self.server.takes else 405)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def says(inputs: Inputs, start_host: Callable[..., ProviderHost]) -> Says:
    """Return what is said where the given variables sign in, after seeing that it is readable."""

    def create(**variables: str) -> str:
        with pytest.raises(ProviderError) as refused:
            start_host(AdminConsentProvider(), **FEDERATED, **variables).create(inputs.consent())
        said = str(refused.value)
        assert "internal error" not in said
        assert "Traceback" not in said
        return said

    return create


def token(**claims: Any) -> str:
    made = {"aud": AUDIENCE, "exp": int(time.time()) + 600, **OUTSIDE, **claims}
    return jwt.encode(made, "k" * 32, algorithm="HS256")


def trust(tenant: Tenant, **changed: str) -> None:
    """Let the deployer's application trust a federated token."""
    client_id = tenant.ready.deployer.clientId
    (application,) = graph(tenant, "GET", f"/applications?$filter=appId eq '{client_id}'")["value"]
    credential = {"name": "robots", "issuer": OUTSIDE["iss"], "subject": OUTSIDE["sub"], "audiences": [AUDIENCE]}
    graph(tenant, "POST", f"/applications/{application['id']}/federatedIdentityCredentials", credential | changed)


# --- what Entra says of a token


@pytest.mark.parametrize(
    ("claims", "code", "expected"),
    [
        ({"sub": "repo:acme/robots:pull_request"}, "AADSTS700213", "with exactly this subject"),
        ({"aud": "api://else"}, "AADSTS700212", f"Expected is the audience {AUDIENCE}"),
        ({"iss": "https://other.example"}, "AADSTS700211", "with exactly this issuer"),
    ],
)
def test_a_token_that_does_not_match_is_told_with_what_came_and_what_is_expected(
    tenant: Tenant, says: Says, claims: dict[str, str], code: str, expected: str
) -> None:
    trust(tenant)
    sent = token(**claims)
    said = says(ARM_OIDC_TOKEN=sent)
    came = {"aud": AUDIENCE, **OUTSIDE, **claims}
    assert said.count(code) == 1
    assert f"issuer '{came['iss']}', subject '{came['sub']}', audience '{came['aud']}'" in said
    assert expected in said
    assert f"az ad app federated-credential list --id {tenant.ready.deployer.clientId}" in said
    assert sent not in said


def test_a_static_token_that_has_ended_leads_to_the_request_address(tenant: Tenant, says: Says) -> None:
    trust(tenant)
    said = says(ARM_OIDC_TOKEN=token(exp=int(time.time()) - 900))
    assert "AADSTS700024" in said
    assert "ARM_OIDC_TOKEN lives for minutes only" in said
    assert "ARM_OIDC_REQUEST_URL" in said


def test_a_file_whose_token_has_ended_is_named(tenant: Tenant, says: Says, tmp_path: Path) -> None:
    trust(tenant)
    (tmp_path / "token").write_text(token(exp=int(time.time()) - 900))
    assert "ARM_OIDC_TOKEN_FILE_PATH names has ended" in says(ARM_OIDC_TOKEN_FILE_PATH=str(tmp_path / "token"))
    gone = says(ARM_OIDC_TOKEN_FILE_PATH=str(tmp_path / "nowhere"))
    assert "No such file" in gone
    assert "ARM_OIDC_TOKEN_FILE_PATH" in gone


# --- what a pipeline's token service says


def test_azure_pipelines_without_service_connection_is_not_asked(says: Says, service: Service) -> None:
    service.takes = "POST"
    said = says(SYSTEM_OIDCREQUESTURI=service.url, ARM_OIDC_REQUEST_URL=service.url, SYSTEM_ACCESSTOKEN="t")
    assert "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID is not set" in said
    assert "GitHub" not in said
    assert not service.asked


def test_azure_pipelines_without_access_token_names_it(says: Says, service: Service) -> None:
    said = says(SYSTEM_OIDCREQUESTURI=service.url, ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID="c")
    assert "SYSTEM_ACCESSTOKEN is not set" in said
    assert "keyword arguments" not in said
    assert not service.asked


def test_azure_pipelines_gives_a_token_as_azuread_asks_for_it(tenant: Tenant, says: Says, service: Service) -> None:
    service.takes, service.body = "POST", json.dumps({"oidcToken": token()}).encode()
    variables = {"ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": "c", "SYSTEM_ACCESSTOKEN": "job"}
    said = says(SYSTEM_OIDCREQUESTURI=service.url, **variables)
    assert "AADSTS70025" in said, "Entra got the token; nothing trusts it"
    method, path, headers = service.asked[0]
    assert (method, path) == ("POST", "/token?pool=1&api-version=7.1&serviceConnectionId=c")
    assert headers["Authorization"] == "Bearer job"
    assert headers["X-TFS-FedAuthRedirect"] == "Suppress"


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (302, "$(System.AccessToken)"),
        (401, "$(System.AccessToken)"),
        (403, "$(System.AccessToken)"),
        (404, "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"),
        (500, "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"),
    ],
)
def test_azure_pipelines_refusals_name_the_variable(says: Says, service: Service, status: int, remedy: str) -> None:
    service.takes, service.status, service.body = "POST", status, b'{"message": "No.", "typeKey": "NotFound"}'
    variables = {"ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": "c", "SYSTEM_ACCESSTOKEN": "job"}
    said = says(SYSTEM_OIDCREQUESTURI=service.url, **variables)
    assert f"could not get a token of Azure Pipelines: Azure Pipelines answered {status}" in said
    assert remedy in said
    assert "GitHub" not in said
    assert len(service.asked) == (3 if status == 500 else 1)


def test_github_gives_a_token_and_is_called_so(says: Says, service: Service) -> None:
    service.body = json.dumps({"value": token()}).encode()
    variables = {"ACTIONS_ID_TOKEN_REQUEST_URL": service.url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner"}
    assert "AADSTS70025" in says(**variables)
    method, path, headers = service.asked[0]
    assert (method, path) == ("GET", "/token?pool=1&audience=api%3A%2F%2FAzureADTokenExchange")
    assert headers["Authorization"] == "Bearer runner"
    service.status = 403
    said = says(**variables)
    assert "GitHub Actions answered 403" in said
    assert "`id-token: write`" in said


def test_another_token_service_is_called_by_its_address(says: Says, service: Service) -> None:
    service.takes = "POST"
    said = says(ARM_OIDC_REQUEST_URL=service.url, ARM_OIDC_REQUEST_TOKEN="t")
    assert f"the token service at 127.0.0.1:{service.server_port} answered 405" in said
    assert "if it is Azure Pipelines, set ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID" in said
    assert "GitHub" not in said


# --- nothing that a token service answers is an internal error

ODD = [
    b"",
    b"null",
    b"5",
    b'"x"',
    b"[]",
    b"{}",
    b"<html>",
    b'{"value": 5, "oidcToken": null}',
    b'{"value": "", "o',
    b"\xff",
]


@pytest.mark.parametrize("body", ODD)
def test_whatever_a_pipelines_token_service_answers_is_told(says: Says, service: Service, body: bytes) -> None:
    service.body = body
    said = says(ARM_OIDC_REQUEST_URL=service.url, ARM_OIDC_REQUEST_TOKEN="t")
    assert f"could not get a token of the token service at 127.0.0.1:{service.server_port}: " in said
    assert "ARM_OIDC_REQUEST_URL" in said


ODD_OF_ENTRA = [
    "", "null", "5", '"x"', "[]", "{}", "<html>sign in</html>", '{"access_token": 5, "expires_in": 3599}',
    '{"access_token": "", "expires_in": 3599}', '{"access_token": "a b\\n", "expires_in": 3599}',
    '{"access_token": "t\\u00f6k", "expires_in": 3599}', '{"access_token": ["x"], "expires_in": 3599}',
    '{"access_token": "x", "expires_in": "soon"}', '{"access_token": "x", "expires_in": null}',
    '{"access_token": "x"}', '{"error": 5}', '{"error": "x", "error_description": ["y"]}', '{"error": {"code": "x"}}',
    '{"access_token": "x", "expi',
]  # fmt: skip


@pytest.mark.parametrize("body", ODD_OF_ENTRA)
def test_whatever_entra_answers_to_a_sign_in_is_told(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost], tmp_path: Path, body: str
) -> None:
    with RecordingProxy(tenant.ready.origin, tenant.ready.caFile, tmp_path) as proxy:
        proxy.rewrite = lambda text: body if "access_token" in text else text
        variables = {"SSL_CERT_FILE": str(proxy.ca_file), "ARM_METADATA_HOSTNAME": proxy.host}
        with pytest.raises(ProviderError) as refused:
            start_host(AdminConsentProvider(), **variables).create(inputs.consent())
    said = str(refused.value)
    assert "could not " in said
    assert "internal error" not in said
    assert "Traceback" not in said
