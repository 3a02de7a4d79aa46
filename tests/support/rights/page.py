"""The page that tells which rights each operation takes; `python -m tests.support.rights.page` writes it anew.

From what happens in the rehearsal tenant, which refuses as the services are documented to.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.support.rights import (
    azuread_operations,
    business_central_operations,
    certificate_operations,
    command_operations,
    consent_operations,
    vault_operations,
)
from tests.support.rights.case import Operation, Outcome, Plugins, play
from tests.support.rights.catalogue import CAREFUL, DEPLOYER, HANDED_OUT, READER, RIGHTS, Right
from tests.support.tenant import REPOSITORY, Tenant, start_tenant

PAGE = REPOSITORY / "docs" / "reference" / "least-rights.md"
OPERATIONS: list[Operation] = [
    *azuread_operations.OPERATIONS,
    *consent_operations.OPERATIONS,
    *business_central_operations.OPERATIONS,
    *vault_operations.OPERATIONS,
    *certificate_operations.OPERATIONS,
    *command_operations.OPERATIONS,
]


def page(tenant: Tenant, folder: Path) -> str:
    """Return the page, made of what happens to each operation."""
    with Plugins(tenant) as plugins:
        outcomes = {operation: play(operation, tenant, folder, plugins) for operation in OPERATIONS}
    return "\n".join([_HEAD, *_identities(), "", *_sections(outcomes), _RIGHTS, *_rights(), _TAIL])


def rows(operation: Operation, outcome: Outcome) -> list[str]:
    """Return an operation's rows in the page: one for each right that is taken away."""
    if not outcome.without:
        return [f"| {operation.does} | nothing | | |"]
    all_but_tried = [each for each in operation.rights if each not in outcome.without]
    first = f"{operation.does}, beside what stands above" if all_but_tried else operation.does
    return [
        f"| {first if number == 0 else ''} | {right} | {_told(said)} | {right.known} |"
        for number, (right, said) in enumerate(outcome.without.items())
    ]


def _sections(outcomes: dict[Operation, Outcome]) -> list[str]:
    lines = []
    for section in dict.fromkeys(each.section for each in outcomes):
        in_section = [each for each in outcomes if each.section == section]
        lines += [f"## {section}", "", _COLUMNS]
        lines += [row for each in in_section for row in rows(each, outcomes[each])]
        lines.append("")
        lines += [line for each in in_section if each.note for line in (f"*{each.does}*: {each.note}", "")]
    return lines


def taken_by(preset: str) -> set[Right]:
    """Return the rights that an identity of the bootstrap stack takes, without those that others of them include."""
    taken = {right for each in OPERATIONS if preset in each.by for right in each.rights} - {HANDED_OUT}
    included = {each.instead for each in taken} | {lesser.instead for each in taken for lesser in _lesser(each)}
    return {each for each in taken if each.name not in included or each.where == "permission set"}


def _lesser(right: Right) -> list[Right]:
    """Return the rights that a right includes, as far as they have a place here."""
    found = [each for each in RIGHTS if each.name == right.instead and each.where == right.where]
    return [*found, *(more for each in found for more in _lesser(each))]


def _identities() -> list[str]:
    rows = []
    for preset, words in IDENTITIES.items():
        taken = taken_by(preset)
        rows.append(f"| {words} | `{preset}` | {', '.join(str(each) for each in RIGHTS if each in taken)} |")
    return [_IDENTITIES, *rows]


def _rights() -> list[str]:
    return [f"| {each} | {each.power} |" for each in RIGHTS if each.power]


_OURS = re.compile(r"could not (?P<what>.+?): (?P<who>[^:]+) answered \d+ (?P<code>[\w/-]+)")
_AZUREADS = re.compile(r"error occurred: \* (?:\[\w+\] )?(?P<what>[^:]+)(?:.*\berror: (?P<code>\w+):)?")
_OBJECT = re.compile(r" (?:(?:Application|ServicePrincipal) )?\((?:Application|Service Principal): \"[^\"]*\"\)")
_IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|'[^']+'")


def _told(said: str) -> str:
    """Return what a user reads first, without ids of this run."""
    if found := _OURS.search(said):
        return _IDS.sub("…", f"could not {found['what']}: {found['code']}")
    if found := _AZUREADS.search(_OBJECT.sub(" …", said)):
        what = f"{found['what'][0].lower()}{found['what'][1:]}"
        return _IDS.sub("…", f"azuread: {what}: {found['code'] or 'no reason'}").replace('"…"', "…")
    return _IDS.sub("…", said)


IDENTITIES = {
    READER: "previews of pull requests, with `--refresh=false`",
    DEPLOYER: "`up`, `refresh` and `destroy`, with consent to application roles, also of vendors",
    CAREFUL: "the same where all is `consent: manual`",
}

_IDENTITIES = """## Three identities

| for | preset | rights, beside each permission set that it hands out |
|---|---|---|"""

_COLUMNS = """| operation | takes | without it | known |
|---|---|---|---|"""

_HEAD = """# Least rights: what each operation takes

<!-- Written by `python -m tests.support.rights.page`, from what happens in the rehearsal tenant; a test holds it. -->

Each operation was done in the rehearsal tenant by a caller with exactly these rights, and again without each of them,
with the next lesser one in its place (Application.ReadWrite.OwnedBy for Application.ReadWrite.All). *Without it* is what
one then reads first. What may be missing without that is not in the table.

**known** is about the right, not about our try. *documented*: Microsoft's documentation says that the requests of this
operation take it; where its editions disagree, the stricter one ([facts](facts-graph.md#permissions-of-a-caller)). *AL
source*: read in the source of Business Central's apps. *azuread*'s requests are those recorded of the real plugin. No
row was **verified on a real tenant**: nothing of this project has met one.

An application needs the rights of all its operations; a right that includes another one needs no second:
Application.ReadWrite.All includes Application.ReadWrite.OwnedBy and Application.Read.All. A person has roles of Entra in
place of Microsoft Graph's permissions ([README](../../README.md#with-a-real-tenant), step 3). [The bootstrap
stack](../bootstrap.md) makes identities with these rights, and `python -m commands preflight` says which are missing;
tests hold that all three agree. Rights that are marked (!) stand [below](#what-else-their-holder-can-do).
"""

_RIGHTS = """## What else their holder can do

Microsoft says of two of them: "Permissions that allow granting authorization, such as AppRoleAssignment.ReadWrite.All,
allow an application to grant additional privileges to itself, other applications, or any user. Likewise, permissions that
allow managing credentials, such as Application.ReadWrite.All, allow an application to act as other entities"
([permissions reference](https://learn.microsoft.com/graph/permissions-reference)).

| right | |
|---|---|"""

_TAIL = """
No operation here takes RoleManagement.ReadWrite.Directory, Directory.ReadWrite.All, or a role in Entra.

**Not tried, and worth a try on a real tenant**: since 2026 Microsoft also lists Application.ReadWrite.All by itself for
assigning application roles, "except those exposed by Microsoft Graph". Then a deployer that consents to Business
Central's roles would do without AppRoleAssignment.ReadWrite.All. The rehearsal tenant refuses it, and preflight asks for
the latter.
"""


def main() -> None:
    """Write the page."""
    folder = Path(tempfile.mkdtemp())
    (folder / "files").mkdir()
    with start_tenant(folder) as tenant:
        PAGE.write_text(page(tenant, folder / "files"), encoding="utf-8")


if __name__ == "__main__":
    main()
