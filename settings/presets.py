"""The presets: what many integrations share, as data; one file for each in `presets/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from settings.merging import below
from settings.messages import shown, suggestion
from settings.yaml_reader import read_nodes, read_yaml

NOT_IN_A_PRESET = {
    ("preset",): "a preset cannot build upon another",
    ("formerly",): "each integration has former keys of its own",
    ("credentials", "secrets", "issued"): "a date here would make a secret for everybody who uses it",
    ("credentials", "secrets", "known"): "each integration has secrets of its own",
    ("credentials", "vaultCertificate", "issued"): "a date here would make a certificate for everybody who uses it",
}
"""Keys of an integration that are about one integration, and why each has no place in a preset."""


@dataclass(frozen=True)
class Preset:
    """One preset.

    Attributes:
        name: its name, which is its file's without `.yaml`.
        values: what it says, keys of an integration.
        about: its comment, in one line: where its values come from, and which of them are guesses.
        text: its file.
    """

    name: str
    values: Mapping[str, Any]
    about: str
    text: str

    @property
    def guesses(self) -> str:
        """What of it is a guess, "" where nothing is."""
        return self.about.partition("Guess: ")[2]

    @property
    def nodes(self) -> yaml.Node | None:
        """Its file with positions."""
        return read_nodes(self.text)


class Presets:
    """The presets in a folder; each is read when it is asked for.

    Args:
        folder: the folder, `presets/` of the project.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.yaml"))

    def read(self, name: object) -> Preset:
        """Return one preset.

        Raises:
            ValueError: there is none of that name, or it cannot be used; the text says why.
        """
        known = self.names
        if name not in known:
            raise ValueError(
                f"there is no preset {shown(name)}{suggestion(str(name), known)}; the presets are {', '.join(known)}"
            )
        try:
            text = (self._folder / f"{name}.yaml").read_text(encoding="utf-8")
            values = read_yaml(text)
        except OSError as problem:
            raise ValueError(f"{name}.yaml cannot be read: {problem.strerror}") from None
        except ValueError as problem:
            raise ValueError(f"{name}.yaml is not valid YAML: {problem}") from None
        if not isinstance(values, Mapping):
            raise ValueError(f"{name}.yaml must be a mapping (key: value), of an integration's keys")  # noqa: TRY004
        for path, why in NOT_IN_A_PRESET.items():
            if below(values, path) is not None:
                raise ValueError(f"{name}.yaml must not have `{'.'.join(path)}`: {why}; write it in the stack file")
        return Preset(str(name), values, " ".join(_comment(text)), text)


def _comment(text: str) -> Iterator[str]:
    """Yield the lines of the comment that a file begins with, without the one for editors."""
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        words = line.lstrip("# ")
        if words and not words.startswith("yaml-language-server:"):
            yield words
