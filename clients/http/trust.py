"""Which authorities are trusted: those of the machine, and SSL_CERT_FILE and SSL_CERT_DIR, as Go reads them.

azuread's plugin is written in Go, so that both halves of an `up` trust the same. Python's requests would read
REQUESTS_CA_BUNDLE, and bring authorities of its own: neither is used here.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, RequestException, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema, InvalidURL
from requests.exceptions import ProxyError as RequestsProxyError
from requests.utils import select_proxy
from urllib3.exceptions import NameResolutionError, ProxyError
from urllib3.util.retry import Retry

from clients.http.errors import CertificateNotTrusted, FailedPrecondition

UNREAD = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables with which Python's requests is told of an authority, and which Go does not know."""

_HOSTS = 32  # whose connections are kept: Entra, Graph, Business Central, and some vaults
_CONNECTIONS = 16  # that are kept to one host: as many as resources are worked on at once
NO_RETRIES = Retry(total=False, redirect=False, raise_on_status=False)
"""For who tries again by itself."""

# Where Go looks for what SSL_CERT_FILE and SSL_CERT_DIR do not name, on Linux:
# https://cs.opensource.google/go/go/+/master:src/crypto/x509/root_linux.go
_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs")

# https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_EXPIRED, _NOT_YET_VALID, _OTHER_NAMES = 10, 9, {62, 64}


class UntrustedCertificate(Exception):
    """A certificate was not accepted; nothing was sent.

    Attributes:
        host: whose it is, with its port where that is not 443.
        problem: what is wrong with it.
    """

    def __init__(self, host: str, problem: ssl.SSLCertVerificationError) -> None:
        super().__init__(host, problem)
        self.host = host
        self.problem = problem

    def while_attempting(self, attempting: str) -> CertificateNotTrusted:
        """Return it as an error for the user.

        Args:
            attempting: what the request was for, to complete "could not ...".
        """
        reason = (getattr(self.problem, "verify_message", "") or str(self.problem)).strip().rstrip(".")
        return CertificateNotTrusted(
            attempting,
            f"the certificate of {self.host} is not accepted ({reason}), so nothing was sent",
            _remedy(getattr(self.problem, "verify_code", 0), os.environ),
        )


def _remedy(code: int, environment: Mapping[str, str]) -> str:
    if code in {_EXPIRED, _NOT_YET_VALID}:
        return "Whoever runs that address, or the proxy before it, has to renew it; check this machine's clock first."
    if code in _OTHER_NAMES:
        return "Something else answers at this address: check the address, HTTPS_PROXY and NO_PROXY."
    return (
        "Where a company's proxy or server has a certificate of the company's own authority, put that authority into "
        f"the machine's store, or name a PEM file with it in SSL_CERT_FILE. {ca_settings(environment)}"
    )


