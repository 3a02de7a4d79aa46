"""That each detector of `make fuzz-answers` fires: a defect is planted, and has to be counted; without it, nothing is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.http import bodies, transport
from clients.http.errors import DEBUG_VARIABLE, ServiceError, UnexpectedAnswer
from clients.http.retries import RetryPolicy
from reconcilers.proof import prove
from reconcilers.registration import observe
from tests.fuzz.__main__ import is_good
from tests.fuzz.answers import FAULTS, Counts, fuzz_in
from tests.fuzz.operations import Operation, World, consents, preflights, proofs, registrations
from tests.fuzz.ways import WAYS
from tests.support.tenant import Tenant

Plant = Callable[[pytest.MonkeyPatch], None]


def a_page_counts_as_a_list(patch: pytest.MonkeyPatch) -> None:
    read = prove._read

    def hopeful(*arguments: Any) -> None:
        try:
            read(*arguments)
        except UnexpectedAnswer:
            return

    patch.setattr(prove, "_read", hopeful)


def a_404_counts_as_absence(patch: pytest.MonkeyPatch) -> None:
    read = observe.read

    def hasty(*arguments: Any) -> Any:
        try:
            return read(*arguments)
        except ServiceError as problem:
            if problem.status == 404:
                return None
            raise

    patch.setattr(observe, "read", hasty)


def readers_are_trusted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transport, "_NOT_FOUND_IN_IT", ())


def nothing_is_between_us_and_pulumi(patch: pytest.MonkeyPatch) -> None:
    readers_are_trusted(patch)
    patch.setenv(DEBUG_VARIABLE, "1")  # then a provider lets everything through as it is


def texts_are_shown_as_they_come(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bodies, "shortened", lambda text, *_: text)


def writes_are_sent_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RetryPolicy, "is_retry", lambda _, __, status, ___=False: status == 503)


CASES: dict[str, tuple[str, Callable[[World], Iterator[Operation]], str, str, Plant]] = {
    "a false proof": ("false", proofs, "proof, disabled", "200 HTML", a_page_counts_as_a_list),
    "a false proof by the command": ("false", proofs, "prove, disabled", "200 HTML", a_page_counts_as_a_list),
    "a false absence": ("false", registrations, "registration: read", "404 HTML", a_404_counts_as_absence),
    "a traceback": ("traceback", consents, "consent: read", "200 empty object", nothing_is_between_us_and_pulumi),
    "an internal error": ("internal error", consents, "consent: read", "200 empty object", readers_are_trusted),
    "an internal error of a command": (
        "internal error", preflights, "preflight", "200 empty object", readers_are_trusted
    ),
    "a text that a terminal would obey": (
        "internal error", consents, "consent: read", "418 control characters", texts_are_shown_as_they_come
    ),
    "a write repeated without a check": (
        "repeated", consents, "consent: create", "503 that asks for a wait, though done", writes_are_sent_again
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_planted_defect_is_counted(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    fault, operations, name, way, plant = CASES[case]

    def counted() -> Counts:
        counts, _ = fuzz_in(tenant, tmp_path, operations, only=(name,), ways={way: WAYS[way]})
        assert counts[name, "answers"] == counts[name, "requests"] > 1
        return counts

    clean = counted()
    assert is_good(clean), dict(clean)
    plant(monkeypatch)
    planted = counted()
    assert planted[name, fault] > 0
    assert {kind for kind in FAULTS if planted[name, kind]} == {fault}
    assert not is_good(planted)


def test_an_operation_that_does_not_do_what_it_should_is_counted(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a world that was prepared badly would look like one without faults."""
    monkeypatch.setattr(prove, "_read", lambda *_: None)  # whatever answers
    counts, details = fuzz_in(tenant, tmp_path, proofs, only=("proof, disabled",), ways={})
    assert counts["proof, disabled", "internal error"] == 1
    assert details == ["proof, disabled, without any odd answer: internal error: proven, and not error"]


def test_a_run_that_asked_nothing_is_not_good() -> None:
    assert not is_good(Counter())
