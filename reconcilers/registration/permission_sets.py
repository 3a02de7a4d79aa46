"""Permission sets: which are assigned and unassigned; from how a stack file names them to how an environment has them.

A stack file says `{role_id, company?, scope?, app_id?}`; an environment has definitions (role id, scope, app id) and
assignments (definition and company). Pure functions.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

from clients.business_central.records import Assignment, PermissionSet
from clients.http.bodies import printable
from clients.http.errors import FailedPrecondition
from reconcilers.registration.spec import DeclaredRegistration, Live, PermissionSetSpec, Recorded, RegistrationSpec


class ResolvedPermissionSet(NamedTuple):
    """A definition in the environment and a company, to be assigned; `company` "" is all companies."""

    permission_set: PermissionSet
    company: str

    def __str__(self) -> str:
        return printable(self.permission_set.role_id + (f" in {self.company}" if self.company else ""))


def resolve(
    spec: DeclaredRegistration, live: Live
) -> tuple[tuple[ResolvedPermissionSet, ...], FailedPrecondition | None]:
    """Find every permission set and company in the environment.

    Returns:
        What was found; and an error with all problems, where something is not there or is defined more than once.
    """
    found: list[ResolvedPermissionSet] = []
    problems: list[str] = []
    for item in spec.permission_sets:
        if item.company and item.company not in live.companies:
            problems.append(f"company {item.company!r} does not exist{_hint(item.company, live.companies)}")
        match [known for known in live.definitions if item.matches(known)]:
            case [only] if ResolvedPermissionSet(only, item.company) in found:
                problems.append(f"permission set {item.role_id!r} is listed twice")
            case [only]:
                found.append(ResolvedPermissionSet(only, item.company))
            case []:
                known = {definition.role_id for definition in live.definitions}
                problems.append(f"permission set {item.role_id!r} does not exist{_hint(item.role_id, known)}")
            case several:
                names = "; ".join(f"scope {each.scope}, app_id {each.app_id}" for each in several)
                problems.append(f"permission set {item.role_id!r} is defined {len(several)} times ({names})")
    return tuple(found), _refused(spec, problems) if problems else None


def _refused(spec: DeclaredRegistration, problems: Iterable[str]) -> FailedPrecondition:
    problem = FailedPrecondition(
        f"assign permission sets in environment {spec.environment}",
        "; ".join(problems),
        "Correct `permissionSets` in the stack file or the preset (where a role id is defined twice, add scope and "
        "appId to it); nothing was changed there.",
    )
    problem.where = f"{spec.declared_at}.permissionSets"
    return problem


def still_defined(held: Iterable[Assignment], definitions: Iterable[PermissionSet]) -> list[Assignment]:
    """Leave out assignments whose definition is gone with its extension: they allow nothing."""
    known = {_key(each, "") for each in definitions}
    return [each for each in held if _key(each, "") in known]


def matching(held: Iterable[Assignment], items: Iterable[PermissionSetSpec]) -> list[Assignment]:
    """Return the assignments that one of the items names."""
    items = list(items)
    return [each for each in held if any(_names(item, each) for item in items)]


def missing_and_extra(
    wanted: Iterable[ResolvedPermissionSet], held: Iterable[Assignment]
) -> tuple[list[ResolvedPermissionSet], list[Assignment]]:
    """Return what is wanted and not held, and what is held and not wanted."""
    held, wanted = list(held), list(wanted)
    held_keys = {_key(item, item.company) for item in held}
    wanted_keys = {_key(item.permission_set, item.company) for item in wanted}
    missing = [item for item in wanted if _key(item.permission_set, item.company) not in held_keys]
    return missing, [item for item in held if _key(item, item.company) not in wanted_keys]


def as_declared(held: Iterable[Assignment], items: Iterable[PermissionSetSpec]) -> tuple[PermissionSetSpec, ...]:
    """Return assignments in the form of the stack file, so that a comparison shows drift and nothing else.

    What matches an item is written like that item, in the order of the items; the rest follows with all its fields.
    """
    rest = sorted(held, key=lambda each: (each.role_id, each.company, each.scope, each.app_id))
    written: list[PermissionSetSpec] = []
    for item in items:
        if found := next((each for each in rest if _names(item, each)), None):
            rest.remove(found)
            written.append(item)
    return (*written, *(PermissionSetSpec(each.role_id, each.company, each.scope, each.app_id) for each in rest))


def _names(item: PermissionSetSpec, assignment: Assignment) -> bool:
    return item.matches(assignment) and item.company == assignment.company


def _key(known: PermissionSet | Assignment, company: str) -> tuple[str, str, str, str]:
    return known.role_id, known.scope, known.app_id, company


def _hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=3)
    return f" (did you mean {' or '.join(repr(each) for each in near)}?)" if near else ""


def permission_set_changes(
    spec: RegistrationSpec, live: Live, recorded: Recorded | None
) -> tuple[tuple[ResolvedPermissionSet, ...], tuple[Assignment, ...], FailedPrecondition | None]:
    """Return what to assign, what to unassign, and why neither can be done.

    Every assignment that is not declared is removed, or, where `additional_permission_sets` is "keep", every one that
    this stack declared before and declares no longer (docs/decisions/0005).

    Args:
        spec: the registration as it shall be.
        live: what the environment has.
        recorded: what the state has of it, None where it has nothing.
    """
    if live.held is None:
        return (), (), None
    wanted, refused = resolve(spec, live)
    if refused:
        return (), (), refused
    missing, extra = missing_and_extra(wanted, live.held)
    if spec.additional_permission_sets == "keep":
        extra = matching(extra, recorded.spec.permission_sets) if recorded else []
    return tuple(missing), tuple(extra), None
