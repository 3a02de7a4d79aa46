"""Reads what an environment has of a registration, with no more requests than the question needs."""

from __future__ import annotations

from dataclasses import replace

from clients.business_central.environment import Environment
from clients.business_central.records import Registration
from reconcilers.registration.permission_sets import as_declared, matching, still_defined
from reconcilers.registration.plan import permission_sets_differ
from reconcilers.registration.spec import DeclaredRegistration, Live, Recorded, RegistrationSpec, live_row


def observe_definitions(environment: Environment, spec: DeclaredRegistration) -> Live:
    """Return what can be assigned there, as if nothing were registered: trying to register tells whether it is."""
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
    return observe_held(environment, environment.registration(spec.client_id), definitions)


def observe_held(environment: Environment, registration: Registration | None, definitions: Live) -> Live:
    """Return what the user of a registration holds now; without a user there is nothing to ask for."""
    has_user = registration is not None and registration.user_state
    held = tuple(environment.assignments(registration.client_id)) if registration and has_user else ()
    return replace(definitions, registration=registration, held=held)


def observe_recorded(environment: Environment, spec: RegistrationSpec, recorded: Recorded) -> Live:
    """Return what is recorded as what is there, and look only at what the declared permission sets make necessary."""
    was = recorded.spec
    registration = Registration(
        spec.client_id, **was.row, user_id=recorded.user_id, user_state=was.state if recorded.user_id else ""
    )
    if not permission_sets_differ(spec, recorded):
        return Live(registration, held=None)
    return observe_held(environment, registration, observe_definitions(environment, spec))


def read(environment: Environment, recorded: Recorded) -> Recorded | None:
    """Return what is there of a registration, to be recorded in place of what is; None where it is gone.

    From lists that are shared by all registrations of the environment.
    """
    spec = recorded.spec
    registration = environment.listed_registration(spec.client_id)
    if registration is None:
        return None
    held = environment.listed_assignments(spec.client_id)
    if len(matching(held, spec.permission_sets)) < len(spec.permission_sets):
        held = environment.assignments(spec.client_id)  # the list's word alone takes none of them for gone
    held = still_defined(held, environment.permission_sets)
    if spec.additional_permission_sets == "keep":
        held = matching(held, spec.permission_sets)
    live = replace(spec, **live_row(registration), permission_sets=as_declared(held, spec.permission_sets))
    # Without a user there is no id of one: an update then registers anew.
    return Recorded(live, registration.user_id if registration.user_state else None)
