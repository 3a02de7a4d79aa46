"""Reads what an environment has of a registration, with no more requests than the question needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from clients.business_central.environment import Environment
from clients.business_central.records import Assignment, Registration
from reconcilers.registration.permission_sets import as_declared, matching, still_defined
from reconcilers.registration.plan import permission_sets_differ
from reconcilers.registration.spec import DeclaredRegistration, Live, Recorded, RegistrationSpec, live_row


def observe_definitions(environment: Environment, spec: DeclaredRegistration) -> Live:
    """Return the companies and the permission sets that can be assigned; whether a row exists is not looked up."""
    if not spec.permission_sets:
        return Live()
    return Live(companies=environment.companies.keys(), definitions=tuple(environment.permission_sets))


def observe_registration(environment: Environment, spec: RegistrationSpec, definitions: Live) -> Live:
    """Return what is registered now, and what its user holds.

    Args:
        environment: where.
        spec: the registration as it shall be.
        definitions: as `observe_definitions` returns it.
    """
    return observe_assignments(environment, environment.registration(spec.client_id), definitions)


def observe_assignments(environment: Environment, registration: Registration | None, definitions: Live) -> Live:
    """Return what the user of a registration holds now; without a user there is nothing to ask for."""
    has_user = registration is not None and registration.user_state
    held = tuple(environment.assignments(registration.client_id)) if registration and has_user else ()
    return replace(definitions, registration=registration, held=held)


def observe_recorded(environment: Environment, spec: RegistrationSpec, recorded: Recorded) -> Live:
    """Return the recorded row as if it were read; read the permission sets only where other ones are declared."""
    was = recorded.spec
    registration = Registration(
        spec.client_id, **was.row, user_id=recorded.user_id, user_state=was.state if recorded.user_id else ""
    )
    if not permission_sets_differ(spec, recorded):
        return Live(registration, held=None)
    return observe_assignments(environment, registration, observe_definitions(environment, spec))


def read(environment: Environment, recorded: Recorded) -> Recorded | None:
    """Return a registration as it is now, to be recorded instead of `recorded`; None where it is gone.

    Read from lists that all registrations of the environment share.
    """
    spec = recorded.spec
    registration = environment.listed_registration(spec.client_id)
    if registration is None:
        return None
    held = environment.listed_assignments(spec.client_id)
    if len(matching(held, spec.permission_sets)) < len(spec.permission_sets):
        held = environment.assignments(spec.client_id)  # the cached list may be late: ask before one counts as gone
    held = still_defined(held, environment.permission_sets)
    if spec.additional_permission_sets == "keep":
        held = matching(held, spec.permission_sets)
    return as_recorded(spec, registration, held)


def as_recorded(spec: RegistrationSpec, registration: Registration, held: Iterable[Assignment]) -> Recorded:
    """Return what the state has to say of a registration as it is.

    Args:
        spec: how its permission sets are declared; of a row that no state knows yet, as they shall be.
        registration: the row.
        held: the permission sets that its user holds.
    """
    live = replace(spec, **live_row(registration), permission_sets=as_declared(held, spec.permission_sets))
    # Without a user id, an update registers it again.
    return Recorded(live, registration.user_id if registration.user_state else None)
