# mypy: ignore-errors
"""A dynamic resource whose objects are files, so that a test sees, and changes, what "is really there".

The same resource as in the recordings (contracts/traces/grpc-dyn-*): an output `gen`, replaced when `force` changes.
Orders for a single call stand in files, too: `<name>.<method>` holds `fail TEXT`, or `wait` (until the file is gone).
"""

import json
import os
import sys
import time
from pathlib import Path
from uuid import uuid4

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

KEYS = ("name", "size", "tok", "lst", "ref", "x", "y", "dbr", "boom", "after")


class ThingProvider(ResourceProvider):
    def __getstate__(self):
        return None

    def configure(self, req: ConfigureRequest):
        sys.tracebacklimit = 0
        self.place = Path(req.config.require("place"))
        self.endpoint = req.config.get("endpoint")

    def _begin(self, method, name, id_=""):
        with (self.place / "calls").open("a") as log:
            log.write(json.dumps({"method": method, "name": name, "id": id_, "pid": os.getpid()}) + "\n")
        while (text := self._order(f"{name}.{method}")) is not None:
            if text.startswith("fail "):
                raise RuntimeError(text.removeprefix("fail "))
            time.sleep(0.02)

    def _order(self, name):
        try:
            return (self.place / name).read_text()
        except FileNotFoundError:  # also where it goes between a look and a read
            return None

    def _file(self, id_):
        return self.place / f"{id_}.json"

    def _write(self, id_, props):
        text = json.dumps({key: value for key, value in props.items() if key != "__provider"})
        half = self.place / f"{id_}.half"  # a test may look at any moment
        half.write_text(text)
        half.replace(self._file(id_))

    def check(self, _olds, news):
        if news.get("bad") is not None:
            return CheckResult(news, [CheckFailure("bad", "must not be set")])
        return CheckResult(news, [])

    def diff(self, _id, olds, news):
        self._begin("diff", news["name"])
        changed = [
            key for key in KEYS if not pulumi.contains_unknowns(news.get(key)) and olds.get(key) != news.get(key)
        ]
        replaces = ["force"] if olds.get("force") != news.get("force") else []
        return DiffResult(bool(changed or replaces), replaces, delete_before_replace=bool(news.get("dbr")))

    def create(self, props):
        self._begin("create", props["name"])
        id_ = uuid4().hex[:8]
        outs = {**props, "etag": "W/1", "gen": f"gen-{id_}", "ep": self.endpoint}
        if props["name"] == "x":
            outs["wrapped"] = pulumi.runtime.rpc.wrap_rpc_secret("wrapped-secret")
        self._write(id_, props)
        return CreateResult(id_, outs)

    def read(self, id_, props):
        self._begin("read", props["name"], id_)
        if not self._file(id_).exists():
            return ReadResult("", {})
        live = json.loads(self._file(id_).read_text())
        return ReadResult(id_, {**props, **live}, inputs=live)

    def update(self, id_, olds, news):
        self._begin("update", news["name"], id_)
        self._write(id_, news)
        etag = f"W/{int(olds['etag'][2:]) + 1}"
        return UpdateResult({**news, "etag": etag, "gen": olds["gen"], "ep": self.endpoint})

    def delete(self, id_, props):
        self._begin("delete", props["name"], id_)
        self._file(id_).unlink(missing_ok=True)


class Thing(Resource, module="bc", name="Thing"):
    etag: pulumi.Output[str]
    gen: pulumi.Output[str]
    provider = ThingProvider

    def __init__(self, resource_name, opts=None, **props):
        outputs = {"etag": None, "gen": None, "ep": None, "wrapped": None}
        super().__init__(self.provider(), resource_name, {"name": resource_name, **props, **outputs}, opts)


class PlainThingProvider(ThingProvider):
    serialize_as_secret_always = False


class PlainThing(Thing, module="bc", name="Thing"):
    provider = PlainThingProvider
