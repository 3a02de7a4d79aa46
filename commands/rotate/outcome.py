"""What `rotate` found and did for one integration, in words; printed as a table, as lines or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clients.graph.times import when_it_ends
from commands.rotate.known_secrets import Known
from reconcilers.secrets.foreign import ListedSecret
from reconcilers.secrets.rotation import Rotation
from settings.secret_labels import issued_path

ForeignAction = Literal["kept", "young", "to remove", "removed"]
"""kept: the stack file says so. young: too young to tell. to remove: with --check, or where removing failed.
removed: from Entra."""

_COLOURS = {
    "blocked": "red",
    "expiring": "red",
    "lost": "red",
    "still valid": "red",
    "changed": "green",
    "next up": "green",
}


class Line(NamedTuple):
    """One line of what is printed.

    Attributes:
        kind: one word or two.
        where: what it is about.
        text: sentences.
    """

    kind: str
    where: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What came of one integration.

    Attributes:
        known: what was known of it.
        rotation: what was planned, and, unless it was only checked, written.
        foreign: its foreign secrets, each with what became of it.
        checked: whether it was only looked at.
        now: the time, in UTC.
        reason: of `--now`, "" without it.
    """

    known: Known
    rotation: Rotation
    foreign: Sequence[tuple[ListedSecret, ForeignAction]]
    checked: bool
    now: datetime
    reason: str = ""

    @property
    def key(self) -> str:
        """The integration's key."""
        return self.known.integration.key

    @property
    def edits(self) -> bool:
        """Whether the stack file is to change."""
        return bool(self.rotation.add or self.rotation.remove)

    @property
    def is_due(self) -> bool:
        """Whether anything changed; with `--check`, whether anything would."""
        return self.edits or any(action == self._removal for _, action in self.foreign)

    @property
    def is_to_decide(self) -> bool:
        """Whether a person has to decide something, or to hurry."""
        return any(each.is_to_decide for each in self.rotation.notes) or bool(self._still_valid)

    @property
    def _removal(self) -> ForeignAction:
        """What is done to a foreign secret that goes; with `--check`, what would be done."""
        return "to remove" if self.checked else "removed"

    @property
    def _still_valid(self) -> Sequence[ListedSecret]:
        """After a leak, the secrets that neither this run nor the next `up` removes."""
        left_alone = [secret for secret, action in self.foreign if action != self._removal]
        return [*self.known.kept, *left_alone] if self.reason else ()

    @property
    def next_up(self) -> list[str]:
        """What the next `up` will do."""
        return list(self._next_up())

    def _next_up(self) -> Iterator[str]:
        if add := self.rotation.add:
            where = "leaves it in the stack's output clientSecret: hand it over"
            if place := self.known.secrets.deliver or self.known.secrets.custody:
                where = f"puts it into the vault {place.key_vault}, as {place.secret_name}"
            elif self._has_overlap:
                where += f" within {self.known.terms.overlap_days} days, since the secret before it is removed then"
            ends = f"{self.known.terms.end(add):%Y-%m-%d}"
            yield f"The next `pulumi up` makes the secret '{add}', which ends {ends}, and {where}."
        made = [label for label in self.rotation.remove if label in self.known.recorded]
        if made:
            names = ", ".join(f"'{label}'" for label in made)
            yield f"The next `pulumi up` removes {names} from Entra: nobody can sign in with it any more."

    @property
    def _has_overlap(self) -> bool:
        """Whether a secret still works that the next `up` leaves."""
        staying = set(self.known.terms.labels) - set(self.rotation.remove)
        return any(each.ends > self.now for label, each in self.known.live.items() if label in staying)

    def lines(self) -> Iterator[Line]:
        """Yield what to print."""
        where = issued_path(self.key)
        yield from rotation_lines(self.rotation, where, checked=self.checked, reason=self.reason)
        for text in self._next_up():
            yield Line("next up", where, text)
        for secret in self._still_valid:
            about = _about_kept if secret in self.known.kept else _about_left_alone
            yield Line("still valid", where, about(secret, self.known.object_id))
        for secret, action in self.foreign:
            yield Line("foreign", f"integrations.{self.key}", _about_foreign(secret, action))

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "key": self.key,
            "add": self.rotation.add,
            "remove": list(self.rotation.remove),
            "reason": self.reason,
            "toDecide": self.is_to_decide,
            "notes": [{"kind": each.kind, "label": each.label, "text": each.text} for each in self.rotation.notes],
            "nextUp": self.next_up,
            "stillValid": [
                {"keyId": each.key_id, "displayName": each.display_name, "ends": each.ends}
                for each in self._still_valid
            ],
            "foreign": [
                {"keyId": each.key_id, "displayName": each.display_name, "ends": each.ends, "action": action}
                for each, action in self.foreign
            ],
        }


def rotation_lines(rotation: Rotation, where: str, *, checked: bool, reason: str) -> Iterator[Line]:
    """Yield what to print of a list of labels.

    Args:
        rotation: what is to change in it.
        where: its key path.
        checked: whether it was only looked at.
        reason: of `--now`, "" without it.
    """
    for note in rotation.notes:
        yield Line(note.kind, where, note.text)
    changes = [f"added '{rotation.add}'"] if rotation.add else []
    changes += [f"removed '{label}'" for label in rotation.remove]
    if changes:
        why = f" ({reason})" if reason else ""
        said = "Would change" if checked else "Changed"
        yield Line("due" if checked else "changed", where, f"{said}: {', '.join(changes)}{why}.")


def _about_foreign(secret: ListedSecret, action: ForeignAction) -> str:
    said = {
        "kept": "was left alone: `foreignSecrets: remove` has `rotate` remove such secrets, `known` keeps one for good",
        "young": "was left alone, since an `up` that is at work may have made it: run it again later",
        "to remove": "is to be removed from Entra: `foreignSecrets: remove` says so",
        "removed": "was removed from Entra, as `foreignSecrets: remove` says",
    }
    described = f"The secret {_named(secret)}, which {when_it_ends(secret.ends)}"
    return f"{described}, is in no state and under no label; it {said[action]}."


def _about_kept(secret: ListedSecret, object_id: str) -> str:
    return (
        f"The secret {_named(secret)} stands under `known` and {when_it_ends(secret.ends)}: `up` never removes it. "
        "Once the outside system has the new one: "
        f"`az ad app credential delete --id {object_id} --key-id {secret.key_id}`, "
        "and take its line out of `known`."
    )


def _about_left_alone(secret: ListedSecret, object_id: str) -> str:
    return (
        f"The secret {_named(secret)} is under no label and {when_it_ends(secret.ends)}: whoever had the leaked one "
        "may have added it, and `up` never removes it. Unless somebody is known to need it: "
        f"`az ad app credential delete --id {object_id} --key-id {secret.key_id}`."
    )


def _named(secret: ListedSecret) -> str:
    return f"{secret.display_name!r} ({secret.key_id})" if secret.display_name else secret.key_id


def show(lines: Sequence[Line], summary: str, console: Console) -> None:
    """Print a table; without a terminal one line each, tab-separated, for grep."""
    if not console.is_terminal:
        console.file.write("".join("\t".join(line) + "\n" for line in lines) + f"{summary}\n")  # not wrapped
        return
    if lines:
        table = Table(show_lines=True)
        for name in ("", "where", "what"):
            table.add_column(name, overflow="fold")
        for line in lines:
            table.add_row(Text(line.kind, style=_COLOURS.get(line.kind, "cyan")), line.where, Text(line.text))
        console.print(table)
    console.print(summary, markup=False, highlight=False)
