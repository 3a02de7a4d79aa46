"""Permission sets, between how a stack file names them and how an environment knows them.

A stack file says `{role_id, company?, scope?, app_id?}`; an environment has definitions (role id, scope, app id) and
assignments (definition and company). Pure functions.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

from clients.business_central.records import Assignment, PermissionSet
from clients.http.errors import FailedPrecondition
from reconcilers.registration.spec import DeclaredRegistration, Live, PermissionSetSpec


class Wanted(NamedTuple):
    """A permission set to assign, found in the environment; `company` "" is all companies."""

    permission_set: PermissionSet
    company: str

    def __str__(self) -> str:
        return self.permission_set.role_id + (f" in {self.company}" if self.company else "")


def resolve(spec: DeclaredRegistration, live: Live) -> tuple[tuple[Wanted, ...], FailedPrecondition | None]:
    """Find every permission set and company in the environment.

    Returns:
        What was found, and why it is refused where not all of it is there, or something is defined more than once: with
        all that is wrong.
    """
    found: list[Wanted] = []
    problems: list[str] = []
    for item in spec.permission_sets:
        if item.company and item.company not in live.companies:
            problems.append(f"company {item.company!r} does not exist{_hint(item.company, live.companies)}")
        match [known for known in live.definitions if item.is_met_by(known)]:
            case [only] if Wanted(only, item.company) in found:
                problems.append(f"permission set {item.role_id!r} is listed twice")
            case [only]:
                found.append(Wanted(only, item.company))
            case []:
                known = {definition.role_id for definition in live.definitions}
                problems.append(f"permission set {item.role_id!r} does not exist{_hint(item.role_id, known)}")
            case several:
                names = "; ".join(f"scope {each.scope}, app_id {each.app_id}" for each in several)
                problems.append(f"permission set {item.role_id!r} is defined {len(several)} times ({names})")
    return tuple(found), _refused(spec, problems) if problems else None


def _refused(spec: DeclaredRegistration, problems: Iterable[str]) -> FailedPrecondition:
    problem = FailedPrecondition(
        f"give permission sets in environment {spec.environment}",
        "; ".join(problems),
        "Correct `permissionSets` in the stack file or the preset (where a role id is defined twice, add scope and "
        "appId to it); nothing was changed there.",
    )
    problem.where = f"{spec.declared_at}.permissionSets"
    return problem


def still_defined(held: Iterable[Assignment], definitions: Iterable[PermissionSet]) -> list[Assignment]:
    """Leave out what is held of definitions that are gone (an extension was uninstalled): such rows allow nothing."""
    known = {_key(each, "") for each in definitions}
    return [each for each in held if _key(each, "") in known]


def matching(held: Iterable[Assignment], items: Iterable[PermissionSetSpec]) -> list[Assignment]:
    """Return what of the held sets the items name."""
    items = list(items)
    return [each for each in held if any(_names(item, each) for item in items)]


def missing_and_extra(wanted: Iterable[Wanted], held: Iterable[Assignment]) -> tuple[list[Wanted], list[Assignment]]:
    """Return what is wanted and not held, and what is held and not wanted."""
    held, wanted = list(held), list(wanted)
    held_keys = {_key(item, item.company) for item in held}
    wanted_keys = {_key(item.permission_set, item.company) for item in wanted}
    missing = [item for item in wanted if _key(item.permission_set, item.company) not in held_keys]
    return missing, [item for item in held if _key(item, item.company) not in wanted_keys]


def as_declared(held: Iterable[Assignment], items: Iterable[PermissionSetSpec]) -> tuple[PermissionSetSpec, ...]:
    """Return what is held in the words of the stack file, so that comparing shows drift and nothing else.

    Whatever matches an item is written like it, in the order of the items; the rest follows in full.
    """
    rest = sorted(held, key=lambda each: (each.role_id, each.company, each.scope, each.app_id))
    written: list[PermissionSetSpec] = []
    for item in items:
        if found := next((each for each in rest if _names(item, each)), None):
            rest.remove(found)
            written.append(item)
    return (*written, *(PermissionSetSpec(each.role_id, each.company, each.scope, each.app_id) for each in rest))


def _names(item: PermissionSetSpec, assignment: Assignment) -> bool:
    return item.is_met_by(assignment) and item.company == assignment.company


def _key(known: PermissionSet | Assignment, company: str) -> tuple[str, str, str, str]:
    return known.role_id, known.scope, known.app_id, company


def _hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=3)
    return f" (did you mean {' or '.join(repr(each) for each in near)}?)" if near else ""
