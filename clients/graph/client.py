"""Microsoft Graph, as `up` needs it: service principals, what they are granted on each other, and client secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.graph.app_role_assignments import AppRoleAssignments
from clients.graph.delegated_grants import DelegatedGrants
from clients.graph.passwords import Passwords
from clients.graph.service_principals import ServicePrincipals
from clients.http.failures import ErrorBody, as_mapping


def read_error_body(body: Mapping[str, Any]) -> ErrorBody:
    """Read the body of a Graph error: https://learn.microsoft.com/graph/errors ."""
    error = as_mapping(body.get("error"))
    inner = as_mapping(error.get("innerError"))
    return ErrorBody(*(str(text or "") for text in (error.get("code"), error.get("message"), inner.get("request-id"))))


class Graph(ServicePrincipals, AppRoleAssignments, DelegatedGrants, Passwords):
    """Microsoft Graph v1.0. Every method raises `clients.http.errors.UserFacingError` when it cannot do what it says.

    Args:
        transport: to its base address.
        caller: tells who signed in, for what an error says about rights; None where that is not known.
    """

    def grants_held(self, principal_id: str) -> set[str]:
        """Return the ids of all role assignments and delegated grants of a principal, on any resource, for any user."""
        roles, scopes = self._roles_held(principal_id), self._delegated_held(principal_id)
        return {each.id for each in (*(roles or ()), *(scopes or ()))}
