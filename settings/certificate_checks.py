"""What is wrong with an integration's certificates together, or with what else its entry says."""

from __future__ import annotations

from collections.abc import Iterable

from settings.messages import Problem
from settings.models import Integration
from settings.own_program import why_not_own_program


def certificate_problems(
    integration: Integration, here: list[str | int], *, dates_required: bool = True
) -> Iterable[Problem]:
    """Yield certificates that are there twice, or on an application that has none of ours.

    Args:
        integration: one integration.
        here: the keys that lead to it.
        dates_required: whether those in a vault have to list the date of one.
    """
    declared = integration.credentials.certificates
    there: list[str | int] = [*here, "credentials", "certificates"]
    if declared and (why := why_not_own_program(integration)):
        yield Problem(there, why)
    thumbprints: set[str] = set()
    for index, each in enumerate(declared):
        if each.public.thumbprint in thumbprints:
            yield Problem([*there, index], f"is there already (thumbprint {each.public.thumbprint})")
        thumbprints.add(each.public.thumbprint)
    yield from _vault_problems(integration, here, dates_required)


def _vault_problems(integration: Integration, here: list[str | int], dates_required: bool) -> Iterable[Problem]:
    declared = integration.credentials.vault_certificate
    if declared is None:
        return
    there: list[str | int] = [*here, "credentials", "vaultCertificate"]
    if why := why_not_own_program(integration, "is"):
        yield Problem(there, why)
    if dates_required and not declared.issued:
        yield Problem(
            there,
            "lists no date: `python -m commands rotate` adds the first, or write the day on which it is made, issued: "
            "['<year>-<month>-<day>']",
        )
    if len(set(declared.issued)) < len(declared.issued):
        text = "names one date twice: a second certificate of one day has a letter, '2026-11-15b'"
        yield Problem([*there, "issued"], text)
    if "overlap_days" in declared.model_fields_set and 2 * declared.overlap_days >= declared.shortest_life:
        yield Problem(
            [*there, "overlapDays"],
            f"{declared.overlap_days} days is not less than half of the {declared.validity_months} months that a "
            "certificate lives: its successor would be due on the day it is made; shorten overlapDays, or raise "
            "validityMonths",
        )
