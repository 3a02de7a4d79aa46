"""One Business Central environment: what the caller may do there, and which registrations are there already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from clients.business_central.app_file import Version
from clients.business_central.environment import Environment
from clients.business_central.errors import (
    ASSIGN_SAME_SETS_TO_CALLER,
    ASSIGN_SECURITY,
    INSTALL_COMPANION,
    SIGN_IN_FULL_USER,
    format_remedy,
)
from clients.business_central.records import NO_ID, Assignment, PermissionSet, Registration
from clients.business_central.routes import COMPANION_APP_ID, COMPANION_ROUTE
from clients.entra.caller import Caller
from clients.graph.applications import Application
from clients.http.errors import UserFacingError
from commands.preflight.findings import Finding, finding_from
from commands.preflight.stack import Stack, Tag, key_path
from commands.pulumi_cli import ROOT
from reconcilers.registration.observe import observe_definitions
from reconcilers.registration.permission_sets import ResolvedPermissionSet
from reconcilers.registration.plan import Plan, plan
from reconcilers.registration.spec import Recorded, RegistrationSpec
from settings.models import Integration
from settings.registrations import declared_registration

_ALL_COMPANIES = ""


class _PlannedRegistration(NamedTuple):
    """The registration of an integration in this environment, and the plan for it.

    Attributes:
        integration: the integration.
        spec: its registration as it shall be; with client id "" where its application is not made yet.
        row: its registration, None where there is none.
        plan: what `up` does about it.
    """

    integration: Integration
    spec: RegistrationSpec
    row: Registration | None
    plan: Plan


def check(stack: Stack, key: str, applications: Iterable[Application], caller: Caller | None) -> list[Finding]:
    """Return what was found in one environment.

    Args:
        stack: the stack.
        key: the environment's key in the stack file.
        applications: the applications in Entra that stacks of this project made.
        caller: who signed in to Business Central online; None where that is not known, or another signs in here.
    """
    found: list[Finding] = []
    try:
        for each in _Environment(stack, key, applications, caller).findings():
            found.append(each)  # noqa: PERF402 - what was found before an error counts
    except UserFacingError as problem:  # the rest could not be read either
        found.append(finding_from(f"environment {stack.declared.environments[key].name}", problem))
    return found


class _Environment:
    """One environment, as it is declared and as it is."""

    def __init__(self, stack: Stack, key: str, applications: Iterable[Application], caller: Caller | None) -> None:
        declared = stack.declared.environments[key]
        self._stack, self._key, self._caller = stack, key, caller
        self._environment: Environment = stack.session.environment(
            declared.name, declared.base_url or "", declared.scope or ""
        )
        self._online = not declared.base_url
        self._where = f"environment {declared.name}"
        self._tags = {each.client_id: Tag.find_in(each.tags, stack.name) for each in applications}
        self._tags |= {client_id: Tag(stack.name, name) for name, (_, client_id) in stack.state.applications.items()}

    def findings(self) -> Iterator[Finding]:
        """Make all requests, and yield the findings.

        Raises:
            UserFacingError: something could not be read.
        """
        number = len(self._environment.companies)
        declared = [self._planned(each, {}, {}) for each in self._integrations()]
        # Without rows the only refusal is of permission sets or companies that are not there.
        undefined = [
            finding_from(refusal.where, refusal, kind="missing") for each in declared for refusal in each.plan.refusals
        ]
        yield from undefined
        companion = self._companion()
        yield companion
        if companion.stops_up:  # registrations cannot be read without it
            return
        rows, assignments = self._environment.registrations(), self._environment.all_assignments()
        declared = [self._planned(each, rows, assignments) for each in self._integrations()]
        rights = [*self._rights(declared, assignments), *self._full_user(declared, rows)]
        yield from rights
        if not any(each.stops_up for each in (*undefined, *rights)):
            found = f"nothing that `up` needs there is known to be missing (companies: {number})"
            yield Finding("ready", self._where, found)
        for each in declared:
            yield from self._takeover(each)
        yield from self._others(declared, rows)

    def _integrations(self) -> list[Integration]:
        return [each for each in self._stack.declared.integrations if self._key in each.environments]

    def _planned(
        self,
        integration: Integration,
        rows: Mapping[str, Registration],
        assignments: Mapping[str, list[Assignment]],
    ) -> _PlannedRegistration:
        """Return the plan of `up` for an integration, given all registrations and assignments of the environment."""
        client_id = self._stack.client_id(integration) or ""
        declared = declared_registration(integration, self._key, self._stack.declared.environments[self._key])
        spec = RegistrationSpec.from_mapping({**declared, "client_id": client_id})
        definitions = observe_definitions(self._environment, spec)
        live = replace(definitions, registration=rows.get(client_id), held=tuple(assignments.get(client_id, ())))
        return _PlannedRegistration(integration, spec, live.registration, plan(spec, live, self._recorded(spec)))

    def _recorded(self, spec: RegistrationSpec) -> Recorded | None:
        """Return what the state has of a registration, None where it has none."""
        found = self._stack.recorded_registrations(self._key).get(spec.client_id)
        if found is None:
            return None
        return Recorded(RegistrationSpec.from_mapping({**spec.as_mapping(), **spec.defaults(), **found}), None)

    def _remedy(self, remedy: str) -> str:
        return format_remedy(remedy, self._environment.name, COMPANION_ROUTE, self._environment.server)

    def _companion(self) -> Finding:
        """Compare the companion extension with the one that this program was written with."""
        if not self._online:
            return Finding("note", self._where, "the version of the companion extension is looked up online only")
        installed = self._stack.session.extension_upload(self._environment.name).installed(COMPANION_APP_ID)
        remedy = self._remedy(INSTALL_COMPANION)
        if installed is None:
            found = "the companion extension is not installed, so that nothing more can be seen here yet"
            return Finding("missing", self._where, found, remedy)
        if installed < (wanted := _required_companion_version()):
            found = f"the companion extension is version {installed}, and this program wants {wanted}"
            return Finding("missing", self._where, found, remedy)
        return Finding("ready", self._where, f"the companion extension is installed, version {installed}")

    def _rights(
        self, declared: list[_PlannedRegistration], assignments: Mapping[str, list[Assignment]]
    ) -> Iterator[Finding]:
        """Compare the permission sets of the caller with those that it has to hold to assign and unassign them."""
        if self._caller is None or self._caller.is_person:
            found = "which permission sets a person holds cannot be seen through the API"
            yield Finding("note", self._where, found, self._remedy(ASSIGN_SECURITY))
            return
        who = f"the caller, application {self._caller.client_id},"
        held = assignments.get(self._caller.client_id, [])
        if not any((each.role_id, each.app_id, each.company) == ("SECURITY", NO_ID, _ALL_COMPANIES) for each in held):
            found = f"{who} does not hold SECURITY there for all companies"
            if self._manages_users(declared):
                yield Finding("missing", self._where, found, self._remedy(ASSIGN_SECURITY))
            else:
                found += "; this `up` changes nothing there that needs it"
                yield Finding("note", self._where, found, self._remedy(ASSIGN_SECURITY))
        for verb, wanted in (
            ("assign", {each for one in declared for each in one.plan.assign}),
            ("remove", {_resolved(each) for one in declared for each in one.plan.unassign}),
        ):
            if foreign := [each for each in wanted if not _may_assign(held, each)]:
                found = f"{who} does not hold {', '.join(sorted(map(str, foreign)))}, which it has to {verb}"
                yield Finding("missing", self._where, found, self._remedy(ASSIGN_SAME_SETS_TO_CALLER))

    def _manages_users(self, declared: list[_PlannedRegistration]) -> bool:
        """Tell whether `up` makes, enables, disables or deletes a registration here, or changes its permission sets."""
        if self._stack.recorded_registrations(self._key).keys() - {each.spec.client_id for each in declared}:
            return True
        return any(each.plan.manages_users for each in declared)

    def _full_user(self, declared: list[_PlannedRegistration], rows: Mapping[str, Registration]) -> Iterator[Finding]:
        """Yield whether a person is an enabled user; Business Central creates no application's user before that."""
        if all(each.row for each in declared):
            return
        if not self._environment.enabled_users() - {row.user_id for row in rows.values()}:
            found = "nobody but applications is an enabled user there"
            yield Finding("missing", self._where, found, self._remedy(SIGN_IN_FULL_USER))

    def _takeover(self, declared: _PlannedRegistration) -> Iterator[Finding]:
        """Yield what `up` would adopt, and what it would change in it."""
        row, where = declared.row, f"{key_path(declared.integration)}, {self._where}"
        if refusal := declared.plan.adoption_refused:
            yield finding_from(where, refusal)
            return
        if row is None or self._stack.has_recorded_registration(self._key, row.client_id):
            return
        listed = ", ".join(declared.plan.describe_changes(assigned="assigns", unassigned="removes")) or "none"
        found = f"`up` takes over the registration of {row.client_id} that is there; changes: {listed}"
        yield Finding("takeover", where, found)

    def _others(self, declared: list[_PlannedRegistration], rows: Mapping[str, Registration]) -> Iterator[Finding]:
        """Yield the registrations that are not in the stack file; a copied environment has them, for one."""
        ours = {each.spec.client_id for each in declared} | {self._caller.client_id if self._caller else None}
        unknown: list[str] = []
        for row in rows.values():
            if (
                row.client_id in ours
                or self._stack.has_recorded_registration(self._key, row.client_id)
                or not row.is_working
            ):
                continue
            tag = self._tags.get(row.client_id)
            if tag and tag.stack == self._stack.name:
                yield self._leftover(row, tag.key)
            else:
                unknown.append(f"{row.name} ({row.client_id}{f', of stack {tag.stack}' if tag else ''})")
        if unknown:
            found = f"enabled there and not this stack's: {', '.join(sorted(unknown))}"
            yield Finding("note", self._where, found, "If this environment is a copy, remove what it shall not have.")

    def _leftover(self, row: Registration, key: str) -> Finding:
        remove = "disable and delete it in Business Central under Microsoft Entra Applications (page 9860)"
        integration = self._stack.integration(key)
        who = f"{row.name} ({row.client_id}) of integration {key} can use it, though"
        if integration and row.client_id == self._stack.client_id(integration):
            found = (
                f"{who} the stack file does not say so: the environment was copied from one where it does, or somebody "
                "registered it by hand"
            )
            remedy = (
                f"Either {remove}, or add this environment to {key_path(integration)}.environments and run "
                "`pulumi up`, which adopts it."
            )
        else:
            found = f"{who} the state does not know the application"
            remedy = f"Where the application is left over too: {remove}, before the application is deleted."
        return Finding("leftover", self._where, found, remedy)


@cache
def _required_companion_version() -> Version:
    """Return the version of the companion extension that this program was written with."""
    written = json.loads((ROOT / "companion_extension" / "app.json").read_text(encoding="utf-8"))
    return Version.parse(written["version"])


def _resolved(held: Assignment) -> ResolvedPermissionSet:
    return ResolvedPermissionSet(PermissionSet(held.role_id, held.scope, held.app_id, held.role_id), held.company)


def _may_assign(held: Iterable[Assignment], wanted: ResolvedPermissionSet) -> bool:
    """Tell whether a holder of these may assign a set: with SECURITY, only sets that it holds itself.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-special-permission-sets
    """
    one = wanted.permission_set
    return any(
        (each.role_id, each.scope, each.app_id) == (one.role_id, one.scope, one.app_id)
        and each.company in (_ALL_COMPANIES, wanted.company)
        for each in held
    )
