"""What a stack file can say, as frozen models: each key with its type, its default and its limits.

The only place that spells the stack file's camelCase keys. It does not know Pulumi, and reads no clock: the same file
gives the same settings on any day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID, RESOURCES, DelegatedScope, Role
from settings.client_ids import ClientId
from settings.credentials import Credentials
from settings.messages import shown, suggestion
from settings.strict_model import StrictModel as _Model
from settings.values import (
    TEN_YEARS,
    EnvironmentName,
    Guid,
    Key,
    Name,
    Notes,
    PublicClientAddress,
    RoleId,
    Text50,
    WebAddress,
    quotable,
    safe_address,
    server_scope,
)

PROJECT = "entra-business-central"


def _without_duplicates(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


class PermissionSet(_Model):
    """A permission set to assign: a role id, perhaps a company, and scope and app id where the role id is ambiguous."""

    role_id: RoleId
    company: Name | None = None
    scope: Literal["System", "Tenant"] | None = None
    app_id: Guid | None = None


def _role_id_alone(value: object) -> object:
    return value if isinstance(value, Mapping | list | PermissionSet) else {"roleId": value}


PermissionSetItem = Annotated[
    PermissionSet, BeforeValidator(_role_id_alone, json_schema_input_type=str | PermissionSet)
]


class Publisher(_Model):
    """The verified publisher of a vendor's application, by name or by id."""

    display_name: Name | None = None
    verified_publisher_id: Name | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.display_name is None) == (self.verified_publisher_id is None):
            raise ValueError("must have either displayName or verifiedPublisherId")
        return self


def _name_alone(value: object) -> object:
    return value if isinstance(value, Mapping | list | Publisher) else {"displayName": value}


class RedirectUris(_Model):
    """Where Entra sends people back to after they have signed in; a list that is left out stays as others set it."""

    web: Annotated[tuple[WebAddress, ...], AfterValidator(_without_duplicates)] | None = None
    public_client: Annotated[tuple[PublicClientAddress, ...], AfterValidator(_without_duplicates)] | None = None


class OtherPermissions(_Model):
    """What an integration is granted on another resource than Business Central."""

    roles: Annotated[tuple[Name, ...], AfterValidator(_without_duplicates)] = ()
    delegated_scopes: Annotated[tuple[Name, ...], AfterValidator(_without_duplicates)] = ()

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.roles and not self.delegated_scopes:
            raise ValueError("must have roles or delegatedScopes")
        return self


def _by_resource(value: object) -> object:
    """Write the resources of `otherPermissions` by client id."""
    if not isinstance(value, Mapping):
        return value
    written: dict[str, Any] = {}
    for key, permissions in value.items():
        app_id = RESOURCES.get(str(key), str(key).lower())
        if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", app_id):
            names = ", ".join(RESOURCES)
            raise ValueError(f"names {key!r}{suggestion(str(key), RESOURCES)}: write a client id (a GUID), or {names}")
        if app_id == BUSINESS_CENTRAL_APP_ID:
            raise ValueError("names Business Central, whose permissions stand in `roles` and `delegatedScopes`")
        if app_id in written:
            raise ValueError(f"names one resource twice: {key!r} is {app_id}")
        written[app_id] = permissions
    return written


AdditionalPermissionSets = Literal["remove", "keep"]


class Access(_Model):
    """What an integration gets in one environment, where it differs from the integration's own settings."""

    permission_sets: tuple[PermissionSetItem, ...] | None = None
    description: Text50 | None = None
    contact_information: Text50 | None = None
    additional_permission_sets: AdditionalPermissionSets | None = None
    state: Literal["Enabled", "Disabled"] = "Enabled"


def _by_key(value: object) -> object:
    match value:
        case Mapping():
            return value
        case list() if strangers := [key for key in value if not isinstance(key, str)]:
            raise ValueError(f"lists {shown(strangers[0])}, which is not a key of `environments`")
        case list():
            return dict.fromkeys(value)
        case _:
            raise ValueError("must be a list of keys, [production], or a mapping")


def _known_environment(key: str, info: ValidationInfo) -> str:
    """Refuse a key that `environments` does not have; here, so that it is told together with all other problems."""
    known = (info.context or {}).get("environments")
    if known is not None and key not in known:
        raise ValueError(f"there is no environment {key!r}{suggestion(key, known)}; see `environments`")
    return key


EnvironmentKey = Annotated[str, AfterValidator(_known_environment)]


def _switch(value: object) -> object:
    # YAML 1.1 reads `off` as false.
    return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value


