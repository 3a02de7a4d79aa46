"""Basic authentication with a web service key, which an on-premises server or a container accepts.

docs/reference/facts-business-central.md, "Addresses".
"""

from __future__ import annotations

import base64
import hmac

from rehearsal.tenant.business_central.environment import Environment
from rehearsal.tenant.directory.external_applications import BUSINESS_CENTRAL
from rehearsal.tenant.messages import Caller


def basic_caller(authorization: str, environment: Environment) -> Caller | None:
    """Return the person whom an Authorization header of the scheme Basic names, None where it is not accepted.

    A user signs in with name and web service key. That case does not matter in the name is inferred.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        name, _, key = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    user = next((user for user in environment.users.values() if user.name == name.upper()), None)
    if user is None or not user.web_service_key:
        return None
    if not hmac.compare_digest(user.web_service_key.encode(), key.encode()):
        return None
    return Caller(
        client_id="",
        object_id=user.entra_object_id,
        audience=BUSINESS_CENTRAL,
        scopes=frozenset({"user_impersonation"}),  # there are no licences and no entitlements on-premises
        kind="user",
    )
