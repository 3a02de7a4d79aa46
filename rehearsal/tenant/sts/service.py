"""The token service: its documents, and POST /{tenant}/oauth2/v2.0/token.

docs/reference/facts-graph.md, "Metadata document", "Token requests" and "Other clients".
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

import jwt
from jwt.utils import base64url_encode

from rehearsal import tables
from rehearsal.tenant.directory.external_applications import AZURE_CLI
from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.directory.secrets import check_password, check_secret
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.messages import HttpRequest, HttpResponse
from rehearsal.tenant.refusals import Refusal
from rehearsal.tenant.sts import errors
from rehearsal.tenant.sts.assertions import check_assertion, read_assertion
from rehearsal.tenant.sts.clients import application_of, principal_of
from rehearsal.tenant.sts.errors import refusal
from rehearsal.tenant.sts.federated_tokens import check_federated_token
from rehearsal.tenant.sts.public_clients import AZURE_CLI_APPLICATION, GRANT_TYPES, PublicClients
from rehearsal.tenant.sts.tokens import TokenSigner

_DOCUMENTS: dict[str, Any] = tables.read(__file__, "documents.yaml")
_LIFETIME = 3599  # seconds; Entra's own varies between 60 and 90 minutes, and is given one second short
_OPENID_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})
_SHARED = frozenset({"common", "organizations"})  # stand for "whichever tenant" in addresses of documents
_DEFAULT_SCOPE = "/.default"
# The claim `wids` of a person's token, template ids: Global Administrator, and the role that every member has. Tokens
# of applications have the claim too, with a role that gives nothing; this tenant leaves it out there. Nobody else here
# has a role in Entra.
_ROLES_OF_THE_ADMINISTRATOR = ("62e90394-69f5-4237-9190-012177145e10", "b79fbf4d-3ef9-4689-8143-76b194e85509")


class TokenService:
    """Answers for login.microsoftonline.com, and for the Azure metadata endpoint that leads there."""

    def __init__(self, origin: str, directory: Directory, signer: TokenSigner) -> None:
        self._origin = origin
        self._directory = directory
        self._signer = signer
        self._keys: dict[str, jwt.PyJWKSet] = {}
        self._public_clients = PublicClients(directory)

    def add_issuer(self, issuer: str, keys: list[dict[str, Any]]) -> None:
        """Let tokens of another issuer be verified with these keys, as JSON Web Keys; they replace its former ones.

        Raises:
            ValueError: they are no keys.
        """
        try:
            self._keys[issuer] = jwt.PyJWKSet(keys)
        except jwt.PyJWTError as problem:
            raise ValueError(f"keys: {problem}") from None

    def enter_user_code(self, user_code: str, user_principal_name: str) -> None:
        """Let a person enter the code that a program shows, and sign in to it.

        Raises:
            LookupError: there is no such person, or no such code.
        """
        user = self._directory.find_user(user_principal_name)
        if user is None:
            raise LookupError(f"There is no user {user_principal_name}.")
        self._public_clients.enter_user_code(user_code, user)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        try:
            return self._answer(request)
        except Refusal as problem:
            return errors.answer(problem, self._directory.now())

    def _answer(self, request: HttpRequest) -> HttpResponse:
        segments = request.path.strip("/").split("/")
        match (request.method, segments):
            case "GET", ["metadata", "endpoints"]:
                return self._document("metadata", "")
            case "GET", ["subscriptions"]:  # Azure CLI asks at sign-in; this tenant has none
                return HttpResponse(200, {"value": []})
            case "GET", ["common", "discovery", "instance"]:
                return self._document("instances", self._directory.tenant_id)
            case "GET", [tenant, "v2.0", ".well-known", "openid-configuration"]:
                return self._document("openid", self._tenant_id(tenant, shared=True))
            case "GET", [tenant, "discovery", "v2.0", "keys"]:
                self._tenant_id(tenant, shared=True)
                return HttpResponse(200, self._signer.key_set())
            case "POST", [tenant, "oauth2", "v2.0", "token"]:
                self._tenant_id(tenant)
                return self._token(_form(request.body))
            case "POST", [tenant, "oauth2", "v2.0", "devicecode"]:
                self._tenant_id(tenant)
                return self._public_clients.begin_with_device_code(_form(request.body))
            case "GET" | "POST", [tenant, "oauth2", "v2.0", "authorize"]:
                self._tenant_id(tenant)
                return self._public_clients.authorize(request)
        # Entra answers an HTML page here; a plain sentence is our choice.
        return HttpResponse(
            404, {"error": "not_found", "error_description": f"The rehearsal tenant has no {request.path}."}
        )

    def _tenant_id(self, tenant: str, *, shared: bool = False) -> str:
        if shared and tenant.lower() in _SHARED:
            return tenant.lower()
        if tenant.lower() not in {self._directory.tenant_id, self._directory.domain}:
            raise refusal("tenant_not_found", tenant)
        return self._directory.tenant_id

    def _document(self, name: str, tenant: str) -> HttpResponse:
        """Answer one of `documents.yaml`."""
        text = json.dumps(_DOCUMENTS[name])
        host = self._origin.removeprefix("https://")
        for placeholder, value in (("{origin}", self._origin), ("{host}", host), ("{tenant}", tenant)):
            text = text.replace(placeholder, value)
        return HttpResponse(200, json.loads(text))

    def _token(self, form: Mapping[str, str]) -> HttpResponse:
        # The order of the checks is ours; Entra's is not documented.
        for name in ("client_id", "grant_type"):
            if not form.get(name):
                raise refusal("parameter_missing", name)
        if form["grant_type"] in GRANT_TYPES:
            return self._token_of_public_client(form)
        if not form.get("scope"):
            raise refusal("parameter_missing", "scope")
        match form["grant_type"]:
            case "client_credentials":
                return self._token_of_application(form)
            case "password":
                return self._token_of_user(form)
        raise refusal("grant_type_unsupported", form["grant_type"])

    def _token_of_application(self, form: Mapping[str, str]) -> HttpResponse:
        client_id = form["client_id"]
        self._check_credential(application_of(self._directory, client_id), form)
        principal = principal_of(self._directory, client_id)
        resource_name, resource = self._resource(form["scope"])
        claims = self._claims(resource_name, principal.id) | {
            "app_displayname": principal.display_name,
            "appid": principal.app_id,
            "azp": principal.app_id,
            "idtyp": "app",
        }
        if roles := self._directory.role_values(principal, resource):
            claims["roles"] = roles  # without any there is no such claim: a token all the same
        return self._token_response(claims)

    def _token_of_user(self, form: Mapping[str, str]) -> HttpResponse:
        """Sign a person in with a password (ROPC), through the Azure CLI, the one client that may do so here."""
        for name in ("username", "password"):
            if not form.get(name):
                raise refusal("parameter_missing", name)
        client_id = form["client_id"].lower()
        if client_id != AZURE_CLI:
            application_of(self._directory, client_id)
            raise refusal("client_not_public")
        user = self._directory.find_user(form["username"])
        if user is None:
            raise refusal("user_not_found", self._directory.domain)
        if not check_password(user, form["password"]):
            raise refusal("password_wrong")
        resource_name, scopes = self._delegated(AZURE_CLI_APPLICATION, form["scope"])
        claims = self._claims_of_person(user, resource_name, scopes, AZURE_CLI_APPLICATION)
        return self._token_response(claims, scope=_scopes_given(resource_name, scopes))

    def _token_of_public_client(self, form: Mapping[str, str]) -> HttpResponse:
        """Sign a person in to an application of this tenant, by a code, a device code or a refresh token."""
        signed_in = self._public_clients.redeem(form)
        client, user = signed_in.client, signed_in.user
        resource_name, scopes = self._delegated(client, signed_in.scope)
        claims = self._claims_of_person(user, resource_name, scopes, client)
        about_user = {"uid": user.id, "utid": self._directory.tenant_id}
        id_claims = self._claims(client.app_id, user.id) | {
            "iss": f"{self._origin}/{self._directory.tenant_id}/v2.0",
            "name": user.display_name,
            "preferred_username": user.body["userPrincipalName"],
            "ver": "2.0",
            **({"nonce": signed_in.nonce} if signed_in.nonce else {}),
        }
        more = {
            "id_token": self._signer.sign(id_claims),
            "client_info": base64url_encode(json.dumps(about_user).encode()).decode(),
        }
        if "offline_access" in signed_in.scope.split():
            more["refresh_token"] = self._public_clients.refresh_token(signed_in)
        return self._token_response(claims, scope=_scopes_given(resource_name, scopes), **more)

    def _claims_of_person(
        self, user: DirectoryObject, resource_name: str, scopes: list[str], client: DirectoryObject
    ) -> dict[str, Any]:
        return self._claims(resource_name, user.id) | {
            "app_displayname": client.display_name,
            "appid": client.app_id,
            "idtyp": "user",
            "name": user.display_name,
            "scp": " ".join(scopes),
            "unique_name": user.body["userPrincipalName"],
            "upn": user.body["userPrincipalName"],
            "wids": list(_ROLES_OF_THE_ADMINISTRATOR),
        }

    def _delegated(self, client: DirectoryObject, text: str) -> tuple[str, list[str]]:
        """Return the name of the resource that a person's client asks for, and the scopes that it gets there.

        All that the client has there, whichever of them was asked for: Entra gives what has been consented to.
        """
        scope = next((each for each in text.split() if each not in _OPENID_SCOPES), "")
        name, _, wanted = scope.rpartition("/")
        name, resource = self._resource(f"{name}{_DEFAULT_SCOPE}")
        return name, self._public_clients.consented(client, resource, wanted)

    def _token_response(self, claims: Mapping[str, Any], **more: str) -> HttpResponse:
        token = self._signer.sign(claims)
        return HttpResponse(
            200,
            {
                "token_type": "Bearer",
                **more,
                "expires_in": _LIFETIME,
                "ext_expires_in": _LIFETIME,
                "access_token": token,
            },
            {"cache-control": "no-store, no-cache", "pragma": "no-cache"},
        )

    def _check_credential(self, application: DirectoryObject, form: Mapping[str, str]) -> None:
        now = self._directory.now()
        if assertion := form.get("client_assertion"):
            if not form.get("client_assertion_type"):
                raise refusal("parameter_missing", "client_assertion_type")  # which code is unread
            endpoint = f"{self._origin}/{self._directory.tenant_id}"
            claims = read_assertion(assertion)
            if claims.get("iss") == application.app_id:
                audiences = {f"{endpoint}/oauth2/v2.0/token", f"{endpoint}/v2.0"}
                check_assertion(application, assertion, claims, now, audiences, self._directory.replication)
            else:
                replication = self._directory.replication
                check_federated_token(application, assertion, claims, now, keys=self._keys, replication=replication)
            return
        if not form.get("client_secret"):
            raise refusal("credential_missing")
        match check_secret(application, form["client_secret"], now, self._directory.replication):
            case "wrong":
                raise refusal("secret_wrong", application.app_id)
            case "expired":
                raise refusal("secret_expired", application.app_id)

    def _resource(self, scope: str) -> tuple[str, DirectoryObject]:
        if not scope.endswith(_DEFAULT_SCOPE):
            raise refusal("scope_invalid", scope)
        name = scope.removesuffix(_DEFAULT_SCOPE)  # Azure CLI's `{origin}//.default` keeps a slash, as does the `aud`
        for candidate in self._directory.all("servicePrincipal"):
            if name in candidate.body["servicePrincipalNames"]:
                if not candidate.body["accountEnabled"]:
                    raise refusal("resource_disabled", name)
                return name, candidate
        raise refusal("resource_not_found", name, self._directory.domain)

    def _claims(self, resource_name: str, object_id: str) -> dict[str, Any]:
        """Return the claims of every token; `object_id` is its holder's."""
        now = int(self._directory.now().timestamp())
        return {
            "aud": resource_name,
            "iss": f"{self._origin}/{self._directory.tenant_id}/",  # for https://sts.windows.net/{tenant}/
            "iat": now,
            "nbf": now,
            "exp": now + _LIFETIME + 1,
            "oid": object_id,
            "sub": object_id,
            "tid": self._directory.tenant_id,
            "uti": str(uuid.uuid4()),
            "ver": "1.0",
        }


def _scopes_given(resource_name: str, scopes: list[str]) -> str:
    return " ".join([*(f"{resource_name}/{scope}" for scope in scopes), f"{resource_name}{_DEFAULT_SCOPE}"])


def _form(body: Any) -> dict[str, str]:
    """Return the fields of a form; anything else is an empty one."""
    if not isinstance(body, dict):
        return {}
    return {name: value for name, value in body.items() if isinstance(value, str)}
