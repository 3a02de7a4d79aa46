"""What own applications have and no stack file names: preflight lists it, and it stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.certificates import key_credential, make_certificate, self_signed
from tests.support.entra import EntraApplication, graph, key_ids, make_application, tag
from tests.support.preflight import exported, run_preflight
from tests.support.stack import FIRST, MAGENTO, secrets
from tests.support.tenant import Tenant

ADMINISTRATOR = "ad313157-8a70-4d3b-9c53-0c4f1e9b0001"


@pytest.fixture
def application(tenant: Tenant) -> EntraApplication:
    made = make_application(tenant, "NaviPartner Magento 2 integration")
    tag(made, tenant)
    return made


def change(tenant: Tenant, application: EntraApplication, **changes: Any) -> None:
    graph(tenant, "PATCH", f"/applications/{application.object_id}", changes)


def add_certificate(tenant: Tenant, application: EntraApplication) -> None:
    certificate, _ = make_certificate()
    change(tenant, application, keyCredentials=[key_credential(certificate, displayName="by hand")])


def add_owner(tenant: Tenant, application: EntraApplication) -> None:
    reference = f"{tenant.ready.origin}/v1.0/directoryObjects/{ADMINISTRATOR}"
    graph(tenant, "POST", f"/applications/{application.object_id}/owners/$ref", {"@odata.id": reference})


def trust(tenant: Tenant, application: EntraApplication) -> None:
    credential = {
        "name": "robots", "issuer": "https://token.actions.githubusercontent.com", "subject": "repo:acme/robots",
        "audiences": ["api://AzureADTokenExchange"],
    }  # fmt: skip
    graph(tenant, "POST", f"/applications/{application.object_id}/federatedIdentityCredentials", credential)


DONE: dict[str, tuple[Callable[[Tenant, EntraApplication], None], str, str]] = {
    "a redirect address for web applications": (
        lambda tenant, it: change(tenant, it, web={"redirectUris": ["https://evil.example/"]}),
        "redirect addresses for web applications that no stack file names: https://evil.example/",
        "`pulumi up --refresh`",
    ),
    "a redirect address for single-page applications": (
        lambda tenant, it: change(tenant, it, spa={"redirectUris": ["https://evil.example/spa"]}),
        "single-page applications that no stack file names: https://evil.example/spa",
        "sends it whole, as the state has it",
    ),
    "a redirect address for public clients": (
        lambda tenant, it: change(tenant, it, publicClient={"redirectUris": ["http://localhost/other"]}),
        "public clients that no stack file names: http://localhost/other",
        "belongs under `redirectUris`",
    ),
    "an implicit grant": (
        lambda tenant, it: change(tenant, it, web={"implicitGrantSettings": {"enableIdTokenIssuance": True}}),
        "implicit grants that no stack file names: ID tokens",
        "turn it off",
    ),
    "a certificate": (add_certificate, "certificates that no stack file names: by hand (", "signs in as the application"),
    "an owner": (add_owner, f"owners that no stack file names: Administrator ({ADMINISTRATOR})", "With `owners`"),
    "a federated credential": (trust, "names: robots (https://token.actions.githubusercontent.com, repo:acme/robots)", "signs in"),
    "a disabled service principal": (
        lambda tenant, it: graph(tenant, "PATCH", f"/servicePrincipals/{it.principal_id}", {"accountEnabled": False}),
        "is disabled",
        "ask who did it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("done", DONE)
def test_what_no_stack_file_names_is_listed_and_stops_nothing(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, done: str
) -> None:
    do, says, remedy = DONE[done]
    do(tenant, application)
    state = exported(application, secrets=key_ids(application, tenant))
    looked = run_preflight(tenant, tmp_path, state=state)
    assert looked.code == 0, looked
    note = looked.only("note", "integrations.magento")
    assert says in note["found"]
    assert remedy in note["remedy"]


def test_what_the_stack_file_names_is_not_listed(tenant: Tenant, tmp_path: Path, application: EntraApplication) -> None:
    change(
        tenant,
        application,
        web={"redirectUris": ["https://shop.example/"]},
        publicClient={"redirectUris": ["http://localhost/callback"]},
    )
    add_owner(tenant, application)
    graph(tenant, "PATCH", f"/servicePrincipals/{application.principal_id}", {"accountEnabled": False})
    pem = make_certificate("ours")[0]
    change(tenant, application, keyCredentials=[key_credential(pem)])
    trust(tenant, application)
    trusted = {"name": "robots", "github": {"repository": "acme/robots", "branch": "main"}}
    named = {
        **MAGENTO,
        "credentials": {
            **secrets(FIRST),
            "federated": [trusted],
            "certificates": [{"pem": pem.decode()}],
        },
        "owners": [ADMINISTRATOR],
        "redirectUris": {"web": ["https://shop.example/"], "publicClient": ["http://localhost/callback"]},
        "enabled": False,
    }
    state = exported(application, secrets=key_ids(application, tenant))
    looked = run_preflight(tenant, tmp_path, integrations={"magento": named}, state=state)
    assert looked.of("note") == []


def test_a_certificate_that_ends_soon_or_has_ended_is_noted(tenant: Tenant, tmp_path: Path) -> None:
    soon, ended, later = (self_signed(rsa.generate_private_key(65537, 2048), "x", days) for days in (20, 0, 40))
    certificates = [{"pem": each.public_bytes(Encoding.PEM).decode()} for each in (soon, ended, later)]
    named = {**MAGENTO, "credentials": {**secrets(FIRST), "certificates": certificates}}
    looked = run_preflight(tenant, tmp_path, integrations={"magento": named})
    found = {each["where"]: each["found"] for each in looked.of("note") if "certificates[" in each["where"]}
    where = "integrations.magento.credentials.certificates"
    assert set(found) == {f"{where}[0]", f"{where}[1]"}
    assert f" ends {soon.not_valid_after_utc:%Y-%m-%d}" in found[f"{where}[0]"]
    assert " ended " in found[f"{where}[1]"]


def test_a_secret_that_somebody_added_is_listed_too(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    looked = run_preflight(tenant, tmp_path, state=exported(application))
    assert "somebody added it by hand" in looked.only("leftover", "Microsoft Entra")["found"]


def test_each_application_of_the_state_takes_three_requests(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    recorded = key_ids(application, tenant)
    tenant.clear_requests()
    run_preflight(tenant, tmp_path, state=exported(application, secrets=recorded))
    asked = [each["path"] for each in tenant.requests()]
    of_application = f"/v1.0/applications/{application.object_id}"
    for path in (
        f"{of_application}/owners",
        f"{of_application}/federatedIdentityCredentials",
        f"/v1.0/servicePrincipals(appId='{application.client_id}')",
    ):
        assert asked.count(path) == 1, asked


@pytest.mark.parametrize(
    ("path", "status", "body", "says"),
    [
        ("/owners", 200, '{"value": [{}]}', "could not list the owners of"),
        ("/federatedIdentityCredentials", 200, '{"value": [{"name": "a"}]}', "could not list what is trusted of"),
        (r"servicePrincipals\(appId=", 200, "[]", "could not look at the service principal of application"),
        (r"servicePrincipals\(appId=", 404, "<html>a proxy</html>", "could not look at the service principal of"),
    ],
)
def test_an_answer_that_is_not_graph_s_is_told_and_proves_no_absence(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, path: str, status: int, body: str, says: str
) -> None:
    tenant.fault({"path": path, "method": "GET"}, "raw", times=0, status=status, body=body)
    state = exported(application, secrets=key_ids(application, tenant))
    looked = run_preflight(tenant, tmp_path, state=state)
    assert [each for each in looked.findings if says in each["found"]], looked
