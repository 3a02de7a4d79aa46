"""Everything that an administrator can do to a registration by hand, and the page that tells what comes of it.

`python -m tests.providers.drift_cases` writes docs/reference/drift.md anew, from what really happens.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.entra import make_application
from tests.support.provider_host import ProviderError, ProviderHost, Resource
from tests.support.registrations import declared_registration, held_sets, registration_row
from tests.support.tenant import Tenant, start_tenant

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "drift.md"
OURS = "entra-business-central/"
NP_RETAIL = {"roleId": "NPR NP RETAIL"}


class Drift(NamedTuple):
    """Something that is done by hand.

    Attributes:
        done: in words.
        edits: operations of the tenant's control port, without environment and client id.
        declared: where the stack file says something else than usual.
        is_drift: whether a refresh shows it.
        ends: "declared" where `up` brings the registration to what is declared, "refused" where it cannot.
    """

    done: str
    edits: tuple[dict[str, Any], ...]
    declared: Mapping[str, Any] = MappingProxyType({})
    is_drift: bool = True
    ends: str = "declared"


DRIFTS = [
    Drift("disables the registration", ({"do": "disable_registration"},)),
    Drift("disables the user behind it", ({"do": "disable_user"},)),
    Drift("deletes the user and leaves the row", ({"do": "delete_user"},)),
    Drift("changes the description", ({"do": "edit_registration", "description": "Old shop"},)),
    Drift("changes the contact information", ({"do": "edit_registration", "contactInformation": "nobody"},)),
    Drift("takes back *Permission Granted*", ({"do": "edit_registration", "permissionGranted": False},)),
    Drift("takes a permission set away", ({"do": "remove_permission_set", **NP_RETAIL},)),
    Drift("adds a permission set", ({"do": "add_permission_set", "roleId": "D365 READ"},)),
    Drift(
        "adds a permission set, where `additionalPermissionSets: keep`",
        ({"do": "add_permission_set", "roleId": "D365 READ"},),
        {"additional_permission_sets": "keep"},
        is_drift=False,
    ),
    Drift(
        "narrows a permission set to one company",
        (
            {"do": "remove_permission_set", **NP_RETAIL},
            {"do": "add_permission_set", **NP_RETAIL, "company": "CRONUS DK"},
        ),
    ),
    Drift("deletes the registration", ({"do": "delete_registration"},)),
    Drift("deletes the row and leaves the user", ({"do": "delete_registration", "keepUser": True},)),
    Drift(
        "deletes it and makes it again by hand",
        (
            {"do": "delete_registration"},
            {"do": "create_registration", "description": "By hand"},
            {"do": "enable_registration"},
        ),
    ),
    Drift("enables a registration that is declared disabled", ({"do": "enable_registration"},), {"state": "Disabled"}),
    Drift(
        "uninstalls the extension that a permission set comes from",
        ({"do": "remove_permission_set_definition", **NP_RETAIL},),
        ends="refused",
    ),
    Drift(
        "registers another application",
        ({"do": "create_registration", "clientId": "99999999-9999-9999-9999-999999999999", "description": "Theirs"},),
        is_drift=False,
    ),
    Drift("uninstalls the companion extension", ({"do": "uninstall_companion"},), ends="refused"),
    Drift("renames the environment", ({"do": "rename_environment", "to": "Live"},), ends="refused"),
]

WORDS = {
    ("POST", "entraApplications"): "registers it",
    ("PATCH", "entraApplications"): "changes the row",
    ("PATCH", "users"): "enables the user",
    ("DELETE", "entraApplications"): "deletes what is left",
    ("POST", "userPermissions"): "gives permission sets",
    ("DELETE", "userPermissions"): "takes permission sets",
}


class Outcome(NamedTuple):
    """What came of a drift.

    Attributes:
        shown: what a refresh shows: changed properties, "gone", "nothing", or an error.
        done: what `up` does, in words.
        writes: the requests it wrote with.
    """

    shown: list[str]
    done: str
    writes: list[tuple[str, str]]


def play(drift: Drift, tenant: Tenant) -> tuple[Outcome, str]:
    """Register an application, do it, refresh, and bring it back as `up --refresh` does; return also the client id.

    In two processes, as `up` and a later refresh are.
    """
    application = make_application(tenant, "NaviPartner Magento 2 integration")
    inputs = declared_registration(application.client_id, **drift.declared)
    with host_for(tenant) as host:
        made = host.create(inputs)
    for edit in drift.edits:
        tenant.edit(**{"environment": "Production", "clientId": application.client_id, **edit})
    with host_for(tenant) as host:
        try:
            live = host.read(made)
        except ProviderError as refused:
            return Outcome([_sentence(refused)], "nothing, until that is put right", []), application.client_id
        tenant.clear_requests()
        done = ""
        try:
            if live is None:
                host.create(inputs)
            elif host.has_changes(live, inputs):
                host.update(live, inputs)
        except ProviderError as refused:
            done = _sentence(refused)
    writes = [
        (each["method"], each["path"].rsplit("/", 1)[-1].split("(")[0])
        for each in tenant.requests(user_agent=OURS)
        if each["method"] != "GET" and "/bc/" in each["path"]
    ]
    words = list(dict.fromkeys(WORDS[write] for write in writes))
    return Outcome(_shown(made, live), done or ", ".join(words) or "nothing", writes), application.client_id


def is_as_declared(drift: Drift, tenant: Tenant, client_id: str) -> bool:
    """Tell whether the tenant has what the stack file says."""
    inputs = declared_registration(client_id, **drift.declared)
    row = registration_row(tenant, client_id)
    wanted = sorted((each["role_id"], each.get("company", "")) for each in inputs["permission_sets"])
    held = held_sets(tenant, client_id)
    return (
        row is not None
        and (row["state"], row["description"], row["contactInformation"], row["permissionGranted"])
        == (inputs["state"], inputs["description"], inputs["contact_information"], inputs["permission_granted"])
        and (held == wanted or (inputs["additional_permission_sets"] == "keep" and set(held) > set(wanted)))
    )


def _shown(before: Resource, after: Resource | None) -> list[str]:
    if after is None:
        return ["gone (`- delete`)"]
    changed = [key for key in sorted(before.inputs) if before.inputs[key] != after.inputs[key]]
    return [f"`~ {key}: {_short(before.inputs[key])} => {_short(after.inputs[key])}`" for key in changed] or ["nothing"]


def _short(value: Any) -> str:
    if isinstance(value, list):
        return (
            "["
            + ", ".join(each["role_id"] + (f" in {each['company']}" if "company" in each else "") for each in value)
            + "]"
        )
    return json.dumps(value)


def _sentence(refused: ProviderError) -> str:
    text = str(refused).strip()
    return f"an error: “{text[text.index('could not') :].split('. ')[0].split(' (request id')[0]}.”"


def page(tenant: Tenant) -> str:
    """Return the page, made of what happens to each of the cases."""
    rows = []
    for drift in DRIFTS:
        tenant.reset()
        outcome, client_id = play(drift, tenant)
        shown = "<br>".join(outcome.shown).replace(client_id, "<client id>")
        rows.append(f"| {drift.done} | {shown} | {outcome.done.replace(client_id, '<client id>')} |")
    return "\n".join([HEAD, *rows, TAIL])


HEAD = """# Drift: what is changed by hand, and what comes of it

<!-- Written by `python -m tests.providers.drift_cases`, from what happens in the rehearsal tenant; a test holds it. -->

A plain `pulumi up` compares the stack file with the state, and asks no service. `pulumi refresh` reads what is really
there; `refresh --preview-only --expect-no-changes` exits with 7 where anything differs. `pulumi up --refresh` brings it
back to what is declared.

## A registration in Business Central

| an administrator | `refresh` shows | `up --refresh` |
|---|---|---|"""

TAIL = """
What cannot be read is never taken for gone: a missing extension, a renamed environment or a caller that lost its rights
is an error, and neither the state nor the registration is touched.

An environment copied from another one carries its registrations along. Those that this stack does not declare for the
copy are nobody's here: no command of ours looks at them or changes them.
"""


def main() -> None:
    """Write the page."""
    with start_tenant(Path(tempfile.mkdtemp())) as tenant:
        PAGE.write_text(page(tenant), encoding="utf-8")


def host_for(tenant: Tenant) -> ProviderHost:
    """Start the provider's host."""
    return ProviderHost(
        BusinessCentralRegistrationProvider(), tenant.ready.environment(), {"azuread:tenantId": tenant.ready.tenantId}
    )


if __name__ == "__main__":
    main()
