"""Which secrets of an application are due, which may go, and what a person has to decide. Pure; dates come in.

A successor is due once the newest secret lives for no longer than twice the overlap: the overlap itself, and as much
again for the time until the successor is really out. So where no more than the overlap lies between two runs (each of
them `rotate`, and the `up` that carries it out), every secret works until its successor has been out for the overlap.
What is out, and since when, is what Entra and the vault say, never the date in the stack file: a rotation may be merged
a week late. docs/rotation.md, docs/decisions/0020-rotation.md.
"""

from __future__ import annotations

import string
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from reconcilers.secrets.rotation_spec import DAY, LiveSecret, Restrictions, Terms

NoteKind = Literal["due", "blocked", "expiring", "pending", "lost", "still valid", "note"]
"""due: a successor is added. blocked: it is due, and is not added. expiring: a secret ends, or ended, before its
successor has been out for the overlap. pending: the next `up` makes it, or removes it. lost: the state has it, and
Entra does not. still valid: its label went before a successor had been out for the overlap, and no `up` has removed it.
note: good to know."""
_TO_DECIDE: frozenset[NoteKind] = frozenset({"blocked", "expiring", "lost", "still valid"})


@dataclass(frozen=True)
class Note:
    """What is to be said of an integration's secrets.

    Attributes:
        kind: which kind of thing.
        label: which secret it is about, "" for none.
        text: sentences.
    """

    kind: NoteKind
    label: str
    text: str

    @property
    def is_to_decide(self) -> bool:
        """Whether a person has to decide or to hurry."""
        return self.kind in _TO_DECIDE


@dataclass(frozen=True)
class Rotation:
    """What to change in the list of labels.

    Attributes:
        add: the label to add, None for none.
        remove: the labels to remove, oldest first.
        notes: what is to be said.
    """

    add: str | None = None
    remove: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def plan(
    terms: Terms,
    live: Mapping[str, LiveSecret],
    recorded: Collection[str],
    now: datetime,
    restrictions: Restrictions | None = None,
) -> Rotation:
    """Return what is to be done about the secrets of one application.

    Args:
        terms: what the stack file says.
        live: by label, the secrets that Entra has.
        recorded: the labels of secrets that the stack's state holds.
        now: the time, in UTC.
        restrictions: the tenant's; None where they were not read.
    """
    labels = sorted(set(terms.labels))
    # Nothing was ever made for these, and what would be made now is due already, or has ended.
    stale = {
        label
        for label in labels
        if label not in live and label not in recorded and _days_left(terms.end(label), now) <= terms.due_days
    }
    kept = [label for label in labels if label not in stale]
    ends = {label: live[label].ends if label in live else terms.end(label) for label in kept}
    replaced = {label for label in kept if _is_replaced(label, kept, live, ends[label], terms.overlap, now)}
    staying = [label for label in kept if label not in replaced]
    newest = max(kept, default="")
    notes = list(_late(kept, live, ends, terms, now))
    add = None
    if not newest or _days_left(ends[newest], now) <= terms.due_days:
        working = [label for label in staying if ends[label] > now]
        add, why = _successor(terms, [*labels, *recorded, *live], working, newest, now, restrictions)
        notes.append(why)
    elif over := [label for label in staying if ends[label] > now][terms.maximum_live :]:
        count = terms.maximum_live + len(over)
        text = (
            f"{count} {terms.what}s work at a time, and maximumLive is {terms.maximum_live}: remove one, or raise it."
        )
        notes.append(Note("blocked", "", text))
    at_once = [label for label in kept if label in live and ends[label] > now]
    made = [label for label in [*staying, add] if label and label not in live and label not in recorded]
    if made and len(at_once) + len(made) > terms.maximum_live and any(label in replaced for label in at_once):
        text = (
            f"While `up` runs, {len(at_once) + len(made)} {terms.what}s work, and maximumLive is {terms.maximum_live}: "
            "it makes the new before it deletes what has been replaced."
        )
        notes.append(Note("note", max(made), text))
    notes += _not_in_place(terms, staying, live, recorded)
    notes += _out_of_the_list(terms, kept, live, now)
    return Rotation(add, tuple(sorted(replaced | stale)), tuple(notes))


def plan_after_leak(
    terms: Terms,
    live: Mapping[str, LiveSecret],
    recorded: Collection[str],
    now: datetime,
    restrictions: Restrictions | None = None,
) -> Rotation:
    """Return what is to be done where a secret is in wrong hands: a successor, and nothing of the old at once.

    The arguments are those of `plan`.
    """
    labels = sorted(set(terms.labels))
    add, why = _successor(terms, [*labels, *recorded, *live], [], "", now, restrictions)
    if add is None:
        text = (
            f"{why.text} Nothing was removed either: the stack file would have no {terms.what} left. Revoke it by hand."
        )
        return Rotation(notes=(Note("blocked", "", text),))
    notes = [Note("note", add, "What was handed over before stops working with the next `up`: hand the new one over.")]
    at_once = sum(label in live and live[label].ends > now for label in labels)
    if at_once >= terms.maximum_live:
        text = (
            f"While `up` runs, {at_once + 1} {terms.what}s work, and maximumLive is {terms.maximum_live}: it makes the "
            "new one before it deletes the old."
        )
        notes.append(Note("note", add, text))
    return Rotation(add, tuple(labels), tuple(notes))


def lateness(newer: Iterable[LiveSecret], ends: datetime, overlap: timedelta, now: datetime) -> datetime | None:
    """Return since when the first successor of a secret is available, or now, where that is too late for the overlap.

    None where a successor has been available for the overlap when the secret ends, or still can be.

    Args:
        newer: the secrets of newer labels.
        ends: when the secret ends, or ended.
        overlap: for how long both are to work.
        now: the time, in UTC.
    """
    first = min((each.available_from for each in newer if each.available_from is not None), default=now)
    return first if first + overlap > ends else None


