"""Something is done by hand; what does a refresh show, and what does `up` do about it?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from dynamic_providers.base import Provider
from tests.support.provider_host import ProviderError, ProviderHost, Resource
from tests.support.tenant import OURS, Tenant

Inputs = dict[str, Any]


class Drift(NamedTuple):
    """Something that is done by hand.

    Attributes:
        done: in words.
        edits: operations of the tenant's control port, without what the subject fills in.
        declared: where the stack file says something else than usual.
        is_drift: whether a refresh shows it.
        ends: "declared" where `up` brings it to what is declared, "refused" where it cannot.
        stays: whether what was done by hand outlives the resource.
    """

    done: str
    edits: tuple[dict[str, Any], ...]
    declared: Mapping[str, Any] = MappingProxyType({})
    is_drift: bool = True
    ends: str = "declared"
    stays: bool = False


class Subject(NamedTuple):
    """What it is done to: a resource of ours.

    Attributes:
        title: heading of its cases.
        provider: of the resource.
        declare: makes what the resource rests on, and returns its inputs.
        filled_in: what an operation by hand says where it says nothing else.
        is_as_declared: whether the tenant has what the inputs say.
        words: what our writes mean, by method and the collection in the path.
        approve: what an administrator does before the first `up`.
        redeclare: returns the inputs of the next `up`, in which other resources have their part.
        is_gone: whether the tenant has nothing of it any more, once it is deleted.
    """

    title: str
    provider: Provider
    declare: Callable[[Tenant, Mapping[str, Any]], Inputs]
    filled_in: Callable[[Inputs], dict[str, Any]]
    is_as_declared: Callable[[Tenant, Inputs], bool]
    words: Mapping[tuple[str, str], str]
    approve: Callable[[Tenant, Inputs], None] = lambda _tenant, _inputs: None
    redeclare: Callable[[Tenant, Inputs], Inputs] = lambda _tenant, inputs: inputs
    is_gone: Callable[[Tenant, Inputs], bool] = lambda _tenant, _inputs: True


def a_second_later(tenant: Tenant, inputs: Inputs) -> Inputs:
    """Return the inputs of the next `up`, after what was done in a vault: its times tell no order within one second."""
    tenant.advance(2)
    return inputs


class Outcome(NamedTuple):
    """What came of a drift.

    Attributes:
        shown: what a refresh shows: changed properties, "gone", "nothing", or an error.
        done: what `up` does, in words.
        writes: the requests it wrote with, by method and collection.
        inputs: what was declared in the end.
        is_as_declared: whether the tenant then has what was declared.
        is_gone: whether a `destroy` after that leaves nothing.
    """

    shown: list[str]
    done: str
    writes: list[tuple[str, str]]
    inputs: Inputs
    is_as_declared: bool = False
    is_gone: bool = False


def play(drift: Drift, subject: Subject, tenant: Tenant) -> Outcome:
    """Make it, do something by hand, refresh, and bring it back as `up --refresh` does.

    In two processes, as `up` and a later refresh are.
    """
    inputs = subject.declare(tenant, drift.declared)
    subject.approve(tenant, inputs)
    with _host(subject, tenant) as host:
        made = host.create(inputs)
    for edit in drift.edits:
        tenant.edit(**{**subject.filled_in(inputs), **edit})
    with _host(subject, tenant) as host:
        try:
            live = host.read(made)
        except ProviderError as refused:
            return Outcome([_sentence(refused)], "nothing, until that is put right", [], inputs)
        inputs = subject.redeclare(tenant, inputs)
        tenant.clear_requests()
        done, repaired = "", live
        try:
            if live is None:
                repaired = host.create(inputs)
            elif host.has_changes(live, inputs):
                repaired = host.update(live, inputs)
        except ProviderError as refused:
            done, repaired = _sentence(refused), None
        writes = [write for each in tenant.requests(user_agent=OURS) if (write := _write(each, subject))]
        is_as_declared = subject.is_as_declared(tenant, inputs)
        if repaired and not drift.stays:
            host.delete(repaired)
    words = list(dict.fromkeys(subject.words[write] for write in writes))
    done = done or ", ".join(words) or "nothing"
    return Outcome(_shown(made, live), done, writes, inputs, is_as_declared, subject.is_gone(tenant, inputs))


def _write(request: Mapping[str, Any], subject: Subject) -> tuple[str, str] | None:
    """Return method and collection of a request that wrote; signing in is none."""
    if request["method"] == "GET" or "/oauth2/" in request["path"]:
        return None
    parts = [part.split("(")[0] for part in request["path"].split("/")]
    collections = {collection for _, collection in subject.words}
    return request["method"], next(part for part in reversed(parts) if part in collections)


def _shown(before: Resource, after: Resource | None) -> list[str]:
    if after is None:
        return ["gone (`- delete`)"]
    # A read that returns no inputs is compared by its outputs, as by the engine.
    old, new = (before.inputs, after.inputs) if after.inputs else (before.outputs, after.outputs)
    changed = [key for key in sorted({*old, *new}) if old[key] != new[key]]
    return [f"`~ {key}: {_short(old[key])} => {_short(new[key])}`" for key in changed] or ["nothing"]


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(each if isinstance(each, str) else _permission_set(each) for each in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _permission_set(value: Mapping[str, str]) -> str:
    return value["role_id"] + (f" in {value['company']}" if "company" in value else "")


def _sentence(refused: ProviderError) -> str:
    text = str(refused).strip()
    return f"an error: “{text[text.index('could not') :].split('. ')[0].split(' (request id')[0]}.”"


def _host(subject: Subject, tenant: Tenant) -> ProviderHost:
    return ProviderHost(subject.provider, tenant.ready.environment(), {"azuread:tenantId": tenant.ready.tenantId})
