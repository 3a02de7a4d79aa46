"""The OData that this project's requests use: etags, `If-Match`, `eq` and `and` in `$filter`, `$top`, and paging.

Anything else in OData is refused by name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from rehearsal.tenant.business_central.errors import refusal

if TYPE_CHECKING:
    from rehearsal.tenant.business_central.page import Page

_ETAG = re.compile(r'W/"[A-Za-z0-9+/=]+"')
_TERM = re.compile(
    r"(?P<field>\w+) eq (?:'(?P<String>(?:[^']|'')*)'|(?P<Guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}))"
    r"(?P<more> and |$)"
)


@dataclass(frozen=True)
class Entity:
    """One row as a page shows it.

    Attributes:
        key: the key in the parentheses of its URL.
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

    It is mandatory for PATCH; DELETE checks it only where it was sent (a note on a decompiled BC 28).
    """
    if (header is None and not mandatory) or header == "*":
        return
    if header is None or not _ETAG.fullmatch(header):
        raise refusal("concurrency_token_missing")
    if header != entity.etag:
        raise refusal("entity_changed")


def list_page(page: Page, query: Mapping[str, str]) -> dict[str, Any]:
    """Return `value` of a list's answer, and `@odata.nextLink` where there is more."""
    for name in query:
        if name.startswith("$") and name not in ("$filter", "$skiptoken", "$top"):
            raise refusal("not_supported", f"The query option '{name}'")
    rows, size = page.entities(), page.environment.switches.pageSize
    if text := query.get("$filter"):
        wanted = _read_filter(text, page)
        rows = [row for row in rows if all(row.values[name] == value for name, value in wanted)]
    if top := query.get("$top"):
        if not top.isascii() or not top.isdigit():
            raise refusal("query_syntax")
        rows = rows[: int(top)]
    if token := query.get("$skiptoken"):
        rows = rows[_index_after(token, rows) :]
    body: dict[str, Any] = {"value": [row.body() for row in rows[:size]]}
    if len(rows) > size:
        token = base64.urlsafe_b64encode(rows[size - 1].key.encode()).decode()
        body["@odata.nextLink"] = f"{page.url}?{urlencode({**query, '$skiptoken': token}, safe='$', quote_via=quote)}"
    return body


def _read_filter(text: str, page: Page) -> list[tuple[str, str]]:
    """Return pairs of field and value; as in the service, a text does not compare with a GUID."""
    terms, at = [], 0
    while term := _TERM.match(text, at):
        name, kind = term["field"], "Guid" if term["Guid"] else "String"
        field = next((field for field in page.fields if field.name == name), None)
        if field is None:
            raise refusal("unknown_property", name, page.entity_name)
        if not field.in_table:
            raise refusal(
                "bad_request", f"The field '{name}' is not a field of the source table, so it cannot be used here."
            )
        if field.kind != kind:
            raise refusal("unlike_types", field.kind, kind)
        terms.append((name, term["Guid"].lower() if kind == "Guid" else term["String"].replace("''", "'")))
        at = term.end()
        if not term["more"]:
            return terms
    raise refusal("not_supported", f"The $filter '{text}'")


def _index_after(token: str, rows: Sequence[Entity]) -> int:
    try:
        last = base64.urlsafe_b64decode(token.encode()).decode()
        return [row.key for row in rows].index(last) + 1
    except (binascii.Error, ValueError):
        raise refusal("skip_token_invalid") from None
