"""What is wrong with an integration's certificates together, or with what else its entry says."""

from __future__ import annotations

from collections.abc import Iterable

from settings.messages import Problem
from settings.models import Integration
from settings.own_program import why_not_own_program


def certificate_problems(integration: Integration, here: list[str | int]) -> Iterable[Problem]:
    """Yield certificates that are there twice, or on an application that has none of ours.

    Args:
        integration: one integration.
        here: the keys that lead to it.
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
