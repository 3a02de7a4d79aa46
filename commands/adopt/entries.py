"""From what was found to an entry of the stack file that says exactly that, as pure functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from clients.graph.times import when_it_ends
from commands.adopt.found import Found, Registered
from settings.business_central_permissions import (
    BUSINESS_CENTRAL_APP_ID,
    BUSINESS_CENTRAL_ROLES,
    BUSINESS_CENTRAL_SCOPES,
)
from settings.models import Integration

LIFETIME_DAYS = 120
"""Of the secrets that are to come; no secret of an application that is taken over was issued by a stack file."""
_NOT_IN_A_FILE = frozenset({"SUPER"})
_HOISTED = ("permission_sets", "description", "contact_information", "additional_permission_sets")


@dataclass(frozen=True)
class Entry:
    """An application that is taken over.

    Attributes:
        found: as it is.
        integration: what the stack file says of it from now on.
        known: its secrets, key id -> name and end.
        changes: what the first `up` changes beside setting the tag, each a sentence without its full stop.
    """

    found: Found
    integration: Integration
    known: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[str, ...] = ()


def entry(
    found: Found,
    key: str,
    *,
    environments: Collection[str],
    taken: Collection[str] = (),
    maximum_lifetime_days: int = LIFETIME_DAYS,
) -> Entry:
    """Return the entry for an application that can be taken over.

    Args:
        found: the application, for which there is no obstacle.
        key: the key that it gets.
        environments: the keys of all environments of the stack file.
        taken: display names, in lower case, that the stack file has already.
        maximum_lifetime_days: what the stack file allows.

    Raises:
        pydantic.ValidationError: a stack file cannot say it.
    """
    secrets = found.application.application.secrets if found.application else ()
    said: dict[str, Any] = {"key": key, **_identity(found, key, taken), **_consent(found)}
    if found.roles:
        said |= _access({each: there for each, there in found.registrations.items() if there.row.user_state}, said)
    if secrets:
        lifetime = min(LIFETIME_DAYS, maximum_lifetime_days)
        said["credentials"] = {"secrets": {"lifetime_days": lifetime, "known": [each.key_id for each in secrets]}}
    integration = Integration.model_validate(said, context={"environments": list(environments)})
    known = {
        each.key_id: f"{each.display_name or 'without a name'}, {when_it_ends(each.ends[:10])}" for each in secrets
    }
    return Entry(found, integration, known, tuple(_changes(found, integration)))


def key_for(name: str, taken: Collection[str]) -> str:
    """Return a key for an application of this name: letters, digits and hyphens, and none that is taken."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50].strip("-")
    base = words if words[:1].isalpha() else f"app-{words}".strip("-")
    return next(
        each
        for number in range(1, len(taken) + 2)
        if (each := base if number == 1 else f"{base}-{number}") not in taken
    )


def _identity(found: Found, key: str, taken: Collection[str]) -> dict[str, Any]:
    if found.application is None:
        said: dict[str, Any] = {"client_id": found.client_id, "display_name": found.name.replace("'", "")[:120]}
        if found.whose == "tenant":
            return {**said, "existing_owner": "tenant"}
        return {**said, "expected_publisher": found.principal.principal.publisher if found.principal else ""}
    name = found.application.application.display_name.replace("'", "")[:120]
    # azuread refuses to change an application while another has its name: docs/reference/facts-graph.md,
    # "Duplicate names".
    if found.shares_name_with or name.casefold() in taken:
        name = f"{name[: 120 - len(key) - 3]} ({key})"
    said = {"display_name": name}
    if found.application.audience != "AzureADMyOrg":
        said["sign_in_audience"] = found.application.audience
    if found.principal and not found.principal.enabled:
        said["enabled"] = False
    if not found.roles:
        said |= _public_client(found)
    return said


def _public_client(found: Found) -> dict[str, Any]:
    known = found.application
    if known and known.application.public_client:
        return {"redirect_uris": {"public_client": list(known.application.public_client)}}
    return {"fallback_public_client": True}


def _consent(found: Found) -> dict[str, Any]:
    roles = [each for each in BUSINESS_CENTRAL_ROLES if each in found.roles]
    scopes = [each for each in BUSINESS_CENTRAL_SCOPES if each in found.scopes]
    return {**({"roles": roles} if roles else {}), **({"delegated_scopes": scopes} if scopes else {})}


def _access(registrations: Mapping[str, Registered], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is the same everywhere at the integration, and the rest at each environment."""
    by_environment = {key: _in_environment(each) for key, each in registrations.items()}
    everywhere: dict[str, Any] = {}
    for name in _HOISTED:
        values = [each.get(name) for each in by_environment.values()]
        if values[0] is not None and all(value == values[0] for value in values):
            everywhere[name] = values[0]
            for each in by_environment.values():
                del each[name]
    if everywhere.get("description") == said["display_name"]:
        del everywhere["description"]
    if not everywhere.get("contact_information", "there"):
        del everywhere["contact_information"]
    return {**everywhere, "environments": {key: each or None for key, each in by_environment.items()}}


def _in_environment(registered: Registered) -> dict[str, Any]:
    row, items = registered.row, registered.permission_sets
    said: dict[str, Any] = {
        "permission_sets": [each.as_mapping() for each in items if each.role_id not in _NOT_IN_A_FILE],
        "contact_information": row.contact_information,
    }
    if row.description:
        said["description"] = row.description
    if any(each.role_id in _NOT_IN_A_FILE for each in items):
        said["additional_permission_sets"] = "keep"
    if not row.is_working:
        said["state"] = "Disabled"
    return said


def _changes(found: Found, integration: Integration) -> Iterator[str]:
    if found.application:
        application = found.application.application
        if integration.display_name != application.display_name:
            why = (
                "takes no apostrophe"
                if "'" in application.display_name
                else "wants a name that no other application has"
            )
            yield f"it is renamed to {integration.display_name!r}: azuread {why}"
        if application.tags:
            yield f"its tags go: {', '.join(sorted(application.tags))}"
        yield from _requested(found.application.requested, integration)
    for key in integration.environments:
        row = found.registrations[key].row
        if not row.permission_granted:
            yield f"in {key} the registration says from then on that consent was granted, as it was"
        if row.state != ("Enabled" if row.is_working else "Disabled"):
            yield f"in {key} the registration is disabled, as its user is"


def _requested(requested: Collection[tuple[str, str, str]], integration: Integration) -> Iterator[str]:
    declared = {
        *((BUSINESS_CENTRAL_APP_ID, BUSINESS_CENTRAL_ROLES[each], "Role") for each in integration.roles),
        *((BUSINESS_CENTRAL_APP_ID, BUSINESS_CENTRAL_SCOPES[each], "Scope") for each in integration.delegated_scopes),
    }
    names = {id_: value for value, id_ in (BUSINESS_CENTRAL_ROLES | BUSINESS_CENTRAL_SCOPES).items()}

    def listed(permissions: Collection[tuple[str, str, str]]) -> str:
        return ", ".join(sorted(names.get(id_, f"{id_} of {resource}") for resource, id_, _ in permissions))

    if gone := set(requested) - declared:
        yield f"it no longer asks for {listed(gone)} (what was granted on other resources stays granted)"
    if new := declared - set(requested):
        yield f"it asks for {listed(new)} too, which it holds already"
