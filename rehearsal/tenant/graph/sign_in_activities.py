"""The report of when service principals last signed in: beta alone, with a premium licence alone.

https://learn.microsoft.com/graph/api/reportroot-list-serviceprincipalsigninactivities . The tenant does not write it by
itself, as the real one does late: it has what was recorded by hand (`record_sign_in`).
docs/reference/facts-graph.md, "Sign-in activity".
"""

from __future__ import annotations

import base64
import uuid
from typing import Any

from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.permissions import READ_SIGN_INS
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.graph.results import collection, resource_type
from rehearsal.tenant.graph.routes import endpoint
from rehearsal.tenant.messages import HttpResponse

_KIND = resource_type("servicePrincipalSignInActivity")
_ACTIVITIES = (
    "applicationAuthenticationClientSignInActivity",
    "applicationAuthenticationResourceSignInActivity",
    "delegatedClientSignInActivity",
    "delegatedResourceSignInActivity",
)


@endpoint("GET", "reports/servicePrincipalSignInActivities", ())
def list_sign_in_activities(request: GraphRequest) -> HttpResponse:
    """Answer a page of the report."""
    if request.version != "beta":
        raise refusal("no_segment", "servicePrincipalSignInActivities")
    if not request.caller.roles & READ_SIGN_INS:
        raise refusal("report_denied", "AuditLog.Read.All")
    if not request.directory.has_premium_licence:
        raise refusal("no_premium_licence")
    if "$select" in request.http.query:
        raise refusal("unsupported_query", "$select")  # the page names $top, $filter and $orderby alone
    listed = (_body(client_id, recorded) for client_id, recorded in request.directory.sign_ins.items())
    return collection(request, _KIND, listed)


def _body(client_id: str, recorded: dict[str, str]) -> dict[str, Any]:
    activities = {
        name: {"lastSignInDateTime": recorded[name], "lastSignInRequestId": str(uuid.uuid4())}
        if name in recorded
        else None
        for name in _ACTIVITIES
    }
    last = max(recorded.values())
    return {
        "appId": client_id,
        **activities,
        "id": base64.urlsafe_b64encode(client_id.encode()).decode(),
        "lastSignInActivity": {"lastSignInDateTime": last, "lastSignInRequestId": str(uuid.uuid4())},
    }
