"""`azuread:index/application:Application`: an application registration.

Its requests: docs/reference/facts-graph.md, "Applications of the plugin".
"""

from __future__ import annotations

import uuid
import zlib

from rehearsal.azuread_plugin import schema
from rehearsal.azuread_plugin.directory_object import DirectoryObject
from rehearsal.azuread_plugin.errors import DiagnosticError, StandInError, import_needed
from rehearsal.azuread_plugin.graph_session import JSON, GraphError, GraphSession, diagnosing
from rehearsal.azuread_plugin.planning import Plan
from rehearsal.azuread_plugin.schema import UNKNOWN, Values, in_hash_order, in_order


class Application(DirectoryObject):
    """Creates, reads, changes and deletes application registrations."""

    type = "azuread:index/application:Application"
    noun = "Application"
    kind = "application"
    collection = "/applications"
    beta = "oauth2PostResponseRequired"
    properties = schema.properties("application")

    def verify_plan(self, graph: GraphSession, olds: Values, plan: Plan, deadline: float) -> None:
        """With `preventDuplicateNames`, look up a new name, in a preview too.

        On a rename the real plugin looks, but compares an object id with a Pulumi id and so never refuses here; the
        update itself does.
        """
        name, planned = plan.planned["displayName"], plan.planned
        if planned.get("preventDuplicateNames") is True and name not in ("", UNKNOWN, olds.get("displayName")):
            try:
                found = _with_name(graph, name, deadline)
            except GraphError as error:
                raise DiagnosticError(f"could not check for existing application(s): {error}") from None
            if found and not olds:
                raise DiagnosticError(f"{_duplicate(found[0])}. {import_needed('azuread_application')}")

    def create(self, graph: GraphSession, planned: Values, deadline: float) -> tuple[str, Values | None]:
        """Create an application."""
        if planned["preventDuplicateNames"]:  # once more, for names that the same `up` has just created
            self._refuse_duplicate(graph, planned["displayName"], None, deadline)
        simple = self.to_send(planned)
        body = {
            "api": {**simple["api"], "oauth2PermissionScopes": []},
            "appRoles": [],
            "identifierUris": in_hash_order(planned["identifierUris"] or [], ";"),
            "optionalClaims": {},
            "requiredResourceAccess": _required_resource_access(planned),
        }
        return self._post(graph, planned, body, deadline)

    def confirm_replication(self, graph: GraphSession, id: str, planned: Values, deadline: float) -> None:  # noqa: A002
        """Rename it and back, as the real plugin does: these writes succeed only once it is replicated."""
        for name in (f"TERRAFORM_UPDATE_{uuid.uuid4()}", planned["displayName"]):
            body = {"@odata.type": "#microsoft.graph.application", "displayName": name}
            with diagnosing(f"Failed to patch {self._named(id)} after creating"):
                graph.write("PATCH", id, body, deadline=deadline, retry_when=_is_not_replicated)

    def update(self, graph: GraphSession, id: str, plan: Plan, deadline: float) -> Values:  # noqa: A002
        """Change an application; of the larger parts only what has changed is sent."""
        if refused := plan.changes.keys() & {"appRoles", "featureTags", "logoImage", "oauth2PostResponseRequired"}:
            raise StandInError(
                f"the rehearsal's stand-in for azuread does not change {', '.join(sorted(refused))} of {id}; "
                "the real plugin does"
            )
        planned, object_id = plan.planned, id.rpartition("/")[2]
        with graph.write_lock(object_id):
            if planned["preventDuplicateNames"]:
                self._refuse_duplicate(graph, planned["displayName"], object_id, deadline)
            body = self.to_send(planned)
            if "identifierUris" in plan.changes:
                body["identifierUris"] = in_hash_order(planned["identifierUris"], ";")
            if "optionalClaims" in plan.changes:
                body["optionalClaims"] = {}
            if "requiredResourceAccesses" in plan.changes:
                body["requiredResourceAccess"] = _required_resource_access(planned)
            return self._patch(graph, id, body, plan, deadline)

    def to_send(self, planned: Values) -> JSON:
        """Return what create and update both send."""
        membership = in_hash_order(planned["groupMembershipClaims"] or [], ";")
        return {**super().to_send(planned), "groupMembershipClaims": ",".join(membership) or None}

    def outputs(self, found: JSON, prior: Values) -> Values:
        """Return the outputs; what Graph does not answer is taken from `prior`."""
        membership = found.get("groupMembershipClaims")
        return {
            **super().outputs(found, prior),
            "groupMembershipClaims": in_order(claim.strip() for claim in membership.split(",")) if membership else [],
            "logoImage": prior.get("logoImage") or "",
            "password": prior.get("password"),
            "preventDuplicateNames": bool(prior.get("preventDuplicateNames")),
        }

    def _refuse_duplicate(self, graph: GraphSession, name: str, own_id: str | None, deadline: float) -> None:
        with diagnosing("Could not check for existing application(s)", "name"):
            found = _with_name(graph, name, deadline)
        for other in found:
            if other["id"] != own_id:
                raise DiagnosticError(_duplicate(other), import_needed("azuread_application"), "id")


def _with_name(graph: GraphSession, name: str, deadline: float) -> list[JSON]:
    """Return the applications of exactly this name; like the real plugin, it does not escape an apostrophe."""
    query = f"displayName eq '{name}'"
    try:
        found = graph.list("/applications", {"$filter": query}, deadline=deadline)
    except GraphError as error:
        text = f'unable to list Applications with filter "{query}": {error}'
        raise GraphError(text, error.status, error.error) from None
    return [one for one in found if one.get("displayName") == name]


def _duplicate(other: JSON) -> str:
    """Return the refusal of `prevent_duplicate_names` (docs/reference/facts-graph.md, "Duplicate names")."""
    return (
        f'An existing "azuread_application" with name "{other["displayName"]}" (ID: "{other["id"]}") was found '
        "and `prevent_duplicate_names` was specified"
    )


def _is_not_replicated(error: GraphError) -> bool:
    # The real plugin's regular expression. Its parentheses form a group, so it does not match Graph's text, which has
    # parentheses; the stand-in keeps that mistake.
    disabled_first = "Permission (scope or role) cannot be deleted or updated unless disabled first"
    return error.status in (404, 409) or error.matches(400, disabled_first)


def _required_resource_access(planned: Values) -> list[JSON]:
    """Return the wanted permissions in the order in which they are sent (Terraform SDK, `serialize.go`)."""

    def code(access: Values) -> str:
        permissions = "".join(f"<id:{each['id']};type:{each['type']};>;" for each in access["resourceAccesses"])
        text = f"resource_access:({permissions});resource_app_id:{access['resourceAppId']};"
        return str(zlib.crc32(text.encode()))

    return [
        {"resourceAccess": list(map(dict, access["resourceAccesses"])), "resourceAppId": access["resourceAppId"]}
        for access in sorted(planned["requiredResourceAccesses"] or [], key=code)
    ]
