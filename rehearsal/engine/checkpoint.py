"""The state file: the CLI's checkpoint, version 3 (contracts/engine.md 4), to be handed to the real CLI and back."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.engine.encryption import SecretCodec
from rehearsal.engine.errors import EngineError, Unsupported
from rehearsal.engine.project import ORGANIZATION
from rehearsal.engine.resource_state import ResourceState, from_json, now, to_json

ENGINE_VERSION = "local-engine-0.1"


@dataclass
class PendingOperation:
    """A step that was begun, and of which nobody knows whether it was done.

    Attributes:
        kind: creating, updating, deleting or reading.
        resource: the resource as it was to become (`creating`: without id and outputs).
    """

    kind: str
    resource: ResourceState


@dataclass
class Snapshot:
    """The content of a state file."""

    resources: list[ResourceState] = field(default_factory=list)
    pending: list[PendingOperation] = field(default_factory=list)


class CheckpointFile:
    """Where the state of one stack lies; the layout is that of the CLI's file backend."""

    def __init__(self, state_dir: Path, project: str, stack: str) -> None:
        self.stack = f"{ORGANIZATION}/{project}/{stack}"
        self.root = state_dir / ".pulumi"
        self.path = self.root / "stacks" / project / f"{stack}.json"
        self._rendered: dict[int, tuple[ResourceState, str]] = {}  # id() -> (the state, kept alive; its JSON text)

    def exists(self) -> bool:
        """Say whether the stack has ever been written."""
        return self.path.exists()

    def salt(self) -> str | None:
        """Return the salt of the state's secrets manager, None where there is no state yet."""
        provider = self._latest().get("secrets_providers")
        if provider is None:
            return None
        if provider.get("type") != "passphrase":
            raise Unsupported(f"the secrets provider `{provider.get('type')}` of the state")
        return str(provider["state"]["salt"])

    def load(self, codec: SecretCodec) -> Snapshot:
        """Read and verify the state; a missing file is an empty one.

        Raises:
            EngineError: it is damaged, in a wrong order, or holds what the local engine does not handle.
        """
        latest = self._latest()
        if not latest:
            return Snapshot()
        manifest = latest.get("manifest") or {}
        if _magic(manifest.get("version", "")) != manifest.get("magic"):
            raise EngineError(f"{self.path}: snapshot integrity failure; refusing to use it: magic cookie mismatch")
        resources = [from_json(entry, codec) for entry in latest.get("resources") or []]
        verify(resources)
        pending = latest.get("pending_operations") or []
        return Snapshot(
            resources, [PendingOperation(each["type"], from_json(each["resource"], codec)) for each in pending]
        )

    def save(self, snapshot: Snapshot, codec: SecretCodec) -> None:
        """Verify and write the whole state in one step: a reader, or a crash, sees the old or the new one."""
        verify(snapshot.resources)
        self._rendered = {
            id(state): self._rendered.get(id(state))
            or (state, json.dumps(to_json(state, codec.encode), ensure_ascii=False))
            for state in snapshot.resources
        }
        latest: dict[str, Any] = {
            "manifest": {"time": now(), "magic": _magic(ENGINE_VERSION), "version": ENGINE_VERSION},
            "secrets_providers": {"type": "passphrase", "state": {"salt": codec.crypter.salt}},
            "metadata": {},
        }
        if snapshot.resources:
            latest["resources"] = []  # the place of the texts that stand ready
        if snapshot.pending:
            latest["pending_operations"] = [
                {"resource": to_json(each.resource, codec.encode), "type": each.kind} for each in snapshot.pending
            ]
        frame = json.dumps({"version": 3, "checkpoint": {"stack": self.stack, "latest": latest}}, ensure_ascii=False)
        resources = ",\n".join(text for _, text in self._rendered.values())
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not (meta := self.root / "meta.yaml").exists():
            write_durably(meta, "version: 1\n")
        write_durably(self.path, frame.replace('"resources": []', f'"resources": [\n{resources}\n]', 1) + "\n")

    def _latest(self) -> dict[str, Any]:
        if not self.path.exists():
            return {}
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            if content["version"] != 3:
                raise Unsupported(f"version {content['version']} of the state format in {self.path}")
            return content["checkpoint"].get("latest") or {}
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as problem:
            raise EngineError(f"{self.path} is not a state file: {problem!r}") from None


def _magic(version: str) -> str:
    return hashlib.sha256(version.encode()).hexdigest()


def write_durably(path: Path, text: str) -> None:
    """Write a file so that it survives a crash whole: to a draft, fsync, rename, fsync the folder; owner only."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def verify(resources: Iterable[ResourceState]) -> None:
    """Hold the order rules without which the CLI refuses a state (contracts/engine.md 4.3).

    Raises:
        EngineError: a rule is broken; the text names the resource.
    """
    seen: set[str] = set()
    for state in resources:
        if not state.urn or not state.type:
            raise EngineError("the state is damaged: a resource has no urn or no type")
        if state.urn in seen:
            raise EngineError(f"the state is damaged: {state.urn} stands in it twice")
        if not state.custom and state.id:
            raise EngineError(f"the state is damaged: {state.urn} is a component and has an id")
        if missing := sorted(state.references() - seen):
            raise EngineError(
                f"the state is damaged: {state.urn} refers to {missing[0]}, which does not stand before it"
            )
        seen.add(state.urn)
