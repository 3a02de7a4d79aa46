"""The text of a first stack file, with comments that say what to change later."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from settings.merging import below
from settings.models import PROJECT
from settings.yaml_reader import read_nodes, read_yaml

_TENANT = "azuread:tenantId"
LIFETIME_DAYS = 120
"""Of the secrets of an integration without a preset."""


class CannotAdd(Exception):
    """A stack file that is there cannot be added to; the text says why, a clause."""


@dataclass(frozen=True)
class FirstStackFile:
    """What a first stack file says: one integration.

    Attributes:
        tenant_id: the directory, a GUID.
        environments: names of Business Central environments.
        key: the integration's.
        preset: its preset, "" for none.
        preset_values: what the preset says; {} without one.
        display_name: "" where the preset says it.
        permission_sets: role ids; none where the preset says them.
        issued: the date of its first secret or certificate, as ISO 8601.
    """

    tenant_id: str
    environments: Sequence[str]
    key: str
    preset: str
    preset_values: Mapping[str, Any]
    display_name: str
    permission_sets: Sequence[str]
    issued: str

    def text(self) -> str:
        """Return the file."""
        lines = [
            "# yaml-language-server: $schema=config.schema.json",
            "# Written by `python -m commands new`; from now on it is yours. Every key: docs/reference/stack-file.md,",
            "# of `credentials`: docs/reference/credentials.md",
            "config:",
            f"  {_TENANT}: {_scalar(self.tenant_id)}",
            *(f"  {line}" if line else "" for line in self._sections()),
        ]
        return "\n".join(lines) + "\n"

    def added_to(self, text: str) -> str:
        """Return a file that `pulumi new` or `pulumi stack init` has begun, with the rest; every line of it stays.

        Args:
            text: the file; nothing of this program is in its `config` but the tenant, which is this one.

        Raises:
            CannotAdd: a line of it would have to change.
        """
        end = "\r\n" if "\r\n" in text else "\n"
        text = text if not text or text.endswith("\n") else text + end
        before = read_yaml(text) or {}
        node, column = _config(text), 2
        at = len(text)
        lines = [*self._sections()]
        if node is None:
            lines = ["config:", *(f"  {line}" if line else "" for line in (f"{_TENANT}: {self.tenant_id}", *lines))]
        else:
            last, column = node.value[-1][1], node.value[0][0].start_mark.column
            at = text.find("\n", last.end_mark.index) + 1 if last.end_mark.column else last.end_mark.index
            lines = lines if _TENANT in before["config"] else [f"{_TENANT}: {self.tenant_id}", *lines]
            lines = [f"{' ' * column}{line}" if line else "" for line in lines]
        new = text[:at] + "".join(f"{line}{end}" for line in lines) + text[at:]
        said = read_yaml(self.text())["config"]
        try:
            is_right = read_yaml(new) == {**before, "config": {**said, **(before.get("config") or {})}}
        except ValueError:
            is_right = False
        if not is_right:
            raise CannotAdd("nothing can be added to it without a change of the rest")
        return new

    def _sections(self) -> Iterator[str]:
        keys = environment_keys(self.environments)
        yield ""
        yield "# By names as the Business Central admin center shows them; the keys are words of this file alone."
        yield f"{PROJECT}:environments:"
        yield from (line for key, name in keys.items() for line in (f"  {key}:", f"    name: {_scalar(name)}"))
        yield ""
        yield f"{PROJECT}:integrations:"
        yield "  # The key names everything of the integration in Pulumi's state; `formerly` renames it."
        yield f"  {_scalar(self.key)}:"
        yield from (f"    {line}" for line in self._integration(list(keys)))

    def _integration(self, environments: Sequence[str]) -> list[str]:
        lines = [f"preset: {_scalar(self.preset)}"] if self.preset else []
        if self.display_name:
            lines.append(f"displayName: {_scalar(self.display_name)}")
        if not self.preset:
            lines.append("roles: [API.ReadWrite.All]")
        if self.permission_sets:
            lines += ["permissionSets:", *(f"  - {_scalar(each)}" for each in self.permission_sets)]
        if not is_registered_nowhere(self.preset_values):
            lines.append(f"environments: [{', '.join(environments)}]")
        has_secrets = not self.preset or below(self.preset_values, ("credentials", "secrets")) is not None
        in_vault = below(self.preset_values, ("credentials", "vaultCertificate")) is not None
        if has_secrets or in_vault:
            lines.append("credentials:")
        if has_secrets:
            lines += [
                "  secrets:",
                "    # One secret for each date, which ends lifetimeDays after it. To rotate: add a date, hand the new",
                "    # secret over, and remove the old date later. Quote the dates.",
                f"    issued: ['{self.issued}']",
                *([] if self.preset else [f"    lifetimeDays: {LIFETIME_DAYS}"]),
            ]
        if in_vault:
            lines += [
                "  vaultCertificate:",
                "    # One certificate for each date; the vault keeps its key. `python -m commands rotate` adds one.",
                f"    issued: ['{self.issued}']",
            ]
        return lines


def is_registered_nowhere(preset: Mapping[str, Any]) -> bool:
    """Tell whether a preset, given by its values, has no application role: people sign in, with their own rights."""
    return bool(preset) and not preset.get("roles")


def is_only_begun(text: str) -> bool:
    """Tell whether a stack file says nothing of this program yet, as after `pulumi new` or `pulumi stack init`."""
    try:
        document = read_yaml(text)
    except ValueError:
        return False
    if document is None:
        return True
    config = document.get("config", {}) if isinstance(document, dict) else None
    return isinstance(config, dict) and not any(key.startswith(f"{PROJECT}:") for key in config)


def tenant_in(text: str) -> str:
    """Return the tenant that a stack file names which is only begun, "" for none."""
    document = read_yaml(text) or {}
    return str(document.get("config", {}).get(_TENANT) or "")


def _config(text: str) -> yaml.MappingNode | None:
    """Return the `config` of a stack file, which is a block of lines; None where it has none.

    Raises:
        CannotAdd: it is something else.
    """
    document = read_nodes(text)
    found = next((each for key, each in document.value if key.value == "config"), None) if document else None
    if found is None:
        return None
    if not isinstance(found, yaml.MappingNode) or found.flow_style or not found.value:
        raise CannotAdd("its `config` is no block of lines")
    return found


def environment_keys(names: Sequence[str]) -> dict[str, str]:
    """Return a key for each environment's name: a plain word in small letters, and no word twice."""
    found: dict[str, str] = {}
    for name in names:
        word = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "environment"
        word = word if word[0].isalpha() else f"environment-{word}"  # else it could read as a number
        key, count = word, 1
        while key in found or key in {"true", "false", "null"}:
            count += 1
            key = f"{word}-{count}"
        found[key] = name
    return found


def _scalar(text: str) -> str:
    """Write a text as YAML: plain where it reads as itself, else in quotes."""
    if re.fullmatch(r"\w(?:[\w .@()/&-]*[\w.)])?", text) and read_yaml(f"a: {text}") == {"a": text}:
        return text
    return json.dumps(text, ensure_ascii=False)