def _roles_unless_people_sign_in(roles: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    if not roles and not info.data.get("delegated_scopes", True):
        raise ValueError("is empty; it needs at least one role, or `delegatedScopes` where people sign in")
    return roles


def _environments_unless_people_sign_in(environments: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    if not environments and info.data.get("roles", ()):
        raise ValueError("is empty; it needs at least one")
    return environments


class Integration(_Model):
    """An outside system that calls Business Central; `key` is its name in the stack file and in the state."""

    key: Key = Field(alias="(key)")
    preset: Name | None = None
    client_id: ClientId | None = None
    existing_owner: Literal["vendor", "tenant"] | None = Field(default=None, alias="owner")
    expected_publisher: (
        Annotated[Publisher, BeforeValidator(_name_alone, json_schema_input_type=str | Publisher)] | None
    ) = None
    display_name: Annotated[Name, StringConstraints(max_length=120), AfterValidator(quotable)]
    description: Text50 | None = None
    contact_information: Text50 = ""
    delegated_scopes: Annotated[tuple[DelegatedScope, ...], AfterValidator(_without_duplicates)] = ()
    roles: Annotated[
        tuple[Role, ...], AfterValidator(_without_duplicates), AfterValidator(_roles_unless_people_sign_in)
    ] = Field(default=(), validate_default=True)
    other_permissions: Annotated[
        dict[str, OtherPermissions], BeforeValidator(_by_resource, json_schema_input_type=dict[str, OtherPermissions])
    ] = Field(default_factory=dict)
    consent: Literal["auto", "manual"] = "auto"
    permission_sets: tuple[PermissionSetItem, ...] = ()
    additional_permission_sets: AdditionalPermissionSets = "remove"
    environments: Annotated[
        dict[EnvironmentKey, Access | None],
        BeforeValidator(_by_key, json_schema_input_type=list[str] | dict[str, Access | None]),
        AfterValidator(_environments_unless_people_sign_in),
    ] = Field(default={}, validate_default=True)
    adopt: bool = False
    credentials: Credentials = Credentials()
    formerly: tuple[Name, ...] = ()
    owners: tuple[Guid, ...] = ()
    # What is None is not spoken of: what somebody else sets there stays.
    redirect_uris: RedirectUris = RedirectUris()
    sign_in_audience: Literal["AzureADMyOrg", "AzureADMultipleOrgs"] = "AzureADMyOrg"
    fallback_public_client: bool | None = None
    notes: Notes | None = None
    service_management_reference: Name | None = None
    enabled: bool | None = None
    protect: bool = False
    proof: Annotated[Literal["on", "off"], BeforeValidator(_switch, json_schema_input_type=Literal["on", "off"])] = "on"

    @model_validator(mode="after")
    def _description_fits(self) -> Self:
        if not self.description and len(self.display_name) > 50:
            raise ValueError(
                "displayName is longer than the 50 characters of a description: give a shorter description"
            )
        return self

    @property
    def owner(self) -> Literal["own", "vendor", "tenant"]:
        """Whose application it is: this stack's, or that of `client_id`."""
        return (self.existing_owner or "vendor") if self.client_id else "own"

    @property
    def people_sign_in(self) -> bool:
        """Whether people sign in to it and it acts with their rights, since it has no application role of its own."""
        return not self.roles

    @property
    def publisher(self) -> dict[str, str]:
        """The expected verified publisher of a vendor's application; empty for one of our own."""
        return self.expected_publisher.model_dump(exclude_none=True) if self.expected_publisher else {}

    @property
    def permissions(self) -> dict[str, OtherPermissions]:
        """What the integration is granted, by the client id of the resource; Business Central comes first."""
        on_business_central = OtherPermissions(roles=self.roles, delegated_scopes=self.delegated_scopes)
        return {BUSINESS_CENTRAL_APP_ID: on_business_central, **self.other_permissions}

    def access(self, environment_key: str) -> Access:
        """Return what the integration gets in one environment, everything filled in."""
        own = self.environments[environment_key] or Access()
        everywhere = {name: getattr(self, name) for name in Access.model_fields if name in type(self).model_fields}
        there = {name: value for name, value in own if value is not None}
        description = own.description or self.description or self.display_name
        return Access(**{**everywhere, **there, "description": description})


class Environment(_Model):
    """A Business Central environment; the key in the stack file is only a short word for it."""

    name: EnvironmentName
    base_url: Annotated[str, AfterValidator(safe_address)] | None = None
    scope: Annotated[str, AfterValidator(server_scope)] | None = None
    formerly: tuple[EnvironmentName, ...] = ()


class CompanionExtension(_Model):
    """The companion extension in this stack's environments; for a stack of its own, since stacks share environments."""

    file: Name
    environments: Annotated[tuple[EnvironmentKey, ...], Field(min_length=1)] | None = None
    channel: Literal["adminCenter", "automation"] = "adminCenter"
    uninstall_on_destroy: bool = False


class Settings(_Model):
    """Everything that a stack file says."""

    @property
    def online(self) -> list[str]:
        """The keys of the environments of Business Central online, in the stack file's order."""
        return [key for key, each in self.environments.items() if not each.base_url]

    @property
    def consents_by_itself(self) -> bool:
        """Whether `up` consents to anything, and so adds what the tenant has not yet: not all is `consent: manual`."""
        return any(each.consent == "auto" for each in self.integrations)

    environments: dict[str, Environment] = Field(default_factory=dict)  # when it may be empty: `settings.loading`
    integrations: tuple[Integration, ...] = ()
    companion_extension: CompanionExtension | None = None
    maximum_secret_lifetime_days: int = Field(default=180, gt=0, le=TEN_YEARS)
