"""Which applications are taken over, and under which keys: by options, or by asking on a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rich.console import Console
from rich.prompt import Prompt

from commands.adopt.entries import key_for
from commands.adopt.show import Judged


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
            console.print(f"There is no {', '.join(unknown)} to take over.", markup=False)
            continue
        return _keys([offered[each] for each in numbers], taken, console)


def _keys(chosen: Sequence[Judged], taken: Collection[str], console: Console) -> dict[str, Judged]:
    keys: dict[str, Judged] = {}
    for each in chosen:
        proposed = key_for(each.found.name, {*taken, *keys})
        while (key := Prompt.ask(f"Key of {each.found.name}", default=proposed, console=console)) in {*taken, *keys}:
            console.print(f"The stack file has {key} already.", markup=False)
        keys[key] = each
    return keys


def environments(names: Sequence[str], declared: Mapping[str, str]) -> dict[str, str]:
    """Return which environments are looked at, key -> name; those that the stack file lacks get a key.

    Args:
        names: names or keys from options; without any, all of the stack file.
        declared: the stack file's, key -> name.

    Raises:
        NotChosen: there are none.
    """
    chosen: dict[str, str] = {}
    for name in names:
        there = [key for key, each in declared.items() if name.casefold() in (key.casefold(), each.casefold())]
        key = there[0] if there else key_for(name, {*declared, *chosen})
        chosen[key] = declared.get(key, name)
    chosen = chosen or dict(declared)
    if not chosen:
        raise NotChosen("The stack file names no environments: say which to look at, --environment Production.")
    return chosen
