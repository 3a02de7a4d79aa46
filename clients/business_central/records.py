"""What Business Central keeps about applications, as its API pages show it: registrations and permission sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.http.bodies import printable

FIELD_NAMES = {  # of a registration, what can be changed: our name -> the companion extension's
    "description": "description",
    "contact_information": "contactInformation",
    "permission_granted": "permissionGranted",
    "state": "state",
}
NO_ID = "00000000-0000-0000-0000-000000000000"  # how BC says "none"


@dataclass(frozen=True)
class Registration:
    """A row of table 9012 "Microsoft Entra Application", with the state of its user.

    Attributes:
        client_id: the application, a GUID in lower case.
        description: at most 50 characters, as it is; became the user's name when it was first enabled.
        contact_information: at most 50 characters.
        permission_granted: whether consent was granted, as the row says.
        state: "Enabled" or "Disabled".
        user_id: security id of its user, None before it was first enabled.
        user_state: "Enabled" or "Disabled"; "" where there is no user.
    """

    client_id: str
    description: str
    contact_information: str
    permission_granted: bool
    state: str
    user_id: str | None
    user_state: str

    @property
    def name(self) -> str:
        """Its description, for people to read."""
        return printable(self.description)

    @property
    def is_working(self) -> bool:
        """Tell whether the application can sign in: an administrator can also disable the user behind the row."""
        return self.state == "Enabled" and self.user_state == "Enabled"


@dataclass(frozen=True)
class PermissionSet:
    """A permission set that an environment knows; the same role id may be defined by more than one extension."""

    role_id: str
    scope: str
    app_id: str
    name: str


@dataclass(frozen=True)
class Assignment:
    """A permission set that a user holds; `company` is a company's name, "" for all of them."""

    id: str
    role_id: str
    company: str
    scope: str
    app_id: str


def permission_set_of(found: Mapping[str, Any]) -> PermissionSet:
    """Read an entity of `permissionSets`."""
    return PermissionSet(found["id"], found["scope"], found["appId"].lower(), found["displayName"])


def registration_of(found: Mapping[str, Any]) -> Registration:
    """Read an entity of `entraApplications`."""
    return Registration(
        client_id=found["clientId"].lower(),
        **{name: found[api_name] for name, api_name in FIELD_NAMES.items()},
        user_id=None if found["userId"] == NO_ID else found["userId"],
        user_state=found["userState"],
    )


def registration_body(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Write fields of a registration, given by our names, as the body of a request."""
    return {FIELD_NAMES[name]: value for name, value in fields.items()}


def assignment_of(found: Mapping[str, Any]) -> Assignment:
    """Read an entity of `applicationPermissionSets`."""
    return Assignment(found["id"], found["roleId"], found["company"], found["scope"], found["appId"].lower())
