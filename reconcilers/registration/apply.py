"""Carries out the plan of a registration: for create, for update, and after an interruption."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.business_central.environment import Environment
from clients.business_central.records import Registration
from clients.http.errors import FailedPrecondition, UserFacingError
from reconcilers.progress import report
from reconcilers.registration.observe import (
    observe_assignments,
    observe_definitions,
    observe_recorded,
    observe_registration,
)
from reconcilers.registration.plan import Plan, UserCreation, adoption_refused, is_moved, plan
from reconcilers.registration.spec import Live, Recorded, RegistrationSpec

_USER_CREATION_REPORTS: Mapping[UserCreation, str] = {
    "register again": "registered anew, because its user had been deleted",
    "enable": "enabled for the first time",
}


def create(environment: Environment, spec: RegistrationSpec, recorded: Recorded | None = None) -> Recorded:
    """Register, enable and assign permission sets; or adopt the row that is there.

    Everything that can be wrong with the permission sets is found before the first write. If a later write fails, the
    row is deleted again, so that a failure leaves nothing.

    Args:
        environment: where.
        spec: the registration as it shall be.
        recorded: what the state has of it, perhaps with another environment name or address, or without a user.

    Raises:
        UserFacingError: it cannot be done; also where there is a row that must not be adopted.
    """
    definitions = observe_definitions(environment, spec)
    planned = _not_refused(plan(spec, definitions, recorded))
    made = environment.register(spec.client_id, planned.user_creation_fields)
    if made is None:
        return _adopt(environment, spec, definitions, recorded)
    try:
        if made.user_id is None:
            raise _no_user(spec)
        planned = plan(spec, observe_assignments(environment, made, definitions), recorded)
        user_id = _change_fields(environment, spec, planned) or made.user_id
        _change_permission_sets(environment, user_id, planned)
    except UserFacingError as problem:
        _undo(environment, spec, recorded, problem)
        raise
    return Recorded(spec, user_id)


def update(environment: Environment, spec: RegistrationSpec, recorded: Recorded) -> Recorded:
    """Change what differs from what is recorded, and only that.

    Raises:
        UserFacingError: it cannot be done.
    """
    if is_moved(spec, recorded):  # under another name or at another address: nothing recorded is taken for granted
        made = create(environment, spec, recorded)
        if recorded.spec.base_url != spec.base_url:
            report(
                f"environment {environment.name} is now looked for at another address. If that is another server, the "
                f"registration at {recorded.spec.base_url or 'Business Central online'} is still there: remove it by "
                "hand."
            )
        return made
    user_id = recorded.user_id
    if not user_id:
        return create(environment, spec, recorded)
    planned = _not_refused(plan(spec, observe_recorded(environment, spec, recorded), recorded))
    if planned.changes:
        user_id = _change_fields(environment, spec, planned)
        if not user_id:  # it was deleted since it was recorded
            return create(environment, spec, recorded)
    _change_permission_sets(environment, user_id, planned)
    return Recorded(spec, user_id)


def delete(environment: Environment, client_id: str) -> None:
    """Disable first, so that there is no access even if the next request fails; then delete the row and its user.

    Raises:
        UserFacingError: it cannot be done.
    """
    attempting = f"disable {client_id} in environment {environment.name} before deleting it"
    registration = environment.change(client_id, {"state": "Disabled"}, attempting=attempting)
    # No row, or a row whose user was deleted, which cannot be disabled; a DELETE of what is gone is fine.
    if environment.deregister(client_id) or registration is None:
        return
    if registration.user_id:
        for assignment in environment.assignments(client_id):
            environment.unassign(registration.user_id, assignment)
    report(
        f"Business Central keeps the registration of {client_id} in environment {environment.name}, because its "
        "user once signed in interactively. It is disabled and has no permission sets any more; an administrator "
        "can see it under Microsoft Entra Applications."
    )


def _not_refused(planned: Plan) -> Plan:
    """Return a plan that is not refused.

    Raises:
        FailedPrecondition: it is.
    """
    for refusal in planned.refusals:
        raise refusal
    return planned


def _adopt(environment: Environment, spec: RegistrationSpec, definitions: Live, recorded: Recorded | None) -> Recorded:
    """Change a row that is there to what is declared, and report the changes; refuse a row that may be another's."""
    if refusal := adoption_refused(spec, recorded):
        raise refusal
    live = observe_registration(environment, spec, definitions)
    if live.registration is None:
        raise _gone(spec)
    planned = _not_refused(plan(spec, live, recorded))
    done_before: list[UserCreation] = []
    while planned.user_creation:  # a second time where another run has registered, but not enabled it
        if planned.user_creation in done_before:
            raise _no_user(spec)
        done_before.append(planned.user_creation)
        live = observe_assignments(environment, _create_user(environment, spec, planned), definitions)
        planned = plan(spec, live, recorded)
    user_id = _change_fields(environment, spec, planned) or (live.registration and live.registration.user_id)
    if not user_id:
        raise _no_user(spec)
    _change_permission_sets(environment, user_id, planned)
    done = [_USER_CREATION_REPORTS[step] for step in done_before] + planned.describe_changes(
        assigned="assigned", unassigned="removed"
    )
    if done:
        report(f"{spec.client_id} was registered in environment {spec.environment} already; changed: {', '.join(done)}")
    return Recorded(spec, user_id)


