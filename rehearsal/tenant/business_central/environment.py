"""The data of one Business Central environment: rows and look-ups, no rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import uuid4

NULL_GUID = "00000000-0000-0000-0000-000000000000"

State = Literal["Enabled", "Disabled"]
Scope = Literal["System", "Tenant"]
LicenseType = Literal["Full User", "Application"]


def new_id() -> str:
    """Return a GUID as Business Central writes it in JSON: lower case, no braces."""
    return str(uuid4())


@dataclass
class Company:
    """A company; `name` is what a permission set is limited to."""

    id: str
    name: str
    version: int = 0


@dataclass
class User:
    """A row of table 2000000120 "User".

    Attributes:
        security_id: "User Security ID".
        name: "User Name", a Code[50], so in upper case.
        application_id: client id of a user with licence type Application, else the null GUID.
        entra_object_id: object id of the person in Entra, for delegated tokens.
        web_service_key: what the person signs in with at an on-premises server, "" for nothing.
    """

    name: str
    license_type: LicenseType
    state: State
    full_name: str = ""
    application_id: str = NULL_GUID
    entra_object_id: str = ""
    web_service_key: str = field(default="", repr=False)
    version: int = 0
    security_id: str = field(default_factory=new_id)


@dataclass
class Registration:
    """A row of table 9012 "AAD Application", caption "Microsoft Entra Application"."""

    client_id: str
    modified_at: datetime
    description: str = ""
    contact_information: str = ""
    permission_granted: bool = False
    state: State = "Disabled"
    user_id: str = NULL_GUID
    version: int = 0
    system_id: str = field(default_factory=new_id)


@dataclass(frozen=True)
class PermissionSet:
    """A row of "Aggregate Permission Set"; scope, app id and role id together are its identity."""

    scope: Scope
    app_id: str
    role_id: str
    name: str
    app_name: str = ""

    @property
    def identity(self) -> str:
        """The composite key in one text."""
        return f"{self.scope},{self.app_id},{self.role_id}"


@dataclass
class AccessControl:
    """A row of table 2000000053 "Access Control": one permission set of one user; company "" means all companies."""

    user_security_id: str
    role_id: str
    company: str
    scope: Scope
    app_id: str
    version: int
    system_id: str = field(default_factory=new_id)

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """The primary key; SystemId is the key in the API only."""
        return (self.user_security_id, self.role_id, self.company, self.scope, self.app_id)

    @property
    def permission_set(self) -> str:
        """Identity of the permission set that it refers to, whether or not that is defined any more."""
        return f"{self.scope},{self.app_id},{self.role_id}"


@dataclass(frozen=True)
class Extension:
    """A published extension; `published_as` PTE is one of this environment's own, a per-tenant extension."""

    package_id: str
    app_id: str
    name: str
    publisher: str
    version: tuple[int, int, int, int]
    published_as: str = "Global"
    installed: bool = True

    @property
    def version_text(self) -> str:
        """The version with its dots."""
        return ".".join(map(str, self.version))


@dataclass
class Deployment:
    """An extension being installed or uninstalled, or that was: what the Admin Center calls an app operation.

    Attributes:
        extension: what is installed or uninstalled.
        source_version: what was installed before, "" for nothing.
        due: when it may begin; later than `created_at` where it waits for the update window.
        polls: how often its status was requested since.
        error: why it failed, "" where it did not.
    """

    id: str
    type: Literal["install", "uninstall"]
    extension: Extension
    source_version: str
    schedule: Literal["Immediate", "UpdateWindow"]
    created_at: datetime
    created_by: str
    created_by_application: bool
    due: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    polls: int = 0
    error: str = ""

    @property
    def status(self) -> Literal["scheduled", "running", "succeeded", "failed"]:
        """How far it is, in the Admin Center's words."""
        if self.started_at is None:
            return "scheduled"
        if self.completed_at is None:
            return "running"
        return "failed" if self.error else "succeeded"


@dataclass
class ExtensionUpload:
    """A row of table 5447 "API Extension Upload", of which a company has one at most."""

    system_id: str
    schedule: str
    schema_sync_mode: str
    content: bytes = b""
    version: int = 0


@dataclass
class Switches:
    """Behaviour of the real service that no source settles; tests rehearse both ways.

    Attributes:
        applicationsMayEnable: whether an application with SECURITY may enable another one for the first time.
        duplicateStatus: HTTP status of a duplicate: 400 (three sources) or 409 (two).
        userSurvivesRollback: whether the user that the platform creates on enabling outlives an error in the same
            request.
        pageSize: rows in an answer before there is a nextLink.
        deploymentPolls: how many polls of a deployment's status until it is completed.
        validAudiences: the setting ValidAudiences of a server: what its tokens may be for, separated by semicolons.
        deploymentError: why deployments fail from now on, "" for not at all.
        automationRoleOnly: whether the Automation API asks for Automation.ReadWrite.All, as documented, or takes
            API.ReadWrite.All too, as the entitlements in Microsoft's source do.
    """

    applicationsMayEnable: bool = True  # noqa: N815 - the names of the control port
    duplicateStatus: int = 400  # noqa: N815
    userSurvivesRollback: bool = False  # noqa: N815
    pageSize: int = 20_000  # noqa: N815
    deploymentPolls: int = 2  # noqa: N815
    deploymentError: str = ""  # noqa: N815
    automationRoleOnly: bool = False  # noqa: N815
    validAudiences: str = "https://api.businesscentral.dynamics.com"  # noqa: N815


@dataclass
class Environment:
    """One environment. Dictionaries are keyed by the row's own key, lists keep the order of the seed."""

    name: str
    type: Literal["Production", "Sandbox", "OnPremises"]
    status: str = "Active"
    retry_after: int = 60
    companies: list[Company] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    registrations: dict[str, Registration] = field(default_factory=dict)
    access_controls: dict[str, AccessControl] = field(default_factory=dict)
    permission_sets: list[PermissionSet] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)
    extension_uploads: dict[str, ExtensionUpload] = field(default_factory=dict)
    deployments: list[Deployment] = field(default_factory=list)
    interactive_logins: set[str] = field(default_factory=set)
    switches: Switches = field(default_factory=Switches)
    last_version: int = 0

    @property
    def is_online(self) -> bool:
        """Whether it is reached through the online service; else it is a server or container of one's own."""
        return self.type != "OnPremises"

    def next_version(self) -> int:
        """Return the row version of the next write: like SQL's rowversion, one counter for the whole database."""
        self.last_version += 1
        return self.last_version

    def company(self, id_or_name: str) -> Company | None:
        """Find a company by its id or its name."""
        return next((each for each in self.companies if id_or_name in (each.id, each.name)), None)

    def application_user(self, client_id: str) -> User | None:
        """Find the user that an application signs in as."""
        applications = (user for user in self.users.values() if user.license_type == "Application")
        return next((user for user in applications if user.application_id == client_id), None)

    def extension(self, app_id: str) -> Extension | None:
        """Find the published version of an extension."""
        return next((each for each in self.extensions if each.app_id == app_id), None)

    def access_controls_of(self, user_security_id: str) -> list[AccessControl]:
        """List the permission sets of a user."""
        return [row for row in self.access_controls.values() if row.user_security_id == user_security_id]

    def definition(self, row: AccessControl) -> PermissionSet | None:
        """Find what an Access Control row refers to; None when its extension is gone."""
        return next((each for each in self.permission_sets if each.identity == row.permission_set), None)
