"""One Business Central environment: what the caller may do there, and which registrations are there already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from clients.business_central.app_file import Version
from clients.business_central.environment import COMPANION_APP_ID, COMPANION_ROUTE, Environment
from clients.business_central.errors import (
    GIVE_SECURITY,
    GIVE_WHAT_IS_HANDED_OUT,
    INSTALL_COMPANION,
    MAKE_FULL_USER,
    told,
)
from clients.business_central.records import NO_ID, Assignment, PermissionSet, Registration
from clients.entra.caller import Caller
from clients.graph.applications import Application
from clients.http.errors import AccessError
from commands.preflight.findings import Finding, missing
from commands.preflight.subject import Subject, Tag, place
from commands.pulumi_cli import ROOT
from reconcilers.registration.fields import different_fields, not_adopted, wanted_fields
from reconcilers.registration.permission_sets import Wanted, missing_and_extra, resolve
from settings.models import Integration

_ALL_COMPANIES = ""


class _Declared(NamedTuple):
    """An integration in this environment.

    Attributes:
        integration: the integration.
        client_id: its application, None where it is not made yet.
        row: its registration, None where there is none.
        lacking: the permission sets that its user has to be given.
        extra: those that are to be taken from it; neither is known where the stack file names what is not there.
    """

    integration: Integration
    client_id: str | None
    row: Registration | None
    lacking: list[Wanted]
    extra: list[Assignment]


def look(subject: Subject, key: str, tagged: Iterable[Application], caller: Caller | None) -> list[Finding]:
    """Return what was found in one environment.

    Args:
        subject: the stack.
        key: the environment's key in the stack file.
        tagged: the applications in Entra that stacks of this project made.
        caller: who signed in to Business Central online; None where that is not known, or another signs in here.
    """
    found: list[Finding] = []
    try:
        for each in _Look(subject, key, tagged, caller).findings():
            found.append(each)  # noqa: PERF402 - what was found before an error counts
    except AccessError as problem:  # what comes after it could not be read either
        found.append(missing(f"environment {subject.declared.environments[key].name}", problem))
    return found


class _Look:
    """Looks into one environment."""

    def __init__(self, subject: Subject, key: str, tagged: Iterable[Application], caller: Caller | None) -> None:
        declared = subject.declared.environments[key]
        self._subject, self._key, self._caller = subject, key, caller
        self._environment: Environment = subject.session.environment(declared.name, declared.base_url or "")
        self._online = not declared.base_url
        self._where = f"environment {declared.name}"
        self._tags = {each.client_id: Tag.among(each.tags) for each in tagged}

    def findings(self) -> Iterator[Finding]:
        """Look, and yield what is found; every request is made here, and what is refused is raised.

        Raises:
            AccessError: something could not be read.
        """
        number = len(self._environment.companies)
        wanted, findings = self._resolved()
        yield from findings
        companion = self._companion()
        yield companion
        if companion.kind == "missing":  # registrations cannot be read without it
            return
        rows, assignments = self._environment.registrations(), self._environment.all_assignments()
        declared = [self._compared(each, sets, rows, assignments) for each, sets in wanted]
        rights = [*self._rights(declared, assignments), *self._full_user(declared, rows)]
        yield from rights
        if not any(each.kind == "missing" for each in (*findings, *rights)):
            found = f"nothing that `up` needs there is known to be missing (companies: {number})"
            yield Finding("ready", self._where, found)
        for each in declared:
            yield from self._takeover(each)
        yield from self._others(declared, rows)

    def _resolved(self) -> tuple[list[tuple[Integration, list[Wanted] | None]], list[Finding]]:
        """Find every permission set that the stack file gives here; None for an integration with one that is not."""
        found: list[tuple[Integration, list[Wanted] | None]] = []
        findings = []
        for integration in self._subject.declared.integrations:
            if self._key not in integration.environments:
                continue
            sets = integration.access(self._key).permission_sets or ()
            items = [each.model_dump(exclude_none=True) for each in sets]
            at = f"{place(integration)}.environments.{self._key}"
            try:
                found.append((integration, resolve(items, self._environment, at)))
            except AccessError as problem:
                findings.append(missing(problem.where or at, problem))
                found.append((integration, None))
        return found, findings

    def _companion(self) -> Finding:
        """Compare the companion extension with the one that this program was written with."""
        if not self._online:
            return Finding("note", self._where, "the version of the companion extension is looked up online only")
        installed = self._subject.session.extension_upload(self._environment.name).installed(COMPANION_APP_ID)
        remedy = told(INSTALL_COMPANION, self._environment.name, COMPANION_ROUTE)
        if installed is None:
            found = "the companion extension is not installed, so that nothing more can be seen here yet"
            return Finding("missing", self._where, found, remedy)
        if installed < (wanted := _companion_wanted()):
            found = f"the companion extension is version {installed}, and this program wants {wanted}"
            return Finding("missing", self._where, found, remedy)
        return Finding("ready", self._where, f"the companion extension is installed, version {installed}")

    def _compared(
        self,
        integration: Integration,
        wanted: list[Wanted] | None,
        rows: Mapping[str, Registration],
        assignments: Mapping[str, list[Assignment]],
    ) -> _Declared:
        """Compare what an integration shall have with what it has."""
        client_id = self._subject.client_id(integration)
        lacking: list[Wanted] = []
        extra: list[Assignment] = []
        if wanted is not None:
            lacking, extra = missing_and_extra(wanted, assignments.get(client_id or "", []))
        if integration.access(self._key).additional_permission_sets == "keep":
            extra = []
        return _Declared(integration, client_id, rows.get(client_id or ""), lacking, extra)

    def _rights(self, declared: list[_Declared], assignments: Mapping[str, list[Assignment]]) -> Iterator[Finding]:
        """Compare what the caller holds with what it has to hold to hand it out, or to take it away."""
        name = self._environment.name
        if self._caller is None or self._caller.is_person:
            found = "which permission sets a person holds cannot be seen through the API"
            yield Finding("note", self._where, found, told(GIVE_SECURITY, name))
            return
        who = f"the caller, application {self._caller.client_id},"
        held = assignments.get(self._caller.client_id, [])
        if not any((each.role_id, each.app_id, each.company) == ("SECURITY", NO_ID, _ALL_COMPANIES) for each in held):
            found = f"{who} does not hold SECURITY there for all companies"
            if self._manages_users(declared):
                yield Finding("missing", self._where, found, told(GIVE_SECURITY, name))
            else:
                found += "; this `up` changes nothing there that needs it"
                yield Finding("note", self._where, found, told(GIVE_SECURITY, name))
        for verb, wanted in (
            ("assign", {each for one in declared for each in one.lacking}),
            ("take away", {Wanted(_definition(each), each.company) for one in declared for each in one.extra}),
        ):
            if foreign := [each for each in wanted if not _may_hand_out(held, each)]:
                found = f"{who} does not hold {_listed(foreign)}, which it has to {verb}"
                yield Finding("missing", self._where, found, told(GIVE_WHAT_IS_HANDED_OUT, name))

    def _manages_users(self, declared: list[_Declared]) -> bool:
        """Tell whether `up` makes, enables, disables or deletes a registration here, or changes its permission sets."""
        wanted = {each.client_id for each in declared}
        if self._subject.registered(self._key) - wanted:
            return True
        return any(
            each.row is None
            or not each.row.user_state
            or "state" in different_fields(each.row, self._fields(each))
            or each.lacking
            or each.extra
            for each in declared
        )

    def _fields(self, declared: _Declared) -> dict[str, Any]:
        access = declared.integration.access(self._key)
        return wanted_fields({**access.model_dump(), "permission_granted": True})

    def _full_user(self, declared: list[_Declared], rows: Mapping[str, Registration]) -> Iterator[Finding]:
        """Business Central makes no application's user before there is a person's; licences cannot be seen here."""
        if all(each.row for each in declared):
            return
        if not self._environment.enabled_users() - {row.user_id for row in rows.values()}:
            found = "nobody but applications is an enabled user there"
            yield Finding("missing", self._where, found, told(MAKE_FULL_USER, self._environment.name))

    def _takeover(self, declared: _Declared) -> Iterator[Finding]:
        """Tell what `up` would adopt, and what it would change in it."""
        integration, row = declared.integration, declared.row
        if row is None or self._subject.registers(self._key, row.client_id):
            return
        where = f"{place(integration)}, {self._where}"
        if integration.client_id and not integration.adopt:
            yield missing(where, not_adopted(row.client_id, self._environment.name))
            return
        different = different_fields(row, self._fields(declared))
        changes = [f"{key} {old!r} -> {new!r}" for key, (old, new) in different.items()]
        changes += [f"gives {_listed([each])}" for each in declared.lacking]
        changes += [f"takes {each.role_id}" for each in declared.extra]
        listed = ", ".join(changes) or "none"
        found = f"`up` takes over the registration of {row.client_id} that is there; changes: {listed}"
        yield Finding("takeover", where, found)

    def _others(self, declared: list[_Declared], rows: Mapping[str, Registration]) -> Iterator[Finding]:
        """Tell of registrations that are there and in no stack file; they come along when an environment is copied."""
        ours = {each.client_id for each in declared} | {self._caller.client_id if self._caller else None}
        strangers: list[str] = []
        for row in rows.values():
            if row.client_id in ours or self._subject.registers(self._key, row.client_id) or not row.is_working:
                continue
            tag = self._tags.get(row.client_id)
            if tag and tag.stack == self._subject.stack:
                yield self._leftover(row, tag.key)
            else:
                strangers.append(f"{row.description} ({row.client_id}{f', of stack {tag.stack}' if tag else ''})")
        if strangers:
            found = f"enabled there and not this stack's: {', '.join(sorted(strangers))}"
            yield Finding("note", self._where, found, "If this environment is a copy, remove what it shall not have.")

    def _leftover(self, row: Registration, key: str) -> Finding:
        remove = "disable and delete it in Business Central under Microsoft Entra Applications (page 9860)"
        integration = self._subject.integration(key)
        who = f"{row.description} ({row.client_id}) of integration {key} can use it, though"
        if integration and row.client_id == self._subject.client_id(integration):
            found = (
                f"{who} the stack file does not say so: the environment was copied from one where it does, or somebody "
                "registered it by hand"
            )
            remedy = (
                f"Either {remove}, or add this environment to {place(integration)}.environments and run `pulumi up`, "
                "which adopts it."
            )
        else:
            found = f"{who} the state does not know the application"
            remedy = f"Where the application is left over too: {remove}, before the application is deleted."
        return Finding("leftover", self._where, found, remedy)


@cache
def _companion_wanted() -> Version:
    """Return the version of the companion extension that this program was written with."""
    written = json.loads((ROOT / "companion_extension" / "app.json").read_text(encoding="utf-8"))
    return Version.parse(written["version"])


def _definition(held: Assignment) -> PermissionSet:
    return PermissionSet(held.role_id, held.scope, held.app_id, held.role_id)


def _may_hand_out(held: Iterable[Assignment], wanted: Wanted) -> bool:
    """Tell whether a holder of these may assign a set; somebody with SECURITY may only what it has itself.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/administration-special-permission-sets
    """
    one = wanted.permission_set
    return any(
        (each.role_id, each.scope, each.app_id) == (one.role_id, one.scope, one.app_id)
        and each.company in (_ALL_COMPANIES, wanted.company)
        for each in held
    )


def _listed(wanted: Iterable[Wanted]) -> str:
    return ", ".join(
        sorted(each.permission_set.role_id + (f" in {each.company}" if each.company else "") for each in wanted)
    )
