"""Writes entries into a stack file: every line that is there already stays as it is, comments and line ends included.

New lines are put at the end of their section. Only a file in YAML's flow style, as JSON is, is written anew. What was
written is read again, and has to say what the file said before, and the entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from textwrap import indent
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from clients.http.bodies import printable
from commands.adopt.entries import Entry
from settings.models import PROJECT
from settings.writing import as_written
from settings.yaml_reader import read_yaml

_TENANT = "azuread:tenantId"
_INTEGRATIONS = f"{PROJECT}:integrations"
_ENVIRONMENTS = f"{PROJECT}:environments"
_INDENT = 2
_NONE = object()


class _Addition(NamedTuple):
    """An entry: its value, the same without comments, and the lines above it."""

    value: CommentedMap
    plain: Mapping[str, Any]
    comments: tuple[str, ...] = ()


def with_entries(text: str, entries: Sequence[Entry], *, environments: Mapping[str, str], tenant_id: str) -> str:
    """Return a stack file with entries added.

    Args:
        text: the file, "" where there is none yet.
        entries: what is added to `integrations`.
        environments: what is added to `environments`, key -> name.
        tenant_id: written where the file names no tenant.

    Raises:
        ValueError: it is no YAML, or its `config` is no mapping, or it cannot be added to without a change of the rest.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    config = _loaded(text).get("config", _NONE)
    new = text
    if config is _NONE:
        new = f"{_ended(text, end)}config:{end}{' ' * _INDENT}{_TENANT}: {tenant_id}{end}"
    elif _TENANT not in config:
        new = _extended(text, _TENANT, tenant_id, end)
    elif not config[_TENANT]:
        raise ValueError(f"its `{_TENANT}` is empty; write {tenant_id} there")
    if environments:
        named = {key: _Addition(CommentedMap(name=name), {"name": name}) for key, name in environments.items()}
        new = _extended(new, _ENVIRONMENTS, named, end)
    added = {
        each.integration.key: _Addition(_entry(each), as_written(each.integration), tuple(_comments(each)))
        for each in entries
    }
    new = _extended(new, _INTEGRATIONS, added, end)
    said: dict[str, Mapping[str, Any]] = {_INTEGRATIONS: {key: each.plain for key, each in added.items()}}
    if environments:
        said[_ENVIRONMENTS] = {key: {"name": name} for key, name in environments.items()}
    try:
        is_right = read_yaml(new) == _expected(read_yaml(text), said, tenant_id)
    except (ValueError, TypeError):  # it is no YAML any more; or a section of it was no mapping
        is_right = False
    if not is_right:
        raise ValueError("nothing can be added without a change of the rest (has it aliases, or several documents?)")
    return new


def _expected(document: Any, said: Mapping[str, Mapping[str, Any]], tenant_id: str) -> Any:
    """Return what the new file is to say: what it said, with the entries in their sections."""
    document = dict(document or {})
    config = document["config"] = dict(document.get("config", {}))
    config.setdefault(_TENANT, tenant_id)
    for section, entries in said.items():
        config[section] = {**(config.get(section) or {}), **entries}
    return document


def _entry(entry: Entry) -> CommentedMap:
    """Return an entry with the names of its secrets beside their key ids."""
    written: CommentedMap = _commented(as_written(entry.integration))
    secrets = written.get("credentials", {}).get("secrets")
    if secrets is not None:
        for index, key_id in enumerate(secrets["known"]):
            secrets["known"].yaml_add_eol_comment(printable(entry.known[key_id]), index)
    return written


def _comments(entry: Entry) -> Iterator[str]:
    """Yield what stands above an entry: whose it is, and what the first `up` changes."""
    yield f"Taken over: {entry.found.name}, {entry.found.client_id}."
    for each in entry.changes:
        yield f"With the first `up` {printable(each)}."
    if any(each.role_id == "SUPER" for there in entry.found.registrations.values() for each in there.permission_sets):
        yield "It holds SUPER, which no stack file can name: without `additionalPermissionSets: keep` it goes."


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _commented(value: Any) -> Any:
    if isinstance(value, Mapping):
        return CommentedMap({key: _commented(each) for key, each in value.items()})
    return CommentedSeq([_commented(each) for each in value]) if isinstance(value, list) else value


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # no line is broken
    yaml.indent(mapping=_INDENT, sequence=_INDENT * 2, offset=_INDENT)
    return yaml


