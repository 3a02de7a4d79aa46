"""Fields of API pages: their JSON values, and which values a body may have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from rehearsal.tenant.business_central.environment import NULL_GUID
from rehearsal.tenant.business_central.errors import refusal
from rehearsal.tenant.refusals import Refusal

EMPTY_DATETIME = "0001-01-01T00:00:00Z"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Field:
    """A field of a page.

    Attributes:
        kind: its EDM type, without `Edm.`.
        editable: whether a body may contain it.
        max_length: characters that it holds; None where its type has no length.
        in_table: False for a variable of the page, by which the service cannot filter, since it filters in the
            database (inferred; the refusal is ours).
        source: attribute of the row that it shows, where that is not the name in snake case.
    """

    name: str
    kind: Literal["Guid", "String", "Boolean", "DateTimeOffset", "Int32"] = "String"
    editable: bool = False
    max_length: int | None = None
    options: tuple[str, ...] = ()
    in_table: bool = True
    source: str = ""

    def show(self, row: Any) -> Any:
        """Return the field's JSON value."""
        value = getattr(row, self.source or re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", self.name))
        return json_time(value) if isinstance(value, datetime) else value

    def read(self, value: Any) -> Any:
        """Check one value of a body and return it as it is stored; null stands for the empty value (ours)."""
        empty: Any = {"String": "", "Guid": NULL_GUID, "Boolean": False}.get(self.kind)
        value = empty if value is None else value
        if self.kind == "Boolean" and not isinstance(value, bool):
            raise self._cannot_convert(value)
        if self.kind == "Guid":
            if not isinstance(value, str) or not GUID.fullmatch(value.lower()):
                raise self._cannot_convert(value)
            return value.lower()
        if self.kind == "String" and not isinstance(value, str):
            raise self._cannot_convert(value)
        if self.options and value not in self.options:
            raise refusal("bad_request", f"'{value}' is not an option. Existing options: {','.join(self.options)}")
        if self.max_length is not None and len(value) > self.max_length:
            raise refusal("string_too_long", len(value), self.max_length, value)
        return value

    def _cannot_convert(self, value: Any) -> Refusal:
        return refusal("bad_request", f"Cannot convert the literal '{value}' to the expected type 'Edm.{self.kind}'.")


def json_time(moment: datetime) -> str:
    """Return a point in time as in JSON: UTC with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
