"""A company's authority that only Python's requests is told of: said at preview, since azuread does not read it."""

from __future__ import annotations

from tests.support.stack import Stack
from tests.support.tenant import Tenant


def test_a_bundle_that_neither_half_reads_is_said_at_preview(tenant: Tenant, stack: Stack) -> None:
    stack.settings = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": "", "REQUESTS_CA_BUNDLE": tenant.ready.caFile}
    shown = stack.preview()
    assert "REQUESTS_CA_BUNDLE is set, and SSL_CERT_FILE is not. azuread and this program both read" in shown.output
    assert f"set SSL_CERT_FILE={tenant.ready.caFile} as well" in shown.output
    assert "Traceback" not in shown.output


def test_ssl_cert_file_alone_is_enough_for_both_halves(stack: Stack) -> None:
    stack.settings = {"REQUESTS_CA_BUNDLE": ""}
    made = stack.up()
    assert made.code == 0, made
    assert "REQUESTS_CA_BUNDLE" not in made.output
