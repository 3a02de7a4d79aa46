"""A tenant behind a company's authority, and behind a proxy: what the sign-in and each service trust."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest

from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.recording_proxy import RecordingProxy
from tests.support.tenant import OURS, Tenant
from tests.support.tls_servers import ConnectProxy

NOTHING = {"SSL_CERT_FILE": "", "REQUESTS_CA_BUNDLE": ""}


def test_ssl_cert_file_alone_is_enough_for_sign_in_and_services(
    inputs: Inputs, start_host: Callable[..., ProviderHost]
) -> None:
    start_host(AdminConsentProvider(), REQUESTS_CA_BUNDLE="").create(inputs.consent())


def test_ssl_cert_dir_alone_is_enough(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost], tmp_path: Path
) -> None:
    copyfile(tenant.ready.caFile, tmp_path / "company.crt")
    start_host(AdminConsentProvider(), **NOTHING, SSL_CERT_DIR=str(tmp_path)).create(inputs.consent())


@pytest.mark.parametrize("cloud", ["metadata host", "sign-in"])
def test_an_unknown_authority_is_told_at_once_by_whatever_meets_it_first(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost], tmp_path: Path, cloud: str
) -> None:
    """The second one is met by azure-identity: the metadata document leads to a host with another certificate."""
    with RecordingProxy(tenant.ready.origin, tenant.ready.caFile, tmp_path) as proxy:
        variables = {**NOTHING, "REQUESTS_CA_BUNDLE": str(proxy.ca_file)}
        if cloud == "sign-in":
            proxy.rewrite = lambda text: text.replace(f"https://{proxy.host}", tenant.ready.origin)
            variables |= {"SSL_CERT_FILE": str(proxy.ca_file), "ARM_METADATA_HOSTNAME": proxy.host}
        tenant.clear_requests()
        started = time.monotonic()
        with pytest.raises(ProviderError, match="is not accepted") as refused:
            start_host(AdminConsentProvider(), **variables).create(inputs.consent())
        assert time.monotonic() - started < 15
    said = str(refused.value)
    assert f"the certificate of {tenant.ready.metadataHost}" in said
    assert "SSL_CERT_FILE" in said
    assert "Whether it was done" not in said
    assert "Traceback" not in said
    assert not tenant.requests(user_agent=OURS, method="POST")


def test_all_of_it_works_through_a_proxy_and_no_proxy_goes_past_it(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost]
) -> None:
    with ConnectProxy() as proxy:
        through = {"HTTPS_PROXY": f"http://{proxy.host}", "NO_PROXY": ""}
        start_host(AdminConsentProvider(), **through).create(inputs.consent())
        start_host(BusinessCentralRegistrationProvider(), **through).create(inputs.registration())
        assert set(proxy.asked) == {tenant.ready.metadataHost}
        proxy.asked.clear()
        past = {**through, "NO_PROXY": "127.0.0.1"}
        start_host(AdminConsentProvider(), **past).create(inputs.consent())
        assert not proxy.asked


def test_a_sign_in_through_a_proxy_that_refuses_names_the_proxy(
    tenant: Tenant, inputs: Inputs, start_host: Callable[..., ProviderHost]
) -> None:
    with ConnectProxy(refuses=407) as proxy, pytest.raises(ProviderError, match="407") as refused:
        start_host(AdminConsentProvider(), HTTPS_PROXY=f"http://{proxy.host}", NO_PROXY="").create(inputs.consent())
    assert "HTTPS_PROXY" in str(refused.value)
    assert "Traceback" not in str(refused.value)
