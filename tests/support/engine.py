"""A stage for the local engine: the program of tests/contract/engine_programs, a state, and the files that are "there"."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from rehearsal.engine.checkpoint import CheckpointFile
from rehearsal.engine.deployment import Deployment
from rehearsal.engine.encryption import PassphraseCrypter, SecretCodec
from rehearsal.engine.events import Operation, Severity, Step
from rehearsal.engine.project import Config, Project
from rehearsal.engine.run import Result
from rehearsal.engine.stack import Stack
from rehearsal.engine.values import strip

PROGRAM = Path(__file__).parents[1] / "contract" / "engine_programs" / "dynamic"
SECRET = "correct-horse-battery"
# From a state that the real CLI wrote (contracts/engine.md 4.2); its passphrase was "x".
REAL_SALT = "v1:9oGJvYTgz/I=:v1:BtR9OqSst26erjZ2:tWoBhAPz+u3Oe6G2eh4vbDyXrwlE2Q=="


@cache
def crypter() -> PassphraseCrypter:
    """One key for all tests of a process: deriving it takes a third of a second."""
    return PassphraseCrypter("x", REAL_SALT)


class Witness:
    """An audience that remembers."""

    def __init__(self) -> None:
        self.started_steps: list[tuple[str, str]] = []
        self.done: list[tuple[str, str]] = []
        self.failures: list[tuple[str, str]] = []
        self.messages: list[tuple[Severity, str]] = []
        self.steps: list[Step] = []

    def started(self, step: Step) -> None:
        self.started_steps.append((str(step.operation), step.state.name))

    def finished(self, step: Step, seconds: float) -> None:
        self.steps.append(step)
        if step.operation is not Operation.SAME:
            self.done.append((str(step.operation), step.state.name))

    def failed(self, step: Step, message: str, seconds: float) -> None:
        self.failures.append((step.state.name, message))

    def message(self, severity: Severity, text: str, urn: str) -> None:
        self.messages.append((severity, text))

    def texts(self, severity: Severity) -> str:
        return "\n".join(text for kind, text in self.messages if kind == severity)


class Stage:
    """One stack, `dev` of the project `dyn`, whose program declares `things`."""

    def __init__(self, folder: Path, parallel: int = 8) -> None:
        self.folder = folder
        self.place = folder / "place"
        self.place.mkdir(exist_ok=True)
        self.things: list[dict[str, Any]] = []
        self.exports: dict[str, Any] = {}
        self.config: dict[str, str] = {}
        self.stack = "dev"
        self.parallel = parallel
        self.continue_on_error = False
        self.rpcs: list[dict[str, Any]] = []
        self.witness = Witness()
        self.running: Deployment | None = None

    @property
    def checkpoint(self) -> CheckpointFile:
        return CheckpointFile(self.folder / "state", "dyn", self.stack)

    def deployment(self) -> Deployment:
        self.witness = Witness()
        self.rpcs = []
        values = {
            "dyn:place": str(self.place),
            "dyn:endpoint": "http://e1",
            "dyn:pw": SECRET,
            "dyn:things": json.dumps(self.things),
            "dyn:exports": json.dumps(self.exports),
            **self.config,
        }
        config = Config(values, frozenset({"dyn:pw"}))
        self.running = Deployment(
            Stack(Project.load(PROGRAM), self.stack, config, self.checkpoint, SecretCodec(crypter())),
            {"PATH": os.environ["PATH"]},
            lambda: ["no-azuread-here"],
            parallel=self.parallel,
            continue_on_error=self.continue_on_error,
            recorder=self._record,
        )
        return self.running

    def up(self, *, refresh: bool = False) -> Result:
        return self.deployment().up(self.witness, refresh_first=refresh)

    def preview(self, *, refresh: bool = False) -> Result:
        return self.deployment().preview(self.witness, refresh_first=refresh)

    def refresh(self, *, preview: bool = False, clear_pending_creates: bool = False) -> Result:
        deployment = self.deployment()
        return deployment.refresh(self.witness, preview=preview, clear_pending_creates=clear_pending_creates)

    def destroy(self, *, preview: bool = False) -> Result:
        return self.deployment().destroy(self.witness, preview=preview)

    def order(self, name: str, method: str, text: str = "wait") -> Path:
        """Make the next such call fail (`fail TEXT`) or wait until the file returned here is gone."""
        path = self.place / f"{name}.{method}"
        path.write_text(text)
        return path

    @contextmanager
    def up_beside(self, *gates: Path) -> Iterator[Thread]:
        """Let `up` run beside the test; whatever becomes of the test, the gates are opened and it is waited for."""
        thread = Thread(target=self.up, daemon=True)  # one that hangs must not keep pytest from ending
        thread.start()
        try:
            yield thread
        finally:
            for gate in gates:
                gate.unlink(missing_ok=True)
            thread.join()

    def calls(self, *methods: str) -> list[tuple[str, str]]:
        """Return what the provider was asked since the last time, as (method, name)."""
        entries = self.begun()
        (self.place / "calls").unlink(missing_ok=True)
        return [(each["method"], each["name"]) for each in entries if not methods or each["method"] in methods]

    def begun(self) -> list[dict[str, Any]]:
        """Return what the provider was asked since the last `calls`: method, name, id and process of each call."""
        log = self.place / "calls"
        text = log.read_text() if log.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]  # not half a one

    def live(self) -> dict[str, dict[str, Any]]:
        """Return the objects that are really there, by name."""
        return {json.loads(path.read_text())["name"]: json.loads(path.read_text()) for path in self._objects()}

    def edit(self, name: str, /, **changes: Any) -> None:
        """Change an object behind the engine's back."""
        for path in self._objects():
            if (content := json.loads(path.read_text()))["name"] == name:
                path.write_text(json.dumps({**content, **changes}))

    def remove(self, name: str) -> None:
        """Take an object away behind the engine's back."""
        for path in self._objects():
            if json.loads(path.read_text())["name"] == name:
                path.unlink()

    def state(self) -> dict[str, dict[str, Any]]:
        """Return the entries of the state file as they stand in it, by name."""
        return {entry["urn"].rpartition("::")[2]: entry for entry in self.latest().get("resources", [])}

    def latest(self) -> dict[str, Any]:
        return dict(json.loads(self.checkpoint.path.read_text())["checkpoint"]["latest"])

    def outputs(self, name: str) -> dict[str, Any]:
        """Return a resource's outputs from the state, secrets in clear."""
        loaded = self.checkpoint.load(SecretCodec(crypter())).resources
        return dict(strip(next(state.outputs for state in loaded if state.name == name)))

    def _objects(self) -> list[Path]:
        return sorted(self.place.glob("*.json"))

    def _record(self, method: str, package: str, request: Message, response: Message | None) -> None:
        def plain(message: Message | None) -> dict[str, Any] | None:
            return None if message is None else json_format.MessageToDict(message)

        self.rpcs.append({"rpc": method, "to": package, "request": plain(request), "response": plain(response)})


def thing(name: str, props: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """One entry of the program's list."""
    return {"name": name, "props": props or {}, "options": options}
