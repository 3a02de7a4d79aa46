"""A stack file as commands read it that work beside one that is empty, or not complete yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from commands import pulumi_cli, stack_file_writer
from commands.pulumi_cli import StackUnreadable
from commands.stack_file_writer import NotWritten
from settings.loading import UnusableEntry, load, merged_entry, project_configuration
from settings.models import Environment, Settings
from settings.presets import Presets


@dataclass(frozen=True)
class StackFile:
    """A stack file.

    Attributes:
        path: where it is, or will be.
        text: as it is, with its line ends, "" where there is none.
        config: what it says under `config`.
        is_there: whether there is one.
    """

    path: Path
    text: str
    config: Mapping[str, Any]
    is_there: bool = True

    @staticmethod
    def read(path: Path) -> StackFile:
        """Read one, which need not be there.

        Raises:
            StackUnreadable: it cannot be read, or is not valid YAML.
        """
        if not path.exists():
            return StackFile(path, "", {}, is_there=False)
        try:
            text = stack_file_writer.read(path)
        except NotWritten as problem:
            raise StackUnreadable(f"{problem}.") from None
        return StackFile(path, text, pulumi_cli.configuration_in(text, path))

    def write(self, text: str) -> None:
        """Put another text in the place of the one that was read.

        Raises:
            NotWritten: the file has changed since, or cannot be written; it is then as it was.
        """
        if self.is_there:
            stack_file_writer.replace(self.path, self.text, text)
        else:
            stack_file_writer.create(self.path, text)

    def section(self, name: str) -> Mapping[str, Any]:
        """Return one of the project's settings, which is a mapping; {} where it is not there."""
        found = project_configuration(self.config).get(name)
        return found if isinstance(found, Mapping) else {}

    @property
    def environments(self) -> dict[str, Environment]:
        """The environments that it declares, by their keys.

        Raises:
            SettingsError: they are not valid.
        """
        try:
            return {str(key): Environment.model_validate(each) for key, each in self.section("environments").items()}
        except ValidationError:
            validated(self.path, self.config)  # names all problems of the file
            raise

    @property
    def merged_integrations(self) -> list[Mapping[str, Any]]:
        """What its integrations say together with their presets; one that is not valid, as it stands."""
        presets = Presets(pulumi_cli.ROOT / "presets")
        found: list[Mapping[str, Any]] = []
        for key, each in self.section("integrations").items():
            try:
                found.append(merged_entry(str(key), each, presets, {}).values)
            except UnusableEntry:
                found += [each] if isinstance(each, Mapping) else []
        return found

    @property
    def client_ids(self) -> set[str]:
        """The client ids that its integrations name."""
        entries = (each for each in self.section("integrations").values() if isinstance(each, Mapping))
        return {str(each["clientId"]).lower() for each in entries if isinstance(each.get("clientId"), str)}

    @property
    def keys(self) -> set[str]:
        """The keys of its integrations, also those that they had."""
        keys = {str(key) for key in self.section("integrations")}
        for each in self.section("integrations").values():
            keys |= set(map(str, each.get("formerly") or ())) if isinstance(each, Mapping) else set()
        return keys


def validated(path: Path, config: Mapping[str, Any], *, dates_required: bool = True) -> Settings:
    """Return the settings in a stack file, with the project's presets.

    Args:
        path: of the file.
        config: what it says under `config`.
        dates_required: as `settings.loading.load` takes it.

    Raises:
        SettingsError: they are not valid.
    """
    return load(
        project_configuration(config),
        presets=pulumi_cli.ROOT / "presets",
        stack_file=path,
        configuration=config,
        dates_required=dates_required,
    )
