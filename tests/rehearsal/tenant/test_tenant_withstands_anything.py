"""Whatever a client sends, the tenant answers in the service's own words, and a refusal changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.tenant.directory.external_applications import AZURE_CLI
from rehearsal.tenant.directory.seed import DEPLOYER_APPLICATION_ID, DEPLOYER_OBJECT_ID, seeded_directory
from rehearsal.tenant.directory.shapes import APPLICATION_DEFAULTS, SERVICE_PRINCIPAL_DEFAULTS
from rehearsal.tenant.graph.routes import ROUTES
from rehearsal.tenant.graph.service import Graph
from rehearsal.tenant.key_vault import certificates
from rehearsal.tenant.key_vault.certificate_policy import new_key, read_policy
from rehearsal.tenant.key_vault.service import KeyVault
from rehearsal.tenant.messages import Caller, File, HttpRequest
from rehearsal.tenant.sts.service import TokenService
from rehearsal.tenant.sts.tokens import TokenSigner
from tests.support.app_file import app_content
from tests.support.business_central import DEPLOYER, administrator, application, new_business_central

ORIGIN = "https://127.0.0.1:1"
EVERYTHING = Caller("c", DEPLOYER_OBJECT_ID, ORIGIN, frozenset().union(*(r for route in ROUTES for r in route.roles)))
SIGNER = TokenSigner()

NAMES = sorted(
    {*APPLICATION_DEFAULTS, *SERVICE_PRINCIPAL_DEFAULTS, "id", "appId", "displayName", "owners@odata.bind", "@odata.id"}
    | {
        "oauth2PermissionScopes",
        "redirectUris",
        "resourceAccess",
        "resourceAppId",
        "type",
        "allowedMemberTypes",
        "value",
    }
    | {"passwordCredential", "startDateTime", "endDateTime", "keyId", "key", "usage", "name", "issuer", "subject"}
    | {"audiences", "principalId", "resourceId", "appRoleId", "clientId", "consentType", "scope", "isEnabled"}
)
TIMES = ["2027-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T00:00:00Z"]
KNOWN = [DEPLOYER_OBJECT_ID, DEPLOYER_APPLICATION_ID, f"{ORIGIN}/v1.0/directoryObjects/{DEPLOYER_OBJECT_ID}"]
SCALARS = st.sampled_from([None, True, 0, 1.5, "", "x", "AllPrincipals", *TIMES, *KNOWN])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
BODIES = VALUES | st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5) | st.binary(max_size=5)
IDENTIFIERS = st.sampled_from(["x", "appId=x", DEPLOYER_OBJECT_ID, DEPLOYER_APPLICATION_ID])
QUERIES = st.dictionaries(
    st.sampled_from(["$filter", "$select", "$top", "$skiptoken", "$count"]),
    st.sampled_from(["", "'", "appId eq", "appId eq 'x'", "a(", "tags/any(t:t eq 'x')", "startswith(id,1)", "0", "id"]),
    max_size=2,
)


@settings(max_examples=200, deadline=None)
@given(route=st.sampled_from(ROUTES), names=IDENTIFIERS, body=BODIES, query=QUERIES)
def test_graph_answers_any_request_in_its_own_words(route: Any, names: str, body: Any, query: dict[str, str]) -> None:
    directory = seeded_directory(ORIGIN, "secret", "password", lambda: datetime.now(UTC))
    before = json.dumps(directory.snapshot())
    path = "/v1.0/" + "/".join(names if part.startswith("{") else part for part in route.path.split("/"))
    answer = Graph(ORIGIN, directory).answer(HttpRequest(route.method, path, query, {}, body), EVERYTHING)
    json.dumps(answer.body)
    assert answer.status in {200, 201, 204, 400, 404, 409, 501}
    if answer.status >= 400:
        assert answer.body["error"].keys() >= {"code", "message", "innerError"}
        assert json.dumps(directory.snapshot()) == before


@settings(max_examples=200, deadline=None)
@given(
    body=st.dictionaries(
        st.sampled_from(
            ["client_id", "grant_type", "scope", "client_secret", "client_assertion", "username", "password"]
        ),
        st.sampled_from(
            [
                "password",
                AZURE_CLI,
                "administrator@rehearsal.example",
                "client_credentials",
                "d1ce0a52-5b1f-4b9e-8c39-2f6a7e40d001",
                "a.b.c",
                f"{ORIGIN}/.default",
                "",
            ]
        )
        | SCALARS,
    )
    | BODIES
)
def test_the_token_service_answers_any_form_in_its_own_words(body: Any) -> None:
    directory = seeded_directory(ORIGIN, "secret", "password", lambda: datetime.now(UTC))
    path = f"/{directory.tenant_id}/oauth2/v2.0/token"
    answer = TokenService(ORIGIN, directory, SIGNER).answer(HttpRequest("POST", path, {}, {}, body))
    if answer.status == 200:  # the one form that is right all through
        assert isinstance(body, dict)
        assert (body["grant_type"], body["password"]) == ("password", "password")
        return
    assert answer.status in {400, 401}
    assert answer.body["error_description"].startswith("AADSTS")


PLACES = [
    "/bc/v2.0/Production/api/microsoft/automation/v2.0/companies({company})/",
    "/bc/v2.0/Production/api/entraBusinessCentral/registration/v1.0/companies({company})/",
    "/container/BC/api/microsoft/automation/v2.0/companies({company})/",
    "/container/BC/api/",
    "/container",
    "/bc/admin/v2.29/applications/BusinessCentral/environments/Production/",
    "/bc/admin/",
    "/bc/",
]
THINGS = [
    "",
    "users({id})",
    "users({id})/userPermissions",
    "extensions({id})",
    "extensions({id})/Microsoft.NAV.install",
    "extensionUpload",
    "extensionUpload({id})/extensionContent",
    "extensionUpload(x)/Microsoft.NAV.upload",
    "extensionDeploymentStatus",
    "entraApplications",
    "entraApplications({id})/Microsoft.NAV.enable",
    "apps",
    "apps/pteInstall",
    "apps/{id}/uninstall",
    "apps/{id}/operations/{id}",
    "apps/{id}/operations",
]
FORM = st.dictionaries(
    st.sampled_from(["extensionFile", "acceptIsvEula", "deploymentSchedule", "syncMode", "schedule", "clientId"]),
    st.sampled_from(
        ["true", "Add", "UpdateWindow", "NextMajorUpdate", "x", File("a.app", app_content()), File("a.app", b"NAVX")]
    ),
)


@settings(max_examples=200, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE"]),
    place=st.sampled_from(PLACES),
    thing=st.sampled_from(THINGS),
    key=st.sampled_from(["x", "", "437dbf0e-84ff-417a-965d-ed2bb9650972", "00000000-0000-0000-0000-000000000000"]),
    headers=st.dictionaries(
        st.sampled_from(["if-match", "content-type", "prefer", "authorization", "data-access-intent"]),
        st.sampled_from(["*", "application/json", "return-no-content", "Basic QTpC", "ReadOnly", "ü"]),
    ),
    body=BODIES | FORM,
    person=st.booleans(),
)
def test_business_central_answers_any_request_in_its_own_words(
    method: str, place: str, thing: str, key: str, headers: dict[str, str], body: Any, person: bool
) -> None:
    roles = frozenset({"API.ReadWrite.All", "AdminCenter.ReadWrite.All"})
    client = new_business_central().signed_in_as(administrator() if person else application(DEPLOYER, roles))
    place = place.replace(
        "{company}", client.in_environment("container" if "container" in place else "Production").company
    )
    before = json.dumps(client.service.snapshot())
    question = HttpRequest(method, place + thing.replace("{id}", key), {}, headers, body)
    answer = client.service.answer(question, client.caller)
    json.dumps(answer.body)
    assert answer.status in {200, 201, 204, 400, 403, 404, 409, 501, 503}
    if answer.status >= 400:
        error = answer.body if place.startswith("/bc/admin/") else answer.body["error"]
        assert error.keys() >= {"code", "message"}
        assert json.dumps(client.service.snapshot()) == before


_POLICY_KEYS = {
    "key_props": ["kty", "key_size", "exportable", "reuse_key"],
    "secret_props": ["contentType"],
    "x509_props": ["ekus", "key_usage", "validity_months"],
}
POLICIES = st.fixed_dictionaries(
    {"issuer": st.just({"name": "Self"}), "x509_props": st.builds(
        lambda others: {"subject": "CN=x", **others}, st.dictionaries(st.sampled_from(_POLICY_KEYS["x509_props"]), VALUES)
    )},
    optional={
        "lifetime_actions": VALUES | st.lists(VALUES, max_size=1),
        **{part: st.dictionaries(st.sampled_from(_POLICY_KEYS[part]), VALUES) for part in ("key_props", "secret_props")},
    },
)  # fmt: skip
VAULT_HEADERS = {"host": "shops.vault.azure.net", "authorization": "Bearer x"}


@given(
    method=st.sampled_from(["GET", "PUT", "PATCH", "DELETE", "POST"]),
    path=st.lists(st.sampled_from(["secrets", "deletedsecrets", "versions", "recover", "shop", "sh op", "ø", ""]), max_size=4),
    query=st.dictionaries(st.sampled_from(["maxresults", "$skiptoken"]), st.sampled_from(["", "0", "26", "x", "MQ=="])),
    body=VALUES
    | st.dictionaries(st.sampled_from(["value", "tags", "attributes", "contentType"]), VALUES)
    | st.fixed_dictionaries({"value": st.just("x"), "attributes": st.dictionaries(st.sampled_from(["enabled", "nbf", "exp"]), VALUES)}),
)  # fmt: skip
def test_a_vault_answers_any_request_in_its_own_words(
    method: str, path: list[str], query: dict[str, str], body: Any
) -> None:
    directory = seeded_directory(ORIGIN, "s", "p", lambda: datetime.now(UTC))
    vaults = KeyVault(ORIGIN, "t", lambda: datetime.now(UTC), directory)
    vaults.edit({"do": "add_vault", "vault": "shops"})
    vaults.edit({"do": "grant_vault_role", "vault": "shops", "role": "Key Vault Secrets Officer"})
    vaults.edit({"do": "set_vault_secret", "vault": "shops", "secret": "shop", "value": "x"})
    before = vaults.snapshot()
    asked = HttpRequest(method, "/" + "/".join(path), {"api-version": "7.4", **query}, VAULT_HEADERS, body)
    answer = vaults.answer(asked, Caller("c", DEPLOYER_OBJECT_ID, "https://vault.azure.net"))
    json.dumps(answer.body)
    if answer.status >= 400:
        assert set(answer.body) == {"error"}
        assert answer.status in {400, 403, 404, 409, 501}
        assert vaults.snapshot() == before


KEY = new_key(read_policy({"issuer": {"name": "Self"}, "x509_props": {"subject": "CN=x"}}))


@given(policy=POLICIES)
def test_a_certificate_is_refused_at_once_or_made(policy: dict[str, Any]) -> None:
    """What is found impossible only when it is made would be found again by every later request to the vault."""
    vaults = KeyVault(
        ORIGIN, "t", lambda: datetime.now(UTC), seeded_directory(ORIGIN, "s", "p", lambda: datetime.now(UTC))
    )
    vaults.edit({"do": "add_vault", "vault": "shops"})
    vaults.edit({"do": "grant_vault_role", "vault": "shops", "role": "Key Vault Certificates Officer"})
    caller = Caller("c", DEPLOYER_OBJECT_ID, "https://vault.azure.net")

    def ask(method: str, path: str, body: Any = None) -> Any:
        return vaults.answer(HttpRequest(method, path, {"api-version": "7.4"}, VAULT_HEADERS, body), caller)

    with patch.object(certificates, "new_key", lambda _: KEY):
        made = ask("POST", "/certificates/robots/create", {"policy": policy})
        assert made.status in {202, 400, 501}
        assert ask("GET", "/certificates/robots").status == (200 if made.status == 202 else 404)
