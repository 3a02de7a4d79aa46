"""Makes a registration what the inputs say, whatever is there: for create, for update, and after an interruption.

Functions over an environment of Business Central; what they are given are the inputs of BusinessCentralRegistration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clients.business_central.environment import Environment
from clients.business_central.records import Registration
from clients.http.errors import AccessError, Refused
from reconcilers.progress import tell
from reconcilers.registration.fields import different_fields, not_adopted, wanted_fields
from reconcilers.registration.permission_sets import Item, Wanted, matching, missing_and_extra, resolve


def ensure(environment: Environment, inputs: Mapping[str, Any], *, had: Iterable[Item] = ()) -> str | None:
    """Register, enable and give permission sets, or bring what is there to that; return the user's id.

    Everything that can be wrong with the permission sets is found before the first write. If a write is refused, a row
    made here is taken away again, so that a failure leaves nothing.

    Args:
        environment: where.
        inputs: of the registration.
        had: the permission sets that were asked for until now.

    Raises:
        AccessError: it cannot be done; also where a row is there that must not be adopted.
    """
    client_id = inputs["client_id"]
    wanted = resolve(inputs["permission_sets"], environment, inputs["declared_at"])
    # Enabled first even where it shall end up disabled: only enabling makes the user that sets are given to.
    made = environment.register(client_id, {**wanted_fields(inputs), "state": "Enabled"})
    try:
        if made is None:
            registration, notes = _take_over(environment, inputs)
        elif inputs["state"] == "Disabled":
            registration, notes = change(environment, client_id, {"state": "Disabled"}), []
        else:
            registration, notes = made, []
        notes += give_and_take(environment, inputs, registration.user_id, wanted, had=had)
    except AccessError as problem:
        if made is not None:
            _take_back(environment, client_id, problem, adopt=inputs["adopt"])
        raise
    if made is None and notes:
        tell(f"{client_id} was registered in environment {environment.name} already; changed: {', '.join(notes)}")
    return registration.user_id


def change(environment: Environment, client_id: str, fields: Mapping[str, Any]) -> Registration:
    """Change fields of a row; with the state, also that of a user whom somebody disabled behind the row.

    Raises:
        AccessError: it cannot be done, or the row is not there.
    """
    registration = environment.change(client_id, fields)
    if registration is None:
        raise _gone(environment, client_id)
    if fields.get("state") == "Enabled" and registration.user_id and registration.user_state == "Disabled":
        environment.enable_user(registration.user_id)
    return registration


def give_and_take(
    environment: Environment,
    inputs: Mapping[str, Any],
    user_id: str | None,
    wanted: Iterable[Wanted],
    *,
    had: Iterable[Item],
) -> list[str]:
    """Give the user the sets that it lacks, then take those that are not wanted, and return what was done.

    Args:
        environment: where.
        inputs: of the registration.
        user_id: the user; None is refused.
        wanted: the sets to hold.
        had: what was asked for until now; with `additional_permission_sets: keep`, only of these are any taken.

    Raises:
        AccessError: it cannot be done.
    """
    client_id = inputs["client_id"]
    if user_id is None:
        raise Refused(
            f"give permission sets to {client_id} in environment {environment.name}",
            "Business Central made no user for it",
            "Enable it there once by hand, under Microsoft Entra Applications, and run the same command again.",
        )
    missing, extra = missing_and_extra(wanted, environment.assignments(client_id))
    if inputs["additional_permission_sets"] == "keep":
        extra = matching(extra, had)
    for item in missing:
        environment.assign(user_id, item.permission_set, item.company)
    for assignment in extra:
        environment.take_away(user_id, assignment)
    return [f"gave {item.permission_set.role_id}" for item in missing] + [f"took {item.role_id}" for item in extra]


def _take_over(environment: Environment, inputs: Mapping[str, Any]) -> tuple[Registration, list[str]]:
    """Bring a row that is there to what the inputs say, and tell what was changed; refuse what may be another's."""
    client_id = inputs["client_id"]
    if not inputs["adopt"]:
        raise not_adopted(client_id, environment.name)
    found = environment.registration(client_id)
    if found is None:
        raise _gone(environment, client_id)
    notes = []
    if found.user_id and not found.user_state:  # its user was deleted: BC can neither enable nor disable such a row
        environment.deregister(client_id)
        made = environment.register(client_id, {**wanted_fields(inputs), "state": "Enabled"})
        found = made or environment.registration(client_id)  # not the old row, where another run was faster
        if found is None:
            raise _gone(environment, client_id)
        notes.append("registered anew, because its user had been deleted")
    if found.user_id is None:  # never enabled: it has no user that sets could be given to
        found = change(environment, client_id, {**wanted_fields(inputs), "state": "Enabled"})
        notes.append("enabled for the first time")
    different = different_fields(found, wanted_fields(inputs))
    if different:
        found = change(environment, client_id, {key: new for key, (_, new) in different.items()})
    return found, notes + [f"{key} {old!r} -> {new!r}" for key, (old, new) in different.items()]


def _take_back(environment: Environment, client_id: str, problem: AccessError, *, adopt: bool) -> None:
    """Delete the row that a failed create made; say so where even that fails."""
    try:
        environment.deregister(client_id)
    except AccessError as second:
        told = "" if adopt else ", with `adopt: true`"
        problem.remedy += (
            f" The registration itself was made and could not be taken back ({second.reason}); the next `pulumi up` "
            f"finds and finishes it{told}."
        )


def _gone(environment: Environment, client_id: str) -> Refused:
    return Refused(
        f"change the registration of {client_id} in environment {environment.name}",
        "it is not there any more",
        "Somebody deleted it: run `pulumi refresh`, then `pulumi up` registers it anew.",
    )
