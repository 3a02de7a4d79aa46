"""What an integration may do, as the stack file says it: permission sets, and permissions on other resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, model_validator

from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID, RESOURCES
from settings.messages import suggestion
from settings.strict_model import StrictModel
from settings.values import Guid, Name, RoleId


def without_duplicates(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return a list's values, each once, in its order."""
    return tuple(dict.fromkeys(values))


class PermissionSet(StrictModel):
    """A permission set to assign: a role id, perhaps a company, and scope and app id where the role id is ambiguous."""

    role_id: RoleId
    """The role id of the permission set, up to 20 characters; SUPER is refused. Example: `D365 READ`"""
    company: Name | None = None
    """The name of the one company that it is for; all where it is left out. Example: `CRONUS DK`"""
    scope: Literal["System", "Tenant"] | None = None
    """Whether an extension defines it (`System`) or an administrator (`Tenant`); needed where both do."""
    app_id: Guid | None = None
    """The id of the extension that defines it; needed where several do. Example:
    `992c2309-cca4-43cb-9e41-911f482ec088`"""


def _role_id_alone(value: object) -> object:
    return value if isinstance(value, Mapping | list | PermissionSet) else {"roleId": value}


PermissionSetItem = Annotated[
    PermissionSet, BeforeValidator(_role_id_alone, json_schema_input_type=str | PermissionSet)
]


class OtherPermissions(StrictModel):
    """What an integration is granted on another resource than Business Central."""

    roles: Annotated[tuple[Name, ...], AfterValidator(without_duplicates)] = ()
    """Values of application roles of this resource. Example: `[User.Read.All]`"""
    delegated_scopes: Annotated[tuple[Name, ...], AfterValidator(without_duplicates)] = ()
    """Values of delegated permissions of this resource. Example: `[User.Read]`"""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.roles and not self.delegated_scopes:
            raise ValueError("must have roles or delegatedScopes")
        return self


def by_resource(value: object) -> object:
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
