"""Answers of a service whose meaning is known: a row of its table, by which code and text decide, and not the status.

Each service has one table (`clients/graph/errors.py`, `clients/business_central/errors.py`), which the code looks up
and docs/reference/errors.md is written from. Anything that is in no row keeps the service's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from clients.http.errors import ServiceError

Meaning = Literal["exists", "absent", "not replicated", "busy", "kept", "refused", "unavailable"]
"""What an answer means for whoever asked.

exists: what was to be made is there already. absent: what was asked for by its key is not there. not replicated: what
was made a moment ago is not seen by this server yet. busy: nothing was done, because of something that passes within
moments. kept: the service will not delete it. refused: it will not be done until somebody changes something.
unavailable: the service, or a part of it, is not there for now.
"""


@dataclass(frozen=True)
class KnownAnswer:
    """An error answer that a service is known to give.

    Attributes:
        status: as the sources have it, "409 or 503". For readers only: it decides nothing.
        code: regular expression that the whole error code fits; "" for any.
        text: regular expression that is searched in the error's text; "" for any.
        meaning: what it means for whoever asked.
        says: the same in words, for readers.
        repeatable: whether nothing was done and the same request may succeed within moments.
        source: where this is known from, with its label of evidence.
        remedy: what to do, "" where the caller knows better. Gaps are filled in by the service's client.
        is_of_caller: whether the remedy is about whoever runs this, and so does not fit where an integration asks.
        azuread: what the azuread plugin does on this answer; "" where it never gets it.
        azuread_remedy: what to do where azuread fails on it, "" where it goes on by itself.
    """

    status: str
    code: str
    text: str
    meaning: Meaning
    says: str
    source: str
    repeatable: bool = False
    remedy: str = ""
    is_of_caller: bool = False
    azuread: str = ""
    azuread_remedy: str = ""

    def fits(self, problem: ServiceError) -> bool:
        """Tell whether an answer is this one."""
        return bool((not self.code or re.fullmatch(self.code, problem.code)) and re.search(self.text, problem.message))


def means(table: Iterable[KnownAnswer], meaning: Meaning, problem: BaseException) -> bool:
    """Tell whether a failure is an answer that has this meaning in the service's table."""
    return isinstance(problem, ServiceError) and any(
        known.meaning == meaning and known.fits(problem) for known in table
    )


def is_repeatable(table: Iterable[KnownAnswer], problem: ServiceError) -> bool:
    """Tell whether an answer asks for a short wait: by the service's table, or a 409 or 503 that names a time."""
    if any(known.repeatable and known.fits(problem) for known in table):
        return True
    return problem.status in {409, 503} and problem.retry_after is not None


@dataclass(frozen=True)
class StatusRemedy:
    """What a status alone allows to say.

    Attributes:
        statuses: the statuses.
        remedy: what to do.
        foreign_only: whether that is said only of an answer that is not the service's own, such as a page.
    """

    statuses: frozenset[int]
    remedy: str
    foreign_only: bool = False


_CAME_FROM = "a proxy, a firewall or a gateway may have answered in place of the service"
CHECK_ADDRESS = "check the address (`baseUrl`, BUSINESS_CENTRAL_URL, ARM_METADATA_HOSTNAME)"

THROTTLED = "Wait a few minutes, then run the same command again; it goes on where it stopped."

STATUS_REMEDIES: tuple[StatusRemedy, ...] = (
    StatusRemedy(
        frozenset(range(300, 400)),
        f"No API of Microsoft's sends elsewhere: {CHECK_ADDRESS} and whether a proxy wants a sign-in.",
    ),
    StatusRemedy(frozenset({407}), "A proxy wants a sign-in: HTTPS_PROXY names it, with user and password."),
    StatusRemedy(frozenset({429}), THROTTLED),
    StatusRemedy(
        frozenset({408, 425, *range(500, 600)}),
        f"Run the same command again; where it stays so, {_CAME_FROM}: look at HTTPS_PROXY and the service's health.",
    ),
    StatusRemedy(
        frozenset({401}),
        f"Check ARM_TENANT_ID, the credential and this machine's clock; {_CAME_FROM}.",
        foreign_only=True,
    ),
    StatusRemedy(
        frozenset({403}),
        f"`python -m commands preflight` tells what the caller lacks; else {_CAME_FROM} and lets nobody through.",
        foreign_only=True,
    ),
    StatusRemedy(
        frozenset(range(400, 500)),
        f"C{CHECK_ADDRESS[1:]}; {_CAME_FROM}.",
        foreign_only=True,
    ),
)
"""The first that fits is said, and only where the service's table has no remedy for the answer."""


def remedy_by_status(problem: ServiceError) -> str:
    """Return what to do about an answer whose code is not known, "" where its status does not tell either."""
    for each in STATUS_REMEDIES:
        if problem.status in each.statuses and (problem.form or not each.foreign_only):
            return each.remedy
    return ""
