"""What a plugin's answers become, where the recordings have no example of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from rehearsal.engine.errors import EngineError
from rehearsal.engine.plugin import Plugin, PluginError
from rehearsal.engine.provider import Provider
from rehearsal.engine.resource_state import ResourceState
from rehearsal.engine.values import Secret, to_struct

NEW = ResourceState("urn:pulumi:dev::p::a:b:C::c", "a:b:C", custom=True, inputs={"s": Secret("hidden"), "n": 1})


class Scripted:
    """A plugin with one answer."""

    package = "azuread"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def call(self, method: str, request: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def provider(answer: Any) -> Provider:
    return Provider(cast(Plugin, Scripted(answer)), provider_pb2.ConfigureResponse(supportsPreview=True))


def half_done(**fields: Any) -> PluginError:
    partial = provider_pb2.ErrorResourceInitFailed(**fields)
    return PluginError("PATCH -> 500", grpc.StatusCode.UNKNOWN, partial)


def test_what_is_half_done_is_kept_with_the_reasons_and_its_secrets_marked() -> None:
    failure = half_done(id="made", properties=to_struct({"s": "hidden", "n": 1}), reasons=["no owner"])
    made = provider(failure).create(NEW, preview=False)
    assert (made.id, made.outputs, made.init_errors) == ("made", {"s": Secret("hidden"), "n": 1}, ["no owner"])
    updated = provider(failure).update(replace(NEW, id="old"), NEW, preview=False)
    assert (updated.id, updated.init_errors) == ("old", ["no owner"])


def test_a_half_done_step_without_a_reason_has_the_plugins_text() -> None:
    assert provider(half_done(id="made")).create(NEW, preview=False).init_errors == ["PATCH -> 500"]


def test_a_failure_that_left_nothing_is_a_failure_in_the_plugins_words() -> None:
    for failure in (PluginError("no", grpc.StatusCode.UNKNOWN, None), half_done()):
        with pytest.raises(EngineError, match=str(failure)):
            provider(failure).create(NEW, preview=False)


def test_a_create_that_answers_no_id_is_refused_and_a_previewed_one_has_none() -> None:
    answer = provider_pb2.CreateResponse(properties=to_struct({"n": 1}))
    with pytest.raises(EngineError, match="without an id"):
        provider(answer).create(NEW, preview=False)
    assert provider(answer).create(NEW, preview=True).id == ""


def test_the_inputs_stay_where_a_read_returns_none() -> None:
    old = replace(NEW, id="x", init_errors=["no owner"])
    read = provider(provider_pb2.ReadResponse(id="x", properties=to_struct({"n": 2}))).read(old)
    assert read is not None
    assert (read.inputs, read.outputs, read.init_errors) == (old.inputs, {"n": 2}, [])
    assert provider(provider_pb2.ReadResponse()).read(old) is None
