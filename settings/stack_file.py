"""What is wrong in a stack file and on which line, in words for the person who wrote it.

Pulumi hands a program values, not lines; the file is read a second time for the lines alone, and a value that came from
elsewhere (`-c`, an ESC environment) simply has none.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from settings.yaml_reader import read_nodes


class StackFile:
    """The lines of one stack file.

    Args:
        path: the file; one that is not there or cannot be read has no lines.
        namespace: the project's name, which the file writes before its keys.
        values: the values that Pulumi gave. With `--config-file` or `-c` they come from elsewhere, and the program is
            not told; so a part of the file that is not built as its value has no lines.
    """

    def __init__(self, path: Path, namespace: str, values: Mapping[str, Any]) -> None:
        self.path = path
        self._namespace = namespace
        self._values = values
        try:
            root = read_nodes(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            root = None
        self._config = _below(root, "config")[1]

    def line(self, keys: Sequence[str | int]) -> int | None:
        """Return the line (from 1) of the last of these nested keys that the file has, None where it has none."""
        node, line = self._config, None
        for depth, key in enumerate(keys):
            found, value = _below(node, f"{self._namespace}:{key}" if depth == 0 else key)
            if found is None or (depth == 0 and _shape(value) != _built(self._values.get(str(key)))):
                break
            node, line = value, found.start_mark.line + 1
        return line


def _below(node: yaml.Node | None, key: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Return the node at which an entry of a mapping or sequence begins, and that of its value; None of none."""
    if isinstance(node, yaml.MappingNode):
        for name, value in reversed(node.value):
            if isinstance(name, yaml.ScalarNode) and name.value == str(key):
                return name, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None, None


def _shape(node: yaml.Node | None) -> object:
    """Return a node's keys and lengths alone."""
    if isinstance(node, yaml.MappingNode):
        return {str(name.value): _shape(value) for name, value in node.value}
    return [_shape(each) for each in node.value] if isinstance(node, yaml.SequenceNode) else None


def _built(node: object) -> object:
    """Return a value's keys and lengths alone: Pulumi spells some of the values, such as dates, in its own way."""
    if isinstance(node, Mapping):
        return {str(key): _built(value) for key, value in node.items()}
    return [_built(each) for each in node] if isinstance(node, list) else None


class Problem(NamedTuple):
    """One thing that is wrong: the keys that lead to it, and what would be right."""

    keys: Sequence[str | int]
    text: str

    @property
    def path(self) -> str:
        """The keys as people write them: integrations.magento.roles[0]."""
        return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.keys).lstrip(".")


def shown(value: object) -> str:
    """Return a value for a message; "this" for one that is long, since a client secret is, or no single value."""
    match value:
        case bool() | None:
            return json.dumps(value)
        case int() | float():
            return str(value)
        case str() if len(value) <= 30:
            return repr(value)
        case _:
            return "this"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return " (did you mean ...?)" where something known is spelt much like the word, else ""."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1)
    near = near or [each for each in known if len(word) > 2 and each.startswith(word)]
    return f" (did you mean {near[0]!r}?)" if near else ""


def message(problems: Iterable[Problem], file: StackFile) -> str:
    """Return the text that names all problems, in the order of the file."""
    located = sorted(((file.line(problem.keys), problem) for problem in problems), key=lambda pair: pair[0] or 0)
    lines = [f"  {f'line {line}, ' if line else ''}{problem.path}: {problem.text}" for line, problem in located]
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    place = file.path.as_posix() if any(line for line, _ in located) else "the stack's configuration"
    return "\n".join([f"{count} in {place}; nothing was changed:", *lines])
