"""What is wrong with an application that others set up, as pure functions; and why one cannot be taken over."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from clients.graph.times import moment
from commands.adopt.found import Found
from commands.preflight.stack import Tag
from settings.business_central_permissions import BUSINESS_CENTRAL_ROLES, BUSINESS_CENTRAL_SCOPES

LONG = timedelta(days=366 * 2)
"""What a secret may still live: Graph's own default, when a secret is made without an end, is two years."""
WIDE = frozenset({"SUPER", "SUPER (DATA)", "SECURITY", "D365 FULL ACCESS", "D365 BUS FULL ACCESS"})
"""Permission sets that allow nearly everything: docs/reference/facts-business-central.md, "Permission sets"."""
_AUDIENCES = {"AzureADMyOrg", "AzureADMultipleOrgs"}


@dataclass(frozen=True)
class Known:
    """What an inventory is judged by.

    Attributes:
        caller: client id of who signs in, "" for a person.
        declared: client ids that the stack file names.
        now: the time, with its zone.
    """

    caller: str
    declared: Collection[str]
    now: datetime


def faults(found: Found, known: Known) -> tuple[str, ...]:
    """Return what is wrong with an application, each a sentence without its full stop."""
    return tuple(_faults(found, known))


def _faults(found: Found, known: Known) -> Iterator[str]:
    if found.application:
        for secret in found.application.application.secrets:
            name = f"secret {secret.display_name!r}"
            left = moment(secret.ends) - known.now if secret.ends else None
            if left is None:
                yield f"{name} never ends"
            elif left > LONG:
                yield f"{name} is valid until {secret.ends[:10]}"
            elif left < timedelta(0):
                yield f"{name} ended {secret.ends[:10]}"
            if "%1" in secret.display_name:
                yield f"{name} has a name in which %1 was never filled in"
        if not found.application.owners:
            yield "nobody owns it"
    if found.shares_name_with:
        yield f"it shares its name with {', '.join(found.shares_name_with)}"
    yield from _access(found)


def _access(found: Found) -> Iterator[str]:
    for key, each in found.registrations.items():
        wide = [item for item in each.permission_sets if item.role_id in WIDE]
        if wide:
            sets = ", ".join(
                f"{item.role_id} {f'in {item.company}' if item.company else 'in all companies'}" for item in wide
            )
            yield f"in {key} it has permission sets that allow nearly everything: {sets}"
        if each.row.state == "Enabled" and not each.row.is_working:
            yield f"in {key} it is registered as enabled, and its user is {each.row.user_state or 'not there'}"
    working = [key for key, each in found.registrations.items() if each.row.is_working]
    if working and not found.roles and not found.scopes:
        yield f"it is enabled in {', '.join(working)} and was granted nothing on Business Central"
    if found.roles and not found.registrations:
        yield f"it was granted {', '.join(sorted(found.roles))} and is registered in none of these environments"
    if found.principal and not found.principal.enabled:
        yield "its service principal is disabled"


def obstacle(found: Found, known: Known) -> str:
    """Return why an application cannot be taken over, a sentence without its full stop; "" where it can."""
    return next(_obstacles(found, known), "")


def _obstacles(found: Found, known: Known) -> Iterator[str]:
    if found.client_id == known.caller:
        yield "it is who runs this: destroying the stack would take away the caller"
    if found.client_id in known.declared:
        yield "the stack file names it already"
    if found.application and (tag := Tag.find_in(found.application.application.tags)):
        yield f"stack {tag.stack} has it already"
    match found.whose:
        case "nobody":
            yield "this tenant has no service principal of it: remove the registration, or let the application in first"
        case "microsoft":
            yield "it is Microsoft's own"
        case "vendor" if found.principal and not found.principal.principal.publisher:
            yield "its publisher is not verified, so that a stack file cannot say whose it is"
    if found.application and found.application.audience not in _AUDIENCES:
        yield f"its audience is {found.application.audience}, which a stack file cannot say"
    if unknown := sorted({*found.roles, *found.scopes} - {*BUSINESS_CENTRAL_ROLES, *BUSINESS_CENTRAL_SCOPES}):
        yield f"it holds {', '.join(unknown)}, which a stack file cannot say"
    if not found.roles and not found.scopes:
        yield "it was granted nothing on Business Central, so that `up` would have to grant it: declare it by hand"
    if found.roles and not any(each.row.user_state for each in found.registrations.values()):
        yield "it has no user in any of these environments, so that `up` would have to make one: declare it by hand"
    if not found.roles and found.whose == "own" and not _is_public_client(found):
        yield "people sign in to it, with a secret of its own: a stack file knows public clients only"


def _is_public_client(found: Found) -> bool:
    known = found.application
    return bool(known and (known.is_public_client or known.application.public_client))
