"""What a read answers: one entity or a page of a collection, cut to `$filter`, `$select` and `$top`."""

from __future__ import annotations

import base64
import binascii
import copy
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from rehearsal import tables
from rehearsal.tenant.graph.errors import refusal
from rehearsal.tenant.graph.filters import parse_filter, starts_in_a_list
from rehearsal.tenant.graph.request import GraphRequest
from rehearsal.tenant.messages import HttpResponse

_PAGE = 100  # Graph's default for directory objects
_LARGEST_PAGE = 999
_EXPANDED_AT_MOST = 20  # without a next link: https://developer.microsoft.com/graph/known-issues/?search=13635

Expand = Callable[[Mapping[str, Any]], Iterable[Mapping[str, Any]]]
"""Returns what a relationship of an object has."""


@dataclass(frozen=True)
class ResourceType:
    """A type of Microsoft Graph; `types.yaml` says what its parts are."""

    name: str
    collection: str
    properties: AbstractSet[str]
    filterable: AbstractSet[str]


def resource_type(name: str, properties: AbstractSet[str] | None = None) -> ResourceType:
    """Return a type of `types.yaml`; `properties` are all there are, where the table does not say."""
    table = tables.read(__file__, "types.yaml")[name]
    return ResourceType(name, table["collection"], properties or set(table["properties"]), set(table["filterable"]))


def entity(request: GraphRequest, kind: ResourceType, body: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """Answer one object."""
    _refuse_others(request, {"$select"})
    chosen = _selected(request, kind, body)
    return HttpResponse(status, {"@odata.context": f"{_context(request, kind)}/$entity", **chosen})


def collection(
    request: GraphRequest,
    kind: ResourceType,
    bodies: Iterable[Mapping[str, Any]],
    expandable: Mapping[str, Expand] | None = None,
) -> HttpResponse:
    """Answer a page of objects; `@odata.nextLink` leads to the next one, if there is one.

    `$expand` takes one of the relationships in `expandable`, and no options of its own, as Graph does for directory
    objects.
    """
    query = request.http.query
    _refuse_others(
        request, {"$select", "$filter", "$top", "$skiptoken", "$count", *(["$expand"] if expandable else [])}
    )
    expanded = query.get("$expand", "")
    if expanded and expanded not in (expandable or {}):
        raise refusal("unsupported_query", f"$expand={expanded}")
    # https://learn.microsoft.com/graph/aad-advanced-queries
    is_eventual, counts = request.http.headers.get("consistencylevel") == "eventual", query.get("$count") == "true"
    if counts and not is_eventual:
        raise refusal("unsupported_query", "$count")
    if starts_in_a_list(query.get("$filter", "")) and not (is_eventual and counts):
        raise refusal("unsupported_query", "'startswith' within any(...) in $filter")
    if "$filter" in query:
        matches = parse_filter(query["$filter"], resource=kind.name, filterable=kind.filterable, known=kind.properties)
        bodies = filter(matches, bodies)
    everything = list(bodies)
    size, start = _page_size(query.get("$top")), _offset(query.get("$skiptoken"))
    page = everything[start : start + size]
    answer: dict[str, Any] = {"@odata.context": _context(request, kind)}
    if counts and not start:
        answer["@odata.count"] = len(everything)  # on the first page only
    if start + size < len(everything):
        token = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        parameters = urlencode({**query, "$skiptoken": token}, safe="$")
        answer["@odata.nextLink"] = f"{request.origin}{quote(request.http.path)}?{parameters}"
    answer["value"] = [_selected(request, kind, body) for body in page]
    if expanded and expandable:
        for shown, body in zip(answer["value"], page, strict=True):
            related = list(expandable[expanded](body))[:_EXPANDED_AT_MOST]
            shown[expanded] = [copy.deepcopy(dict(each)) for each in related]
    return HttpResponse(200, answer)


def _context(request: GraphRequest, kind: ResourceType) -> str:
    return f"{request.origin}/{request.version}/$metadata#{kind.collection}"


def _refuse_others(request: GraphRequest, known: set[str]) -> None:
    for name in request.http.query:
        if name.startswith("$") and name not in known:
            raise refusal("unsupported_query", name)


def _selected(request: GraphRequest, kind: ResourceType, body: Mapping[str, Any]) -> dict[str, Any]:
    # A copy: the answer may be held while others change the object.
    if "$select" not in request.http.query:
        return copy.deepcopy(dict(body))
    names = [name.strip() for name in request.http.query["$select"].split(",")]
    for name in names:
        if name not in kind.properties:
            raise refusal("select_unknown_property", name, kind.name)
    return {name: copy.deepcopy(body.get(name)) for name in names}


def _page_size(top: str | None) -> int:
    if top is None:
        return _PAGE
    if not top.isdigit() or not 1 <= int(top) <= _LARGEST_PAGE:
        raise refusal("page_size", top, _LARGEST_PAGE)
    return int(top)


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise refusal("page_token") from None
