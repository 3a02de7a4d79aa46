"""What the engine asks of providers, held against recordings of the real CLI (contracts/traces/grpc-dyn-*).

Compared per resource, in order: method and the whole request. Left out: Handshake, and CheckConfig and DiffConfig of the
dynamic host, which it answers UNIMPLEMENTED (rehearsal/DIFFERENCES.md); the random seed; timeouts, which the engine
refuses to set; the test's own configuration.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.support import recordings
from tests.support.engine import SECRET, Stage, thing

COMPARED = ("Check", "Diff", "Create", "Update", "Read", "Delete")


def script(rpcs: list[dict[str, Any]]) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Return what each resource's provider was asked, ids replaced by names that do not depend on chance."""
    calls = [rpc for rpc in rpcs if rpc["rpc"] in COMPARED]
    grouped: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    counted: dict[str, int] = defaultdict(int)
    names: dict[str, str] = {}
    for rpc in calls:
        for found in (rpc["request"].get("id"), (rpc.get("response") or {}).get("id")):
            if found and found not in names:
                names[found] = f"<{rpc['request']['name']} {counted[rpc['request']['name']]}>"
                counted[rpc["request"]["name"]] += 1
    for rpc in calls:
        text = json.dumps({key: value for key, value in rpc["request"].items() if key not in ("randomSeed", "timeout")})
        for secret in (SECRET, "wrapped-secret"):
            text = text.replace(secret, "<secret>")
        text = re.sub(r'"gASV[^"]*"', '"gASV.."', text)
        for id_, name in names.items():
            text = text.replace(id_, name)
        request = json.loads(text)
        grouped[request["urn"]].append((rpc["rpc"], request))
    return dict(grouped)


def recorded(name: str) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    return script(
        [
            {**call, "rpc": call["rpc"].removeprefix("ResourceProvider/")}
            for call in recordings.read(f"grpc-{name}")
            if call["to"] == "pulumi-python"
        ]
    )


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def first_program(**u: Any) -> list[dict[str, Any]]:
    options = {
        "protect": False,
        "delete_before_replace": True,
        "ignore_changes": ["size"],
        "aliases": ["oldw"],
    }
    return [
        thing("x"),
        {"name": "k", "kind": "component"},
        thing("k-t", {"name": "a", "size": 3, "tok": "$secret.pw"}, parent="k", additional_secret_outputs=["gen"]),
        {**thing("w", {}, **options), "plain": True},
        thing("u", {"lst": [{"a": 1, "b": None}, 2], "name": "$k-t.id", **u}),
        thing("v", {"ref": "$u.etag"}, deleted_with="u"),
    ]


def test_a_preview_asks_what_the_cli_asks(stage: Stage) -> None:
    stage.things = first_program()
    stage.preview()
    assert script(stage.rpcs) == recorded("dyn-preview")


def test_up_a_second_up_and_a_refresh_ask_what_the_cli_asks(stage: Stage) -> None:
    stage.things = first_program()
    stage.up()
    assert script(stage.rpcs) == recorded("dyn-up")
    stage.up()
    assert script(stage.rpcs) == recorded("dyn-noop-up")
    stage.refresh()
    assert script(stage.rpcs) == recorded("dyn-refresh")


def test_an_update_asks_what_the_cli_asks(stage: Stage) -> None:
    stage.things = first_program()
    stage.up()
    for size in (5, 6):
        stage.things[2]["props"]["size"] = size
        stage.up()
    assert script(stage.rpcs) == recorded("dyn-update")


def test_a_delete_first_replacement_asks_what_the_cli_asks(stage: Stage) -> None:
    stage.stack = "e1"
    stage.config["dyn:endpoint"] = "http://OLD"
    a = thing("a", {"force": "B"})
    stage.things = [
        a,
        thing("b", {"force": "$a.id", "x": "$a.id"}),
        thing("e", {"y": "$b.etag"}),
        thing("r", {}, depends_on=["e"]),
    ]
    stage.up()
    a["props"] = {"force": "C", "dbr": True}
    stage.up()
    assert script(stage.rpcs) == recorded("dyn-dbr-dependents")
    order = [(rpc["rpc"], rpc["request"]["name"]) for rpc in stage.rpcs if rpc["rpc"] in ("Delete", "Create")]
    assert order == [("Delete", "b"), ("Delete", "a"), ("Create", "a"), ("Create", "b")]


def test_what_lives_and_dies_with_a_replaced_resource_is_asked_as_the_cli_asks(stage: Stage) -> None:
    stage.things = first_program(force="A")
    stage.things[2]["props"]["size"] = 5
    stage.up()
    stage.things[2]["props"]["size"] = 6
    stage.up()
    stage.things[4]["props"].update(force="B", dbr=True)
    stage.up()
    assert script(stage.rpcs) == recorded("dyn-replace-delete-first")


def test_refresh_of_drift_and_of_what_is_gone_asks_what_the_cli_asks(stage: Stage) -> None:
    stage.stack = "q1"
    stage.config["dyn:endpoint"] = "http://NEW"
    stage.things = [thing("one", {"name": "zero"})]
    stage.up()
    stage.things = [thing("one")]
    stage.up()
    stage.edit("one", name="drifted")
    stage.refresh()
    assert script(stage.rpcs) == recorded("dyn-refresh-drift-inputs")
    stage.remove("drifted")
    stage.refresh()
    assert script(stage.rpcs) == recorded("dyn-refresh-missing")


def test_destroy_asks_what_the_cli_asks(stage: Stage) -> None:
    stage.stack = "q1"
    stage.config["dyn:endpoint"] = "http://OLD"
    stage.things = [thing("one")]
    stage.up()
    stage.destroy()
    assert script(stage.rpcs) == recorded("dyn-destroy")


def test_providers_are_configured_as_the_cli_configures_them(stage: Stage) -> None:
    stage.things = [thing("x")]
    stage.up()
    request = next(rpc["request"] for rpc in stage.rpcs if rpc["rpc"] == "Configure")
    theirs = next(call for call in recordings.read("grpc-dyn-up") if call["rpc"] == "ResourceProvider/Configure")[
        "request"
    ]
    for wanted in ({key: value for key, value in theirs.items() if key not in ("variables", "args", "id")},):
        assert wanted.items() <= request.items()
    assert set(request) == set(theirs)
    assert request["variables"]["pulumi-python:config:dyn:pw"] == SECRET
    assert set(request["args"]["dyn:pw"]) == set(theirs["args"]["dyn:pw"])
    assert request["args"]["dyn:endpoint"] == theirs["args"]["dyn:endpoint"]
