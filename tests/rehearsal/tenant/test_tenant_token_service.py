"""The token service: what a token holds, and what is said where there is none.

docs/reference/facts-graph.md, "Claims of a token" and "Errors of the token service".
"""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.certificates import key_credential, make_certificate, self_signed
from tests.support.directory_objects import BUSINESS_CENTRAL, BUSINESS_CENTRAL_SCOPE, MICROSOFT_GRAPH, Graph

if TYPE_CHECKING:
    from requests import Response

    from tests.support.tenant import Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def claims_of(tenant: Tenant, token: str) -> dict[str, Any]:
    """Return the claims of a token, verified with the published keys as any client would."""
    address = tenant.get(f"/{tenant.ready.tenantId}/v2.0/.well-known/openid-configuration").json()["jwks_uri"]
    keys = jwt.PyJWKSet.from_dict(tenant.get(address).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})
    return claims


def refused(response: Response, status: int, error: str, code: int) -> str:
    """Check the shape of a refusal and return its description."""
    body = response.json()
    assert (response.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert set(body) >= {"timestamp", "trace_id", "correlation_id", "error_uri"}
    return str(body["error_description"])


def form(tenant: Tenant, **given: str) -> dict[str, str]:
    """Return the deployer's token request, with some fields replaced."""
    return {
        "grant_type": "client_credentials",
        "client_id": tenant.ready.deployer.clientId,
        "client_secret": tenant.ready.deployer.clientSecret,
        "scope": f"{tenant.ready.origin}/.default",
        **given,
    }


def test_a_token_says_who_holds_it_and_what_it_may(tenant: Tenant) -> None:
    before = int(time.time())
    claims = claims_of(tenant, tenant.token())
    deployer = tenant.ready.deployer
    assert (claims["aud"], claims["tid"], claims["idtyp"]) == (tenant.ready.origin, tenant.ready.tenantId, "app")
    assert claims["appid"] == claims["azp"] == deployer.clientId
    assert claims["oid"] == claims["sub"] == deployer.objectId
    assert before - 1 <= claims["iat"] <= time.time() + 1
    assert claims["exp"] - claims["iat"] == 3600
    assert sorted(claims["roles"]) == [
        "AppRoleAssignment.ReadWrite.All",
        "Application.ReadWrite.All",
        "DelegatedPermissionGrant.ReadWrite.All",
        "Directory.Read.All",
    ]


@pytest.mark.parametrize("resource", ["https://api.businesscentral.dynamics.com", BUSINESS_CENTRAL])
def test_a_resource_is_found_by_each_of_its_names_and_the_name_is_the_audience(tenant: Tenant, resource: str) -> None:
    claims = claims_of(tenant, tenant.token(scope=f"{resource}/.default"))
    assert claims["aud"] == resource
    assert sorted(claims["roles"]) == ["API.ReadWrite.All", "Automation.ReadWrite.All"]


def test_a_scope_with_two_slashes_is_microsoft_graph_too(tenant: Tenant) -> None:
    """Azure CLI asks so."""
    token = tenant.token(scope=f"{tenant.ready.origin}//.default")
    assert tenant.get("/v1.0/applications", token).status_code == 200


def test_an_application_without_roles_gets_a_token_without_the_claim(tenant: Tenant) -> None:
    caller = Graph(tenant).caller()
    assert "roles" not in claims_of(tenant, caller.token(BUSINESS_CENTRAL_SCOPE))


def test_a_wrong_secret_is_refused(tenant: Tenant) -> None:
    response = tenant.token_response(form(tenant, client_secret="not-the-secret"))
    text = refused(response, 401, "invalid_client", 7000215)
    assert f"for a secret added to app '{tenant.ready.deployer.clientId}'." in text
    assert "not-the-secret" not in response.text


def test_a_secret_works_until_its_end_and_not_after(tenant: Tenant) -> None:
    graph = Graph(tenant)
    caller = graph.caller()
    assert caller.token()
    tenant.advance(3 * 365 * 86400)  # past Graph's default of two years
    request = form(tenant, client_id=caller.client_id, client_secret=caller.secret)
    text = refused(tenant.token_response(request), 401, "invalid_client", 7000222)
    assert f"The provided client secret keys for app '{caller.client_id}' are expired." in text


def test_a_removed_secret_is_refused_and_another_one_still_works(tenant: Tenant) -> None:
    graph = Graph(tenant)
    caller = graph.caller()
    second = graph.password(caller.application_id, displayName="second")
    first_key = graph.ask("GET", f"/applications/{caller.application_id}").json()["passwordCredentials"][0]["keyId"]
    removed = graph.ask("POST", f"/applications/{caller.application_id}/removePassword", json={"keyId": first_key})
    assert removed.status_code == 204
    request = form(tenant, client_id=caller.client_id, client_secret=caller.secret)
    refused(tenant.token_response(request), 401, "invalid_client", 7000215)
    assert tenant.token(caller.client_id, second["secretText"])


def test_an_unknown_application_is_refused(tenant: Tenant) -> None:
    unknown = str(uuid.uuid4())
    text = refused(tenant.token_response(form(tenant, client_id=unknown)), 400, "unauthorized_client", 700016)
    assert f"Application with identifier '{unknown}' was not found in the directory" in text


def test_an_application_without_service_principal_is_refused(tenant: Tenant) -> None:
    caller = Graph(tenant).caller()
    tenant.edit("delete_service_principal", clientId=caller.client_id)
    request = form(tenant, client_id=caller.client_id, client_secret=caller.secret)
    refused(tenant.token_response(request), 401, "invalid_client", 7000229)


def test_a_resource_that_is_not_in_the_tenant_is_refused(tenant: Tenant) -> None:
    tenant.edit("remove_business_central_service_principal")
    text = refused(tenant.token_response(form(tenant, scope=BUSINESS_CENTRAL_SCOPE)), 400, "invalid_resource", 500011)
    assert "https://api.businesscentral.dynamics.com was not found in the tenant" in text


def test_another_tenant_is_not_known(tenant: Tenant) -> None:
    other = str(uuid.uuid4())
    response = tenant.token_response(form(tenant), tenant=other)
    assert f"Tenant '{other}' not found." in refused(response, 400, "invalid_request", 90002)


def test_the_tenant_answers_to_its_domain_as_well(tenant: Tenant) -> None:
    assert tenant.token_response(form(tenant), tenant="rehearsal.example").status_code == 200


@pytest.mark.parametrize(
    ("given", "error", "code"),
    [
        ({"scope": "https://127.0.0.1/Something"}, "invalid_scope", 1002012),
        ({"scope": ""}, "invalid_request", 900144),
        ({"grant_type": "implicit"}, "unsupported_grant_type", 70003),
    ],
)
def test_a_form_that_is_for_no_known_grant_or_scope_is_refused(
    tenant: Tenant, given: dict[str, str], error: str, code: int
) -> None:
    refused(tenant.token_response(form(tenant, **given)), 400, error, code)


def test_azure_identity_signs_in_unchanged(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", tenant.ready.caFile)
    deployer = tenant.ready.deployer
    with ClientSecretCredential(
        tenant.ready.tenantId,
        deployer.clientId,
        deployer.clientSecret,
        authority=tenant.ready.origin,
        disable_instance_discovery=True,
    ) as credential:
        token = credential.get_token(BUSINESS_CENTRAL_SCOPE)
    assert claims_of(tenant, token.token)["appid"] == deployer.clientId
    assert token.expires_on > time.time() + 3000


def test_azure_identity_signs_in_with_a_registered_certificate(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", tenant.ready.caFile)
    certificate, private_key = make_certificate()
    caller = Graph(tenant).caller()
    credential = CertificateCredential(
        tenant.ready.tenantId,
        caller.client_id,
        certificate_data=certificate + private_key,
        authority=tenant.ready.origin,
        disable_instance_discovery=True,
    )
    with credential:
        with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
            credential.get_token(BUSINESS_CENTRAL_SCOPE)
        register(tenant, caller.application_id, certificate)
        assert claims_of(tenant, credential.get_token(BUSINESS_CENTRAL_SCOPE).token)["appid"] == caller.client_id


def register(tenant: Tenant, application_id: str, certificate: bytes) -> None:
    """Register a certificate on an application."""
    body = {"keyCredentials": [key_credential(certificate)]}
    assert Graph(tenant).ask("PATCH", f"/applications/{application_id}", json=body).status_code == 204


def assertion_form(
    tenant: Tenant,
    client_id: str,
    private_key: bytes,
    header: dict[str, Any],
    *,
    algorithm: str = "RS256",
    **claims: Any,
) -> Any:
    """Return a token request with an assertion as azuread makes it: docs/reference/facts-graph.md, "Token requests"."""
    now = int(time.time())
    address = f"{tenant.ready.origin}/{tenant.ready.tenantId}/oauth2/v2.0/token"
    made = {"aud": address, "iss": client_id, "sub": client_id, "exp": now + 3600, "nbf": now, "jti": "j", **claims}
    return {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt.encode(made, private_key, algorithm=algorithm, headers=header),
        "scope": f"{tenant.ready.origin}/.default",
    }


def kid(certificate: bytes) -> dict[str, str]:
    """Name a certificate as azuread does: the padded base64url of its SHA-1."""
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    return {"kid": base64.urlsafe_b64encode(hashlib.sha1(der).digest()).decode()}


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
@pytest.mark.parametrize("named", ["kid", "x5t", "x5t#S256", "x5c"])
def test_a_certificate_is_found_however_a_client_names_it(tenant: Tenant, algorithm: str, named: str) -> None:
    certificate, private_key = make_certificate()
    caller = Graph(tenant).caller()
    register(tenant, caller.application_id, certificate)
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    headers: dict[str, dict[str, Any]] = {
        "kid": kid(certificate),
        "x5t": {"x5t": base64.urlsafe_b64encode(hashlib.sha1(der).digest()).decode()},
        "x5t#S256": {"x5t#S256": base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")},
        "x5c": {"x5c": [base64.b64encode(der).decode()]},
    }
    request = assertion_form(tenant, caller.client_id, private_key, headers[named], algorithm=algorithm)
    assert tenant.token_response(request).status_code == 200
    register(tenant, caller.application_id, make_certificate()[0])
    refused(tenant.token_response(request), 401, "invalid_client", 700027)


def test_a_certificate_of_an_elliptic_curve_is_not_taken(tenant: Tenant) -> None:
    """Entra's client assertions are RSA only."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed(key).public_bytes(Encoding.PEM)
    caller = Graph(tenant).caller()
    register(tenant, caller.application_id, certificate)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    request = assertion_form(tenant, caller.client_id, pem, kid(certificate), algorithm="ES256")
    refused(tenant.token_response(request), 401, "invalid_client", 700027)


def test_an_assertion_as_azuread_makes_it_is_accepted_and_a_tampered_one_is_not(tenant: Tenant) -> None:
    certificate, private_key = make_certificate()
    _, other_key = make_certificate()
    caller = Graph(tenant).caller()
    register(tenant, caller.application_id, certificate)
    good = assertion_form(tenant, caller.client_id, private_key, kid(certificate))
    assert tenant.token_response(good).status_code == 200
    for forged, code in (
        (assertion_form(tenant, caller.client_id, other_key, kid(certificate)), 700027),
        (assertion_form(tenant, caller.client_id, private_key, kid(certificate), aud="https://elsewhere"), 700023),
        (assertion_form(tenant, caller.client_id, private_key, kid(certificate), exp=int(time.time()) - 900), 700024),
        (assertion_form(tenant, caller.client_id, private_key, kid(certificate), aud=["a", "b"]), 5002741),
    ):
        refused(tenant.token_response(forged), 401, "invalid_client", code)
    refused(tenant.token_response({**good, "client_assertion": "no.jwt"}), 400, "invalid_request", 50027)
    del good["client_assertion_type"]
    refused(tenant.token_response(good), 400, "invalid_request", 900144)


def test_a_disabled_resource_gets_no_tokens(tenant: Tenant) -> None:
    graph = Graph(tenant)
    caller = graph.caller(business_central=["API.ReadWrite.All"])
    resource = graph.service_principal_of(BUSINESS_CENTRAL)["id"]
    graph.ask("PATCH", f"/servicePrincipals/{resource}", json={"accountEnabled": False})
    form = {"grant_type": "client_credentials", "client_id": caller.client_id, "client_secret": caller.secret}
    refused(tenant.token_response({**form, "scope": BUSINESS_CENTRAL_SCOPE}), 400, "invalid_resource", 500014)


def test_the_documents_that_clients_start_with_are_there(tenant: Tenant) -> None:
    origin = tenant.ready.origin
    metadata = tenant.get("/metadata/endpoints?api-version=2022-09-01").json()
    assert metadata["microsoftGraphResourceId"] == f"{origin}/"
    assert metadata["authentication"]["loginEndpoint"] == origin
    assert metadata["suffixes"] == {"keyVaultDns": "vault.azure.net"}
    assert tenant.get("/organizations/v2.0/.well-known/openid-configuration").json()["token_endpoint"]
    assert tenant.get("/common/discovery/instance").json()["tenant_discovery_endpoint"].startswith(origin)
    assert tenant.get("/subscriptions?api-version=2022-12-01").json() == {"value": []}


def test_the_resource_decides_which_roles_are_in_a_token(tenant: Tenant) -> None:
    caller = Graph(tenant).caller(graph=["Directory.Read.All"], business_central=["API.ReadWrite.All"])
    assert claims_of(tenant, caller.token())["roles"] == ["Directory.Read.All"]
    assert claims_of(tenant, caller.token(f"{MICROSOFT_GRAPH}/.default"))["roles"] == ["Directory.Read.All"]
    assert claims_of(tenant, caller.token(BUSINESS_CENTRAL_SCOPE))["roles"] == ["API.ReadWrite.All"]


def test_no_secret_can_be_read_from_the_control_port(tenant: Tenant) -> None:
    caller = Graph(tenant).caller()
    caller.token()
    for secret in (caller.secret, tenant.ready.deployer.clientSecret):
        for where in ("/state", "/requests", "/faults"):
            assert secret not in str(tenant.control("GET", where))
