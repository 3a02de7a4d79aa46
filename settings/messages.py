"""What is wrong in a stack file, in words for the person who wrote it: each with its line, its key and a suggestion.

First the form of a message, then what pydantic finds, in plain words. Lines are looked up in stack_file.py.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings.stack_file import StackFile
from settings.values import LIMITED_BY, PATTERNS


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


ModelPath = tuple[str, ...]
"""The keys that lead to a model; where any key or any item of a list may stand, `ANY_KEY` or `ANY_ITEM`."""
ANY_KEY, ANY_ITEM = "<key>", "[]"


def validation_problems(
    invalid: ValidationError, model: type[BaseModel], integrations: Sequence[str]
) -> Iterator[Problem]:
    """Yield what is wrong, without what only follows from it.

    Args:
        invalid: what pydantic raised.
        model: the model of the whole stack file.
        integrations: the keys of the integrations, in the order in which they were validated.
    """
    errors = invalid.errors(include_url=False)
    for error in errors:
        keys: list[str | int] = list(error["loc"])
        # pydantic does not count wrong items, and may then find the list too short: the wrong item is told alone.
        if error["type"] == "too_short" and any(len(each["loc"]) > len(keys) and _under(each, keys) for each in errors):
            continue
        if len(keys) > 1 and keys[0] == "integrations" and isinstance(keys[1], int):
            keys[1] = integrations[keys[1]]
        if error["type"] == "extra_forbidden":
            yield Problem(keys, _unknown(keys, model))
        elif keys[-1] in {"(key)", "[key]"}:  # ours and pydantic's word for "the key itself"
            yield Problem(keys[:-1], _text(error))
        else:
            yield Problem(keys, _text(error))


def problem_text(invalid: ValidationError) -> str:
    """Return the first thing that is wrong with one value that was validated by itself."""
    return _text(invalid.errors(include_url=False)[0])


def _under(error: ErrorDetails, keys: Sequence[str | int]) -> bool:
    return list(error["loc"][: len(keys)]) == list(keys)


def _text(error: ErrorDetails) -> str:
    """Return what is wrong with a value, without the value where it could be a secret (`shown`)."""
    value, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is missing"
        case "too_short":
            return "is empty; it needs at least one"
        case "tuple_type" | "list_type":
            return "must be a list: [first, second]"
        case "model_type" | "dict_type" | "model_attributes_type":
            return "must be a mapping (key: value)"
        case "string_type":
            return f"{shown(value)} is not a text; put it in quotes" if _scalar(value) else "must be a text"
        case "string_too_short":
            least = context["min_length"]
            count = len(value.strip())
            return "must not be empty" if least == 1 else f"has {count} characters; it takes {least} at least"
        case "string_too_long":
            most = context["max_length"]
            return f"has {len(value.strip())} characters; {LIMITED_BY[most]} allows {most}"
        case "string_pattern_mismatch":
            return PATTERNS[context["pattern"]]
        case "bool_parsing" | "bool_type":
            return f"{shown(value)} is neither true nor false"
        case "int_parsing" | "int_type" | "int_from_float":
            return f"{shown(value)} is not a whole number"
        case "greater_than":
            return f"must be more than {context['gt']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case "literal_error":
            return f"{shown(value)} is not allowed; use {context['expected']}"
        case "value_error":
            return str(context["error"])
        case _:
            return error["msg"][0].lower() + error["msg"][1:]


def _scalar(value: object) -> bool:
    return isinstance(value, bool | int | float)


def _unknown(keys: Sequence[str | int], model: type[BaseModel]) -> str:
    """Return what is said of a key that its place does not have: where it belongs, or what it may be meant to be."""
    *location, key = keys
    known = _keys_by_place(model)
    if elsewhere := [place for place, names in known.items() if key in names]:
        nearest = min(elsewhere, key=lambda place: (-_in_common(place, location), len(place)))
        shared = _in_common(nearest, location)
        path = Problem([*location[:shared], *nearest[shared:]], "").path.replace(f".{ANY_ITEM}", ANY_ITEM)
        return f"unknown key; `{key}` belongs {f'under `{path}`' if path else 'at the top level'}"
    here = [names for place, names in known.items() if len(place) == len(location) == _in_common(place, location)]
    return f"unknown key{suggestion(str(key), here[0] if here else ())}"


def _in_common(place: ModelPath, location: Sequence[str | int]) -> int:
    """Return how many steps from the top a place and a location share."""
    count = 0
    for step, key in zip(place, location, strict=False):
        if step not in {key, ANY_ITEM if isinstance(key, int) else ANY_KEY}:
            break
        count += 1
    return count


@cache
def _keys_by_place(model: type[BaseModel]) -> dict[ModelPath, list[str]]:
    """Return the keys of a model, and of all models in it, by place."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    found: dict[ModelPath, list[str]] = {(): [alias for alias in fields if alias != "(key)"]}
    for alias, field in fields.items():
        for inner, steps in _models_in(field.annotation):
            # Integrations are validated as a list, and written as a mapping.
            start = (alias, *(ANY_KEY if alias == "integrations" else step for step in steps))
            found |= {(*start, *place): names for place, names in _keys_by_place(inner).items()}
    return found


def _models_in(annotation: Any) -> Iterator[tuple[type[BaseModel], ModelPath]]:
    """Yield the models in a field's annotation, each with the steps to it: none, a key or an item."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ()
    steps = {dict: (ANY_KEY,), tuple: (ANY_ITEM,)}.get(get_origin(annotation), ())
    for argument in get_args(annotation):
        for model, further in _models_in(argument):
            yield model, (*steps, *further)
