"""A registration that is there, compared with the one that is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.business_central.records import Registration
from clients.http.errors import Refused

FIELDS = {  # our name -> the name in the companion extension's API
    "description": "description",
    "contact_information": "contactInformation",
    "permission_granted": "permissionGranted",
    "state": "state",
}


def wanted_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a registration that are wanted, by their names in the API.

    Args:
        values: the fields by our names, perhaps among others.
    """
    return {api: values[key] for key, api in FIELDS.items()}


def different_fields(found: Registration, wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the fields of a registration that are not as wanted: name -> what it is, what it shall be.

    Args:
        found: the registration.
        wanted: as `wanted_fields` returns it.
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