def _late(
    kept: Collection[str],
    live: Mapping[str, LiveSecret],
    ends: Mapping[str, datetime],
    terms: Terms,
    now: datetime,
) -> Iterator[Note]:
    """Yield the secrets that end before their successor has been out for the overlap, and those that did."""
    for label in kept:
        if label not in live or live[label].available_from is None:
            continue  # nobody has it
        newer = [live[each] for each in kept if each > label and each in live]
        first = lateness(newer, ends[label], terms.overlap, now)
        if first is None:
            continue
        has_one = any(each.available_from is not None for each in newer)
        since = f"its successor is out since {first:%Y-%m-%d}" if has_one else "it has no successor that is out"
        when = "ended" if ends[label] <= now else "ends"
        text = (
            f"The {terms.what} '{label}' {when} {ends[label]:%Y-%m-%d}, and {since}: less than the "
            f"{terms.overlap_days} days of overlapDays remain to take the new one. Whoever uses it has to be told now."
        )
        yield Note("expiring", label, text)


def _is_replaced(
    label: str,
    kept: Collection[str],
    live: Mapping[str, LiveSecret],
    ends: datetime,
    overlap: timedelta,
    now: datetime,
) -> bool:
    """Tell whether a successor has been available for the overlap; of a secret that has ended, whether one is."""
    for each in kept:
        successor = live.get(each) if each > label else None
        if successor is None or successor.available_from is None or not successor.is_available(now):
            continue
        if ends <= now or successor.available_from + overlap <= now:
            return True
    return False


def _successor(
    terms: Terms,
    taken: Collection[str],
    working: Collection[str],
    newest: str,
    now: datetime,
    restrictions: Restrictions | None,
) -> tuple[str | None, Note]:
    """Return the label of a successor, and a note that it is due; None, and why it is not to be added."""
    due = f"The first {terms.what} is due" if not newest else f"A successor of '{newest}' is due"
    label = _new_label(now.date(), taken)
    found = restrictions or Restrictions()
    problem = ""
    if len(working) >= terms.maximum_live:
        problem = (
            f"{len(working)} {terms.what}s work ({', '.join(working)}), as many as maximumLive allows, and none has a "
            f"successor that has been out for {terms.overlap_days} days. Remove one that nobody uses, or raise "
            "maximumLive."
        )
    elif found.forbids_secrets:
        problem = (
            "the tenant's app management policy forbids new secrets (passwordAddition). Ask whoever keeps it for an "
            "exception, or let the integration sign in without a secret."
        )
    elif found.longest is not None and terms.lifetime_days * DAY > found.longest:
        problem = (
            f"a secret lives for {terms.lifetime_days} days, and the tenant's app management policy allows "
            f"{found.longest / DAY:g} (passwordLifetime). Shorten lifetimeDays."
        )
    elif label is None:
        problem = f"there are 26 labels of {now:%Y-%m-%d} already."
    elif label < newest:
        problem = f"the label '{newest}' is later than today, {now:%Y-%m-%d}, and the newest is handed over."
    if problem or label is None:
        return None, Note("blocked", "", f"{due}, and was not added: {problem}")
    return label, Note("due", label, f"{due}: '{label}', which ends {terms.end(label):%Y-%m-%d}.")


def _not_in_place(
    terms: Terms, labels: Iterable[str], live: Mapping[str, LiveSecret], recorded: Collection[str]
) -> Iterator[Note]:
    for label in labels:
        if label in live and live[label].available_from is None:
            yield Note(
                "pending", label, f"The {terms.what} '{label}' is not in its vault yet: the next `up` puts it there."
            )
        elif label not in live and label not in recorded:
            yield Note("pending", label, f"The {terms.what} '{label}' is not made yet: the next `up` makes it.")
        elif label not in live:
            text = f"The {terms.what} '{label}' is in the state and not in Entra: `pulumi up --refresh` makes it anew."
            yield Note("lost", label, text)


def _out_of_the_list(
    terms: Terms, kept: Collection[str], live: Mapping[str, LiveSecret], now: datetime
) -> Iterator[Note]:
    """Yield the secrets that work though the list has their label no more: no `up` has come to removing them.

    What went as this rule has it waits for the next `up`, as what it adds does. What went before that, as after a leak,
    nobody may have any longer.
    """
    for label in sorted(live.keys() - set(terms.labels)):
        ends = live[label].ends
        if ends <= now:
            continue
        text = f"The {terms.what} '{label}' is out of the list and still works: the next `up` removes it."
        if _is_replaced(label, kept, live, ends, terms.overlap, now):
            yield Note("pending", label, text)
            continue
        why = (
            f" No successor has been out for the {terms.overlap_days} days of overlapDays: if it went because of a "
            "leak, run `pulumi up --continue-on-error` now."
        )
        yield Note("still valid", label, text + why)


def _days_left(ends: datetime, now: datetime) -> int:
    """Return how many days lie between today and the day of an end: rounded up, whatever the time of the day."""
    return (ends.date() - now.date()).days


def _new_label(day: date, taken: Collection[str]) -> str | None:
    """Return the first label of a day that nothing has; it sorts behind all that the day has. None: all are taken."""
    of_the_day = sorted(label for label in taken if label.startswith(day.isoformat()))
    if not of_the_day:
        return day.isoformat()
    last = of_the_day[-1][10:] or "a"
    rest = string.ascii_lowercase[string.ascii_lowercase.index(last) + 1 :]
    return f"{day.isoformat()}{rest[0]}" if rest else None