def ca_settings(environment: Mapping[str, str]) -> str:
    """Return a sentence that names what both halves trust, with the values of the variables."""
    named = ", ".join(f"{name} ({_state(environment.get(name, ''))})" for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    unread = [f"{name} ({value})" for name in UNREAD if (value := environment.get(name))]
    also = f"; neither reads {' and '.join(unread)}" if unread else ""
    return f"azuread and this program both read the machine's store, {named}{also}."


def _state(value: str) -> str:
    if not value:
        return "not set"
    missing = [each for each in value.split(os.pathsep) if not os.access(each, os.R_OK)]
    return f"{value}, which cannot be read" if missing else value


def unread_bundle(environment: Mapping[str, str]) -> str:
    """Return what to tell where an authority is named in a variable that neither half reads; "" where none is."""
    unread = next((name for name in UNREAD if environment.get(name)), "")
    if not unread or environment.get("SSL_CERT_FILE") or environment.get("SSL_CERT_DIR"):
        return ""
    return (
        f"{unread} is set, and SSL_CERT_FILE is not. {ca_settings(environment)} Where the authority in {unread} is "
        f"not in the machine's store, set SSL_CERT_FILE={environment[unread]} as well."
    )


def trusting_context() -> ssl.SSLContext:
    """Return a TLS context that trusts what the machine trusts, and what SSL_CERT_FILE and SSL_CERT_DIR name."""
    import truststore  # here, since a run with nothing to do opens no connection

    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # as in Go: whatever is trusted is an end of the chain
    for each in _named_files(os.environ):
        try:
            context.load_verify_locations(cafile=each)
        except (OSError, ssl.SSLError):  # not there, or no certificate: Go passes over it too
            continue
    return context


def _named_files(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files that the two variables name, and what Go reads beside them; nothing where neither is set."""
    file, folders = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if not file and not folders:
        return
    usual = sys.platform not in {"win32", "darwin"}  # there the machine's store is no file
    if file:
        yield Path(file)
    elif usual:
        yield from [Path(each) for each in _FILES if Path(each).is_file()][:1]
    for folder in folders.split(os.pathsep) if folders else _FOLDERS if usual else ():
        yield from _listed(Path(folder)) if folders else _bundle_of(Path(folder))


def _listed(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing where it is none or may not be listed: Go passes over it too."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _bundle_of(folder: Path) -> list[Path]:
    """Return the file that has all certificates of one of the usual folders: it is read in one go."""
    return [Path(each) for each in _FILES if Path(each).parent == folder and Path(each).is_file()]


class TrustingAdapter(HTTPAdapter):
    """Sends requests on connections of `trusting_context`, whatever Python's requests thinks of certificates."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pool of connections."""
        self._context = trusting_context()
        super().init_poolmanager(*args, **options, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the pool of connections through a proxy."""
        options |= {"ssl_context": self._context}
        if proxy.lower().startswith("https:"):
            options |= {"proxy_ssl_context": self._context}
        return super().proxy_manager_for(proxy, **options)

    def cert_verify(self, conn: Any, *_: Any) -> None:
        """Leave the trusted authorities to the context."""
        conn.cert_reqs = "CERT_REQUIRED"

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        """Send a request.

        Raises:
            UntrustedCertificate: the other side's certificate is not accepted.
        """
        options["verify"] = True  # not the path of REQUESTS_CA_BUNDLE
        try:
            return super().send(request, *args, **options)
        except RequestException as problem:
            if refused := certificate_problem(problem):
                raise UntrustedCertificate(urlsplit(request.url or "").netloc, refused) from None
            raise


class OwnSession(Session):
    """A session that takes nothing from outside that it should not, and says nothing that it should not.

    It reads no netrc file, and looks at no redirect: it would also read the address, which may be none. A proxy that
    cannot be used is told by the name of its variable: the libraries quote a part of its password, which no redaction
    would know.
    """

    def __init__(self) -> None:
        super().__init__()
        self.auth = lambda request: request

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """Send a request.

        Raises:
            FailedPrecondition: the address of the proxy is none.
        """
        try:
            return super().send(request, **options)
        except (InvalidURL, InvalidSchema):  # raised before anything is sent
            proxy = select_proxy(request.url or "", options.get("proxies"))
            if not proxy:
                raise
            raise _unusable_proxy(urlsplit(request.url or "").netloc, proxy) from None

    def get_redirect_target(self, resp: Response) -> None:  # noqa: ARG002 - as in requests
        """Return none, whatever an answer says."""
        return


def _unusable_proxy(host: str, proxy: str) -> FailedPrecondition:
    named = (name for name, value in os.environ.items() if value == proxy and name.lower().endswith("_proxy"))
    return FailedPrecondition(
        f"reach {host}",
        f"the proxy that {next(named, 'this machine')} names has no address that can be used, so nothing was sent",
        "Write http://USER:PASSWORD@HOST:PORT, with each character of user and password that is neither a letter nor a "
        "digit percent-encoded: # as %23, / as %2F, ? as %3F, @ as %40. A SOCKS proxy cannot be used.",
    )


def trusting_session(retries: Retry) -> Session:
    """Return a session whose https connections trust what the machine trusts.

    Sessions with the same retries share their connections, and nothing else: each proof signs in with a session of its
    own, and a connection takes 20 ms to make, and a context up to 100 ms. Those to Entra have a context of their own:
    truststore makes the handshakes of one context one after another, and one server may not answer.

    Args:
        retries: of its connections and answers.
    """
    session = OwnSession()
    for prefix, adapter in _adapters(retries, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")).items():
        session.mount(prefix, adapter)
    return session


@cache
def _adapters(retries: Retry, _file: str | None, _folders: str | None) -> dict[str, HTTPAdapter]:
    """Return what keeps the connections of all sessions: for as long as the two variables say the same."""
    kept: dict[str, Any] = {"max_retries": retries, "pool_connections": _HOSTS, "pool_maxsize": _CONNECTIONS}
    return {"https://": TrustingAdapter(**kept), "http://": HTTPAdapter(**kept)}


def certificate_problem(problem: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """Return the certificate error among the causes of a failed request, None where there is none."""
    seen: list[object] = [problem]
    while seen:
        each = seen.pop()
        if isinstance(each, ssl.SSLCertVerificationError):
            return each
        if isinstance(each, BaseException):
            seen += [each.__cause__, getattr(each, "reason", None), getattr(each, "original_error", None), *each.args]
    return None


def is_proxy_problem(problem: BaseException | None) -> bool:
    """Tell whether it was the proxy that failed."""
    return isinstance(problem, (ProxyError, RequestsProxyError))


def is_unknown_name(problem: BaseException | None) -> bool:
    """Tell whether the host's name is not in the DNS, as against a DNS that does not answer."""
    cause = problem.__cause__ if isinstance(problem, NameResolutionError) else None
    return isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME


def is_permanent(problem: BaseException | None) -> bool:
    """Tell whether the next try would fail in the same way: a certificate, or a proxy that refuses to connect."""
    refused = isinstance(problem, ProxyError) and "Tunnel connection failed" in str(problem)
    return refused or certificate_problem(problem) is not None
