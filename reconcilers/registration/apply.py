"""Makes a registration what is declared, whatever is there: for create, for update, and after an interruption."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.business_central.environment import Environment
from clients.business_central.records import Registration
from clients.http.errors import FailedPrecondition, UserFacingError
from reconcilers.progress import tell
from reconcilers.registration.observe import (
    observe_definitions,
    observe_held,
    observe_recorded,
    observe_registration,
)
from reconcilers.registration.plan import FirstStep, Plan, adoption_refused, is_moved, plan
from reconcilers.registration.spec import Live, Recorded, RegistrationSpec

_FIRST_STEPS_DONE: Mapping[FirstStep, str] = {
    "register anew": "registered anew, because its user had been deleted",
    "enable": "enabled for the first time",
}


def create(environment: Environment, spec: RegistrationSpec, recorded: Recorded | None = None) -> Recorded:
    """Register, enable and give permission sets, or bring what is there to that.

    Everything that can be wrong with the permission sets is found before the first write. If a write is refused, a row
    made here is deleted again, so that a failure leaves nothing.

    Args:
        environment: where.
        spec: the registration as it shall be.
        recorded: what the state has of it: under another name, at another address, or without its user.

    Raises:
        UserFacingError: it cannot be done; also where a row is there that must not be adopted.
    """
    definitions = observe_definitions(environment, spec)
    planned = _permitted(plan(spec, definitions, recorded))
    made = environment.register(spec.client_id, planned.first_fields)
    if made is None:
        return _adopt(environment, spec, definitions, recorded)
    try:
        if made.user_id is None:
            raise _no_user(spec)
        planned = plan(spec, observe_held(environment, made, definitions), recorded)
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
    if is_moved(spec, recorded):  # what is ours, under another name or at another address: look at all of it there
        made = create(environment, spec, recorded)
        if recorded.spec.base_url != spec.base_url:
            tell(
                f"environment {environment.name} is now looked for at another address. If that is another server, the "
                f"registration at {recorded.spec.base_url or 'Business Central online'} is still there: remove it by "
                "hand."
            )
        return made
    user_id = recorded.user_id
    if not user_id:
        return create(environment, spec, recorded)
    planned = _permitted(plan(spec, observe_recorded(environment, spec, recorded), recorded))
    if planned.changes:
        user_id = _change_fields(environment, spec, planned)
        if not user_id:  # it was deleted since it was recorded
            return create(environment, spec, recorded)
    _change_permission_sets(environment, user_id, planned)
    return Recorded(spec, user_id)


def delete(environment: Environment, client_id: str) -> None:
    """Disable, so that from then on there is no access whatever happens; then delete the row and its user.

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
    tell(
        f"Business Central keeps the registration of {client_id} in environment {environment.name}, because its "
        "user once signed in interactively. It is disabled and has no permission sets any more; an administrator "
        "can see it under Microsoft Entra Applications."
    )


def _permitted(planned: Plan) -> Plan:
    """Return a plan that may be carried out.

    Raises:
        FailedPrecondition: it may not.
    """
    for refusal in planned.refusals:
        raise refusal
    return planned


def _adopt(environment: Environment, spec: RegistrationSpec, definitions: Live, recorded: Recorded | None) -> Recorded:
    """Bring a row that is there to what is declared, and say what was changed; refuse what may be another's."""
    if refusal := adoption_refused(spec, recorded):
        raise refusal
    live = observe_registration(environment, spec, definitions)
    if live.registration is None:
        raise _gone(spec)
    planned = _permitted(plan(spec, live, recorded))
    first_steps: list[FirstStep] = []
    while planned.first_step:  # twice where another run is faster, and has not enabled it yet
        if planned.first_step in first_steps:
            raise _no_user(spec)
        first_steps.append(planned.first_step)
        live = observe_held(environment, _take_first_step(environment, spec, planned), definitions)
        planned = plan(spec, live, recorded)
    user_id = _change_fields(environment, spec, planned) or (live.registration and live.registration.user_id)
    if not user_id:
        raise _no_user(spec)
    _change_permission_sets(environment, user_id, planned)
    done = [_FIRST_STEPS_DONE[step] for step in first_steps] + planned.in_words(give="gave", take="took")
    if done:
        tell(f"{spec.client_id} was registered in environment {spec.environment} already; changed: {', '.join(done)}")
    return Recorded(spec, user_id)


def _take_first_step(environment: Environment, spec: RegistrationSpec, planned: Plan) -> Registration:
    """Have Business Central make a user for a row that has none."""
    if planned.first_step == "enable":
        return _change(environment, spec, planned.first_fields)
    environment.deregister(spec.client_id)
    made = environment.register(spec.client_id, planned.first_fields)
    found = made or environment.registration(spec.client_id)  # not the old row, where another run was faster
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
    """Change fields of a row; with the state, also that of a user whom somebody disabled behind the row."""
    registration = environment.change(spec.client_id, fields)
    if registration is None:
        raise _gone(spec)
    if fields.get("state") == "Enabled" and registration.user_id and registration.user_state == "Disabled":
        environment.enable_user(registration.user_id)
    return registration


def _change_permission_sets(environment: Environment, user_id: str, planned: Plan) -> None:
    """Give first, so that nothing that works stops working because a later request fails."""
    for wanted in planned.give:
        environment.assign(user_id, wanted.permission_set, wanted.company)
    for assignment in planned.take:
        environment.unassign(user_id, assignment)


def _undo(
    environment: Environment, spec: RegistrationSpec, recorded: Recorded | None, problem: UserFacingError
) -> None:
    """Delete the row that a failed create made; say so where even that fails."""
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
        f"give permission sets to {spec.client_id} in environment {spec.environment}",
        "Business Central made no user for it",
        "Enable it there once by hand, under Microsoft Entra Applications, and run the same command again.",
    )


def _gone(spec: RegistrationSpec) -> FailedPrecondition:
    return FailedPrecondition(
        f"change the registration of {spec.client_id} in environment {spec.environment}",
        "it is not there any more",
        "Somebody deleted it: run `pulumi refresh`, then `pulumi up` registers it anew.",
    )
