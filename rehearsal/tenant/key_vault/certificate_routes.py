"""Finds the endpoint of a request for certificates or keys, and asks for the right that it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from rehearsal.tenant.key_vault.certificates import Certificates
from rehearsal.tenant.key_vault.errors import refusal
from rehearsal.tenant.key_vault.keys import Keys
from rehearsal.tenant.key_vault.model import Vault
from rehearsal.tenant.key_vault.permissions import (
    CREATE_CERTIFICATE,
    DELETE_CERTIFICATE,
    PURGE_CERTIFICATE,
    READ_CERTIFICATE,
    READ_KEY,
    RECOVER_CERTIFICATE,
    SIGN,
    UPDATE_CERTIFICATE,
)
from rehearsal.tenant.messages import HttpRequest, HttpResponse

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
    certificates = Certificates(vault, now)
    match request.method, [*parts]:
        case "POST", ["certificates", name, "create"]:
            may(CREATE_CERTIFICATE, "create", name)
            operation = certificates.create(name, request.body)
            version, asked = request.query["api-version"], certificates.request_id(name)
            location = f"{operation['id']}?api-version={version}&request_id={asked}"
            return HttpResponse(202, operation, headers={"Location": location, **_ASK_AGAIN})
        case "GET", ["certificates", name, "pending"]:
            may(READ_CERTIFICATE, "get", name)
            operation = certificates.pending(name)
            return HttpResponse(200, operation, headers=_ASK_AGAIN if operation["status"] == "inProgress" else {})
        case "GET", ["certificates"]:
            may(READ_CERTIFICATE, "list")
            return page(certificates.all())
        case "GET", ["certificates", name, "versions"]:
            may(READ_CERTIFICATE, "list", name)
            return page(certificates.versions(name))
        case "GET", ["certificates", name, *version_id] if len(version_id) < 2 and version_id != ["policy"]:
            may(READ_CERTIFICATE, "get", name)
            return HttpResponse(200, certificates.get(name, "".join(version_id)))
        case "PATCH", ["certificates", name, *version_id] if len(version_id) < 2 and version_id not in (
            ["pending"],
            ["policy"],
        ):
            may(UPDATE_CERTIFICATE, "update", name)
            return HttpResponse(200, certificates.update(name, "".join(version_id), request.body))
        case "DELETE", ["certificates", name]:
            may(DELETE_CERTIFICATE, "delete", name)
            return HttpResponse(200, certificates.delete(name))
        case "GET", ["deletedcertificates"]:
            may(READ_CERTIFICATE, "list")
            return page(certificates.all_deleted())
        case "GET", ["deletedcertificates", name]:
            may(READ_CERTIFICATE, "get", name)
            return HttpResponse(200, certificates.deleted(name))
        case "POST", ["deletedcertificates", name, "recover"]:
            may(RECOVER_CERTIFICATE, "recover", name)
            return HttpResponse(200, certificates.recover(name))
        case "DELETE", ["deletedcertificates", name]:
            may(PURGE_CERTIFICATE, "purge", name)
            certificates.purge(name)
            return HttpResponse(204)
        case "GET", ["keys", name, *version_id] if len(version_id) < 2 and version_id != ["versions"]:
            may(READ_KEY, "get", name)
            return HttpResponse(200, Keys(vault, now).get(name, "".join(version_id)))
        case "POST", ["keys", name, version, "sign"]:
            may(SIGN, "sign", name)
            return HttpResponse(200, Keys(vault, now).sign(name, version, request.body))
    raise refusal("unsupported", f"{request.method} {request.path}")
