"""A registration that is there, compared with the one that is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.business_central_records import Registration
from clients.errors import Refused


def different_fields(found: Registration, wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the fields of a registration that are not as wanted: name -> what it is, what it shall be.

    Args:
        found: the registration.
        wanted: description, contactInformation, permissionGranted and state, by their names in the API.
    """
    live = {
        "description": found.description,
        "contactInformation": found.contact_information,
        "permissionGranted": found.permission_granted,
        "state": "Enabled" if found.is_working else "Disabled",
    }
    return {key: (live[key], value) for key, value in wanted.items() if live[key] != value}


def not_adopted(client_id: str, environment: str) -> Refused:
    """Return the error of an application that is registered already, and must not be adopted.

    Args:
        client_id: the application.
        environment: name of the environment.
    """
    return Refused(
        f"register {client_id} in environment {environment}",
        "it is registered there already, and no state of this stack knows it",
        "If an interrupted run of this stack made it, or this stack shall take it over, permission sets included, set "
        "`adopt: true` (it can go again after the `up`); else remove it there.",
    )
