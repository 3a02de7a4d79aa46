"""What is planned for a secret in a vault: over everything that may be there, and case by case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from clients.graph.passwords import Password
from clients.key_vault.records import Deleted, Version
from reconcilers.secrets.plan import Plan, Removal, plan, refreshed, removal, why_not_moved
from reconcilers.secrets.spec import Live, Recorded, SecretSpec, is_in_custody
from tests.support.secret_model import SPEC, Planning, Removing, World, check, check_removal, worlds

KEY, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
CREDENTIAL = Password(KEY, f"{SPEC.mark}0badcafe", "", SPEC.ends)
VERSION = Version(vault="acme-vault", name="magento", version="v1", enabled=True, tags=SPEC.tags(KEY))
THEIRS = replace(VERSION, version="v2", tags={}, created=datetime(2026, 11, 1, tzinfo=UTC))
RECORDED = Recorded(KEY, "v1", SPEC.ends)
DELETED = Deleted("magento", None, SPEC.tags(KEY))
THERE = Live((CREDENTIAL,), (VERSION,))


@settings(max_examples=400)
@given(worlds())
def test_whatever_is_there_one_credential_lives_and_the_vault_has_it(world: World) -> None:
    check(world, plan)


@settings(max_examples=200)
@given(worlds())
def test_whatever_is_there_nothing_works_after_a_removal_and_nobody_elses_is_touched(world: World) -> None:
    check_removal(world, removal)


def changing(mistake: Callable[[Plan], Plan]) -> Planning:
    return lambda spec, live, recorded: mistake(plan(spec, live, recorded))


def looking(mistake: Callable[[SecretSpec, Live], Live]) -> Planning:
    return lambda spec, live, recorded: plan(spec, mistake(spec, live), recorded)


BUGS: dict[str, Planning] = {
    "a lost credential stays": changing(lambda planned: replace(planned, lost=())),
    "an old credential stays": changing(lambda planned: replace(planned, superseded=())),
    "a version whose credential is gone stays enabled": changing(lambda planned: replace(planned, disable=())),
    "what is there is not adopted": changing(
        lambda planned: planned if planned.refused else replace(planned, adopt=None, key_id="", enable=False)
    ),
    "a disabled version stays disabled": changing(lambda planned: replace(planned, enable=False)),
    "an older label becomes the current one": changing(lambda planned: replace(planned, renew=None)),
    "somebody else's secret in the vault gets a version": lambda spec, live, recorded: plan(
        spec, replace(live, versions=tuple(each for each in live.versions if each.tags.get("client-id"))), recorded
    ),
    "what is recorded does not count": lambda spec, live, recorded: plan(spec, live, None),
    "a label that begins the same is this one": lambda spec, live, recorded: plan(
        replace(spec, label="2026-10-01"),
        replace(
            live,
            credentials=tuple(
                replace(each, display_name=each.display_name.replace("2026-10-01b", "2026-10-01"))
                for each in live.credentials or ()
            ),
        ),
        recorded,
    ),
    "a vault's word about a credential is enough": looking(
        lambda spec, live: replace(
            live,
            credentials=tuple(
                replace(each, display_name=f"{spec.mark}00")
                if each.key_id in {version.tags.get("key-id") for version in live.versions}
                else each
                for each in live.credentials or ()
            ),
        )
    ),
}

REMOVAL_BUGS: dict[str, Removing] = {
    "only the recorded credential goes": lambda spec, live, recorded: replace(
        removal(spec, live, recorded), remove=(recorded.key_id,) if recorded.key_id else ()
    ),
    "versions stay enabled": lambda spec, live, recorded: replace(removal(spec, live, recorded), disable=()),
    "all of the vault's versions go": lambda spec, live, recorded: Removal(
        removal(spec, live, recorded).remove, tuple(each.version for each in live.versions if each.enabled)
    ),
}


@pytest.mark.parametrize("planning", BUGS.values(), ids=BUGS)
def test_a_planted_bug_is_found(planning: Planning) -> None:
    @settings(max_examples=2000, database=None, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False)
    @given(worlds())
    def check_it(world: World) -> None:
        check(world, planning)

    with pytest.raises((AssertionError, KeyError)):
        check_it()


@pytest.mark.parametrize("removing", REMOVAL_BUGS.values(), ids=REMOVAL_BUGS)
def test_a_planted_bug_of_a_removal_is_found(removing: Removing) -> None:
    @settings(max_examples=1000, database=None, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False)
    @given(worlds())
    def check_it(world: World) -> None:
        check_removal(world, removing)

    with pytest.raises((AssertionError, KeyError)):
        check_it()


def test_nothing_there_is_made_and_what_a_killed_run_left_is_removed_first() -> None:
    assert plan(SPEC, Live()) == Plan()
    assert plan(SPEC, Live()).makes
    assert plan(SPEC, Live((CREDENTIAL,))) == Plan(lost=(KEY,))


def test_a_credential_and_its_version_are_adopted_also_where_nothing_is_recorded() -> None:
    for recorded in (None, RECORDED):
        assert plan(SPEC, THERE, recorded) == Plan(adopt=VERSION, key_id=KEY)


def test_a_deleted_secret_is_recovered_before_anything_else_and_a_purged_one_is_made_anew() -> None:
    deleted = Live((CREDENTIAL,), (), DELETED)
    assert plan(SPEC, deleted, RECORDED) == Plan(recover=True)
    assert plan(SPEC, deleted) == Plan(recover=True)
    assert plan(SPEC, Live((CREDENTIAL,)), RECORDED) == Plan(superseded=(KEY,)), "after the new one is in the vault"


@pytest.mark.parametrize("tags", [{}, {**SPEC.tags(KEY), "client-id": "another", "stack": "test"}])
@pytest.mark.parametrize("recorded", [None, RECORDED])
def test_a_deleted_secret_of_somebody_else_is_not_recovered(tags: dict[str, str], recorded: Recorded | None) -> None:
    planned = plan(SPEC, Live((CREDENTIAL,), (), Deleted("magento", None, tags)), recorded)
    assert planned.refused
    assert planned == Plan(refused=planned.refused)
    assert "the deleted secret magento there is not of this integration" in planned.refused.reason


def test_without_an_application_nothing_is_made_and_its_credentials_are_gone_with_it() -> None:
    gone = Live(None, (VERSION,))
    refused = plan(SPEC, gone, RECORDED).refused
    assert refused
    assert SPEC.client_id in str(refused)
    assert removal(SPEC, gone, RECORDED) == Removal(disable=("v1",))


@pytest.mark.parametrize(
    ("live", "state"),
    [
        (THERE, "Enabled"),
        (replace(THERE, versions=(replace(VERSION, enabled=False),)), "Disabled"),
        (replace(THERE, versions=(replace(VERSION, tags={}),)), "Enabled"),
        (Live((CREDENTIAL,), (), DELETED), "Deleted"),
        (Live((CREDENTIAL,)), "Purged"),
        (replace(THERE, versions=(VERSION, THEIRS)), "NotCurrent"),
        (replace(THERE, versions=(VERSION, replace(THEIRS, created=VERSION.created))), "Enabled"),
        (replace(THERE, credentials=()), "Removed"),
        (replace(THERE, credentials=None), "Removed"),
        (replace(THERE, credentials=(replace(CREDENTIAL, key_id=OTHER),)), "Removed"),
    ],
)
def test_what_a_refresh_sees(live: Live, state: str) -> None:
    assert refreshed(SPEC, live, RECORDED) == state


OLDS: dict[str, Any] = {"key_vault": "acme-vault", "secret_name": "magento"}


@pytest.mark.parametrize(
    ("olds", "refused"),
    [
        ({}, ""),
        (OLDS, ""),
        ({"key_vault": "Acme-Vault", "secret_name": "Magento"}, ""),
        ({**OLDS, "key_vault": "other-vault"}, "lies in vault other-vault as magento"),
        ({**OLDS, "secret_name": "shop"}, "lies in vault acme-vault as shop"),
        ({"applicationId": "/applications/1", "displayName": "x"}, "lies in this stack's state"),
    ],
)
def test_a_label_in_use_stays_where_its_secret_is(olds: dict[str, Any], refused: str) -> None:
    reason = why_not_moved(olds, SPEC.as_mapping())
    assert bool(reason) == bool(refused)
    assert refused in reason
    if reason:
        assert "'2026-10-01'" in reason
        assert "another label" in reason


def test_a_credential_in_custody_is_told_by_its_label_whatever_stack_and_key_were_called() -> None:
    assert is_in_custody(f"{SPEC.mark}0badcafe", SPEC.label)
    assert is_in_custody(f"entra-business-central:old:shop:{SPEC.label}:custody:0badcafe", SPEC.label)
    for name in (f"entra-business-central:prod:magento:{SPEC.label}b:custody:0badcafe", f"Magento - {SPEC.label}", ""):
        assert not is_in_custody(name, SPEC.label)
