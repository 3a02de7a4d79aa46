"""Edits the labels of an integration in the text of a stack file, and nothing else in it.

Only the characters of the list change: comments, order, quotes, indentation and line ends stay, since a person reads
the difference. A YAML library that writes the whole document again keeps comments, but not the rest
(docs/decisions/0020-rotation.md).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

import yaml

from settings.values import read_label
from settings.yaml_reader import read_nodes, read_yaml

OF_SECRETS = ("credentials", "secrets", "issued")
OF_CERTIFICATES = ("credentials", "vaultCertificate", "issued")
"""Where the lists of labels stand, below an integration."""
_BELOW_THE_ENTRY = 3
"""How many keys lead to what an integration says: `config`, `integrations` and its own."""


class CannotEdit(Exception):
    """The list cannot be edited without touching something else; the text says which change to make by hand."""


def with_labels(
    text: str,
    namespace: str,
    key: str,
    add: Sequence[str],
    remove: Sequence[str],
    below: Sequence[str] = OF_SECRETS,
) -> str:
    """Return a stack file with other labels of one integration.

    Where the file has no list yet, because the rest comes from a preset, it is written below the integration.

    Args:
        text: the file.
        namespace: the project's name, which the file writes before its keys.
        key: the integration's key.
        add: labels to write behind those that are there.
        remove: labels to remove.
        below: where the list stands: `OF_SECRETS`, or `OF_CERTIFICATES`.

    Raises:
        CannotEdit: the file says it in a way that cannot be edited alone, such as an alias.
    """
    path = ("config", f"{namespace}:integrations", key, *below)
    try:
        edited = text
        for label in add:
            edited = _added(edited, path, label)
        for label in remove:
            edited = _removed(edited, path, label)
        if read_yaml(edited) == _expected(read_yaml(text), path, add, remove):
            return edited
    except (ValueError, LookupError, TypeError, AttributeError):
        pass
    changes = [*(f"add '{label}'" for label in add), *(f"remove '{label}'" for label in remove)]
    raise CannotEdit(
        f"integrations.{key}.{'.'.join(below)} cannot be edited without touching something else (is it an "
        f"alias, or in another file?). Nothing was written. By hand: {', '.join(changes)}."
    )


def _expected(document: Any, path: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> Any:
    """Return what the edited file is to say: for a check of the result as a whole."""
    document = copy.deepcopy(document)
    node = document
    for key in path[:-1]:
        node = node.setdefault(key, {})
    there = node.get(path[-1]) or []
    node[path[-1]] = [each for each in [*there, *add] if each in add or read_label(each) not in remove]
    return document


def _added(text: str, path: Sequence[str], label: str) -> str:
    node, missing = _deepest_node(text, path)
    if missing:
        return _with_keys(text, node, missing, label)
    if node.flow_style:
        if node.value:
            end = node.value[-1].end_mark.index
            return f"{text[:end]}, '{label}'{text[end:]}"
        inside = node.start_mark.index + 1
        return f"{text[:inside]}'{label}'{text[inside:]}"
    return _with_line(text, node.value[-1].end_mark.index, node.start_mark.column, f"- '{label}'")


def _removed(text: str, path: Sequence[str], label: str) -> str:
    node, missing = _deepest_node(text, path)
    items = [] if missing else node.value
    number = [read_label(each.value) for each in items].index(label)
    start, end = items[number].start_mark.index, items[number].end_mark.index
    line, following = text.rfind("\n", 0, start) + 1, text.find("\n", end) + 1
    if not node.flow_style:
        return text[:line] + (text[following:] if following else "")
    if number + 1 < len(items):
        after = items[number + 1].start_mark.index
        if "#" in text[end:after] and not text[line:start].strip():
            return text[:line] + text[following:]  # with its own comment, and not with that of the next
        return text[:start] + text[text.index(",", end) + 1 if "#" in text[end:after] else after :]
    before = items[number - 1].end_mark.index if number else start
    if re.search(r"[#\n]", text[before:start]):
        return text[:start] + text[end:]  # the comma that stays before it is YAML, and so is its comment
    return text[:before] + text[end:]


def _deepest_node(text: str, path: Sequence[str]) -> tuple[yaml.CollectionNode, Sequence[str]]:
    """Return the last node on a path that is there, and the keys below it that are not."""
    node = read_nodes(text)
    for number, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            raise TypeError("no mapping")
        found = next((value for name, value in node.value if name.value == key), None)
        if found is None:
            if number < _BELOW_THE_ENTRY:  # not even the integration is there
                raise LookupError(key)
            return node, path[number:]
        node = found
    if not isinstance(node, yaml.SequenceNode):
        raise TypeError("no list")
    return node, ()


def _with_keys(text: str, node: yaml.CollectionNode, keys: Sequence[str], label: str) -> str:
    """Return the text with nested keys at the end of a mapping, the last of them with a list of one label."""
    if node.flow_style:
        within = "".join(f"{key}: {{" for key in keys[:-1]) + f"{keys[-1]}: ['{label}']" + "}" * (len(keys) - 1)
        if node.value:
            end = node.value[-1][1].end_mark.index
            return f"{text[:end]}, {within}{text[end:]}"
        inside = node.start_mark.index + 1
        return f"{text[:inside]}{within}{text[inside:]}"
    column = node.value[0][0].start_mark.column
    lines = [f"{' ' * 2 * depth}{key}:" for depth, key in enumerate(keys)]
    lines[-1] += f" ['{label}']"
    return _with_line(text, _end(node), column, *lines)


def _end(node: yaml.Node) -> int:
    """Return where the last value of a node ends: of a block, a mark says where the next one begins."""
    if node.value and isinstance(node, yaml.MappingNode) and not node.flow_style:
        return _end(node.value[-1][1])
    if node.value and isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _end(node.value[-1])
    return int(node.end_mark.index)


def _with_line(text: str, end: int, column: int, *lines: str) -> str:
    """Return the text with lines after the line in which something ends."""
    newline = "\r\n" if "\r\n" in text else "\n"
    written = [f"{' ' * column}{line}" for line in lines]
    if end and text[end - 1] == "\n":  # a block scalar ends behind its last line
        return text[:end] + "".join(line + newline for line in written) + text[end:]
    at = text.find("\n", end)
    if at < 0:
        return text + "".join(newline + line for line in written)
    return text[: at + 1] + "".join(line + newline for line in written) + text[at + 1 :]
