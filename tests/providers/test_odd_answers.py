"""What is no answer of a service: each is said with its status, a readable excerpt and what its status allows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_providers.admin_consent import AdminConsentProvider
from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.consents import asked
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.tenant import OURS, Tenant

IMPATIENT = {"ENTRA_BC_LONGEST_WAIT": "0.2"}
PAGE = (
    "<!DOCTYPE html><html><head><style>b {}</style></head><body><h1>Bad&nbsp;Gateway</h1><p>proxy-7</p></body></html>"
)
XML = '<?xml version="1.0"?><m:error xmlns:m="x"><m:code>{}</m:code><m:message xml:lang="en">{}</m:message></m:error>'


@pytest.fixture
def consents(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    """The host of AdminConsent, with little patience."""
    return start_host(AdminConsentProvider(), **IMPATIENT)


@pytest.fixture
def registrations(start_host: Callable[..., ProviderHost]) -> ProviderHost:
    """The host of BusinessCentralRegistration, with little patience."""
    return start_host(BusinessCentralRegistrationProvider(), **IMPATIENT)


ODD: list[tuple[dict[str, Any], str]] = [
    ({"status": 502, "body": PAGE, "headers": {"content-type": "text/html"}}, r'502 \(HTML\): "Bad Gateway proxy-7"'),
    ({"status": 400, "body": "<a><b>wrong</b></a>"}, r'400 \(XML\): "wrong"'),
    ({"status": 400, "body": "no such thing"}, r'400 \(plain text\): "no such thing"'),
    ({"status": 418, "body": "[1, 2]"}, r'418 \(a JSON list\): "\[1, 2\]"'),
    ({"status": 418, "body": "17"}, r'418 \(a JSON number\): "17"'),
    ({"status": 404}, r"404 \(no body\)"),
    ({"status": 400, "body": "uærlig", "encoding": "utf-16"}, r'400 \(plain text\): "uærlig"'),
    (
        {"status": 400, "body": "uærlig", "encoding": "iso8859-1", "headers": {"content-type": "text/plain; charset=iso-8859-1"}},
        r'400 \(plain text\): "uærlig"',
    ),
    ({"status": 400, "body": '{"error": {"code": "X", "message": "half', "cutShort": True}, r'400 \(no JSON, cut short\): "'),
    ({"status": 302, "headers": {"location": "http://["}}, r"302 \(no body\).*sends elsewhere"),
    ({"status": 407, "body": PAGE}, r"407 \(HTML\).*HTTPS_PROXY names it"),
    ({"status": 429, "retryAfter": 0, "times": 0}, r"429 \(no body\).*Wait a few minutes"),
    ({"status": 503, "times": 0}, r"503 \(no body\).*un the same command again"),
    ({"status": 200, "body": PAGE}, r'but 200 \(HTML\): "Bad Gateway proxy-7"'),
    ({"status": 200, "body": "[]"}, r"but 200 \(a JSON list\)"),
    ({"status": 200, "body": "{}"}, r"but 200 \(a JSON object of another kind\)"),
    ({"status": 204}, r"but 204 \(no body\)"),
    ({"status": 200, "body": '{"value": [', "cutShort": True}, r"but 200 \(no JSON, cut short\)"),
    ({"status": 200, "body": '{"value": [{"id": "\\ud800"}]}'}, r"but 200 \("),
    ({"status": 200, "body": "[" * 100000}, r"but 200 \(no JSON\)"),
]  # fmt: skip


def said(do: Callable[[], Any]) -> str:
    with pytest.raises(ProviderError) as failed:
        do()
    message = str(failed.value)
    assert "internal error" not in message
    assert "Traceback" not in message
    assert message.count("\n") <= 1
    return message


def ordered(tenant: Tenant, method: str, path: str, odd: dict[str, Any]) -> Any:
    times = {"times": 7} if odd["status"] in {408, 502} else {}
    return tenant.fault({"method": method, "path": path, "userAgent": OURS}, "raw", **{**times, **odd})


def found(pattern: str, message: str) -> bool:
    return re.search(pattern, message, re.DOTALL) is not None


@pytest.mark.parametrize(("odd", "pattern"), ODD, ids=lambda each: str(each)[:40])
def test_graph(tenant: Tenant, consents: ProviderHost, inputs: Inputs, odd: dict[str, Any], pattern: str) -> None:
    ordered(tenant, "GET", "/appRoleAssignments", odd)
    message = said(lambda: consents.create(inputs.consent()))
    assert found(rf"could not list the roles .*{pattern}", message), message


@pytest.mark.parametrize(("odd", "pattern"), ODD, ids=lambda each: str(each)[:40])
def test_business_central(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs, odd: dict[str, Any], pattern: str
) -> None:
    ordered(tenant, "GET", "/permissionSets", odd)
    message = said(lambda: registrations.create(inputs.registration()))
    if odd["status"] == 503:  # its own remedy
        pattern = r"503 \(no body\).*may be updating.*run the same command again"
    assert found(rf"could not list the permission sets .*{pattern}", message), message


@pytest.mark.parametrize(
    "odd",
    [{"status": 201, "body": PAGE}, {"status": 204}, {"status": 201, "body": "[]"}, {"status": 201, "body": '{"id"', "cutShort": True}],
    ids=str,
)  # fmt: skip
def test_a_write_that_is_answered_with_something_else_is_not_repeated_and_its_outcome_not_claimed(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs, odd: dict[str, Any]
) -> None:
    ordered(tenant, "POST", "/appRoleAssignedTo$", odd)
    message = said(lambda: consents.create(inputs.consent()))
    assert "Whether it was done is not known; run the same command again" in message
    assert len([each for each in asked(tenant) if each.startswith("POST ")]) == 1


def test_business_centrals_error_in_xml_is_read_as_its_own(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs
) -> None:
    body = XML.format("Authentication_InvalidCredentials", "The server has rejected the client credentials.")
    ordered(tenant, "GET", "/permissionSets", {"status": 401, "body": body})
    message = said(lambda: registrations.create(inputs.registration()))
    assert '401 Authentication_InvalidCredentials: "The server has rejected the client credentials"' in message
    assert "is not registered and enabled in environment Production" in message


@pytest.mark.parametrize("status", [400, 403, 409])
def test_a_page_that_happens_to_say_so_is_not_the_services_word(
    tenant: Tenant, consents: ProviderHost, inputs: Inputs, status: int
) -> None:
    page = "<html>Permission being assigned already exists on the object</html>"
    ordered(tenant, "POST", "/appRoleAssignedTo$", {"status": status, "body": page})
    assert f"{status} (HTML)" in said(lambda: consents.create(inputs.consent()))


ENTRA: list[tuple[dict[str, Any], str]] = [
    ({"status": 502, "body": PAGE, "times": 0}, r'Entra answered 502 \(HTML\): "Bad Gateway proxy-7"'),
    ({"status": 200, "body": PAGE}, r'Entra answered 200 \(HTML\): "Bad Gateway proxy-7"'),
    ({"status": 400, "body": "no"}, r'Entra answered 400 \(plain text\): "no"'),
    ({"status": 400, "body": "<a>no</a>"}, r'Entra answered 400 \(XML\): "no"'),
    ({"status": 400}, r"Entra answered 400 \(no body\)"),
    ({"status": 204}, r"Entra answered 204 \(no body\)"),
    ({"status": 200, "body": "[]", "headers": {"content-type": "application/json"}}, r"Entra answered 200 \(a JSON list\)"),
    ({"status": 400, "body": "17", "headers": {"content-type": "application/json"}}, r"Entra answered 400 \(a JSON number\)"),
    ({"status": 200, "body": '{"access_token": 5}', "headers": {"content-type": "application/json"}}, "could not get a token"),
    ({"status": 200, "body": '{"access_token": "a b", "expires_in": 3599}', "headers": {"content-type": "application/json"}}, "cannot be sent"),
    ({"status": 200, "body": '{"access_token"', "cutShort": True, "times": 0}, "could not get a token"),
]  # fmt: skip


@pytest.mark.parametrize(("odd", "pattern"), ENTRA, ids=lambda each: str(each)[:40])
def test_entra(tenant: Tenant, consents: ProviderHost, inputs: Inputs, odd: dict[str, Any], pattern: str) -> None:
    tenant.fault({"method": "POST", "path": "/oauth2/v2.0/token"}, "raw", **odd)
    message = said(lambda: consents.create(inputs.consent()))
    assert found(pattern, message), message
