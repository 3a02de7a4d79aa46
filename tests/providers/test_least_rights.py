"""Each operation is done with exactly its rights and refused without each of them; presets and preflight agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clients.entra.caller import Caller
from clients.graph import permissions
from clients.graph.permissions import GraphPermission
from commands.preflight.missing_graph_permissions import needed_by
from commands.preflight.state import State
from settings.loading import load
from settings.yaml_reader import read_yaml
from tests.support.directory_objects import JOB_QUEUE_RUNNER
from tests.support.rights.case import Operation, Plugins, play
from tests.support.rights.page import IDENTITIES, OPERATIONS, PAGE, rows, taken_by
from tests.support.tenant import REPOSITORY, Tenant


@pytest.fixture(scope="module")
def plugins(tenant_process: Tenant) -> Iterator[Plugins]:
    with Plugins(tenant_process) as started:
        yield started


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.section.split(',')[0]}: {each.does}"[:70])
def test_an_operation_takes_these_rights_and_no_more(
    tenant: Tenant, tmp_path: Path, plugins: Plugins, operation: Operation
) -> None:
    outcome = play(operation, tenant, tmp_path, plugins)
    assert outcome.refused == "", "it is not done with all of them"
    assert [right for right, said in outcome.without.items() if not said] == [], "done without it all the same"
    told = PAGE.read_text(encoding="utf-8").splitlines()
    assert [row for row in rows(operation, outcome) if row not in told] == [], (
        "run: python -m tests.support.rights.page"
    )


@pytest.mark.parametrize("preset", IDENTITIES)
def test_a_preset_of_the_bootstrap_grants_what_its_operations_take_and_no_more(preset: str) -> None:
    granted = read_yaml((REPOSITORY / "presets" / f"{preset}.yaml").read_text(encoding="utf-8"))
    held = {
        "Microsoft Graph": granted["otherPermissions"]["Microsoft Graph"]["roles"],
        "Business Central": granted.get("roles", []),
        "permission set": granted.get("permissionSets", []),
    }
    taken = taken_by(preset)
    assert {where: sorted(names) for where, names in held.items()} == {
        where: sorted(each.name for each in taken if each.where == where) for where in held
    }


CALLER, OWNER = "00000000-0000-4000-8000-000000000001", "ad313157-8a70-4d3b-9c53-0c4f1e9b0001"
PERMISSIONS = {each.permission: each for each in vars(permissions).values() if isinstance(each, GraphPermission)}
UP: dict[str, tuple[dict[str, Any], list[str]]] = {
    "roles of an own application": ({}, ["owned by the caller", "application roles for an application of this stack"]),
    "delegated permissions": (
        {"roles": [], "delegatedScopes": ["user_impersonation"], "fallbackPublicClient": True}, ["owned by the caller", "`delegatedScopes`, for all"]
    ),
    "an administrator approves": ({"consent": "manual"}, ["owned by the caller", "`consent: manual`, once"]),
    "an administrator approves delegated permissions": (
        {"consent": "manual", "roles": [], "delegatedScopes": ["user_impersonation"], "fallbackPublicClient": True},
        ["owned by the caller", "the same with `delegatedScopes`"],
    ),
    "other owners": ({"owners": [OWNER], "consent": "manual"}, ["does not name the caller", "`consent: manual`, once"]),
    "one more owner": (
        {"owners": [CALLER, OWNER], "consent": "manual"},
        ["one more owner", "`consent: manual`, once"],
    ),
    "a vendor's application that is there": (
        {"clientId": JOB_QUEUE_RUNNER, "expectedPublisher": "Navi Partner København ApS"}, ["somebody let in before"]
    ),
}  # fmt: skip
"""What a stack file says, and the words of the operations that it takes."""


@pytest.mark.parametrize("case", UP)
def test_preflight_asks_for_what_the_operations_of_an_up_take(case: str) -> None:
    given, operations = UP[case]
    declared = {"displayName": "Kitchen", "roles": ["API.ReadWrite.All"], "environments": ["production"], **given}
    values = {"environments": {"production": {"name": "Production"}}, "integrations": {"kitchen": declared}}
    (integration,) = load(values, presets=REPOSITORY / "presets", stack_file=Path("x.yaml")).integrations
    state = (
        replace(State.empty(), owners={"kitchen": frozenset({CALLER})}) if case == "one more owner" else State.empty()
    )
    caller = Caller("c0", CALLER, "", False, frozenset(), None)
    asked = {right.permission for right, _ in needed_by(integration, state, caller)}
    taken = {right.name for words in operations for right in operation_of(words).rights}
    assert least(asked) == least(taken)


def operation_of(words: str) -> Operation:
    (found,) = [each for each in OPERATIONS if words in each.does]
    return found


def least(names: set[str]) -> set[str]:
    """Leave out what another one of them includes."""
    return {name for name in names if not PERMISSIONS[name].included_in & names}
