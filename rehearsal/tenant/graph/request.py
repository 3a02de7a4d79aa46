"""One request to Microsoft Graph, with what every handler needs to answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.tenant.directory.model import DirectoryObject, Kind
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.graph import errors
from rehearsal.tenant.messages import Caller, Question


@dataclass(frozen=True)
class GraphRequest:
    """One request, after routing.

    Attributes:
        question: as it came.
        caller: whoever holds the token.
        directory: what there is.
        origin: address of Microsoft Graph, no trailing slash.
        version: `v1.0` or `beta`.
        names: what the path names: `id`, `owner`, `credential`, ...
    """

    question: Question
    caller: Caller
    directory: Directory
    origin: str
    version: str
    names: Mapping[str, str]

    def addressed(self, *kinds: Kind) -> DirectoryObject:
        """Return the object that the path names, by object id or by `(appId='...')`.

        Raises:
            GraphError: there is none of these kinds.
        """
        name = self.names["id"]
        if name.startswith("appId="):
            app_id = name.removeprefix("appId=")
            found = next(filter(None, (self.directory.find_by_app_id(kind, app_id) for kind in kinds)), None)
            name = app_id
            if found is not None and not self.directory.replication.is_over(found.id):
                found = None  # a key other than the id is an index's, which follows later (ours)
        else:
            found = self.directory.find(name, *kinds)
            if found is not None and self.directory.replication.hides(found.id):
                found = None
        if found is None:
            raise errors.not_found(name)
        return found

    def replicated(self, *kinds: Kind) -> DirectoryObject:
        """Return the object that the path names, once everybody sees it (contracts/graph.md, section 6.5).

        Raises:
            GraphError: there is none of these kinds, or it is too new.
        """
        found = self.addressed(*kinds)
        if not self.directory.replication.is_over(found.id):
            raise errors.not_found(found.id)
        return found

    def writable(self, *kinds: Kind) -> DirectoryObject:
        """Return the object that the path names, if the caller may write it.

        `Application.ReadWrite.OwnedBy` reaches as far as ownership does.

        Raises:
            GraphError: there is none, or it is somebody else's.
        """
        found = self.addressed(*kinds)
        if "Application.ReadWrite.All" not in self.caller.roles and self.caller.object_id not in found.owners:
            raise errors.denied()
        return found

    def body(self) -> dict[str, Any]:
        """Return the request's JSON object, without OData's annotations.

        Raises:
            GraphError: it is none.
        """
        content = self.question.body
        if not isinstance(content, dict):
            raise errors.GraphError(
                400,
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set and "
                "payload is of valid JSON format.",
            )
        return {name: value for name, value in content.items() if name != "@odata.type"}
