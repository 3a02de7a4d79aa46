"""Finds the endpoint of a request for secrets, certificates or keys, and asks for the right that it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from rehearsal.tenant.key_vault import permissions
from rehearsal.tenant.key_vault.certificates import Certificates
from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.keys import Keys
from rehearsal.tenant.key_vault.model import Vault
from rehearsal.tenant.key_vault.secrets import Secrets
from rehearsal.tenant.messages import HttpRequest, HttpResponse
from rehearsal.tenant.refusals import Refusal

_ASK_AGAIN = {"Retry-After": "10"}


class May(Protocol):
    """Refuses what the caller may not do."""

    def __call__(self, action: str, permission: str, name: str = "") -> None:
        """Refuse it, by the action of a role or the permission of an access policy."""


def act(
    vault: Vault,
    now: datetime,
    request: HttpRequest,
    parts: Sequence[str],
    may: May,
    page: Callable[[list[dict[str, Any]]], HttpResponse],
) -> HttpResponse:
    """Answer a request.

    Args:
        vault: the vault.
        now: the tenant's time.
        request: the request.
        parts: of its path, decoded.
        may: refuses what the caller may not do.
        page: answers a page of a list.
    """
    match request.method, [*parts]:
        case "PUT", ["secrets", name]:
            may(permissions.SET, "set", name)
            return HttpResponse(200, Secrets(vault, now).set(name, request.body))
        case "POST", ["certificates", name, "create"]:
            may(permissions.CREATE_CERTIFICATE, "create", name)
            certificates = Certificates(vault, now)
            operation = certificates.create(name, request.body)
            version, asked = request.query["api-version"], certificates.request_id(name)
            location = f"{operation['id']}?api-version={version}&request_id={asked}"
            return HttpResponse(202, operation, headers={"Location": location, **_ASK_AGAIN})
        case "GET", ["certificates", name, "pending"]:
            may(permissions.CERTIFICATES.get, "get", name)
            operation = Certificates(vault, now).pending(name)
            return HttpResponse(200, operation, headers=_ASK_AGAIN if operation["status"] == "inProgress" else {})
        case _, ["certificates", _, "pending" | "policy"]:
            raise _unsupported(request)
        case "GET", ["keys", name, *version_id] if len(version_id) < 2 and version_id != ["versions"]:
            may(permissions.READ_KEY, "get", name)
            return HttpResponse(200, Keys(vault, now).get(name, "".join(version_id)))
        case "POST", ["keys", name, version, "sign"]:
            may(permissions.SIGN, "sign", name)
            return HttpResponse(200, Keys(vault, now).sign(name, version, request.body))
        case _, ["secrets" | "deletedsecrets", *_]:
            return _act_alike(Secrets(vault, now), permissions.SECRETS, request, parts, may, page)
        case _, ["certificates" | "deletedcertificates", *_]:
            return _act_alike(Certificates(vault, now), permissions.CERTIFICATES, request, parts, may, page)
    raise _unsupported(request)


def _act_alike(
    objects: Secrets | Certificates,
    actions: permissions.ObjectActions,
    request: HttpRequest,
    parts: Sequence[str],
    may: May,
    page: Callable[[list[dict[str, Any]]], HttpResponse],
) -> HttpResponse:
    """Answer a request that secrets and certificates take alike."""
    match request.method, parts[0].startswith("deleted"), [*parts[1:]]:
        case "GET", False, []:
            may(actions.read_metadata, "list")
            return page(objects.all())
        case "GET", False, [name, "versions"]:
            may(actions.read_metadata, "list", name)
            return page(objects.versions(name))
        case "GET", False, [name, *version] if len(version) < 2:
            may(actions.get, "get", name)
            return HttpResponse(200, objects.get(name, "".join(version)))
        case "PATCH", False, [name, *version] if len(version) < 2:
            may(actions.update, actions.update_permission, name)
            return HttpResponse(200, objects.update(name, "".join(version), request.body))
        case "DELETE", False, [name]:
            may(actions.delete, "delete", name)
            return HttpResponse(200, objects.delete(name))
        case "GET", True, []:
            may(actions.read_metadata, "list")
            return page(objects.all_deleted())
        case "GET", True, [name]:
            may(actions.read_metadata, "get", name)
            return HttpResponse(200, objects.deleted(name))
        case "POST", True, [name, "recover"]:
            may(actions.recover, "recover", name)
            return HttpResponse(200, objects.recover(name))
        case "DELETE", True, [name]:
            may(actions.purge, "purge", name)
            objects.purge(name)
            return HttpResponse(204)
    raise _unsupported(request)


def _unsupported(request: HttpRequest) -> Refusal:
    return refusal("unsupported", f"{request.method} {request.path}")
