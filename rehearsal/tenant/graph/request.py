"""One request to Microsoft Graph, with what every handler needs to answer it.

What cannot be done raises a `Refusal`, here and in all handlers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.tenant.directory.model import DirectoryObject, Kind
from rehearsal.tenant.directory.shapes import MANAGED_IDENTITY
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.routes import Route
from rehearsal.tenant.messages import Caller, HttpRequest


@dataclass(frozen=True)
class GraphRequest:
    """One request, after routing.

    Attributes:
        parameters: the segments that the path names: `id`, `owner`, `credential`, ...
    """

    http: HttpRequest
    caller: Caller
    directory: Directory
    origin: str
    version: str
    route: Route
    parameters: Mapping[str, str]

    @property
    def kind(self) -> Kind:
        """The kind of object in the collection that the path begins with."""
        return "application" if self.route.path.startswith("applications") else "servicePrincipal"

    def target(self) -> DirectoryObject:
        """Return the object that the path names, by object id or by `(appId='...')`."""
        name, replication = self.parameters["id"], self.directory.replication
        if name.startswith("appId="):
            name = name.removeprefix("appId=")
            found = self.directory.find_by_app_id(self.kind, name)
            too_new = found and not replication.is_replicated(found.id)  # the index is later than the id (ours)
        else:
            found = self.directory.find(name, self.kind)
            too_new = found and replication.is_hidden(found.id)
        if found is None or too_new:
            raise refusal("not_found", name)
        return found

    def replicated(self) -> DirectoryObject:
        """Return the object that the path names, once it is replicated.

        docs/reference/facts-graph.md, "Replication".
        """
        found = self.target()
        if not self.directory.replication.is_replicated(found.id):
            raise refusal("not_found", found.id)
        return found

    def writable(self) -> DirectoryObject:
        """Return the object that the path names, if the caller may write it; Azure alone writes a managed identity.

        docs/reference/facts-graph.md, "Managed identities".
        """
        found = self.target()
        if found.body.get("servicePrincipalType") == MANAGED_IDENTITY:
            raise refusal("denied")
        return self.require_owned(found)

    def require_owned(self, found: DirectoryObject) -> DirectoryObject:
        """Return an object if the caller may write it: `Application.ReadWrite.OwnedBy` reaches as far as ownership."""
        if "Application.ReadWrite.All" not in self.caller.roles and self.caller.object_id not in found.owners:
            raise refusal("denied")
        return found

    def body(self) -> dict[str, Any]:
        """Return the request's JSON object, without OData's annotations."""
        content = self.http.body
        if not isinstance(content, dict):
            raise refusal("no_json")
        return {name: value for name, value in content.items() if name != "@odata.type"}