def _create_user(environment: Environment, spec: RegistrationSpec, planned: Plan) -> Registration:
    """Have Business Central create the user of a row that has none."""
    if planned.user_creation == "enable":
        return _change(environment, spec, planned.user_creation_fields)
    environment.deregister(spec.client_id)
    made = environment.register(spec.client_id, planned.user_creation_fields)
    found = made or environment.registration(spec.client_id)  # another run registered it meanwhile
    if found is None:
        raise _gone(spec)
    return found


def _change_fields(environment: Environment, spec: RegistrationSpec, planned: Plan) -> str | None:
    """Change the fields that differ, and return the id of the user; None where none differ, or it has no user."""
    if not planned.changes:
        return None
    registration = _change(environment, spec, {each.name: each.new for each in planned.changes})
    return registration.user_id if registration.user_state else None


def _change(environment: Environment, spec: RegistrationSpec, fields: Mapping[str, Any]) -> Registration:
    """Change fields of a row; to enable it, also enable its user, whom somebody may have disabled separately."""
    registration = environment.change(spec.client_id, fields)
    if registration is None:
        raise _gone(spec)
    if fields.get("state") == "Enabled" and registration.user_id and registration.user_state == "Disabled":
        environment.enable_user(registration.user_id)
    return registration


def _change_permission_sets(environment: Environment, user_id: str, planned: Plan) -> None:
    """Assign first, so that nothing that works stops working because a later request fails."""
    for wanted in planned.assign:
        environment.assign(user_id, wanted.permission_set, wanted.company)
    for assignment in planned.unassign:
        environment.unassign(user_id, assignment)


def _undo(
    environment: Environment, spec: RegistrationSpec, recorded: Recorded | None, problem: UserFacingError
) -> None:
    """Delete the row that a failed create made; where that fails too, the remedy says so."""
    try:
        environment.deregister(spec.client_id)
    except UserFacingError as second:
        how = ", with `adopt: true`" if adoption_refused(spec, recorded) else ""
        problem.remedy += (
            f" The registration itself was made and could not be taken back ({second.reason}); the next `pulumi up` "
            f"finds and finishes it{how}."
        )


def _no_user(spec: RegistrationSpec) -> FailedPrecondition:
    return FailedPrecondition(
        f"assign permission sets to {spec.client_id} in environment {spec.environment}",
        "Business Central made no user for it",
        "Enable it there once by hand, under Microsoft Entra Applications, and run the same command again.",
    )


def _gone(spec: RegistrationSpec) -> FailedPrecondition:
    return FailedPrecondition(
        f"change the registration of {spec.client_id} in environment {spec.environment}",
        "it is not there any more",
        "Somebody deleted it: run `pulumi refresh`, then `pulumi up` registers it anew.",
    )
