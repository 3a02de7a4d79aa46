"""OData as Business Central speaks it: etags, `If-Match`, the query options of a list, and paging."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from rehearsal.tenant.business_central import errors, odata_filter
from rehearsal.tenant.business_central.odata_filter import Columns

SUPPORTED_OPTIONS = frozenset(
    {"$filter", "$select", "$top", "$skip", "$orderby", "$count", "$skiptoken", "$schemaversion"}
)
_ETAG = re.compile(r'W/"[A-Za-z0-9+/=]+"')
_MAX_PAGE_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)")


@dataclass(frozen=True)
class Entity:
    """One row as a page shows it.

    Attributes:
        key: what stands in the parentheses of its URL.
        values: field -> JSON value.
        version: changes with every write; the etag is made of it. None: there is none, as in an API query (ours).
    """

    key: str
    values: Mapping[str, Any]
    version: int | None

    @property
    def etag(self) -> str:
        """The weak etag; opaque, but shaped like the real ones, which hold `20;<number>;00;`."""
        number = int.from_bytes(hashlib.sha256(f"{self.key} {self.version}".encode()).digest()[:8], "big")
        return f'W/"{base64.b64encode(f"20;{number};00;".encode()).decode()}"'

    def body(self) -> dict[str, Any]:
        """The entity with its etag, where it has one."""
        return {**({} if self.version is None else {"@odata.etag": self.etag}), **self.values}


def check_if_match(header: str | None, entity: Entity, *, mandatory: bool) -> None:
    """Compare `If-Match` with the entity's present etag.

    Args:
        header: the header's value, None where it was not sent.
        entity: what is to be changed.
        mandatory: for PATCH; DELETE checks it only where it was sent (a note on a decompiled BC 28).

    Raises:
        ServiceError: missing, malformed or stale.
    """
    if (header is None and not mandatory) or header == "*":
        return
    if header is None or not _ETAG.fullmatch(header):
        raise errors.concurrency_token_missing()
    if header != entity.etag:
        raise errors.entity_changed()


@dataclass(frozen=True)
class ListQuery:
    """Where a list was asked for, and how.

    Attributes:
        url: address of the list without its query.
        query: the decoded query parameters.
        page_size: rows in one answer.
    """

    url: str
    query: Mapping[str, str]
    page_size: int

    def answer(self, entities: Sequence[Entity], columns: Columns, context: str) -> dict[str, Any]:
        """Return the JSON of the list: filtered, sorted, cut and shaped.

        Args:
            entities: all rows, in the order of their key.
            columns: what the list has.
            context: value of `@odata.context`.

        Raises:
            ServiceError: an option that is not supported or cannot be understood.
        """
        unsupported = sorted(name for name in self.query if name.startswith("$") and name not in SUPPORTED_OPTIONS)
        if unsupported:
            raise errors.not_supported(f"The query option '{unsupported[0]}'")
        rows = list(entities)
        if text := self.query.get("$filter"):
            test = odata_filter.parse(text, columns, newer=self.query.get("$schemaversion") == "2.1")
            rows = [row for row in rows if test(row.values)]
        for name, descending in reversed(self._order(columns)):
            rows.sort(key=lambda row: row.values[name], reverse=descending)
        body: dict[str, Any] = {"@odata.context": context}
        if self.query.get("$count") == "true":
            body["@odata.count"] = len(rows)
        rows, left = self._page(rows)
        selected = self._selected(columns)
        body["value"] = [
            {name: value for name, value in row.body().items() if "@" in name or name in selected} for row in rows
        ]
        if left:
            body["@odata.nextLink"] = self._next_link(rows[-1])
        return body

    def _page(self, rows: list[Entity]) -> tuple[list[Entity], bool]:
        """Cut out the rows of this answer, and say whether there are more."""
        if token := self.query.get("$skiptoken"):
            last = _decode_skip_token(token)
            position = next((at for at, row in enumerate(rows) if row.key == last), None)
            if position is None:
                raise errors.skip_token_invalid()
            rows = rows[position + 1 :]
        else:
            rows = rows[self._number("$skip", 0) :]
        rows = rows[: self._number("$top", len(rows))]
        return rows[: self.page_size], len(rows) > self.page_size

    def _next_link(self, last: Entity) -> str:
        options = {name: value for name, value in self.query.items() if name not in ("$skip", "$skiptoken")}
        if "$top" in options:
            options["$top"] = str(self._number("$top", 0) - self.page_size)
        options["$skiptoken"] = base64.urlsafe_b64encode(last.key.encode()).decode()
        return f"{self.url}?{urlencode(options, safe='$', quote_via=quote)}"

    def _selected(self, columns: Columns) -> set[str]:
        if not (text := self.query.get("$select")):
            return set(columns.kinds)
        names = {name.strip() for name in text.split(",")}
        for name in sorted(names - set(columns.kinds)):
            raise errors.unknown_property(name, columns.entity)
        return names

    def _order(self, columns: Columns) -> list[tuple[str, bool]]:
        order = []
        for part in self.query["$orderby"].split(",") if "$orderby" in self.query else []:
            name, *direction = part.split() or [""]
            columns.kind(name)
            if direction not in ([], ["asc"], ["desc"]):
                raise errors.query_syntax()
            order.append((name, direction == ["desc"]))
        return order

    def _number(self, option: str, default: int) -> int:
        text = self.query.get(option)
        if text is None:
            return default
        if not text.isdigit():
            raise errors.bad_request(f"Invalid value '{text}' for {option} query option found.")
        return int(text)


def page_size(prefer: str, server_limit: int) -> int:
    """Return how many rows one answer holds, given the header `Prefer`."""
    wanted = _MAX_PAGE_SIZE.search(prefer)
    return min(int(wanted.group(1)), server_limit) if wanted and int(wanted.group(1)) else server_limit


def _decode_skip_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError):
        raise errors.skip_token_invalid() from None
