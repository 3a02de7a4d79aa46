"""What to do so that a consent is as declared: all rules about it, as pure functions.

`up` carries a plan out (`apply.py`), and `python -m commands preflight` prints what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from clients.graph.objects import DelegatedGrant
from clients.graph.times import moment
from reconcilers.consent.refusals import (
    Refusal,
    another_publisher,
    not_approved,
    not_of_this_tenant,
    not_offered,
    not_withdrawn,
)
from reconcilers.consent.spec import ConsentSpec, Live, Recorded


@dataclass(frozen=True, kw_only=True)
class DelegatedChange:
    """What becomes of the delegated permissions for all users, which are one object in Graph.

    Attributes:
        grant: the grant as it is, None where it is to be made.
        after: values of its permissions afterwards; without any it is deleted.
    """

    grant: DelegatedGrant | None
    after: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done, in this order, and what is ours once it is.

    Attributes:
        refusals: why nothing is done, the first reason first; all else is then empty.
        create: client ids of the applications whose service principals are created. Publisher, roles and scopes can be
            read only then, so the plan is made again after each.
        grant: values of the roles to grant.
        withdraw: the assignments to remove, role -> id.
        delegated: the change of the delegated permissions, None for none.
        remove_service_principal: object id of the application's service principal, if it is to be taken out of the
            tenant; it stays where others granted it something meanwhile.
        keep: the assignments that are ours and stay, role -> id.
        not_listed: of the roles to grant, the recorded assignments that the last refresh did not find, role -> id. If
            Graph answers that such a role is granted already, it may be by this assignment.
        keep_scopes: the delegated permissions that are ours afterwards, sorted.
    """

    refusals: tuple[Refusal, ...] = ()
    create: tuple[str, ...] = ()
    grant: tuple[str, ...] = ()
    withdraw: Mapping[str, str] = field(default_factory=dict)
    delegated: DelegatedChange | None = None
    remove_service_principal: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)
    not_listed: Mapping[str, str] = field(default_factory=dict)
    keep_scopes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do, and nothing to refuse."""
        to_do = (self.refusals, self.create, self.grant, self.withdraw, self.delegated, self.remove_service_principal)
        return not any(to_do)


def plan(spec: ConsentSpec, live: Live, recorded: Recorded) -> Plan:
    """Return what to do. What was not read counts as not there.

    Args:
        spec: what is wanted.
        live: what there is.
        recorded: what the state knows to be ours.
    """
    refusals = tuple(_refusals(spec, live, recorded))
    if refusals:
        return Plan(refusals=refusals)
    ours = live.ours(recorded)
    if spec.consent == "manual":
        return Plan(
            keep={role: id_ for role, id_ in ours.assignments.items() if (live.roles or {}).get(role) == id_},
            keep_scopes=tuple(sorted(live.scopes & set(ours.granted_scopes))),
        )
    missing = [spec.client_id] if spec.owner == "vendor" and live.application is None else []
    missing += [spec.resource_app_id] if live.resource is None else []
    after = delegated_after(spec, live.scopes, ours)
    seen, withdrawable = _seen_roles(spec, live, ours), ours.assignments if spec.additive else live.roles or {}
    grant = tuple(role for role in spec.roles if role not in seen)
    return Plan(
        create=tuple(missing),
        grant=grant,
        withdraw={role: id_ for role, id_ in withdrawable.items() if role not in spec.roles},
        delegated=None if after == live.scopes else DelegatedChange(grant=live.grant, after=after),
        keep={
            role: id_
            for role, id_ in seen.items()
            if role in spec.roles and (ours.assignments.get(role) == id_ or not spec.additive)
        },
        not_listed={role: ours.assignments[role] for role in grant if spec.additive and role in ours.assignments},
        keep_scopes=delegated_ours(spec, live.scopes, ours),
    )


def _seen_roles(spec: ConsentSpec, live: Live, ours: Recorded) -> Mapping[str, str]:
    """Return the roles that need not be granted, role -> id of the assignment.

    The roles of a vendor's application are not read before granting. Then it is those of ours that the last refresh
    found; of the others Graph answers on granting that they are granted already.
    """
    if live.roles is None and spec.additive:
        return {role: ours.assignments[role] for role in ours.roles if role in ours.assignments}
    return live.roles or {}


def delegated_after(spec: ConsentSpec, before: frozenset[str], ours: Recorded) -> frozenset[str]:
    """Return what the delegated permissions for all users shall be."""
    wanted = frozenset(spec.delegated_scopes)
    if not wanted and not ours.granted_scopes:
        return before  # they are not read, and not ours to change
    return before - set(ours.granted_scopes) | wanted if spec.additive else wanted


def delegated_ours(spec: ConsentSpec, before: frozenset[str], ours: Recorded) -> tuple[str, ...]:
    """Return which delegated permissions are ours once the wanted ones are granted, sorted.

    Args:
        spec: what is wanted.
        before: what was granted before.
        ours: what of it was ours.
    """
    others = before - set(ours.granted_scopes) if spec.additive else frozenset[str]()
    return tuple(sorted(set(spec.delegated_scopes) - others))


CLOCKS_DIFFER = timedelta(seconds=2)
"""By how much this machine's clock and Entra's may differ."""


def was_made_by(sent: datetime, seen: datetime, created: str) -> bool:
    """Tell whether a request whose answer is lost made what is there now: by the time, since Graph names no author.

    Args:
        sent: when the request was sent.
        seen: when it was found there, afterwards.
        created: when it was made, as Graph writes it.
    """
    try:
        return sent - CLOCKS_DIFFER <= moment(created) <= seen + CLOCKS_DIFFER
    except ValueError:
        return False


def removal(spec: ConsentSpec, live: Live, recorded: Recorded) -> Plan:
    """Return how a consent is withdrawn; the resource's service principal stays, since others have roles on it."""
    ours = frozenset(recorded.granted_scopes)
    after = live.scopes - ours if spec.additive or spec.consent == "manual" else frozenset[str]()
    change = ours and live.grant and (after != live.scopes or not after)
    return Plan(
        withdraw=recorded.assignments,
        delegated=DelegatedChange(grant=live.grant, after=after) if change else None,
        remove_service_principal=recorded.service_principal_id if recorded.service_principal_created else "",
    )


