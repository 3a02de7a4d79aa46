"""When applications last signed in: a report of Microsoft Graph, which is in beta and needs a licence.

https://learn.microsoft.com/graph/api/reportroot-list-serviceprincipalsigninactivities . Documented and never tried on a
real tenant: docs/reference/facts-graph.md, "Sign-in activity".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from clients.graph.permissions import READ_SIGN_INS
from clients.graph.requests import Requests
from clients.graph.times import moment

_AS_CLIENT = ("applicationAuthenticationClientSignInActivity", "delegatedClientSignInActivity")


class SignInActivities(Requests):
    """The report of a tenant."""

    def last_sign_ins(self) -> dict[str, datetime]:
        """Return when each application last signed in, for itself or for a person: client id -> time, UTC.

        One list for all, page by page. What is not in it has no sign-in that the report knows of. That others signed in
        *to* an application does not count.

        Raises:
            UserFacingError: it cannot be read. The caller may not, the tenant has no licence, or this cloud or this
                version of Graph has no such report.
        """
        path = "/beta/reports/servicePrincipalSignInActivities"
        found = self._list(_activity, path, attempting="list when applications last signed in", needs=READ_SIGN_INS)
        return {client_id: last for client_id, last in found or () if last is not None}


def _activity(found: Mapping[str, Any]) -> tuple[str, datetime | None]:
    written = ((found.get(name) or {}).get("lastSignInDateTime") for name in _AS_CLIENT)
    return found["appId"].lower(), max((moment(each) for each in written if each), default=None)
