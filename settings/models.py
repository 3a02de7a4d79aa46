"""What a stack file can say, as frozen models: each key with its type, its default and its limits.

The only place that spells the stack file's camelCase keys. It does not know Pulumi, and reads no clock: the same file
gives the same settings on any day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    model_validator,
)

from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID, DelegatedScope, Role
from settings.choices import AdditionalPermissionSets, Consent, EnvironmentKey, Proof, State
from settings.client_ids import ClientId
from settings.credentials import Credentials
from settings.defaults import Defaults
from settings.messages import shown
from settings.permission_models import OtherPermissions, PermissionSetItem, by_resource, without_duplicates
from settings.strict_model import StrictModel
from settings.values import (
    TEN_YEARS,
    DisplayName,
    EnvironmentName,
    Guid,
    Key,
    Name,
    Notes,
    PublicClientAddress,
    Text50,
    WebAddress,
    safe_address,
    server_scope,
)

PROJECT = "entra-business-central"


class Publisher(StrictModel):
    """The verified publisher of a vendor's application, by name or by id."""

    display_name: Name | None = None
    """The verified publisher's name, letter for letter. Example: `Navi Partner København ApS`"""
    verified_publisher_id: Name | None = None
    """Its id at Microsoft, quoted. Example: `'1234567'`"""

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.display_name is None) == (self.verified_publisher_id is None):
            raise ValueError("must have either displayName or verifiedPublisherId")
        return self


def _name_alone(value: object) -> object:
    return value if isinstance(value, Mapping | list | Publisher) else {"displayName": value}


class RedirectUris(StrictModel):
    """Where Entra sends people back to after they have signed in; a list that is left out stays as others set it."""

    web: Annotated[tuple[WebAddress, ...], AfterValidator(without_duplicates)] | None = None
    """Addresses of a web application, exactly these. Left out, they are not managed. Example:
    `['https://robots.example/signin']`"""
    public_client: Annotated[tuple[PublicClientAddress, ...], AfterValidator(without_duplicates)] | None = None
    """Addresses of an app on a computer or a phone, exactly these. Left out, they are not managed. Example:
    `['http://localhost:33418/callback']`"""


class Access(StrictModel):
    """What an integration gets in one environment, where it differs from the integration's own settings."""

    permission_sets: tuple[PermissionSetItem, ...] | None = None
    """Permission sets in this environment, in place of the integration's. Example: `[D365 BUS FULL ACCESS]`"""
    description: Text50 | None = None
    """What stands in this environment, in place of the integration's, up to 50 characters. Example: `Robots in hall
    3`"""
    contact_information: Text50 | None = None
    """Whom to ask, in place of the integration's, up to 50 characters. Example: `warehouse@example.com`"""
    additional_permission_sets: AdditionalPermissionSets | None = None
    """What happens here to permission sets that this file does not list, in place of the integration's."""
    state: State = "Enabled"
    """`Disabled` keeps the registration and its permission sets, and refuses every sign-in."""
    proof: Proof | None = None
    """Whether `up` proves that this environment works, in place of the integration's."""


def _by_key(value: object, info: ValidationInfo) -> object:
    match value:
        case tuple():  # the default: YAML has no tuples
            if info.data.get("roles"):
                raise ValueError("is missing: list keys of `environments`, or [] where other stacks register it")
            return {}
        case Mapping():
            return value
        case list() if not_texts := [key for key in value if not isinstance(key, str)]:
            raise ValueError(f"lists {shown(not_texts[0])}, which is not a key of `environments`")
        case list():
            return dict.fromkeys(value)
        case _:
            raise ValueError("must be a list of keys, [production], or a mapping")