def refreshed(spec: ConsentSpec, live: Live, recorded: Recorded) -> Recorded:
    """Return what the state has to say after a refresh.

    Args:
        spec: what the state says is wanted.
        live: what there is.
        recorded: what the state knew.
    """
    ours, roles, scopes = live.ours(recorded), live.roles or {}, live.scopes
    if spec.additive:  # what others granted to a vendor is no drift
        roles = {role: id_ for role, id_ in roles.items() if role in spec.roles}
        scopes &= set(spec.delegated_scopes)
    assignments, granted = roles, scopes
    if spec.additive or spec.consent == "manual":
        # An assignment of ours that is not listed is withdrawn, or not replicated yet: it stays recorded until that is
        # certain.
        assignments = {role: id_ for role, id_ in ours.assignments.items() if roles.get(role, id_) == id_}
        granted = scopes & set(ours.granted_scopes)
    return Recorded(
        service_principal_id=live.service_principal_id,
        service_principal_created=ours.service_principal_created,
        resource_id=live.resource_id or recorded.resource_id,
        assignments=assignments,
        granted_scopes=tuple(sorted(granted)),
        roles=tuple(sorted(roles)),
        delegated_scopes=tuple(sorted(scopes)),
    )


def must_read_delegated(spec: ConsentSpec, recorded: Recorded, ours: Recorded) -> bool:
    """Tell whether delegated permissions have to be read. Not every caller may, so only where there are any.

    Args:
        spec: what is wanted.
        recorded: what the state knows.
        ours: what of that is valid for these service principals.
    """
    # With `consent: manual`, also those that were declared before: an administrator has to withdraw them.
    declared_before = spec.consent == "manual" and recorded.delegated_scopes
    return bool(spec.delegated_scopes or ours.granted_scopes or declared_before)


def identity_refusals(spec: ConsentSpec, live: Live) -> Iterator[Refusal]:
    """Yield the refusals that follow from the two service principals, whatever is granted."""
    if live.resource:
        yield from not_offered(spec, live.resource)
    if live.application and spec.owner == "vendor":
        yield from another_publisher(spec, live.application, live.tenant_id)
    if live.application and spec.owner == "tenant":
        yield from not_of_this_tenant(spec, live.application, live.tenant_id)


def _refusals(spec: ConsentSpec, live: Live, recorded: Recorded) -> Iterator[Refusal]:
    refused = list(identity_refusals(spec, live))
    yield from refused
    if (
        spec.owner == "tenant" and live.application is None
    ):  # a vendor's is let in; this one exists already, or is wrong
        yield from not_of_this_tenant(spec, None, live.tenant_id)
        return
    if spec.consent == "auto":
        return
    page = "" if live.application and live.application.is_managed_identity else live.approval_page
    if live.resource is None or not live.service_principal_id:  # the approval page creates those that are missing
        yield not_approved(spec.client_id, spec.permissions, page)
        return
    if refused and live.roles is None:  # what it holds was not read
        return
    roles, ours = live.roles or {}, live.ours(recorded)
    held = roles.keys() | live.scopes
    if missing := [value for value in spec.permissions if value not in held]:
        yield not_approved(spec.client_id, missing, page)
        return
    if spec.additive:  # the rest was granted by others
        held = {role for role, id_ in ours.assignments.items() if roles.get(role) == id_}
        held |= live.scopes & set(ours.granted_scopes)
    if too_much := sorted(held - set(spec.permissions)):
        yield not_withdrawn(spec.client_id, live.resource, too_much)
