"""The text of a first stack file, with comments that say what to change later."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from settings.merging import below
from settings.models import PROJECT
from settings.yaml_reader import read_yaml

LIFETIME_DAYS = 120
"""Of the secrets of an integration without a preset."""


@dataclass(frozen=True)
class FirstStackFile:
    """What a first stack file says: one integration.

    Attributes:
        tenant_id: the directory, a GUID.
        environments: names of Business Central environments.
        key: the integration's.
        preset: its preset, "" for none.
        preset_values: what the preset says.
        display_name: "" where the preset says it.
        permission_sets: role ids; none where the preset says them.
        issued: the date of its first secret, as ISO 8601.
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
        keys = environment_keys(self.environments)
        lines = [
            "# yaml-language-server: $schema=config.schema.json",
            "# Written by `python -m commands new`; from now on it is yours. Every key: docs/reference/stack-file.md",
            "config:",
            f"  azuread:tenantId: {_scalar(self.tenant_id)}",
            "",
            "  # By names as the Business Central admin center shows them; the keys are words of this file alone.",
            f"  {PROJECT}:environments:",
            *(line for key, name in keys.items() for line in (f"    {key}:", f"      name: {_scalar(name)}")),
            "",
            f"  {PROJECT}:integrations:",
            "    # The key names everything of the integration in Pulumi's state; `formerly` renames it.",
            f"    {_scalar(self.key)}:",
            *(f"      {line}" for line in self._integration(list(keys))),
        ]
        return "\n".join(lines) + "\n"

    @property
    def people_sign_in(self) -> bool:
        """Whether people sign in to it, who have permission sets of their own; it is then registered nowhere."""
        return bool(self.preset) and not self.preset_values.get("roles")

    def _integration(self, environments: Sequence[str]) -> list[str]:
        lines = [f"preset: {_scalar(self.preset)}"] if self.preset else []
        if self.display_name:
            lines.append(f"displayName: {_scalar(self.display_name)}")
        if not self.preset:
            lines.append("roles: [API.ReadWrite.All]")
        if self.permission_sets:
            lines += ["permissionSets:", *(f"  - {_scalar(each)}" for each in self.permission_sets)]
        if not self.people_sign_in:
            lines.append(f"environments: [{', '.join(environments)}]")
        if not self.preset or below(self.preset_values, ("credentials", "secrets")) is not None:
            lines += [
                "credentials:",
                "  secrets:",
                "    # One secret for each date, which ends lifetimeDays after it. To rotate: add a date, hand the new",
                "    # secret over, and remove the old date later. Quote the dates.",
                f"    issued: ['{self.issued}']",
                *([] if self.preset else [f"    lifetimeDays: {LIFETIME_DAYS}"]),
            ]
        return lines


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
