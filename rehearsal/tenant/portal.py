"""The Azure portal's own API, as far as the Azure CLI uses it: `az ad app permission admin-consent`.

Microsoft documents none of it. What is asked is in the Azure CLI's source (`admin_consent` of its module `role`); what
is granted is what the page behind `/adminconsent` grants. The answers are ours: the CLI looks at the status alone.
"""

from __future__ import annotations

import re

from rehearsal.tenant.directory import edits
from rehearsal.tenant.directory.external_applications import PORTAL
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.messages import Caller, HttpRequest, HttpResponse
from rehearsal.tenant.sts.tokens import InvalidTokenError

HOST = "main.iam.ad.ext.azure.com"
_CONSENT = re.compile(r"/api/RegisteredApplications/(?P<client_id>[0-9a-f-]{36})/Consent", re.IGNORECASE)


def answer(request: HttpRequest, caller: Caller | InvalidTokenError, directory: Directory) -> HttpResponse:
    """Grant an application what it asks for, for the whole tenant; a person alone may."""
    if isinstance(caller, InvalidTokenError) or caller.audience != PORTAL:
        return _refused(401, "The token is not for this service.")
    if caller.kind != "user":
        return _refused(403, "Only people consent here.")
    found = _CONSENT.fullmatch(request.path)
    if request.method != "POST" or found is None or request.query.get("onBehalfOfAll") != "true":
        return _refused(501, f"The rehearsal has no {request.method} {request.path} here.")
    try:
        edits.edit(directory, {"do": "approve_permissions", "clientId": found["client_id"]})
    except LookupError as problem:
        return _refused(404, str(problem))
    return HttpResponse(204)


def _refused(status: int, message: str) -> HttpResponse:
    return HttpResponse(status, {"message": message})
