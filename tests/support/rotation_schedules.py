"""Random schedules of rotations: when `rotate` and `up` run, and what people do in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

Edit = Literal["comment", "add", "leak", "lifetime", "foreign", "reformat"]


@dataclass(frozen=True)
class Run:
    """One run: so many days after the last `rotate`; `up` comes so many days later, or never (None)."""

    wait: float
    merge: float | None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """One schedule.

    Attributes:
        overlap: days.
        lifetime: days.
        start: time of the day at which it begins, in days.
        maximum_live: the cap.
        removes_foreign: `foreignSecrets: remove`.
        runs: oldest first.
        is_regular: whether no more than the overlap lies between a `rotate` and the `up` of the next.
    """

    overlap: int
    lifetime: int
    start: float
    maximum_live: int
    removes_foreign: bool
    runs: tuple[Run, ...]
    is_regular: bool


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Return schedules; two of three are regular."""
    overlap = draw(st.integers(1, 30))
    lifetime = overlap * draw(st.integers(5, 8)) + draw(st.integers(0, 3))
    is_regular = draw(st.sampled_from([True, True, False]))
    edits = st.lists(st.sampled_from(["comment", "add", "leak", "lifetime", "foreign", "reformat"]), max_size=1)
    part = st.floats(0, 1, width=32) | st.just(1.0)
    runs: list[Run] = []
    merged = 0.0
    for number in range(draw(st.integers(6, 16))):
        # A minute less than the overlap: the clock runs on while a schedule is played.
        longest = overlap - 1 / 1440 if is_regular else overlap * draw(st.sampled_from([1, 1, 2, 5, 7]))
        wait = max(merged, draw(part) * longest) if number else 0.0
        merge: float | None = draw(part) * (longest - wait) if wait < longest else 0.0
        if not is_regular and number and draw(st.integers(0, 5)) == 0:
            merge = None
        merged = merge or 0.0
        edited = draw(edits) if number and draw(st.booleans()) else []
        runs.append(Run(wait, merge, tuple(edited)))  # type: ignore[arg-type]
    return Schedule(
        overlap,
        lifetime,
        draw(part) * 0.999,
        draw(st.sampled_from([2, 2, 3])),
        draw(st.booleans()),
        tuple(runs),
        is_regular,
    )
