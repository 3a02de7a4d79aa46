"""The check of `plan` on a model of the service finds mistakes: each of these makes it fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings

from clients.http.errors import FailedPrecondition
from reconcilers.registration.permission_sets import ResolvedPermissionSet
from reconcilers.registration.plan import Plan, plan
from reconcilers.registration.spec import Live, Recorded, RegistrationSpec
from tests.support.registration_model import Planning, World, check, worlds


def changing(mistake: Callable[[Plan], Plan]) -> Planning:
    """A mistake in what is planned."""
    return lambda spec, live, recorded: mistake(plan(spec, live, recorded))


def overlooks_a_disabled_user(spec: RegistrationSpec, live: Live, recorded: Recorded | None) -> Plan:
    row = live.registration
    seen = replace(row, user_state="Enabled") if row and row.user_state == "Disabled" else row
    return plan(spec, replace(live, registration=seen), recorded)


BUGS: dict[str, Planning] = {
    "a forgotten withdrawal": changing(lambda planned: replace(planned, unassign=())),
    "what others gave is taken": lambda spec, live, recorded: plan(
        replace(spec, additional_permission_sets="remove"), live, recorded
    ),
    "what was declared before is kept with what others gave": lambda spec, live, recorded: replace(
        plan(spec, live, recorded),
        unassign=plan(spec, live, recorded).unassign if spec.additional_permission_sets == "remove" else (),
    ),
    "a company is forgotten": changing(
        lambda planned: replace(
            planned, assign=tuple(ResolvedPermissionSet(each.permission_set, "") for each in planned.assign)
        )
    ),
    "what is held is given again": lambda spec, live, recorded: plan(spec, replace(live, held=()), recorded),
    "a user disabled behind its row": overlooks_a_disabled_user,
    "a row whose user was deleted is enabled": changing(
        lambda planned: replace(planned, user_creation=planned.user_creation and "enable")
    ),
    "a registration that shall be disabled stays enabled": changing(
        lambda planned: replace(planned, changes=tuple(each for each in planned.changes if each.name != "state"))
    ),
    "a disabled one is registered disabled, and has no user": lambda spec, live, recorded: replace(
        planned := plan(spec, live, recorded), user_creation_fields=spec.row if planned.user_creation else {}
    ),
    "somebody else's row is touched": changing(lambda planned: replace(planned, adoption_refused=None)),
    "a refusal without a word": changing(
        lambda planned: replace(
            planned,
            permission_sets_refused=planned.permission_sets_refused
            and FailedPrecondition("assign permission sets", ""),
        )
    ),
}


@pytest.mark.parametrize("planning", BUGS.values(), ids=BUGS)
def test_a_planted_bug_is_found(planning: Planning) -> None:
    @settings(max_examples=1000, database=None, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False)
    @given(worlds())
    def check_it(world: World) -> None:
        check(world, planning)

    with pytest.raises((AssertionError, KeyError)):
        check_it()
