"""On which line of a stack file a key stands; what is said of it is in messages.py.

Pulumi hands a program values, not lines; the file is read a second time for the lines alone, and a value that came from
elsewhere (`-c`, an ESC environment) simply has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from settings.yaml_reader import read_nodes


class StackFile:
    """The lines of one stack file.

    Args:
        path: the file; one that is not there or cannot be read has no lines.
        namespace: the project's name, which the file writes before its keys.
        values: the values that Pulumi gave, the project's without its name. With `--config-file` or `-c` they come from
            elsewhere, and the program is not told; so a part of the file that is not built as its value has no lines.
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
            found, value = _below(node, self._key(key) if depth == 0 else key)
            if found is None or (depth == 0 and not _has_shape(value, self._values.get(str(key)))):
                break
            node, line = value, found.start_mark.line + 1
        return line

    def _key(self, key: str | int) -> str:
        """Return a first key as the file writes it; one of another namespace has its own before it."""
        return str(key) if ":" in str(key) else f"{self._namespace}:{key}"


def line_in(node: yaml.Node | None, keys: Sequence[str | int]) -> int | None:
    """Return the line (from 1) of the last of these nested keys that a document has, None where it has none."""
    line = None
    for key in keys:
        found, node = _below(node, key)
        if found is None:
            break
        line = found.start_mark.line + 1
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


def _has_shape(node: yaml.Node | None, value: object) -> bool:
    """Tell whether a node has a value's keys and lengths: Pulumi spells some values, such as dates, in its own way.

    It goes down the value, which ends, and not the node, which may be its own alias.
    """
    if isinstance(value, Mapping):
        if not isinstance(node, yaml.MappingNode):
            return False
        below = {name.value: inner for name, inner in node.value if isinstance(name, yaml.ScalarNode)}
        return below.keys() == {str(key) for key in value} and all(
            _has_shape(below[str(key)], inner) for key, inner in value.items()
        )
    if isinstance(value, list):
        return (
            isinstance(node, yaml.SequenceNode)
            and len(node.value) == len(value)
            and all(map(_has_shape, node.value, value))
        )
    return not isinstance(node, yaml.MappingNode | yaml.SequenceNode)
