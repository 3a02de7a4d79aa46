"""The project and its stack file: Pulumi.yaml, `stacks/Pulumi.<stack>.yaml`, and the configuration they add up to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.engine import go_yaml
from rehearsal.engine.errors import EngineError, Unsupported

ORGANIZATION = "organization"  # what the file backend calls it (contracts/engine.md 1.1)
_STACK_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class Project:
    """What Pulumi.yaml says.

    Attributes:
        name: the project's name, part of every URN.
        root: the folder of Pulumi.yaml, absolute.
        stack_files: the folder of the stack files.
    """

    name: str
    root: Path
    stack_files: Path

    @classmethod
    def load(cls, root: Path) -> Project:
        """Read Pulumi.yaml.

        Raises:
            EngineError: there is none, or it asks for what the local engine does not do.
        """
        path = root / "Pulumi.yaml"
        if not path.exists():
            raise EngineError(f"no Pulumi.yaml in {root}; name the project's folder with --cwd")
        content = read_mapping(path, refused=("main", "plugins", "packages", "backend", "config"))
        if "name" not in content:
            raise EngineError(f"{path} has no name")
        runtime = content.get("runtime")
        if (runtime.get("name") if isinstance(runtime, dict) else runtime) != "python":
            raise Unsupported("a project whose runtime is not python")
        folder = root / str(content.get("stackConfigDir") or "")
        return cls(str(content["name"]), root.resolve(), folder.resolve())

    def stack_file(self, stack: str) -> Path:
        """Return where the stack file of that name would be.

        Raises:
            EngineError: it is not a stack's name, which becomes part of file names.
        """
        if not _STACK_NAME.fullmatch(stack):
            raise EngineError("a stack name may only contain alphanumeric, hyphens, underscores, or periods")
        return self.stack_files / f"Pulumi.{stack}.yaml"


@dataclass(frozen=True)
class Config:
    """The configuration of a run.

    Attributes:
        values: `namespace:key` -> text; what is structured is JSON text; secrets are in clear.
        secret_keys: the keys whose value is, or holds, a secret.
    """

    values: dict[str, str]
    secret_keys: frozenset[str]

    @classmethod
    def read(cls, project: str, declared: dict[str, Any], decrypt: Callable[[str], str]) -> Config:
        """Read a stack file's `config:`.

        Args:
            project: the namespace of keys that have none.
            declared: the section as it stands.
            decrypt: opens a `secure:` value.
        """
        if not isinstance(declared, dict):
            raise EngineError("`config:` in the stack file is not a mapping of keys to values")
        named = {key if ":" in key else f"{project}:{key}": value for key, value in declared.items()}
        opened = {name: _opened(value, decrypt) for name, value in named.items()}
        return cls(
            {name: _as_text(value) for name, value in opened.items()},
            frozenset(name for name, value in opened.items() if value != named[name]),
        )

    def package(self, package: str) -> dict[str, str]:
        """Return what belongs to the namespace of a package, keys without the namespace."""
        prefix = f"{package}:"
        return {key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)}


def _opened(value: Any, decrypt: Callable[[str], str]) -> Any:
    """Replace each `secure: <ciphertext>` by its text."""
    if isinstance(value, dict):
        if set(value) == {"secure"} and isinstance(value["secure"], str):
            return decrypt(value["secure"])
        return {key: _opened(item, decrypt) for key, item in value.items()}
    return [_opened(item, decrypt) for item in value] if isinstance(value, list) else value


def _as_text(value: Any) -> str:
    """Spell a value as the program gets it (contracts/pulumi-measured.md 16): JSON, but a plain scalar as itself."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)  # Go sorts the keys of maps


def read_mapping(path: Path, refused: tuple[str, ...]) -> dict[str, Any]:
    """Read a file of keys and values; an empty or missing one has none.

    Args:
        path: the file.
        refused: keys that the local engine does nothing with.

    Raises:
        EngineError: it cannot be read, is not a mapping, or has one of these keys.
    """
    try:
        content = go_yaml.load(path.read_text(encoding="utf-8")) if path.exists() else None
    except (OSError, ValueError) as problem:
        raise EngineError(f"{path} cannot be read: {problem}") from None
    if not isinstance(content or {}, dict):
        raise EngineError(f"{path} is not a mapping")
    for key in refused:
        if (content or {}).get(key):
            raise Unsupported(f"`{key}` in {path.name}")
    return content or {}
