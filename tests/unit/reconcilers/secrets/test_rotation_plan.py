"""The rule of rotation: what is due, what may go, what a person has to decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconcilers.secrets.foreign import ListedSecret, foreign_secrets
from reconcilers.secrets.rotation import Rotation, plan, plan_after_leak
from reconcilers.secrets.rotation_spec import LiveSecret, Restrictions, Terms

DAY = timedelta(days=1)
LIFETIME, OVERLAP = 120, 14


def day(number: float) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + number * DAY


def label(number: int) -> str:
    return day(number).date().isoformat()


def terms(*labels: str, maximum: int = 2) -> Terms:
    return Terms(labels, LIFETIME, OVERLAP, maximum)


def secret(number: int, *, out: float | None = None, made: bool = True) -> LiveSecret:
    return LiveSecret(f"key-{number}", day(number if out is None else out) if made else None, day(number + LIFETIME))


def kinds(rotation: Rotation) -> list[str]:
    return [each.kind for each in rotation.notes]


FIRST, SECOND, THIRD = label(0), label(100), label(101)


def test_the_first_secret_is_due_at_once() -> None:
    assert plan(terms(), {}, [], day(0)).add == FIRST


@pytest.mark.parametrize(
    ("now", "add"), [(91, None), (91.99, None), (92, label(92)), (119, label(119)), (130, label(130))]
)
def test_a_successor_is_due_when_the_newest_lives_for_twice_the_overlap_or_less(now: float, add: str | None) -> None:
    planned = plan(terms(FIRST), {FIRST: secret(0)}, [FIRST], day(now))
    assert (planned.add, planned.remove) == (add, ())


@pytest.mark.parametrize(("out", "now", "gone"), [
    (100, 113.9, False), (100, 114, True),   # as dated
    (107, 114, False), (107, 120.9, True),   # a rotation merged a week late: not by the date in the file
    (107, 119.9, False),
])  # fmt: skip
def test_a_secret_goes_when_its_successor_has_been_out_for_the_overlap(out: float, now: float, gone: bool) -> None:
    live = {FIRST: secret(0), SECOND: secret(100, out=out)}
    planned = plan(terms(FIRST, SECOND), live, [FIRST, SECOND], day(now))
    assert planned.remove == ((FIRST,) if gone else ())


def test_a_secret_stays_while_its_successor_is_not_in_the_vault_that_hands_it_over() -> None:
    live = {FIRST: secret(0), SECOND: secret(100, made=False)}
    planned = plan(terms(FIRST, SECOND), live, [FIRST, SECOND], day(118))
    assert planned.remove == ()
    assert kinds(planned) == ["expiring", "pending"]


def test_a_secret_that_has_ended_goes_once_a_successor_is_out_and_not_before() -> None:
    late = {FIRST: secret(0), label(118): secret(118)}
    assert plan(terms(FIRST, label(118)), late, late, day(121)).remove == (FIRST,)
    waiting = plan(terms(FIRST, label(118)), {FIRST: secret(0)}, [FIRST], day(121))
    assert waiting.remove == ()
    assert kinds(waiting) == ["expiring", "pending"]


@pytest.mark.parametrize(("out", "said"), [(105, False), (106, False), (107, True), (None, True)])
def test_a_secret_that_ends_before_its_successor_has_been_out_for_the_overlap_is_said(
    out: float | None, said: bool
) -> None:
    live = {FIRST: secret(0)} | ({SECOND: secret(100, out=out)} if out else {})
    planned = plan(terms(FIRST, SECOND), live, [FIRST, SECOND][: len(live)], day(108))
    assert ("expiring" in kinds(planned)) is said
    assert any(each.is_to_decide for each in planned.notes) is said


def test_no_more_secrets_than_the_cap_are_added_and_that_is_said() -> None:
    live = {FIRST: secret(0), label(1): secret(1, out=90)}
    planned = plan(terms(FIRST, label(1)), live, live, day(93))
    assert planned.add is None
    assert "as many as maximumLive allows" in planned.notes[-1].text
    assert planned.notes[-1].is_to_decide
    assert plan(terms(FIRST, label(1), maximum=3), live, live, day(93)).add == label(93)


def test_more_secrets_than_the_cap_that_somebody_added_are_said() -> None:
    live = {FIRST: secret(0), SECOND: secret(100), THIRD: secret(101)}
    planned = plan(terms(FIRST, SECOND, THIRD), live, live, day(102))
    assert (planned.add, planned.remove, kinds(planned)) == (None, (), ["blocked"])


def test_what_the_new_one_replaces_counts_while_up_runs() -> None:
    """`up` makes before it deletes."""
    live = {FIRST: secret(50), label(52): secret(52, out=53)}
    planned = plan(terms(FIRST, label(52)), {**live, FIRST: secret(30)}, live, day(145))
    assert (planned.add, planned.remove) == (label(145), (FIRST,))
    assert "While `up` runs, 3 secrets work" in planned.notes[-1].text


def test_a_label_that_was_never_made_and_is_due_already_is_replaced() -> None:
    planned = plan(terms(FIRST), {}, [], day(100))
    assert (planned.add, planned.remove) == (label(100), (FIRST,))
    assert plan(terms(FIRST), {}, [], day(91)) .add is None  # fmt: skip


def test_a_secret_that_is_lost_in_entra_is_said_and_is_no_successor() -> None:
    planned = plan(terms(FIRST, SECOND), {FIRST: secret(0)}, [FIRST, SECOND], day(119))
    assert planned.remove == ()
    assert kinds(planned) == ["expiring", "lost"]


@pytest.mark.parametrize(("restrictions", "add", "text"), [
    (None, True, "is due"),
    (Restrictions(), True, "is due"),
    (Restrictions(longest=LIFETIME * DAY), True, "is due"),
    (Restrictions(longest=90 * DAY), False, "a secret lives for 120 days, and the tenant's app management policy allows 90"),
    (Restrictions(forbids_secrets=True), False, "forbids new secrets (passwordAddition)"),
])  # fmt: skip
def test_what_the_tenant_does_not_allow_is_not_added(restrictions: Restrictions | None, add: bool, text: str) -> None:
    planned = plan(terms(FIRST), {FIRST: secret(0)}, [FIRST], day(93), restrictions)
    assert (planned.add is not None) is add
    assert text in planned.notes[-1].text


def test_a_leak_adds_a_successor_and_removes_all_others_at_once() -> None:
    live = {FIRST: secret(0), SECOND: secret(100)}
    planned = plan_after_leak(terms(FIRST, SECOND), live, live, day(100.5))
    assert (planned.add, planned.remove) == (f"{SECOND}b", (FIRST, SECOND))
    assert "While `up` runs, 3 secrets work" in planned.notes[-1].text
    again = plan_after_leak(terms(f"{SECOND}b"), {}, [SECOND], day(100.6))
    assert (again.add, again.remove) == (f"{SECOND}c", (f"{SECOND}b",))


def test_a_leak_changes_nothing_where_no_successor_is_allowed() -> None:
    planned = plan_after_leak(terms(FIRST), {FIRST: secret(0)}, [FIRST], day(1), Restrictions(forbids_secrets=True))
    assert (planned.add, planned.remove, kinds(planned)) == (None, (), ["blocked"])
    assert "Revoke it by hand" in planned.notes[0].text


def test_the_letters_of_a_day_come_to_an_end() -> None:
    full = terms(*(f"{FIRST}{letter}" for letter in ("", *"bcdefghijklmnopqrstuvwxyz")))
    assert "26 labels" in plan_after_leak(full, {}, [], day(0)).notes[0].text


def test_only_what_no_label_no_state_and_no_list_knows_is_foreign() -> None:
    def listed(key_id: str, name: str) -> ListedSecret:
        return ListedSecret(key_id, name, day(0), "")

    secrets = [
        listed("a", "x"),
        listed("b", "x"),
        listed("c", ""),
        listed("d", f"Magento - {FIRST}"),
        listed("e", f"x-{FIRST}"),
    ]
    found = foreign_secrets(secrets, recorded={"a"}, known={"b"}, labels=[FIRST])
    assert [each.key_id for each in found] == ["c", "e"]
    assert [each.key_id for each in foreign_secrets(secrets, recorded=(), known=(), labels=())] == list("abcde")


@pytest.mark.parametrize(("out", "now", "kind"), [
    (None, 100.5, "still valid"),   # a leak, and no `up` since
    (100, 100.5, "still valid"),    # a leak, and an `up` that failed before its deletes
    (100, 113.9, "still valid"), (100, 114, "pending"),  # by the rule, and its `up` is to come
    (100, 120, None),               # it has ended by itself
])  # fmt: skip
def test_a_secret_out_of_the_list_that_works_is_said_and_is_to_decide_unless_it_was_replaced(
    out: float | None, now: float, kind: str | None
) -> None:
    live = {FIRST: secret(0)} | ({SECOND: secret(100, out=out)} if out else {})
    planned = plan(terms(SECOND), live, live, day(now))
    said = [each for each in planned.notes if each.label == FIRST]
    assert [each.kind for each in said] == ([kind] if kind else [])
    assert [each.is_to_decide for each in said] == ([kind == "still valid"] if kind else [])
    assert all("is out of the list and still works" in each.text for each in said)


def test_what_somebody_added_counts_while_up_runs_too() -> None:
    live = {FIRST: secret(0), label(50): secret(50)}
    planned = plan(terms(FIRST, label(50), label(70)), live, live, day(70))
    assert (planned.add, planned.remove) == (None, (FIRST,))
    assert "While `up` runs, 3 secrets work" in planned.notes[0].text
