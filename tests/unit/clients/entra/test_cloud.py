"""The addresses of Microsoft's clouds, and that no Business Central gets the token of another one."""

from __future__ import annotations

import pytest

from clients.business_central.application_client import ApplicationClient
from clients.entra import cloud
from clients.entra.cloud import BUSINESS_CENTRAL_URL, CLOUDS, Cloud, business_central_url, find_cloud
from clients.entra.kept_tokens import KeptTokens
from clients.http.errors import FailedPrecondition
from clients.session import Session

OTHERS = sorted(set(CLOUDS) - {"public", "global"})
TENANT = "6f1d0000-0000-4000-8000-000000000000"
MINE = "https://bc.example.us"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARM_ENVIRONMENT", "ARM_METADATA_HOSTNAME", "BUSINESS_CENTRAL_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("public", ("login.microsoftonline.com", "graph.microsoft.com", "vault.azure.net")),
        ("USGovernment", ("login.microsoftonline.us", "graph.microsoft.us", "vault.usgovcloudapi.net")),
        ("dod", ("login.microsoftonline.us", "dod-graph.microsoft.us", "vault.usgovcloudapi.net")),
        ("china", ("login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn", "vault.azure.cn")),
    ],
)
def test_a_cloud_is_found_by_its_name(name: str, expected: tuple[str, ...]) -> None:
    found = find_cloud({"azuread:environment": name})
    assert (found.login, found.graph, found.key_vault) == tuple(f"https://{host}" for host in expected)


def test_business_central_online_is_in_the_public_cloud() -> None:
    assert business_central_url(CLOUDS["public"]) == BUSINESS_CENTRAL_URL


@pytest.mark.parametrize("name", OTHERS)
def test_another_cloud_has_business_central_only_where_somebody_says_where(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FailedPrecondition, match=r"no Business Central online in the cloud of .*BUSINESS_CENTRAL_URL"):
        business_central_url(CLOUDS[name])
    monkeypatch.setenv("BUSINESS_CENTRAL_URL", f"{MINE}/")
    assert business_central_url(CLOUDS[name]) == MINE


@pytest.mark.parametrize("host", ["api.businesscentral.dynamics.com", "API.BusinessCentral.Dynamics.com.", "businesscentral.dynamics.com:443"])  # fmt: skip
def test_the_public_address_gets_no_token_of_another_cloud(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way it is given: by the variable, as the address of a server, or to an outside system."""
    address = f"https://{host}"
    for name in OTHERS:
        monkeypatch.setenv("BUSINESS_CENTRAL_URL", address)
        with pytest.raises(FailedPrecondition, match="belongs to the public cloud"):
            business_central_url(CLOUDS[name])
        session = Session({"azuread:environment": name, "azuread:tenantId": TENANT})
        with pytest.raises(FailedPrecondition, match="belongs to the public cloud"):
            session.environment("Production", f"{address}/v2.0/{TENANT}/Production")
        outside = ApplicationClient(
            TENANT, "secret", TENANT, CLOUDS[name], lambda: pytest.fail("asked for a token"), KeptTokens()
        )
        for base_url in ("", f"{address}/v2.0/{TENANT}/Production"):
            with pytest.raises(FailedPrecondition, match="belongs to the public cloud"):
                outside.companies("Bearer token", "v2.0", "Production", base_url)


def test_a_cloud_that_a_metadata_host_describes_is_not_taken_for_the_public_one() -> None:
    with pytest.raises(FailedPrecondition, match=r"in the cloud of https://login\.example"):
        business_central_url(Cloud("https://login.example", "https://graph.example"))


def test_a_named_cloud_is_judged_without_a_request() -> None:
    cloud.refuse_without_business_central({})
    cloud.refuse_without_business_central({"azuread:metadataHost": "127.0.0.1:1"})  # nobody there
    with pytest.raises(FailedPrecondition, match="in the cloud of"):
        cloud.refuse_without_business_central({"azuread:environment": "china"})
