"""Whose certificates are trusted, and what is said of one that is not: over real TLS."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from clients.entra import sign_in
from clients.entra.cloud import Cloud
from clients.entra.credential import AccessToken
from clients.entra.federated_tokens import request_token
from clients.entra.sign_in_methods import SignInMethod
from clients.graph.client import read_error_body
from clients.http.errors import CertificateNotTrusted, FailedPrecondition, SignInFailed
from clients.http.transport import Transport
from clients.http.trust import trusting_context, unread_bundle
from clients.key_vault.credential import VaultCredential
from clients.key_vault.vault import Vault
from tests.support.tls_servers import ConnectProxy, TlsServer

TENANT = "6f1d0c5e-0b7a-4c1e-9a54-3f5d7c2b8e10"
SCOPE = "https://api.businesscentral.dynamics.com/.default"
VARIABLES = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def authority() -> trustme.CA:
    """That of a company, say."""
    return trustme.CA()


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[TlsServer]:
    with TlsServer(authority.issue_cert("127.0.0.1")) as running:
        yield running


@pytest.fixture
def pem(authority: trustme.CA, tmp_path: Path) -> Path:
    """A folder's only file, whose name is not a hash: Go reads every file of a folder."""
    file = tmp_path / "authorities" / "company.pem"
    file.parent.mkdir()
    authority.cert_pem.write_to_path(str(file))
    return file


def ask(server: TlsServer, method: str = "GET") -> object:
    transport = Transport(
        "Microsoft Graph", f"https://{server.host}", authorization=None, read_error_body=read_error_body
    )
    return transport.request(method, "/", attempting="grant Admin.Read")


def refused(server: TlsServer, method: str = "GET") -> str:
    started = time.monotonic()
    with pytest.raises(CertificateNotTrusted) as problem:
        ask(server, method)
    assert time.monotonic() - started < 5, "told at once"
    assert server.connections == 1, "never retried"
    return str(problem.value)


def test_ssl_cert_file_alone_is_enough(server: TlsServer, pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    assert ask(server) == {}


def test_ssl_cert_dir_alone_is_enough(
    server: TlsServer, pem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pem.parent / "README").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path / 'nowhere'}:{pem.parent}")
    assert ask(server) == {}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_an_unknown_authority_is_told_at_once_and_names_what_is_read(server: TlsServer, method: str) -> None:
    said = refused(server, method)
    assert said.startswith(f"could not grant Admin.Read: the certificate of {server.host} is not accepted (")
    assert "so nothing was sent" in said
    assert "SSL_CERT_FILE (not set), SSL_CERT_DIR (not set)" in said
    assert "Whether it was done" not in said


