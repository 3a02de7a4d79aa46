"""Which certificates of a stack file have ended, or end soon: the program itself has no clock."""

from __future__ import annotations

from datetime import datetime

from commands.preflight.findings import SOON, Finding
from settings.models import Settings


def check(declared: Settings, now: datetime) -> list[Finding]:
    """Return what is to be said of certificates; notes, which stop nothing.

    Args:
        declared: what the stack file says.
        now: the time, with its zone.
    """
    found = []
    for integration in declared.integrations:
        for index, each in enumerate(integration.credentials.certificates):
            end = datetime.fromisoformat(each.public.ends)
            if end > now + SOON:
                continue
            where = f"integrations.{integration.key}.credentials.certificates[{index}]"
            when = "ended" if end <= now else "ends"
            text = f"the certificate {each.public.thumbprint} {when} {end:%Y-%m-%d}"
            remedy = "Add the public part of its successor, `pulumi up`, and take this one out when nobody uses it."
            found.append(Finding("note", where, text, remedy))
    return found
