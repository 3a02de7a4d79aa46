"""Federated identity credentials of an application.

docs/reference/facts-graph.md, "Certificates and federated credentials".
"""

from __future__ import annotations

import uuid
from typing import Any

from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.permissions import READ_APPLICATIONS, WRITE_APPLICATIONS
from rehearsal.tenant.graph.properties import optional_text, required_text
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import collection, entity, resource_type
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse

_PATH = "applications/{id}/federatedIdentityCredentials"
_TYPE = "FederatedIdentityCredential"
_CREDENTIAL = resource_type("federatedIdentityCredential")


@endpoint("GET", _PATH, READ_APPLICATIONS)
def list_credentials(request: GraphRequest) -> HttpResponse:
    """List those of an application."""
    application = request.target()
    return collection(request, _CREDENTIAL, application.federated_credentials.values())


@endpoint("POST", _PATH, WRITE_APPLICATIONS)
def create_credential(request: GraphRequest) -> HttpResponse:
    """Create one."""
    application = request.writable()
    body = request.body()
    new = _merged(body, {"id": str(uuid.uuid4()), "name": required_text(body, "name", _TYPE)})
    if any(other["name"] == new["name"] for other in application.federated_credentials.values()):
        raise refusal("same_key", f"FederatedIdentityCredential with name {new['name']} already exists.")
    _refuse_duplicate(application, new)
    application.federated_credentials[new["id"]] = new
    return entity(request, _CREDENTIAL, new, 201)


@endpoint("GET", f"{_PATH}/{{credential}}", READ_APPLICATIONS)
def get_credential(request: GraphRequest) -> HttpResponse:
    """Answer one, by its id or its name."""
    return entity(request, _CREDENTIAL, _target(request, request.target()))


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
    changed = _merged(body, credential)
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


def _merged(body: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    """Return a credential with the properties of a body merged into it."""
    new = dict(current)
    new |= {name: body[name] for name in ("issuer", "subject", "description", "audiences") if name in body}
    for name in ("issuer", "subject"):
        required_text(new, name, _TYPE)
    new["description"] = optional_text(new, "description", _TYPE)
    # "can only accept a single value", says the reference
    audiences = new.get("audiences")
    if not isinstance(audiences, list) or len(audiences) != 1 or not isinstance(audiences[0], str):
        raise refusal("invalid_value", "audiences", _TYPE)
    return new


def _refuse_duplicate(application: DirectoryObject, wanted: dict[str, Any]) -> None:
    """Refuse a second credential for the same issuer and subject: Entra could not tell which one is meant."""
    for other in application.federated_credentials.values():
        if other["id"] != wanted["id"] and (other["issuer"], other["subject"]) == (wanted["issuer"], wanted["subject"]):
            raise refusal(
                "same_key",
                f"FederatedIdentityCredential with issuer {wanted['issuer']} and subject {wanted['subject']} "
                "already exists.",
            )