def test_a_bundle_for_requests_is_not_read_since_go_does_not(
    server: TlsServer, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    assert f"neither reads REQUESTS_CA_BUNDLE ({pem})" in refused(server)


def test_a_file_that_is_not_there_is_named(server: TlsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    assert "SSL_CERT_FILE (/nowhere.pem, which cannot be read)" in refused(server)


def test_a_certificate_that_has_ended_is_not_a_matter_of_trust(
    authority: trustme.CA, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with TlsServer(authority.issue_cert("127.0.0.1", not_after=yesterday)) as server:
        said = refused(server)
    assert "certificate has expired" in said
    assert "renew" in said
    assert "SSL_CERT_FILE" not in said


def test_a_certificate_of_another_host_is_not_either(
    authority: trustme.CA, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with TlsServer(authority.issue_cert("elsewhere.example")) as server:
        assert "Something else answers at this address" in refused(server)


def test_https_proxy_is_used_and_no_proxy_goes_past_it(
    server: TlsServer, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with ConnectProxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.host}")
        assert ask(server, "POST") == {}
        assert proxy.asked == [server.host]
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert ask(server, "POST") == {}
        assert proxy.asked == [server.host]


def test_an_unknown_authority_behind_a_proxy_is_told_as_one(server: TlsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.host}")
        refused(server, "POST")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_proxy_that_refuses_is_told_as_one_and_at_once(
    server: TlsServer, pem: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with ConnectProxy(refuses=407) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.host}")
        with pytest.raises(FailedPrecondition, match=r"the proxy does not lead to .*407.*nothing was sent.*NO_PROXY"):
            ask(server, method)
        assert len(proxy.asked) == 1
    assert server.connections == 0


def sign_in_as_an_integration(server: TlsServer) -> None:
    cloud = Cloud(f"https://{server.host}", "https://graph.example")
    sign_in.get_token(sign_in.secret_credential(TENANT, cloud, TENANT, "secret"), SCOPE)


def sign_in_as_a_managed_identity(server: TlsServer) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_CLIENT_CERTIFICATE", "ARM_USE_OIDC"):
            patch.delenv(name, raising=False)
        patch.setenv("ARM_USE_MSI", "true")
        patch.setenv("IDENTITY_ENDPOINT", f"https://{server.host}/token")
        patch.setenv("IDENTITY_HEADER", "of this machine")
        sign_in.get_token(
            sign_in.find_credential(TENANT, Cloud("https://login.example", "https://graph.example")), SCOPE
        )


def get_a_token_of_github(server: TlsServer) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"https://{server.host}/token")
        patch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of this job")
        request_token(SignInMethod.GITHUB)


def get_a_token_of_azure_pipelines(server: TlsServer) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYSTEM_OIDCREQUESTURI", f"https://{server.host}/token")
        patch.setenv("SYSTEM_ACCESSTOKEN", "of this job")
        request_token(SignInMethod.AZURE_PIPELINES)


def list_versions(server: TlsServer) -> None:
    class Nobody:
        def get_token(self, *_: str, **__: object) -> AccessToken:
            raise AssertionError("nobody asked for a token")

    Vault("shop", f"https://{server.host}", VaultCredential(Nobody(), "https://vault.example", TENANT)).versions("a")


@pytest.mark.parametrize("send", [ask, sign_in_as_an_integration, sign_in_as_a_managed_identity, list_versions])
def test_no_netrc_file_signs_a_request(
    server: TlsServer,
    pem: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    send: Callable[[TlsServer], object],
) -> None:
    (tmp_path / "netrc").write_text("default login ci password hunter2\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))  # what the library asks the machine for a token with reads it
    with suppress(SignInFailed):  # `{}` is no token
        send(server)
    assert set(server.authorizations) == {None}


@pytest.mark.parametrize(
    ("variable", "proxy"),
    [
        ("HTTPS_PROXY", "http://alice:S3cr#t9@127.0.0.1:8080"),
        ("https_proxy", "http://alice:S3cr/t9@127.0.0.1:8080"),
        ("ALL_PROXY", "alice:S3cr?t9@127.0.0.1:8080"),
        ("HTTPS_PROXY", "http://alice:S3crt9@127.0.0.1:99999"),
        ("HTTPS_PROXY", "socks5://alice:S3crt9@127.0.0.1:1080"),
    ],
)
@pytest.mark.parametrize(
    "send",
    [
        ask,
        sign_in_as_an_integration,
        sign_in_as_a_managed_identity,
        get_a_token_of_github,
        get_a_token_of_azure_pipelines,
        list_versions,
    ],
)
def test_of_a_proxy_that_cannot_be_used_nothing_is_told_but_its_variable(
    server: TlsServer,
    pem: Path,
    monkeypatch: pytest.MonkeyPatch,
    send: Callable[[TlsServer], object],
    variable: str,
    proxy: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(
        FailedPrecondition, match=f"the proxy that {variable} names has no .*nothing was sent.*percent-encoded"
    ) as refused:
        send(server)
    assert "S3cr" not in str(refused.value)
    assert server.connections == 0


def test_what_is_said_of_a_bundle_that_neither_half_reads() -> None:
    said = unread_bundle({"REQUESTS_CA_BUNDLE": "/company.pem"})
    assert "azuread and this program both read the machine's store, SSL_CERT_FILE (not set)" in said
    assert "set SSL_CERT_FILE=/company.pem" in said
    assert not unread_bundle({"REQUESTS_CA_BUNDLE": "/company.pem", "SSL_CERT_FILE": "/company.pem"})
    assert not unread_bundle({})


def test_a_folder_that_may_not_be_listed_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(_: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setattr(Path, "iterdir", refused)
    assert trusting_context().verify_mode is ssl.CERT_REQUIRED
