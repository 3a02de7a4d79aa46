"""Federated identity credentials of an application.

docs/reference/facts-graph.md, "Certificates and federated credentials". Flexible ones, with an expression in place of a
subject, are made at the beta endpoint; v1.0 shows them without it (unread).
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from rehearsal.tenant.directory.claims_expressions import is_supported
from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.permissions import (
    LIST_FEDERATED_CREDENTIALS,
    READ_FEDERATED_CREDENTIAL,
    WRITE_APPLICATIONS,
)
from rehearsal.tenant.graph.properties import optional_text, required_text
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import collection, entity, resource_type
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse

_PATH = "applications/{id}/federatedIdentityCredentials"
_TYPE = "FederatedIdentityCredential"
_CREDENTIAL = {
    "v1.0": resource_type("federatedIdentityCredential"),
    "beta": resource_type("flexibleFederatedIdentityCredential"),
}
_WRITABLE = frozenset({"name", "issuer", "subject", "description", "audiences"})
_EXPRESSION = "claimsMatchingExpression"
_MOST = 20  # https://learn.microsoft.com/graph/api/application-post-federatedidentitycredentials
# https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations#errors
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")
_LONGEST = 600


@endpoint("GET", _PATH, LIST_FEDERATED_CREDENTIALS)
def list_credentials(request: GraphRequest) -> HttpResponse:
    """List those of an application."""
    known = request.directory.replicated(request.target().federated_credentials.values())
    shown = (_shown(request, each) for each in known)
    return collection(request, _CREDENTIAL[request.version], shown)


@endpoint("POST", _PATH, WRITE_APPLICATIONS)
def create_credential(request: GraphRequest) -> HttpResponse:
    """Create one."""
    application = request.writable()
    body = request.body()
    name = required_text(body, "name", _TYPE)
    if not _NAME.fullmatch(name):
        raise refusal("bad_request", f"Federated Identity Credential name '{name}' is invalid.")
    new = _merged(request, body, {"id": str(uuid.uuid4()), "name": name})
    if len(application.federated_credentials) >= _MOST:
        raise refusal("bad_request", f"The application has {_MOST} federated identity credentials, the most it may.")
    if any(other["name"] == new["name"] for other in application.federated_credentials.values()):
        raise refusal("same_key", f"FederatedIdentityCredential with name {new['name']} already exists.")
    _refuse_duplicate(application, new)
    application.federated_credentials[new["id"]] = new
    request.directory.replication.created(new["id"])
    return entity(request, _CREDENTIAL[request.version], _shown(request, new), 201)


@endpoint("GET", f"{_PATH}/{{credential}}", READ_FEDERATED_CREDENTIAL)
def get_credential(request: GraphRequest) -> HttpResponse:
    """Answer one, by its id or its name."""
    found = _target(request, request.target())
    if request.directory.replication.is_hidden(found["id"]):
        raise refusal("not_found", request.parameters["credential"])
    return entity(request, _CREDENTIAL[request.version], _shown(request, found))


@endpoint("PATCH", f"{_PATH}/{{credential}}", WRITE_APPLICATIONS)
def update_credential(request: GraphRequest) -> HttpResponse:
    """Change all but the name, which may be sent along."""
    application = request.writable()
    credential = _target(request, application)
    body = request.body()
    if (
        body.get("name", credential["name"]) != credential["name"]
        or body.get("id", credential["id"]) != credential["id"]
    ):
        raise refusal("read_only", "name")
    changed = _merged(request, body, credential)
    _refuse_duplicate(application, changed)
    credential.update(changed)
    return HttpResponse(204)


@endpoint("DELETE", f"{_PATH}/{{credential}}", WRITE_APPLICATIONS)
def delete_credential(request: GraphRequest) -> HttpResponse:
    """Delete one."""
    application = request.writable()
    del application.federated_credentials[_target(request, application)["id"]]
    return HttpResponse(204)


def _target(request: GraphRequest, application: DirectoryObject) -> dict[str, Any]:
    name = request.parameters["credential"]
    for credential in application.federated_credentials.values():
        if name in (credential["id"], credential["name"]):
            return credential
    raise refusal("not_found", name)


def _shown(request: GraphRequest, credential: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in credential.items() if name != _EXPRESSION or request.version == "beta"}


def _merged(request: GraphRequest, body: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    """Return a credential with the properties of a body merged into it."""
    writable = _WRITABLE | ({_EXPRESSION} if request.version == "beta" else frozenset())
    if unknown := sorted(set(body) - writable - {"id"}):
        raise refusal("invalid_property", unknown[0])
    new = {"subject": None, _EXPRESSION: None, **current} | {name: body[name] for name in writable & body.keys()}
    required_text(new, "issuer", _TYPE)
    _refuse_both_or_neither(new)
    new["description"] = optional_text(new, "description", _TYPE)
    # "can only accept a single value", says the reference
    audiences = new.get("audiences")
    if not isinstance(audiences, list) or len(audiences) != 1 or not isinstance(audiences[0], str):
        raise refusal("invalid_value", "audiences", _TYPE)
    for name in ("issuer", "subject", "description"):
        if len(new[name] or "") > _LONGEST:
            raise refusal("invalid_value", name, _TYPE)
    return new


def _refuse_both_or_neither(new: dict[str, Any]) -> None:
    """Refuse what has a subject and an expression, or neither, or an expression that Entra does not take."""
    expression = new[_EXPRESSION]
    if expression is None:
        required_text(new, "subject", _TYPE)
        return
    if optional_text(new, "subject", _TYPE):
        raise refusal("bad_request", "subject and claimsMatchingExpression are mutually exclusive.")
    if not isinstance(expression, dict) or expression.get("languageVersion") != 1:
        raise refusal("invalid_value", _EXPRESSION, _TYPE)
    new[_EXPRESSION] = {"value": expression.get("value"), "languageVersion": 1}
    if not is_supported(new["issuer"], str(expression.get("value"))):
        raise refusal("invalid_value", _EXPRESSION, _TYPE)


def _refuse_duplicate(application: DirectoryObject, wanted: dict[str, Any]) -> None:
    """Refuse a second credential for the same issuer and subject: Entra could not tell which one is meant."""
    for other in application.federated_credentials.values():
        same = (other["issuer"], other["subject"]) == (wanted["issuer"], wanted["subject"])
        if other["id"] != wanted["id"] and wanted["subject"] and same:
            raise refusal(
                "same_key",
                f"FederatedIdentityCredential with issuer {wanted['issuer']} and subject {wanted['subject']} "
                "already exists.",
            )
