"""Which applications are taken over, and under which keys: by options, or by asking on a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.prompt import Prompt
from rich.text import Text

from commands.adopt.entries import key_for
from commands.adopt.show import Judged
from settings.messages import problem_text
from settings.values import EnvironmentName, Key

_KEY: TypeAdapter[str] = TypeAdapter(Key)
_ENVIRONMENT: TypeAdapter[str] = TypeAdapter(EnvironmentName)


class NotChosen(Exception):
    """What was chosen cannot be taken over; the text says what to choose instead."""


def by_options(wanted: Sequence[str], judged: Sequence[Judged], taken: Collection[str]) -> dict[str, Judged]:
    """Return what options name: key -> application.

    Args:
        wanted: client ids, each perhaps with the key that it shall get: `<client id>=magento`.
        judged: what was found.
        taken: keys that the stack file has already.

    Raises:
        NotChosen: one was not found, or cannot be taken over, or its key is taken.
    """
    known = {each.found.client_id: each for each in judged}
    chosen: dict[str, Judged] = {}
    for option in wanted:
        client_id, _, key = option.partition("=")
        found = known.get(client_id.lower())
        if found is None:
            raise NotChosen(
                f"--client-id {client_id}: nothing of this client id was granted anything on Business Central, or is "
                "registered in these environments. Without --client-id, the command lists what was found."
            )
        if found.obstacle:
            raise NotChosen(f"--client-id {client_id}: {found.found.name} cannot be taken over: {found.obstacle}.")
        if found in chosen.values():
            raise NotChosen(f"--client-id {client_id} is given twice.")
        if key and (problem := _not_valid(key, _KEY)):
            raise NotChosen(f"--client-id {option}: the key {key!r} {problem}.")
        if key in {*taken, *chosen}:
            raise NotChosen(f"--client-id {option}: the stack file has integration {key} already; give another key.")
        chosen[key or key_for(found.found.name, {*taken, *chosen})] = found
    return chosen


def by_asking(judged: Sequence[Judged], taken: Collection[str], console: Console) -> dict[str, Judged]:
    """Ask a person for numbers of the table, and for a key of each; nothing where there is nothing to choose."""
    offered = {str(number): each for number, each in enumerate(judged, 1) if not each.obstacle}
    if not offered:
        return {}
    while True:
        answer = Prompt.ask("Take over which? Numbers, or nothing", default="", show_default=False, console=console)
        numbers = list(dict.fromkeys(answer.replace(",", " ").split()))
        if unknown := [each for each in numbers if each not in offered]:
            console.print(f"There is no {', '.join(unknown)} to take over.", markup=False, highlight=False)
            continue
        return _keys([offered[each] for each in numbers], taken, console)


def _keys(chosen: Sequence[Judged], taken: Collection[str], console: Console) -> dict[str, Judged]:
    keys: dict[str, Judged] = {}
    for each in chosen:
        proposed = key_for(each.found.name, {*taken, *keys})
        question = Text(f"Key of {each.found.name}")  # no markup, whatever somebody called it
        while problem := _problem(key := Prompt.ask(question, default=proposed, console=console), {*taken, *keys}):
            console.print(f"{key!r} {problem}.", markup=False, highlight=False)
        keys[key] = each
    return keys


def _problem(key: str, taken: Collection[str]) -> str:
    return "is in the stack file already" if key in taken else _not_valid(key, _KEY)


def _not_valid(text: str, kind: TypeAdapter[str]) -> str:
    """Return why a text cannot be what it is given for, a clause; "" where it can."""
    try:
        kind.validate_python(text)
    except ValidationError as problem:
        return problem_text(problem)
    return ""


def environments(names: Sequence[str], declared: Mapping[str, str]) -> dict[str, str]:
    """Return which environments are looked at, key -> name; those that the stack file lacks get a key.

    Args:
        names: names or keys from options; without any, all of the stack file.
        declared: the stack file's, key -> name.

    Raises:
        NotChosen: there are none, or one cannot be a name.
    """
    chosen: dict[str, str] = {}
    for name in names:
        there = [key for key, each in declared.items() if name.casefold() in (key.casefold(), each.casefold())]
        if not there and (problem := _not_valid(name, _ENVIRONMENT)):
            raise NotChosen(f"--environment {name!r}: {problem}.")
        key = there[0] if there else key_for(name, {*declared, *chosen})
        chosen[key] = declared.get(key, name)
    chosen = chosen or dict(declared)
    if not chosen:
        raise NotChosen("The stack file names no environments: say which to look at, --environment Production.")
    return chosen
