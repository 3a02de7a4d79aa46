"""What every API page has: fields, and rows that can be listed and, where allowed, written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from rehearsal.tenant.business_central import errors
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.business_central.field import GUID, Field
from rehearsal.tenant.business_central.odata import Entity
from rehearsal.tenant.business_central.permissions import Session


class Page:
    """An API page over one table, within one session.

    Attributes:
        key: caption of ODataKeyFields, a GUID; None where rows have no address of their own.
        identity: attribute of a row that is unique; the key where there is one.
        table: caption of the table, for error texts.
        methods: the HTTP methods that it has; others are refused as Business Central refuses them.
        media: name of a stream property that can be written, None where there is none.
        url: the address of the request, for links in the answer.
    """

    entity_name: ClassVar[str]
    entity_set_name: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    key: ClassVar[str | None]
    identity: ClassVar[str]
    has_etags: ClassVar[bool] = True
    table: ClassVar[str]
    methods: ClassVar[frozenset[str]] = frozenset({"GET"})
    actions: ClassVar[frozenset[str]] = frozenset()
    media: ClassVar[str | None] = None

    def __init__(self, session: Session, parent: Mapping[str, str] | None = None, url: str = "") -> None:
        self.session = session
        self.environment = session.environment
        self.parent = parent or {}
        self.url = url

    def rows(self) -> Iterable[Any]:
        """List the rows of the table, in the order of their key."""
        raise NotImplementedError

    def computed(self, row: Any) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the fields that are not an attribute of the row."""
        return {}

    def entities(self) -> list[Entity]:
        """List the rows as they are shown."""
        return [self._entity(row) for row in self.rows()]

    def _entity(self, row: Any) -> Entity:
        computed = self.computed(row)
        stored = {field.name: field.show(row) for field in self.fields if field.name not in computed}
        version = getattr(row, "version", 0) if self.has_etags else None
        return Entity(getattr(row, self.identity), {**stored, **computed}, version)

    def get(self, key: str) -> Entity:
        """Return one row."""
        if self.key is None or not GUID.fullmatch(key.lower()):
            raise refusal("query_syntax")
        found = next((entity for entity in self.entities() if entity.key == key.lower()), None)
        if found is None:
            raise refusal("record_not_found", self.table, f"{self.key}='{errors.braced(key.lower())}'")
        return found

    def read_body(self, body: Any) -> dict[str, Any]:
        """Check a body and return its fields."""
        if not isinstance(body, dict):
            raise refusal("body_required")
        fields = {field.name: field for field in self.fields}
        values: dict[str, Any] = {}
        for name, value in body.items():
            if name.startswith("@"):
                continue
            if name not in fields:
                raise refusal("undefined_property", name, self.entity_name)
            if not fields[name].editable:
                raise refusal("read_only", name)
            values[name] = fields[name].read(value)
        return values

    # The operations of `methods`, `media` and `actions`, called only for rows that exist. Each may raise a Refusal.

    def insert(self, values: Mapping[str, Any]) -> str:
        """Insert a row and return its key."""
        raise NotImplementedError

    def modify(self, key: str, values: Mapping[str, Any]) -> None:
        """Change a row."""
        raise NotImplementedError

    def write_media(self, key: str, content: bytes) -> None:
        """Write the stream of a row."""
        raise NotImplementedError

    def invoke_action(self, action: str, key: str) -> None:
        """Invoke an action on a row."""
        raise NotImplementedError

    def delete(self, key: str) -> None:
        """Delete a row."""
        raise NotImplementedError