def _dumped(document: Any) -> str:
    stream = StringIO()
    _yaml().dump(document, stream)
    return stream.getvalue()


def _loaded(text: str) -> CommentedMap:
    try:
        document = _yaml().load(text)
    except YAMLError as problem:
        raise ValueError(f"it is not valid YAML: {_one_line(str(problem))}") from None
    if document is None:
        return CommentedMap()
    if not isinstance(document, CommentedMap) or not isinstance(document.get("config", CommentedMap()), CommentedMap):
        raise ValueError("its `config` is not a mapping of settings")  # noqa: TRY004 - it is about what a file says
    return document


def _extended(text: str, section: str, new: Mapping[str, _Addition] | str, end: str) -> str:
    """Return the file with a setting in its `config`, or with more entries in one.

    Args:
        text: the file.
        section: the setting, which is not there yet or a mapping.
        new: its value; or entries that it does not have yet.
        end: of its lines.
    """
    document = _loaded(text)
    config, is_new = document["config"], section not in document["config"]
    holder = config if is_new else config[section]
    if not is_new and not isinstance(new, str) and holder and not isinstance(holder, CommentedMap):
        raise ValueError(f"its `{section}` is not a mapping")
    if not holder and not isinstance(new, str) and (below := _below_its_name(text, config, section, end)):
        before, column, after = below
        return before + indent("".join(map(_lines_of, new.items())), " " * column).replace("\n", end) + after
    if not holder or holder.fa.flow_style():  # no line to put others below
        values: Any = new if isinstance(new, str) else {key: each.plain for key, each in new.items()}
        if isinstance(values, str) or not isinstance(holder, CommentedMap) or is_new:
            config[section] = values
        else:
            holder.update(values)
        return _dumped(document).replace("\r\n", "\n").replace("\n", end)
    keys = list(holder)
    column = holder.lc.key(keys[0])[1]
    if isinstance(new, str):
        added = f"{section}: {new}\n"
    else:
        added = "".join(map(_lines_of, new.items()))
        added = f"{section}:\n{indent(added, ' ' * _INDENT)}" if is_new else added
    lines = _ended(text, end).splitlines(keepends=True)
    at = _end_of_block(lines, holder.lc.key(keys[-1])[0] + 1, column)
    return "".join([*lines[:at], indent(added, " " * column).replace("\n", end), *lines[at:]])


def _below_its_name(text: str, config: CommentedMap, section: str, end: str) -> tuple[str, int, str] | None:
    """Return what stands before and after the place below the name of an empty section, and the column of entries.

    None where the section has no line of its own, as in flow style.
    """
    lines = _ended(text, end).splitlines(keepends=True)
    number, column = config.lc.key(section)
    named = re.fullmatch(rf"( *[\"']?{re.escape(section)}[\"']?:)(?: +(?:\{{ *\}}|~|null))?( +#.*?)?\s*", lines[number])
    if named is None or config.fa.flow_style():
        return None
    line = f"{named[1]}{named[2] or ''}{end}"
    return "".join([*lines[:number], line]), column + _INDENT, "".join(lines[number + 1 :])


def _lines_of(item: tuple[str, _Addition]) -> str:
    """Return the lines of an entry: its key, comments below that, and its value."""
    key, addition = item
    first, *rest = _dumped(CommentedMap({key: addition.value})).splitlines(keepends=True)
    return "".join([first, *(f"{' ' * _INDENT}# {each}\n" for each in addition.comments), *rest])


def _ended(text: str, end: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}{end}"


def _end_of_block(lines: Sequence[str], start: int, column: int) -> int:
    """Return the number of the line after the last one of a block mapping.

    Comments that stand further left than its keys are about what follows it.

    Args:
        lines: the file.
        start: the line after its last key's.
        column: of its keys.
    """
    end = start
    for number in range(start, len(lines)):
        line = lines[number].strip()
        if line and len(lines[number]) - len(lines[number].lstrip(" ")) >= column:
            end = number + 1
        elif line and not line.startswith("#"):
            break
    return end
