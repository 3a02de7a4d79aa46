"""What the resources for credentials of an application share: which application, and its credential in a list."""

from __future__ import annotations

import re

from rehearsal.azuread_plugin.errors import DiagnosticError
from rehearsal.azuread_plugin.graph_session import JSON
from rehearsal.azuread_plugin.schema import Values

APPEARANCE_PAUSE = 1.0  # seconds between two reads for a new one, with REHEARSAL_PLUGIN_WAITS=1


def application_of(planned: Values) -> tuple[str, str]:
    """Return the path and the object id of the application that a credential is planned for.

    Raises:
        DiagnosticError: `application_id` is no id of an application.
    """
    path = str(planned["applicationId"])
    match = re.fullmatch(r"/applications/([^/]+)", path)
    if match is None:
        text = f'parsing "{path}": parsing the Application ID: expected /applications/applicationId'
        raise DiagnosticError("Parsing `application_id`", text, "application_id")
    return path, match[1]


def named(object_id: str) -> str:
    """Return an application as the plugin's errors name it."""
    return f'Application (Application: "{object_id}")'


def has_key_id(credential: JSON, key_id: str) -> bool:
    """Tell whether a credential has a key id; case does not count."""
    return str(credential.get("keyId")).lower() == key_id.lower()


def find_credential(application: JSON, kind: str, key_id: str) -> JSON | None:
    """Return a credential in one of an application's lists (`passwordCredentials`, `keyCredentials`), None for none."""
    credentials: list[JSON] = application.get(kind) or []
    return next((each for each in credentials if has_key_id(each, key_id)), None)