def _something_is_granted(roles: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    others = info.data.get("other_permissions")
    elsewhere = others is None or any(each.roles for each in others.values())  # None: wrong, which is said by itself
    if not roles and not elsewhere and not info.data.get("delegated_scopes", True):
        raise ValueError(
            "is empty; it needs at least one role, or `delegatedScopes` where people sign in, or roles elsewhere by "
            "`otherPermissions`"
        )
    return roles


class Integration(StrictModel):
    """An outside system that calls Business Central; `key` is its name in the stack file and in the state."""

    key: Key = Field(alias="(key)")
    """The key that it stands under."""
    preset: Name | None = None
    """The name of a file in `presets/`, whose settings are used where this entry says nothing. Example: `magento`"""
    client_id: ClientId | None = None
    """The client id of an application that exists already, a vendor's or one of this tenant; or the output of another
    stack that has it. Left out, this stack makes an application. Example: `22222222-3333-4444-5555-666666666666`,
    `{stack: acme/identities/prod, output: warehouseClientId}`"""
    existing_owner: Literal["vendor", "tenant"] | None = Field(default=None, alias="owner")
    """Whose the application of `clientId` is: another tenant's (`vendor`, the default), or this tenant's."""
    expected_publisher: (
        Annotated[Publisher, BeforeValidator(_name_alone, json_schema_input_type=str | Publisher)] | None
    ) = None
    """The verified publisher of a vendor's application; nothing is granted to one of another publisher. Example: `Navi
    Partner København ApS`, `{verifiedPublisherId: '1234567'}`"""
    display_name: DisplayName
    """The application's name in Entra, up to 120 characters, without an apostrophe. Example: `Warehouse robots`"""
    description: Text50 | None = None
    """What stands in Business Central, up to 50 characters; its user is named after it. Left out, it is the display
    name. Example: `Robots in hall 3`"""
    contact_information: Text50 = ""
    """Whom to ask; stands in Business Central, up to 50 characters. Example: `warehouse@example.com`"""
    delegated_scopes: Annotated[tuple[DelegatedScope, ...], AfterValidator(without_duplicates)] = ()
    """Delegated permissions on Business Central, granted for all users: what it may do for people who sign in."""
    other_permissions: Annotated[
        dict[str, OtherPermissions], BeforeValidator(by_resource, json_schema_input_type=dict[str, OtherPermissions])
    ] = Field(default_factory=dict)
    """Permissions on other resources than Business Central, by client id or name of the resource. Example: `{Microsoft
    Graph: {roles: [User.Read.All]}}`"""
    roles: Annotated[tuple[Role, ...], AfterValidator(without_duplicates), AfterValidator(_something_is_granted)] = (
        Field(default=(), validate_default=True)
    )
    """Application roles on Business Central, granted for the whole tenant. A role that is not listed is withdrawn. None
    where people sign in, or for a program that calls other services alone, such as a pipeline's reader."""
    consent: Consent = "auto"
    """`auto` grants what is declared. `manual` leaves that to an administrator: `up` stops with the address of the
    page, and the next one goes on."""
    permission_sets: tuple[PermissionSetItem, ...] = ()
    """Permission sets of its user, in every environment that names none of its own. Example: `[D365 READ]`, `[{roleId:
    NPR NP RETAIL, company: CRONUS DK}]`"""
    additional_permission_sets: AdditionalPermissionSets = "remove"
    """What happens to permission sets that the user holds and this file does not list: `remove` takes them away, `keep`
    leaves them alone."""
    environments: Annotated[
        dict[EnvironmentKey, Access | None],
        BeforeValidator(_by_key, json_schema_input_type=list[str] | dict[str, Access | None]),
    ] = Field(default=(), validate_default=True)
    """Where it is registered: keys of `environments`, or a mapping of them to what differs there; `[]` where another
    stack registers it. Example: `[production, sandbox]`, `{production: {permissionSets: [D365 READ]}, sandbox: }`"""
    adopt: bool = False
    """With `clientId`: take over a registration that is there already."""
    credentials: Credentials = Credentials()
    """How it signs in to Entra; nothing where people sign in, or where the application is somebody else's."""
    formerly: tuple[Name, ...] = ()
    """Keys that it had before: all that it has is kept under the new key. Take them out after the next `pulumi up`.
    Example: `[robots]`"""
    owners: tuple[Guid, ...] = ()
    """Object ids of the application's owners, users or service principals, exactly these. Left out, whoever makes the
    application owns it. Example: `[11111111-2222-3333-4444-555555555555]`"""
    # What is None is not spoken of: what somebody else sets there stays.
    redirect_uris: RedirectUris = RedirectUris()
    """Where Entra sends people back to after they have signed in."""
    sign_in_audience: Literal["AzureADMyOrg", "AzureADMultipleOrgs"] = "AzureADMyOrg"
    """Whether accounts of this tenant alone may sign in, or those of any tenant."""
    fallback_public_client: bool | None = None
    """*Allow public client flows*, such as a device code. Left out, it is not managed."""
    notes: Notes | None = None
    """Stand with the application in Entra. Left out, they are not managed. Example: `Ask the warehouse team`"""
    service_management_reference: Name | None = None
    """A number in your asset management. Left out, it is not managed. Example: `CMDB 4711`"""
    enabled: bool | None = None
    """Whether its service principal may be signed in to. Left out, it is not managed."""
    protect: bool = False
    """Have Pulumi refuse to delete anything of it but its secrets."""
    proof: Proof = "on"
    """Whether `up` ends by signing in as it and reading from each environment."""

    @model_validator(mode="after")
    def _description_fits(self) -> Self:
        has_own = bool(self.environments) and all(each and each.description for each in self.environments.values())
        if not self.description and not has_own and len(self.display_name) > 50:
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
        return not self.roles and bool(self.delegated_scopes)

    @property
    def publisher(self) -> dict[str, str]:
        """The expected verified publisher of a vendor's application; empty for one of our own."""
        return self.expected_publisher.model_dump(exclude_none=True) if self.expected_publisher else {}

    @property
    def permissions(self) -> dict[str, OtherPermissions]:
        """What the integration is granted, by the client id of the resource; Business Central comes first."""
        if not self.roles and not self.delegated_scopes:
            return self.other_permissions
        on_business_central = OtherPermissions(roles=self.roles, delegated_scopes=self.delegated_scopes)
        return {BUSINESS_CENTRAL_APP_ID: on_business_central, **self.other_permissions}

    def access(self, environment_key: str) -> Access:
        """Return what the integration gets in one environment, everything filled in."""
        own = self.environments[environment_key] or Access()
        everywhere = {name: getattr(self, name) for name in Access.model_fields if name in type(self).model_fields}
        there = {name: value for name, value in own if value is not None}
        description = own.description or self.description or self.display_name
        return Access(**{**everywhere, **there, "description": description})


class Environment(StrictModel):
    """A Business Central environment; the key in the stack file is only a short word for it."""

    name: EnvironmentName
    """The environment's name, as the Business Central admin center shows it; case does not count. Example:
    `Production`"""
    base_url: Annotated[str, AfterValidator(safe_address)] | None = None
    """The https address of a container or an on-premises server, up to and with the instance. Left out for Business
    Central online. Example: `https://bc.example:7048/BC?tenant=default`"""
    scope: Annotated[str, AfterValidator(server_scope)] | None = None
    """With `baseUrl`, where the server accepts tokens for an application of its own: its Application ID URI and
    `/.default`. Example: `api://bc.example/.default`"""
    formerly: tuple[EnvironmentName, ...] = ()
    """Names that the environment had before an administrator renamed it. Take them out after the next `pulumi up`.
    Example: `[Test]`"""


class CompanionExtension(StrictModel):
    """The companion extension in this stack's environments; for a stack of its own, since stacks share environments."""

    file: Name
    """The path of the .app file, from the project's folder. Example: `EntraBusinessCentralRegistration.app`"""
    environments: Annotated[tuple[EnvironmentKey, ...], Field(min_length=1)] | None = None
    """Keys of `environments`; all that are online where it is left out. Example: `[production]`"""
    channel: Literal["adminCenter", "automation"] = "adminCenter"
    """By which API it is installed: that of the admin center, or the automation API."""
    uninstall_on_destroy: bool = False
    """Whether `pulumi destroy` uninstalls it."""


class Settings(StrictModel):
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
    """The Business Central environments, each under a key of your choice that is used in this file only. Example:
    `{production: {name: Production}}`"""
    defaults: Defaults = Defaults()
    """Settings of all integrations, where neither an integration nor its preset says them."""
    integrations: tuple[Integration, ...] = ()
    """The outside systems, each under a key that names it in the state. Example: `{magento: {preset: magento,
    environments: [production]}}`"""
    companion_extension: CompanionExtension | None = None
    """Installs the companion extension in this stack's environments; for a stack of its own, without integrations."""
    maximum_secret_lifetime_days: int = Field(default=180, gt=0, le=TEN_YEARS)
    """The longest that a client secret may live, in days. Example: `180`"""
