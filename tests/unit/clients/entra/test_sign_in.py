"""Who signs in, by the variables of the azuread provider; and one token for all threads, renewed in time."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from clients.entra.cloud import CLOUDS
from clients.entra.federated_tokens import request_token
from clients.entra.refusals import is_no_such_resource, remedy
from clients.entra.sign_in import BUSINESS_CENTRAL_SCOPE, bearer, find_credential
from clients.entra.sign_in_methods import ChosenSignIn, SignInMethod, choose_sign_in
from clients.http.errors import FailedPrecondition, SignInFailed
from tests.support.certificates import make_pkcs12

THREADS = 8


class Credential:
    """Keeps nothing, as AzureCliCredential does, and counts its tokens."""

    def __init__(self, lives: float) -> None:
        self.lives = lives
        self.asked: list[tuple[str, ...]] = []

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked.append(scopes)
        return AccessToken(f"token-{len(self.asked)}", int(time.time() + self.lives))


def test_threads_that_ask_at_once_share_one_token() -> None:
    credential = Credential(lives=3600)
    authorization = bearer(credential, BUSINESS_CENTRAL_SCOPE)
    with ThreadPoolExecutor(THREADS) as pool:
        headers = list(pool.map(lambda _: authorization(), range(10 * THREADS)))
    assert set(headers) == {"Bearer token-1"}
    assert credential.asked == [(BUSINESS_CENTRAL_SCOPE,)]


def test_a_token_that_ends_within_minutes_is_renewed() -> None:
    authorization = bearer(Credential(lives=200), BUSINESS_CENTRAL_SCOPE)
    assert [authorization(), authorization()] == ["Bearer token-1", "Bearer token-2"]


def test_a_failure_is_not_kept() -> None:
    class Recovers(Credential):
        def get_token(self, *scopes: str, **more: Any) -> AccessToken:
            if not self.asked:
                self.asked.append(scopes)
                raise ClientAuthenticationError("AADSTS90033: a transient error")
            return super().get_token(*scopes, **more)

    authorization = bearer(Recovers(lives=3600), BUSINESS_CENTRAL_SCOPE)
    with pytest.raises(SignInFailed, match="AADSTS90033"):
        authorization()
    assert authorization() == "Bearer token-2"


TENANT = "6f1d0c5e-0b7a-4c1e-9a54-3f5d7c2b8e10"
SIGN_IN = ("ARM_", "ACTIONS_", "SYSTEM_", "AZURE_", "TF_BUILD")


@pytest.fixture
def signs_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., SignInMethod]:
    """Return which way is chosen where only the given variables are set; and let azure-identity take it."""

    def choose(**variables: str) -> SignInMethod:
        for name in [each for each in os.environ if each.startswith(SIGN_IN)]:
            monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        find_credential(TENANT, CLOUDS["public"])
        return choose_sign_in(os.environ).way

    return choose


APPLICATION = {"ARM_CLIENT_ID": "d1ce0a52-5b1f-4b9e-8c39-2f6a7e40d001"}
OIDC = {**APPLICATION, "ARM_USE_OIDC": "true"}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://github.example", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"}
PIPELINE = {
    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": "c",
    "SYSTEM_ACCESSTOKEN": "t",
    "SYSTEM_OIDCREQUESTURI": "https://a",
}


@pytest.mark.parametrize(
    ("variables", "way"),
    [
        ({**APPLICATION, "ARM_CLIENT_SECRET": "s"}, SignInMethod.SECRET),
        ({**OIDC, **GITHUB, "ARM_CLIENT_SECRET": "s"}, SignInMethod.SECRET),
        ({**OIDC, "ARM_OIDC_TOKEN": "t"}, SignInMethod.STATIC_TOKEN),
        ({**OIDC, "ARM_OIDC_TOKEN_FILE_PATH": "/token"}, SignInMethod.TOKEN_FILE),
        ({**OIDC, **PIPELINE}, SignInMethod.AZURE_PIPELINES),
        ({**OIDC, **PIPELINE, **GITHUB}, SignInMethod.AZURE_PIPELINES),
        ({**OIDC, **GITHUB}, SignInMethod.GITHUB),
        ({**OIDC, "ARM_OIDC_REQUEST_URL": "https://own", "ARM_OIDC_REQUEST_TOKEN": "x"}, SignInMethod.REQUEST_ADDRESS),
        ({**OIDC, "ARM_USE_OIDC": "0"}, SignInMethod.AZURE_CLI),
        ({"ARM_USE_MSI": "1"}, SignInMethod.MANAGED_IDENTITY),
        ({"ARM_USE_MSI": "T", "ARM_USE_CLI": "0"}, SignInMethod.MANAGED_IDENTITY),
        ({}, SignInMethod.AZURE_CLI),
    ],
)
def test_the_variables_of_the_azuread_provider_choose_in_its_order(
    signs_in: Callable[..., SignInMethod], variables: dict[str, str], way: SignInMethod
) -> None:
    assert signs_in(**variables) == way


def test_a_certificate_comes_from_a_variable_too_and_before_a_secret(signs_in: Callable[..., SignInMethod]) -> None:
    certificate = base64.b64encode(make_pkcs12(b"p")).decode()
    variables = {
        "ARM_CLIENT_CERTIFICATE": certificate,
        "ARM_CLIENT_CERTIFICATE_PASSWORD": "p",
        "ARM_CLIENT_SECRET": "s",
    }
    assert signs_in(**APPLICATION, **variables) == SignInMethod.CERTIFICATE


def test_client_id_and_secret_come_from_files_too(signs_in: Callable[..., SignInMethod], tmp_path: Path) -> None:
    client_id, secret = tmp_path / "client-id", tmp_path / "secret"
    client_id.write_text("d1ce0a52-5b1f-4b9e-8c39-2f6a7e40d001\n")
    secret.write_text("s\n")
    files = {"ARM_CLIENT_ID_FILE_PATH": str(client_id), "ARM_CLIENT_SECRET_FILE_PATH": str(secret)}
    assert signs_in(**files) == SignInMethod.SECRET
    with pytest.raises(
        FailedPrecondition, match="ARM_CLIENT_SECRET and the file that ARM_CLIENT_SECRET_FILE_PATH names differ"
    ):
        signs_in(**files, ARM_CLIENT_SECRET="another")


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"ARM_USE_CLI": "0"}, "the environment names no credential"),
        ({"ARM_USE_OIDC": "yes"}, "ARM_USE_OIDC is neither true nor false"),
        (OIDC, "ARM_USE_OIDC is set without a token"),
        (
            {**OIDC, "SYSTEM_OIDCREQUESTURI": "https://a", "SYSTEM_ACCESSTOKEN": "t"},
            "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID is not set, without which Azure Pipelines",
        ),
        (
            {**OIDC, "ARM_OIDC_REQUEST_URL": "https://dev.azure.com/x/_apis", "ARM_OIDC_REQUEST_TOKEN": "t"},
            "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID is not set, without which Azure Pipelines",
        ),
        (
            {**OIDC, "TF_BUILD": "True", "ARM_OIDC_REQUEST_URL": "https://own/x", "ARM_OIDC_REQUEST_TOKEN": "t"},
            "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID is not set, without which Azure Pipelines",
        ),
        ({**OIDC, **PIPELINE, "SYSTEM_ACCESSTOKEN": ""}, "SYSTEM_ACCESSTOKEN is not set"),
        ({**OIDC, **PIPELINE, "SYSTEM_OIDCREQUESTURI": ""}, "no address of its token service"),
        ({**OIDC, **GITHUB, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}, "ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set"),
        ({**OIDC, "ARM_OIDC_REQUEST_URL": "https://own/x"}, "ARM_OIDC_REQUEST_TOKEN is not set"),
        ({"ARM_CLIENT_SECRET": "s"}, "ARM_CLIENT_ID is not set"),
        (
            {"ARM_USE_AKS_WORKLOAD_IDENTITY": "true"},
            "ARM_USE_AKS_WORKLOAD_IDENTITY is set: the azuread provider obeys it",
        ),
        ({**APPLICATION, "ARM_CLIENT_CERTIFICATE": "no!"}, "the credential cannot be used"),
    ],
)
def test_what_would_make_the_two_halves_of_an_up_different_callers_is_refused(
    signs_in: Callable[..., SignInMethod], variables: dict[str, str], says: str
) -> None:
    with pytest.raises(FailedPrecondition, match=says):
        signs_in(**variables)


def test_what_a_pipeline_gives_is_not_sent_to_its_token_service_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_OIDC_REQUEST_URL", "http://issuer.example/token")
    monkeypatch.setenv("ARM_OIDC_REQUEST_TOKEN", "x")
    for way in (SignInMethod.REQUEST_ADDRESS, SignInMethod.GITHUB, SignInMethod.AZURE_PIPELINES):
        with pytest.raises(
            FailedPrecondition, match=r"issuer\.example/token, which is not https.*Check .*ARM_OIDC_REQUEST_URL"
        ):
            request_token(way)


def test_a_resource_that_the_tenant_has_not_is_not_a_matter_of_who_signs_in() -> None:
    chosen = ChosenSignIn(SignInMethod.SECRET, "c0c0c0c0-0000-4000-8000-000000000001")
    said = "AADSTS500011: The resource principal named https://api.businesscentral.dynamics.com was not found"
    assert is_no_such_resource(said)
    assert "`az ad sp create --id 996def3d-" in remedy(said, chosen, "")
    assert not is_no_such_resource("AADSTS5000112: another one")
    assert "a client secret (ARM_CLIENT_SECRET)" in remedy("AADSTS5000112: another one", chosen, "")
