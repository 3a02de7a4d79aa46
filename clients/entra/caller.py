"""Who runs this, read from the access tokens: an application, or a person.

Microsoft advises clients against reading an access token: it is meant for the service that it was issued for. So a
claim that is missing means "not known", and only messages and `commands preflight` use the claims.
https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.entra.cloud import PUBLIC, Cloud


@dataclass(frozen=True)
class Caller:
    """Who signed in.

    Attributes:
        client_id: the application; for a person the one that the person signed in with, such as the Azure CLI.
        object_id: the person, or the application's service principal.
        user: the person's sign-in name, "" for an application.
        is_managed_identity: whether it is one of Azure's, which has no application registration.
        roles: the application roles that it holds on the service that the token is for.
        directory_roles: template ids of its Microsoft Entra roles; None where the token does not say.
        cloud: where it signed in, and so where somebody can give it what it lacks.
    """

    client_id: str
    object_id: str
    user: str
    is_managed_identity: bool
    roles: frozenset[str]
    directory_roles: frozenset[str] | None
    cloud: Cloud = PUBLIC

    @property
    def is_person(self) -> bool:
        """Tell whether a person signed in (`az login`)."""
        return bool(self.user)

    def __str__(self) -> str:
        return f"{self.user}, who runs this," if self.user else f"The application {self.client_id}, which runs this,"


def caller_of(authorization: str, cloud: Cloud = PUBLIC) -> Caller | None:
    """Return who an Authorization header speaks for, None where that cannot be read from it.

    Args:
        authorization: the header's value, "Bearer ...".
        cloud: whose token it is.
    """
    claims = claims_of(authorization)
    if not claims:
        return None
    person = claims.get("idtyp") == "user" or "scp" in claims
    names = (claims.get(claim) for claim in ("upn", "preferred_username", "unique_name", "oid"))
    return Caller(
        client_id=str(claims.get("appid") or claims.get("azp") or "").lower(),
        object_id=str(claims.get("oid") or "").lower(),
        user=next((str(name) for name in names if name), "a person") if person else "",
        is_managed_identity="xms_mirid" in claims,
        roles=claim_values(claims.get("roles")) or frozenset(),
        directory_roles=claim_values(claims.get("wids")),
        cloud=cloud,
    )


def claim_values(claim: object) -> frozenset[str] | None:
    """Return the texts of a claim that is a list; None where it is not there, or is something else."""
    return frozenset(each for each in claim if isinstance(each, str)) if isinstance(claim, list) else None


def claims_of(authorization: str) -> Mapping[str, Any]:
    """Return the claims of a token, {} where it cannot be decoded. Its signature is for its service to check."""
    import jwt  # here, since it brings cryptography with it, and few runs have a token to read

    _, _, token = authorization.partition(" ")
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return {}
    return claims
