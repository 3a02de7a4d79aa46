"""The project and its stack file: Pulumi.yaml, `stacks/Pulumi.<stack>.yaml`, and the configuration they add up to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
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
        config: Pulumi.yaml's own `config:`, as it stands.
    """

    name: str
    root: Path
    stack_files: Path
    config: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, root: Path) -> Project:
        """Read Pulumi.yaml.

        Raises:
            EngineError: there is none, or it asks for what the local engine does not do.
        """
        content = _read_mapping(root / "Pulumi.yaml")
        if "name" not in content:
            raise EngineError(f"{root / 'Pulumi.yaml'} has no name")
        runtime = content.get("runtime")
        if (runtime.get("name") if isinstance(runtime, dict) else runtime) != "python":
            raise Unsupported("a project whose runtime is not python")
        for key in ("main", "plugins", "packages", "backend"):
            if content.get(key):
                raise Unsupported(f"`{key}` in Pulumi.yaml")
        folder = root / str(content.get("stackConfigDir") or "")
        return cls(str(content["name"]), root.resolve(), folder.resolve(), content.get("config") or {})

    def stack_file(self, stack: str) -> Path:
        """Return where the stack file of that name would be."""
        return self.stack_files / f"Pulumi.{check_stack_name(stack)}.yaml"


@dataclass(frozen=True)
class StackFile:
    """What a stack file says.

    Attributes:
        config: `config:` as it stands, `secure:` values included.
        salt: `encryptionsalt`, None where there is none.
        exists: False for the empty one that stands for a missing file.
    """

    config: dict[str, Any] = field(default_factory=dict)
    salt: str | None = None
    exists: bool = True

    @classmethod
    def load(cls, path: Path) -> StackFile:
        """Read a stack file; a missing one is empty, as for the CLI.

        Raises:
            EngineError: it cannot be read, or asks for what the local engine does not do.
        """
        if not path.exists():
            return cls(exists=False)
        content = _read_mapping(path)
        provider = content.get("secretsprovider")
        if provider and provider != "passphrase":
            raise Unsupported(f"the secrets provider of {path.name}")
        for key in ("encryptedkey", "environment"):
            if content.get(key):
                raise Unsupported(f"`{key}` in {path.name}")
        return cls(content.get("config") or {}, content.get("encryptionsalt"))


@dataclass(frozen=True)
class Config:
    """The configuration of a run.

    Attributes:
        values: `namespace:key` -> text; what is structured is JSON text; secrets are in clear.
        secret_keys: the keys whose value is, or holds, a secret.
    """

    values: dict[str, str]
    secret_keys: frozenset[str]

    def package(self, package: str) -> dict[str, str]:
        """Return what belongs to the namespace of a package, keys without the namespace."""
        prefix = f"{package}:"
        return {key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)}


def check_stack_name(stack: str) -> str:
    """Return the name, which becomes part of file names.

    Raises:
        EngineError: it is not a stack's name.
    """
    if not _STACK_NAME.fullmatch(stack):
        raise EngineError("a stack name may only contain alphanumeric, hyphens, underscores, or periods")
    return stack


def read_config(project: Project, stack_file: StackFile, overrides: list[str], decrypt: Callable[[str], str]) -> Config:
    """Add up Pulumi.yaml's defaults, the stack file and `--config key=value`, the later over the earlier.

    Raises:
        EngineError: a key or value is malformed; the text names the key and never the value.
    """
    values: dict[str, str] = {}
    secret_keys: set[str] = set()

    def put(key: str, value: Any) -> None:
        name = key if ":" in key else f"{project.name}:{key}"
        secrets: list[str] = []
        values[name] = _as_text(_open_secure(value, lambda text: secrets.append(text) or decrypt(text)))  # type: ignore[func-returns-value]
        (secret_keys.add if secrets else secret_keys.discard)(name)

    for key, declared in project.config.items():
        value = _default(declared)
        if value is not None:
            put(str(key), value)
    for key, value in stack_file.config.items():
        put(str(key), value)
    for pair in overrides:
        key, separator, text = pair.partition("=")
        if not key or not separator:
            raise EngineError("--config wants key=value")
        put(key, text)
    return Config(values, frozenset(secret_keys))


def _default(declared: Any) -> Any:
    """Return what Pulumi.yaml gives for a key: a plain value, or `default:`/`value:` of a declaration."""
    if isinstance(declared, dict):
        return declared.get("value", declared.get("default"))
    return declared


def _open_secure(value: Any, decrypt: Callable[[str], str]) -> Any:
    """Replace each `secure: <ciphertext>` by its text."""
    if isinstance(value, dict):
        if set(value) == {"secure"} and isinstance(value["secure"], str):
            return decrypt(value["secure"])
        return {key: _open_secure(item, decrypt) for key, item in value.items()}
    if isinstance(value, list):
        return [_open_secure(item, decrypt) for item in value]
    return value


def _as_text(value: Any) -> str:
    """Spell a value as the program gets it (contracts/pulumi-measured.md 16): JSON, but a plain scalar as itself."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)  # Go sorts the keys of maps


def _read_mapping(path: Path) -> dict[str, Any]:
    try:
        content = go_yaml.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EngineError(f"no {path.name} in {path.parent}; name the project's folder with --cwd") from None
    except (OSError, ValueError) as problem:
        raise EngineError(f"{path} cannot be read: {problem}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise EngineError(f"{path} is not a mapping")
    return content
