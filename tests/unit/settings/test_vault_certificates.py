"""Certificates in a vault, as the stack file says them: what is refused, and when each ends."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.loading import SettingsError, load
from settings.models import Settings
from settings.rotation_warnings import rotation_warnings
from settings.vault_certificates import VaultCertificate, months_after

PLACE = {"keyVault": "acme-integrations", "certificateName": "robots"}


def loaded(certificate: dict[str, Any] | None, others: dict[str, Any] | None = None, **more: Any) -> Settings:
    robots = {"displayName": "Robots", "roles": ["API.ReadWrite.All"], "environments": ["production"], **more}
    if certificate is not None:
        robots["credentials"] = {"vaultCertificate": {**PLACE, **certificate}, **robots.get("credentials", {})}
    values = {
        "environments": {"production": {"name": "Production"}},
        "integrations": {"robots": robots, **(others or {})},
    }
    return load(values, presets=Path("presets"), stack_file=Path("Pulumi.x.yaml"))


def refusal(certificate: dict[str, Any], others: dict[str, Any] | None = None, **more: Any) -> str:
    with pytest.raises(SettingsError) as refused:
        loaded(certificate, others, **more)
    return str(refused.value)


def declared(**certificate: Any) -> VaultCertificate:
    found = loaded({"issued": ["2026-11-15"], **certificate}).integrations[0].credentials.vault_certificate
    assert found
    return found


def test_what_is_left_out_has_a_default_that_fits_its_life() -> None:
    found = declared()
    assert (found.validity_months, found.key_size, found.overlap, found.maximum_live) == (12, 2048, 30, 2)
    assert declared(validityMonths=1).overlap == 5, "a fifth of its life"
    assert declared(validityMonths=1, overlapDays=12).overlap == 12


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        ({}, "lists no date"),
        ({"issued": ["2026-11-15", "2026-11-15"]}, "names one date twice"),
        ({"issued": ["2026-02-30"]}, "is not a valid date"),
        ({"issued": ["2026-11-15"], "keyVault": "https://acme"}, "not its address"),
        ({"issued": ["2026-11-15"], "certificateName": "robots_1"}, "must be a name in Key Vault"),
        ({"issued": ["2026-11-15"], "keySize": 1024}, "keySize"),
        ({"issued": ["2026-11-15"], "validityMonths": 0}, "validityMonths"),
        ({"issued": ["2026-11-15"], "validityMonths": 2, "overlapDays": 30}, "not less than half of the 2 months"),
    ],
)
def test_what_is_wrong_is_refused_with_its_key_path(certificate: dict[str, Any], said: str) -> None:
    text = refusal(certificate)
    assert said in text
    assert "integrations.robots.credentials.vaultCertificate" in text


def test_only_an_application_of_ours_that_is_a_program_has_one() -> None:
    label: dict[str, Any] = {"issued": ["2026-11-15"]}
    vendor: dict[str, Any] = {"clientId": "22222222-3333-4444-5555-666666666666", "expectedPublisher": "NP"}
    assert "`clientId` names another" in refusal(label, **vendor)
    people: dict[str, Any] = {
        "roles": [],
        "delegatedScopes": ["Financials.ReadWrite.All"],
        "fallbackPublicClient": True,
    }
    assert "people sign in here" in refusal(label, **people)


def test_its_name_is_that_of_nothing_else_in_the_vault() -> None:
    """A certificate has a key and a secret of its name."""
    secrets = {
        "issued": ["2026-11-15"],
        "lifetimeDays": 90,
        "custody": {"keyVault": "Acme-Integrations", "secretName": "Robots"},
    }
    mine = refusal({"issued": ["2026-11-15"]}, credentials={"secrets": secrets})
    assert "certificateName: is that of this integration too (secrets.custody.secretName)" in mine
    other: dict[str, Any] = {"displayName": "Other", "roles": ["API.ReadWrite.All"], "environments": ["production"]}
    other["credentials"] = {"vaultCertificate": {**PLACE, "issued": ["2026-11-15"]}}
    assert "is that of integrations.robots too" in refusal({"issued": ["2026-11-15"]}, {"other": other})


@given(st.dates(date(2020, 1, 1), date(2090, 12, 31)), st.integers(1, 120))
def test_months_are_of_the_calendar_and_never_shorter_than_what_the_overlap_is_held_against(
    day: date, months: int
) -> None:
    end = months_after(day, months)
    assert (end.year - day.year) * 12 + end.month - day.month == months
    assert end.day <= day.day
    shortest = VaultCertificate(key_vault="acme", certificate_name="x", validity_months=months).shortest_life
    assert 0 < shortest <= (end - day).days


def test_a_preview_says_which_successor_comes_too_late() -> None:
    late = loaded({"issued": ["2026-01-31", "2026-07-20"], "validityMonths": 6})
    (said,) = rotation_warnings(late)
    assert "'2026-07-20' leaves less than the 30 days of overlapDays" in said
    assert "'2026-01-31' ends 2026-07-31" in said
    assert not list(rotation_warnings(loaded({"issued": ["2026-01-31", "2026-06-20"], "validityMonths": 6})))
