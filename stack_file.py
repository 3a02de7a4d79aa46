"""What is wrong in a stack file and on which line, in words for the person who wrote it.

Pulumi hands a program values, not lines; the file is read a second time for the lines alone, and a value that came from
elsewhere (`-c`, an ESC environment) simply has none.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


class StackFile:
    """The lines of one stack file.

    Args:
        path: the file; one that is not there or cannot be read has no lines.
        namespace: the project's name, which the file writes before its keys.
    """

    def __init__(self, path: Path, namespace: str) -> None:
        self.path = path
        self._namespace = namespace
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
                position = node.lc.item(step) if isinstance(step, int) else node.lc.key(step)
                node, line = node[step], position[0] + 1
            except (AttributeError, KeyError, IndexError, TypeError):
                break
        return line


class Problem(NamedTuple):
    """One thing that is wrong: the keys that lead to it, and what would be right."""

    keys: Sequence[str | int]
    text: str

    @property
    def path(self) -> str:
        """The keys as people write them: integrations.magento.roles[0]."""
        return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.keys).lstrip(".")


def understood(
    error: ErrorDetails, integrations: Sequence[str], known: Collection[str], planned: Collection[str]
) -> Problem:
    """Turn one of pydantic's errors into a problem.

    Args:
        error: as `ValidationError.errors()` gives it.
        integrations: the keys of the integrations, in the order in which they were validated.
        known: the keys that exist, for suggestions.
        planned: keys that a later version will know.
    """
    keys: list[str | int] = list(error["loc"])
    if len(keys) > 1 and keys[0] == "integrations" and isinstance(keys[1], int):
        keys[1] = integrations[keys[1]]
    match error["type"]:
        case "extra_forbidden" if keys[-1] in planned:
            return Problem(keys, "is planned, but this version does not know it yet: leave it out (see CHANGELOG.md)")
        case "extra_forbidden":
            return Problem(keys, f"is no key that this version knows{suggestion(str(keys[-1]), known)}")
        case "missing":
            return Problem(keys, "is missing")
        case "too_short":
            return Problem(keys, "is empty; it needs at least one")
        case "tuple_type" | "list_type":
            return Problem(keys, "is not a list")
        case "string_type":
            return Problem(keys, f"{error['input']!r} is not a text; put it in quotes")
        case "bool_parsing" | "bool_type":
            return Problem(keys, f"{error['input']!r} is neither true nor false")
        case "model_type" | "dict_type" | "model_attributes_type":
            return Problem(keys, "is not a group of keys with values")
        case "string_pattern_mismatch" if keys[-1] == "(key)":
            return Problem(keys[:-1], "is no key: letters, digits, - and _, at most 63, the first a letter")
        case "string_pattern_mismatch":
            return Problem(keys, f"{error['input']!r} is not an id (a GUID)")
        case "value_error":
            return Problem(keys, str(error["ctx"]["error"]))
        case "literal_error":
            return Problem(keys, f"{error['input']!r} is none of {error['ctx']['expected']}")
        case _:
            return Problem(keys, error["msg"][0].lower() + error["msg"][1:])


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return " (did you mean ...?)" where something known is spelt much like the word, else ""."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1) or [each for each in known if word and each.startswith(word)]
    return f" (did you mean {near[0]!r}?)" if near else ""


def message(problems: Iterable[Problem], file: StackFile) -> str:
    """Return the text that names all problems, in the order of the file."""
    located = sorted(((file.line(problem.keys), problem) for problem in problems), key=lambda pair: pair[0] or 0)
    lines = [f"  {f'line {line}, ' if line else ''}{problem.path}: {problem.text}" for line, problem in located]
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    place = (
        file.path.as_posix() if file.path.exists() else "the stack's configuration"
    )  # `--config-file` is not told us
    return "\n".join([f"{count} in {place}; nothing was changed:", *lines])
