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

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def read_yaml(text: str) -> Any:
    """Read YAML 1.2, as Pulumi reads stack files: `company: NO` is a text, as `on` and `off` are.

    Raises:
        ValueError: it is no YAML; the text says where.
    """
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as problem:
        raise ValueError(" ".join(str(problem).split())) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


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
            self._content: Any = YAML().load(path.read_text(encoding="utf-8"))["config"]
        except (OSError, YAMLError, KeyError, TypeError, ValueError, RecursionError):
            self._content = {}

    def line(self, keys: Sequence[str | int]) -> int | None:
        """Return the line (from 1) of the last of these nested keys that the file has, None where it has none."""
        node: Any = self._content
        line = None
        for depth, key in enumerate(keys):
            step = f"{self._namespace}:{key}" if depth == 0 else key
            try:
                if depth == 0 and _built(node[step]) != _built(self._values.get(str(key))):
                    break
                position = node.lc.item(step) if isinstance(step, int) else node.lc.key(step)
                node, line = node[step], position[0] + 1
            except (AttributeError, KeyError, IndexError, TypeError):
                break
        return line


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
