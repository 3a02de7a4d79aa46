"""Every rule about a certificate in a vault, against a model, and with bugs planted to see that the model finds them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from clients.key_vault.records import CertificateVersion
from reconcilers.certificates.plan import Plan, plan, refreshed, removal, why_not_moved
from reconcilers.certificates.spec import CertificateSpec, Live, Recorded
from tests.support.certificate_model import OWNERS, SPEC, Planning, Removing, World, check, check_removal, worlds

VERSION = CertificateVersion(
    vault="acme-vault", name="robots", version="v1", enabled=True, thumbprint="A" * 40,
    tags={**OWNERS["ours"], "label": SPEC.label},
)  # fmt: skip
OFF = replace(VERSION, enabled=False)
RECORDED = Recorded("v1", "A" * 40, "2027-10-01T00:00:00Z", "PEM")


@given(worlds())
def test_a_plan_leads_to_one_version_that_signs_and_touches_nothing_of_others(world: World) -> None:
    check(world, plan)


@given(worlds())
def test_a_removal_leaves_none_that_signs_and_touches_nothing_of_others(world: World) -> None:
    check_removal(world, removal)


def adopts_any_of_the_integration(spec: CertificateSpec, live: Live, recorded: Recorded | None) -> Plan:
    found = plan(spec, live, recorded)
    newest = live.versions[-1] if live.versions else None
    return replace(found, adopt=newest, enable=not newest.enabled) if found.makes and newest else found


def never_enables(spec: CertificateSpec, live: Live, recorded: Recorded | None) -> Plan:
    return replace(plan(spec, live, recorded), enable=False)


def leaves_a_second_one_alive(spec: CertificateSpec, live: Live, recorded: Recorded | None) -> Plan:
    return replace(plan(spec, live, recorded), disable=())


def forgets_what_is_recorded(spec: CertificateSpec, live: Live, _recorded: Recorded | None) -> Plan:
    return plan(spec, live, None)


def takes_what_is_somebody_elses(spec: CertificateSpec, live: Live, recorded: Recorded | None) -> Plan:
    return replace(plan(spec, live, recorded), refused=None)


def recovers_whatever_is_deleted(spec: CertificateSpec, live: Live, recorded: Recorded | None) -> Plan:
    return Plan(recover=True) if live.deleted else plan(spec, live, recorded)


def disables_other_labels(spec: CertificateSpec, live: Live, recorded: Recorded | None) -> Plan:
    found = plan(spec, live, recorded)
    kept = found.adopt.version if found.adopt else ""
    return replace(
        found, disable=tuple(each.version for each in live.versions if each.enabled and each.version != kept)
    )


BUGS: list[Planning] = [
    adopts_any_of_the_integration, never_enables, leaves_a_second_one_alive, forgets_what_is_recorded,
    takes_what_is_somebody_elses, recovers_whatever_is_deleted, disables_other_labels,
]  # fmt: skip


@pytest.mark.parametrize("planning", BUGS)
def test_a_planted_bug_of_a_plan_is_found(planning: Planning) -> None:
    @settings(max_examples=1000, database=None, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False)
    @given(worlds())
    def check_it(world: World) -> None:
        check(world, planning)

    with pytest.raises(AssertionError):
        check_it()


def removes_by_tags_alone(spec: CertificateSpec, live: Live, _recorded: Recorded) -> tuple[str, ...]:
    return removal(spec, live, Recorded())


def removes_all_labels(_spec: CertificateSpec, live: Live, _recorded: Recorded) -> tuple[str, ...]:
    return tuple(each.version for each in live.versions if each.enabled)


@pytest.mark.parametrize("removing", [removes_all_labels])
def test_a_planted_bug_of_a_removal_is_found(removing: Removing) -> None:
    @settings(max_examples=1000, database=None, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False)
    @given(worlds())
    def check_it(world: World) -> None:
        check_removal(world, removing)

    with pytest.raises(AssertionError):
        check_it()


def test_a_recorded_version_is_ours_whatever_its_tags_are_now() -> None:
    edited = replace(VERSION, tags={})
    assert plan(SPEC, Live((edited,)), RECORDED) == Plan(adopt=edited)
    assert removal(SPEC, Live((edited,)), RECORDED) == ("v1",)
    assert removes_by_tags_alone(SPEC, Live((edited,)), RECORDED) == ()
    assert plan(SPEC, Live((edited,))).refused, "of nobody, where nothing is recorded"


@pytest.mark.parametrize(
    ("live", "state"),
    [
        (Live((VERSION,)), "Enabled"),
        (Live((OFF,)), "Disabled"),
        (Live((), VERSION), "Deleted"),
        (Live(), "Purged"),
        (Live((replace(VERSION, version="v2"),)), "Purged"),
        (Live((VERSION, replace(VERSION, version="v2", tags={}))), "Enabled"),
    ],
)
def test_what_a_refresh_sees(live: Live, state: str) -> None:
    assert refreshed(live, RECORDED) == state


OLDS: dict[str, Any] = {"key_vault": "acme-vault", "certificate_name": "robots"}


@pytest.mark.parametrize(
    ("olds", "refused"),
    [
        ({}, ""),
        (OLDS, ""),
        ({"key_vault": "Acme-Vault", "certificate_name": "Robots"}, ""),
        ({**OLDS, "key_vault": "other-vault"}, "lies in vault other-vault as robots"),
        ({**OLDS, "certificate_name": "bots"}, "lies in vault acme-vault as bots"),
    ],
)
def test_a_label_in_use_stays_where_its_certificate_is(olds: dict[str, Any], refused: str) -> None:
    reason = why_not_moved(olds, SPEC.as_mapping())
    assert bool(reason) == bool(refused)
    assert refused in reason


@pytest.mark.parametrize("key", ["r", "robots", "r" * 63])
def test_its_subject_fits_and_names_key_and_label(key: str) -> None:
    for label in ("2026-10-01", "2026-10-01b"):
        spec = replace(SPEC, application_tag=f"entra-business-central:prod:{key}", label=label)
        name = spec.terms.subject.removeprefix("CN=")
        assert len(name) <= 64, "RFC 5280, ub-common-name"
        assert name.endswith(f"-{label}")
        assert name.startswith(key[:50])


def test_numbers_that_passed_through_pulumi_are_whole_again() -> None:
    spec = CertificateSpec.from_mapping({**SPEC.as_mapping(), "validity_months": 6.0, "key_size": 3072.0})
    assert (spec.terms.months, spec.terms.key_size) == (6, 3072)
    assert isinstance(spec.terms.months, int)
