"""One Business Central environment: what the caller may do there, and which registrations are there already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from clients.app_file import Version
from clients.applications import Application
from clients.business_central import COMPANION_APP_ID, COMPANION_ROUTE, Environment
from clients.business_central_errors import (
    GIVE_SECURITY,
    GIVE_WHAT_IS_HANDED_OUT,
    INSTALL_COMPANION,
    MAKE_FULL_USER,
    told,
)
from clients.business_central_records import Assignment, Registration
from clients.errors import AccessError
from clients.permission_sets import Wanted, matching, missing_and_extra, resolve
from clients.registrations import different_fields, not_adopted
from commands.preflight.findings import Finding, missing
from commands.preflight.subject import Subject, names, place
from commands.pulumi_cli import ROOT
from settings import PROJECT, Integration

_NO_APP = "00000000-0000-0000-0000-000000000000"
_ALL_COMPANIES = ""


class _Declared(NamedTuple):
    """An integration in this environment, with the permission sets that it shall have there."""

    integration: Integration
    client_id: str | None
    wanted: list[Wanted]


def look(subject: Subject, key: str, tagged: Iterable[Application]) -> list[Finding]:
    """Return what was found in one environment.

    Args:
        subject: the stack.
        key: the environment's key in the stack file.
        tagged: the applications in Entra that stacks of this project made.
    """
    return list(_Look(subject, key, tagged))


class _Look:
    """Looks into one environment; what cannot be read ends the look with what is missing for it."""

    def __init__(self, subject: Subject, key: str, tagged: Iterable[Application]) -> None:
        self._subject, self._key = subject, key
        declared = subject.declared.environments[key]
        self._environment: Environment = subject.session.environment(declared.name, declared.base_url or "")
        self._online = not declared.base_url
        self._where = f"environment {declared.name}"
        self._tagged = {each.client_id: each for each in tagged}

    def __iter__(self) -> Iterator[Finding]:
        try:
            companies = self._environment.companies
            companion = self._companion()
            if companion.kind == "missing":  # nothing below could be read without it
                yield companion
                return
            rows, assignments = self._environment.registrations(), self._environment.all_assignments()
        except AccessError as problem:
            yield missing(self._where, problem)
            return
        yield companion
        declared = list(self._declared())
        found = [each for each in declared if isinstance(each, Finding)]
        integrations = [each for each in declared if isinstance(each, _Declared)]
        found += self._caller(integrations, assignments)
        found += self._full_user(integrations, rows)
        yield from found
        if not any(each.kind == "missing" for each in found):
            number = len(companies)
            yield Finding("ready", self._where, f"the caller may register applications in it (companies: {number})")
        for each in integrations:
            yield from self._takeover(each, rows, assignments)
        yield from self._others(rows)

    def _companion(self) -> Finding:
        """Compare the companion extension with the one that this program was written with."""
        if not self._online:  # where there is no tenant in the address, its pages will tell
            return Finding("note", self._where, "the version of the companion extension is looked up online only")
        written = json.loads((ROOT / "companion_extension" / "app.json").read_text(encoding="utf-8"))
        installed = self._subject.session.extension_upload(self._environment.name).installed(COMPANION_APP_ID)
        remedy = told(INSTALL_COMPANION, self._environment.name, COMPANION_ROUTE)
        if installed is None:
            return Finding("missing", self._where, "the companion extension is not installed", remedy)
        if installed < Version.parse(written["version"]):
            found = f"the companion extension is version {installed}, and this program wants {written['version']}"
            return Finding("missing", self._where, found, remedy)
        return Finding("ready", self._where, f"the companion extension is installed, version {installed}")

    def _declared(self) -> Iterator[_Declared | Finding]:
        """Find every permission set that the stack file gives in this environment."""
        for integration in self._subject.declared.integrations:
            if self._key not in integration.environments:
                continue
            sets = integration.access(self._key).permission_sets or ()
            items = [each.model_dump(exclude_none=True) for each in sets]
            at = f"{place(integration)}.environments.{self._key}"
            wanted: list[Wanted] = []
            try:
                wanted = resolve(items, self._environment, at)
            except AccessError as problem:
                yield missing(problem.where or at, problem)
            yield _Declared(integration, self._subject.client_id(integration), wanted)

    def _caller(self, declared: list[_Declared], assignments: Mapping[str, list[Assignment]]) -> Iterator[Finding]:
        """Compare what the caller holds with what it has to hold to hand it out."""
        try:
            caller = self._subject.session.business_central_caller if self._online else None
        except AccessError as problem:
            yield missing(self._where, problem)
            return
        name = self._environment.name
        if caller is None or caller.is_person:
            found = "which permission sets a person holds cannot be seen through the API"
            yield Finding("note", self._where, found, told(GIVE_SECURITY, name))
            return
        held = assignments.get(caller.client_id, [])
        if not any((each.role_id, each.app_id, each.company) == ("SECURITY", _NO_APP, _ALL_COMPANIES) for each in held):
            found = f"the caller, application {caller.client_id}, does not hold SECURITY there for all companies"
            yield Finding("missing", self._where, found, told(GIVE_SECURITY, name))
        handed_out = {wanted: None for each in declared for wanted in each.wanted}
        if lacking := [wanted for wanted in handed_out if not _may_hand_out(held, wanted)]:
            found = (
                f"the caller, application {caller.client_id}, does not hold {_listed(lacking)}, which it has to assign"
            )
            yield Finding("missing", self._where, found, told(GIVE_WHAT_IS_HANDED_OUT, name))

    def _full_user(self, declared: list[_Declared], rows: Mapping[str, Registration]) -> Iterator[Finding]:
        """Business Central makes no application's user before there is a person's; licences cannot be seen here."""
        if all(each.client_id in rows for each in declared):
            return
        try:
            people = self._environment.enabled_users() - {row.user_id for row in rows.values()}
        except AccessError as problem:
            yield missing(self._where, problem)
            return
        if not people:
            found = "nobody but applications is an enabled user there"
            yield Finding("missing", self._where, found, told(MAKE_FULL_USER, self._environment.name))

    def _takeover(
        self, declared: _Declared, rows: Mapping[str, Registration], assignments: Mapping[str, list[Assignment]]
    ) -> Iterator[Finding]:
        """Tell what `up` would adopt, and what it would change in it."""
        integration, client_id = declared.integration, declared.client_id
        row = rows.get(client_id or "")
        if row is None or self._is_in_state(row.client_id):
            return
        where = f"{place(integration)}, {self._where}"
        if integration.client_id and not integration.adopt:
            yield missing(where, not_adopted(row.client_id, self._environment.name))
            return
        access = integration.access(self._key)
        fields = {
            "description": access.description,
            "contactInformation": access.contact_information,
            "permissionGranted": True,
            "state": access.state,
        }
        changes = [f"{key} {old!r} -> {new!r}" for key, (old, new) in different_fields(row, fields).items()]
        lacking, extra = missing_and_extra(declared.wanted, assignments.get(row.client_id, []))
        if access.additional_permission_sets == "keep":
            extra = matching(extra, [])
        changes += [f"gives {_listed([each])}" for each in lacking] + [f"takes {each.role_id}" for each in extra]
        found = f"`up` takes over the registration of {row.client_id} that is there; changes: " + (
            ", ".join(changes) or "none"
        )
        yield Finding("takeover", where, found)

    def _others(self, rows: Mapping[str, Registration]) -> Iterator[Finding]:
        """Tell of registrations that are there and in no stack file; they come along when an environment is copied."""
        declared = {self._subject.client_id(each) for each in self._subject.declared.integrations
                    if self._key in each.environments}  # fmt: skip
        strangers: list[str] = []
        for row in rows.values():
            if row.client_id in declared or self._is_in_state(row.client_id) or not row.is_working:
                continue
            application = self._tagged.get(row.client_id)
            tag = next((tag for tag in application.tags if tag.startswith(f"{PROJECT}:")), "") if application else ""
            _, stack, key = tag.split(":", 2) if tag.count(":") >= 2 else ("", "", "")
            if stack == self._subject.stack and any(
                key in names(each) and self._key in each.environments for each in self._subject.declared.integrations
            ):
                continue  # of an interrupted run; the next `up` adopts it
            if stack == self._subject.stack:
                found = (
                    f"{row.description} ({row.client_id}) of integration {key} can use it, though the stack file does "
                    "not say so: the environment was copied from one where it does, or somebody registered it by hand"
                )
                remedy = (
                    "Disable and delete it in Business Central under Microsoft Entra Applications (page 9860), or add "
                    f"this environment to integrations.{key}.environments and run `pulumi up`, which adopts it."
                )
                yield Finding("leftover", self._where, found, remedy)
            elif stack:
                strangers.append(f"{row.description} ({row.client_id}, of stack {stack})")
            elif not self._is_caller(row.client_id):
                strangers.append(f"{row.description} ({row.client_id})")
        if strangers:
            found = f"enabled there and not this stack's: {', '.join(sorted(strangers))}"
            yield Finding("note", self._where, found, "If this environment is a copy, remove what it shall not have.")

    def _is_in_state(self, client_id: str) -> bool:
        return (self._environment.name.casefold(), client_id) in self._subject.state.registrations

    def _is_caller(self, client_id: str) -> bool:
        try:
            caller = self._subject.session.business_central_caller
        except AccessError:
            return False
        return caller is not None and caller.client_id == client_id


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
    return ", ".join(each.permission_set.role_id + (f" in {each.company}" if each.company else "") for each in wanted)
