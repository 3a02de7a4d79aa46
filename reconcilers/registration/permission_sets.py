"""Permission sets, between how a stack file names them and how an environment knows them.

A stack file says `{role_id, company?, scope?, app_id?}`; an environment has definitions (role id, scope, app id) and
assignments (definition and company). Pure functions, but for what the environment is asked.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from clients.business_central.environment import Environment
from clients.business_central.records import Assignment, PermissionSet
from clients.http.errors import Refused

Item = Mapping[str, str]
"""A permission set as the inputs have it: role_id and, where given, company, scope and app_id."""


class Wanted(NamedTuple):
    """A permission set to assign, found in the environment; `company` "" is all companies."""

    permission_set: PermissionSet
    company: str


def normalised(items: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Write role ids in upper case, as Business Central stores them (Code[20]), and leave out what is not given."""
    written = [
        {
            key: value.upper() if key == "role_id" else value.lower() if key == "app_id" else value
            for key in ("role_id", "company", "scope", "app_id")
            if (value := item.get(key))
        }
        for item in items
    ]
    return [item for index, item in enumerate(written) if item not in written[:index]]


def resolve(items: Iterable[Item], environment: Environment, declared_at: str) -> list[Wanted]:
    """Find every permission set and company in the environment.

    Raises:
        Refused: one or more are not there, or are defined more than once; all of them are named.
    """
    found: list[Wanted] = []
    problems: list[str] = []
    for item in items:
        company = item.get("company", "")
        if company and company not in environment.companies:
            problems.append(f"company {company!r} does not exist{_hint(company, environment.companies)}")
        candidates = [known for known in environment.permission_sets if _is(known, item)]
        match candidates:
            case [only] if Wanted(only, company) in found:
                problems.append(f"permission set {item['role_id']!r} is listed twice")
            case [only]:
                found.append(Wanted(only, company))
            case []:
                known = {definition.role_id for definition in environment.permission_sets}
                problems.append(f"permission set {item['role_id']!r} does not exist{_hint(item['role_id'], known)}")
            case several:
                names = "; ".join(f"scope {each.scope}, app_id {each.app_id}" for each in several)
                problems.append(f"permission set {item['role_id']!r} is defined {len(several)} times ({names})")
    if problems:
        problem = Refused(
            f"give permission sets in environment {environment.name}",
            "; ".join(problems),
            "Correct `permissionSets` in the stack file or the preset (where a role id is defined twice, add scope and "
            "appId to it); nothing was changed there.",
        )
        problem.where = f"{declared_at}.permissionSets"
        raise problem
    return found


def still_defined(held: Iterable[Assignment], environment: Environment) -> list[Assignment]:
    """Leave out what is held of definitions that are gone (an extension was uninstalled): such rows allow nothing."""
    known = {_key(each, "") for each in environment.permission_sets}
    return [each for each in held if _key(each, "") in known]


def matching(held: Iterable[Assignment], items: Iterable[Item]) -> list[Assignment]:
    """Return what of the held sets the items name."""
    items = list(items)
    return [each for each in held if any(_is(each, item) and each.company == item.get("company", "") for item in items)]


def missing_and_extra(wanted: Iterable[Wanted], held: Iterable[Assignment]) -> tuple[list[Wanted], list[Assignment]]:
    """Return what is wanted and not held, and what is held and not wanted."""
    held, wanted = list(held), list(wanted)
    held_keys = {_key(item, item.company) for item in held}
    wanted_keys = {_key(item.permission_set, item.company) for item in wanted}
    missing = [item for item in wanted if _key(item.permission_set, item.company) not in held_keys]
    return missing, [item for item in held if _key(item, item.company) not in wanted_keys]


def as_inputs(held: Iterable[Assignment], items: Iterable[Item]) -> list[dict[str, str]]:
    """Return what is held in the words of the stack file, so that comparing shows drift and nothing else.

    Whatever matches an item of the inputs is written like it, in the inputs' order; the rest follows in full.
    """
    rest = sorted(held, key=lambda each: (each.role_id, each.company, each.scope, each.app_id))
    written: list[dict[str, str]] = []
    for item in items:
        for assignment in rest:
            if _is(assignment, item) and assignment.company == item.get("company", ""):
                rest.remove(assignment)
                written.append(dict(item))
                break
    return written + [
        {
            "role_id": each.role_id,
            **({"company": each.company} if each.company else {}),
            "scope": each.scope,
            "app_id": each.app_id,
        }
        for each in rest
    ]


def _is(known: PermissionSet | Assignment, item: Item) -> bool:
    return known.role_id == item["role_id"] and all(
        getattr(known, key) == item[key] for key in ("scope", "app_id") if item.get(key)
    )


def _key(known: PermissionSet | Assignment, company: str) -> tuple[str, str, str, str]:
    return known.role_id, known.scope, known.app_id, company


def _hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=3)
    return f" (did you mean {' or '.join(repr(each) for each in near)}?)" if near else ""
