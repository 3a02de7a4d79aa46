"""Shows an inventory: a table on a terminal, tab-separated lines elsewhere, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clients.http.bodies import printable
from commands.adopt.found import Found

NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Judged:
    """An application, and what there is to say of it.

    Attributes:
        found: the application.
        faults: what is wrong with it.
        obstacle: why it cannot be taken over, "" where it can.
        signed_in: when it last signed in, None where no sign-in is reported.
        signed_in_known: whether the report of that could be read.
    """

    found: Found
    faults: tuple[str, ...]
    obstacle: str
    signed_in: datetime | None = None
    signed_in_known: bool = False

    @property
    def created(self) -> str:
        """The day on which it was made."""
        known = self.found.application
        return known.application.created[:10] if known and known.application.created else NOT_KNOWN

    @property
    def last_sign_in(self) -> str:
        """The day on which it last signed in, for people to read."""
        if not self.signed_in_known:
            return NOT_KNOWN
        return self.signed_in.date().isoformat() if self.signed_in else "none reported"

    @property
    def owners(self) -> list[str]:
        """Names of its owners, or their ids; of an application of this tenant."""
        known = self.found.application
        return [name or id_ for id_, name in known.owners.items()] if known else []

    @property
    def access(self) -> list[str]:
        """What it may do where, one line for each place."""
        found = self.found
        lines = [f"Business Central: {', '.join((*sorted(found.roles), *sorted(found.scopes)))}"]
        lines = lines if found.roles or found.scopes else []
        for key, each in found.registrations.items():
            sets = ", ".join(
                item.role_id + (f" ({item.company})" if item.company else "") for item in each.permission_sets
            )
            sets = printable(sets)
            lines.append(f"{key}: {'' if each.row.is_working else 'disabled, '}{sets or 'no permission sets'}")
        elsewhere = found.principal.roles if found.principal else {}
        lines += [
            f"{name}: {number} role{'s' if number > 1 else ''}"
            for name, number in elsewhere.items()
            if name != _BUSINESS_CENTRAL
        ]
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        found, known = self.found, self.found.application
        return {
            "clientId": found.client_id,
            "name": found.name,
            "kind": found.kind,
            "owners": self.owners,
            "created": None if self.created == NOT_KNOWN else self.created,
            "publisher": found.publisher,
            "roles": sorted(found.roles),
            "delegatedScopes": sorted(found.scopes),
            "secrets": [
                {"keyId": each.key_id, "name": each.display_name, "ends": each.ends}
                for each in (known.application.secrets if known else ())
            ],
            "environments": {
                key: {
                    "state": "Enabled" if each.row.is_working else "Disabled",
                    "permissionSets": [item.as_mapping() for item in each.permission_sets],
                }
                for key, each in found.registrations.items()
            },
            "lastSignIn": f"{self.signed_in:%Y-%m-%dT%H:%M:%SZ}" if self.signed_in else None,
            "faults": list(self.faults),
            "obstacle": self.obstacle,
        }


_BUSINESS_CENTRAL = "Dynamics 365 Business Central"


def table(judged: Sequence[Judged]) -> Table:
    """Return the table; its numbers are those that a person chooses by."""
    shown = Table(show_lines=True)
    for name in ("", "what", "owners", "created", "publisher", "may", "last sign-in", "wrong with it"):
        shown.add_column(name, overflow="fold")
    for number, each in enumerate(judged, 1):
        what = Text(each.found.name)
        what.append(f"\n{each.found.kind}\n{each.found.client_id}", style="dim")
        wrong = Text("\n".join(each.faults), style="yellow")
        if each.obstacle:
            wrong.append(f"{chr(10) if each.faults else ''}Not to be taken over: {each.obstacle}", style="dim")
        owners = ", ".join(each.owners) or ("nobody" if each.found.application else NOT_KNOWN)
        row = (each.created, each.found.publisher, "\n".join(each.access) or "nothing", each.last_sign_in)
        shown.add_row("" if each.obstacle else str(number), what, Text(owners), *map(Text, row), wrong)
    return shown


def plain(judged: Sequence[Judged]) -> str:
    """Return one line for each application, tab-separated, for grep."""
    lines = []
    for each in judged:
        wrong = [*each.faults, *([f"not to be taken over: {each.obstacle}"] if each.obstacle else [])]
        owners = ", ".join(each.owners) or ("nobody" if each.found.application else NOT_KNOWN)
        parts = (each.found.client_id, each.found.name, each.found.kind, owners, each.created, each.found.publisher)
        lines.append("\t".join([*parts, "; ".join(each.access) or "nothing", each.last_sign_in, "; ".join(wrong)]))
    return "".join(f"{line}\n" for line in lines)


def show(judged: Sequence[Judged], console: Console) -> None:
    """Print the inventory."""
    if not judged:
        console.print("Nothing here may use Business Central.", markup=False, highlight=False)
    elif console.is_terminal:
        console.print(table(judged))
    else:
        console.file.write(plain(judged))


def as_json(stack: str, judged: Sequence[Judged], not_read: Sequence[str], written: dict[str, Any] | None) -> str:
    """Return the inventory, why some of it could not be read, and what was written, for programs."""
    applications = [each.as_json() for each in judged]
    found = {"stack": stack, "applications": applications, "notRead": list(not_read), "written": written}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
