"""What the tour declares: a copy of the example stack file, and what it and the preset promise.

Read with a YAML library and no code of the product, so that the tour checks independently.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from rehearsal.demo.errors import DemoError
from rehearsal.demo.folder import DemoFolder

INTEGRATION = "magento"
"""Whose secret the stack's outputs hand over."""
WAREHOUSE = "warehouse"
"""Whose secret lies in a vault alone."""
VAULT, SECRET_NAME = "demo-vault", "warehouse"
_NAMESPACE = "entra-business-central"


@dataclass(frozen=True)
class PermissionSet:
    """A permission set and where it applies; company "" is all of them."""

    role_id: str
    company: str = ""

    def __str__(self) -> str:
        return f"{self.role_id} in {self.company}" if self.company else self.role_id


@dataclass(frozen=True)
class Access:
    """What an application may do.

    Attributes:
        roles: values of the application roles on Business Central.
        permission_sets: environment -> permission sets there.
    """

    roles: frozenset[str]
    permission_sets: dict[str, frozenset[PermissionSet]]


@dataclass(frozen=True)
class Declaration:
    """What the stack file says.

    Attributes:
        display_name: of the application.
        access: what it may do.
        role: the last of the roles, which an administrator will revoke.
        permission_set: the last of the permission sets, which an administrator will take away.
        issued: the date of its secret.
        lifetime_days: for how many days after it the secret lives.
    """

    display_name: str
    access: Access
    role: str
    permission_set: PermissionSet
    issued: date
    lifetime_days: int


def write_stack_file(folder: DemoFolder, tenant_id: str, today: date) -> Declaration:
    """Copy the example stack file, with the rehearsal tenant's id, one integration and one secret issued today.

    A copy, because the CLI writes into stack files. One integration at first, so that what the tour shows can be
    followed. The date is text, because the program does not read the clock.

    Raises:
        DemoError: example or preset cannot be understood.
    """
    example = folder.project / "stacks" / "Pulumi.example.yaml"
    content = _load(example, folder)
    try:
        config = content["config"]
        integration = config[f"{_NAMESPACE}:integrations"][INTEGRATION]
        environments = config[f"{_NAMESPACE}:environments"]
        preset = _load(folder.project / "presets" / f"{integration['preset']}.yaml", folder)
        config["azuread:tenantId"] = tenant_id
        config[f"{_NAMESPACE}:integrations"] = {INTEGRATION: integration}
        config.pop(f"{_NAMESPACE}:defaults", None)  # for the others
        integration["credentials"]["secrets"]["issued"] = [today.isoformat()]
        wanted = {**preset, **integration}
        sets = [_permission_set(each) for each in wanted["permissionSets"]]
        declared = Declaration(
            display_name=wanted["displayName"],
            access=Access(
                roles=frozenset(wanted["roles"]),
                permission_sets={environments[key]["name"]: frozenset(sets) for key in wanted["environments"]},
            ),
            role=wanted["roles"][-1],
            permission_set=sets[-1],
            issued=today,
            lifetime_days=integration["credentials"]["secrets"].get(
                "lifetimeDays", preset["credentials"]["secrets"]["lifetimeDays"]
            ),
        )
    except (KeyError, IndexError, TypeError) as problem:
        raise DemoError(
            f"The tour declares what {folder.relative(example)} says of {INTEGRATION}, with its preset, and cannot "
            f"make it out any more ({type(problem).__name__}: {problem})."
        ) from None
    _write(content, folder)
    return declared


def declare_warehouse(folder: DemoFolder, declared: Declaration) -> None:
    """Add the example's warehouse to the stack file, in one environment, with its secret in the custody of a vault.

    Raises:
        DemoError: the example cannot be understood.
    """
    content, example = _load(folder.stack_file, folder), folder.project / "stacks" / "Pulumi.example.yaml"
    try:
        warehouse = _load(example, folder)["config"][f"{_NAMESPACE}:integrations"][WAREHOUSE]
        first = next(iter(warehouse["environments"]))
        warehouse["environments"] = {first: warehouse["environments"][first]}
        warehouse["credentials"]["secrets"] = {
            "issued": [declared.issued.isoformat()],
            "lifetimeDays": declared.lifetime_days,
            "custody": {"keyVault": VAULT, "secretName": SECRET_NAME},
        }
        content["config"][f"{_NAMESPACE}:integrations"][WAREHOUSE] = warehouse
    except (KeyError, StopIteration, TypeError) as problem:
        raise DemoError(
            f"The tour adds {WAREHOUSE} of {folder.relative(example)}, and cannot make it out any more "
            f"({type(problem).__name__}: {problem})."
        ) from None
    _write(content, folder)


def _permission_set(written: Any) -> PermissionSet:
    if isinstance(written, str):
        return PermissionSet(written.upper())
    return PermissionSet(written["roleId"].upper(), written.get("company", ""))


def _write(content: Any, folder: DemoFolder) -> None:
    text = io.StringIO()
    YAML().dump(content, text)
    folder.stack_file.write_text(text.getvalue(), encoding="utf-8")


def _load(path: Path, folder: DemoFolder) -> Any:
    try:
        return YAML().load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as problem:
        raise DemoError(f"{folder.relative(path)} cannot be read: {problem}") from None
