"""The kinds of values that a stack file holds, each with what is right and what is said where it is not."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, StringConstraints

TEN_YEARS = 3650  # days; no secret should live that long, and far beyond it there are no dates


def read_label(value: object) -> str:
    """Read a date as YAML and Pulumi spell it (also 2026-11-15 00:00:00 +0000 UTC), perhaps with a letter.

    docs/reference/facts-pulumi.md, "Values of a stack file".
    """
    found = re.fullmatch(
        r"(2\d{3}-\d{2}-\d{2})(?:[T ]00:00:00(?:\.0+)?(?:Z| ?\+00:?00)?(?: UTC)?|([a-z]))?", str(value).strip()
    )
    if not found:
        raise ValueError("is not a date like '2026-11-15', or '2026-11-15b' for a second secret of the same day")
    try:
        date.fromisoformat(found[1])
    except ValueError:  # 2026-02-30 has the form, but is none
        raise ValueError(f"{found[1]} is not a valid date") from None
    return found[1] + (found[2] or "")


def _not_super(role_id: str) -> str:
    if role_id == "SUPER":
        # docs/reference/facts-business-central.md, "SUPER and SECURITY".
        raise ValueError("SUPER cannot be assigned to an application: name the permission sets that it really needs")
    return role_id


def quotable(name: str) -> str:
    """Refuse a display name with an apostrophe."""
    if "'" in name:
        raise ValueError("contains an apostrophe, which the azuread provider cannot look up: leave it out")
    return name


def split_address(url: str) -> SplitResult:
    """Take an address apart.

    Raises:
        ValueError: it is none: its brackets, its port or a character of its host cannot be right.
    """
    try:
        parts = urlsplit(url)
        is_valid = parts.port is None or parts.port > 0
    except ValueError:
        is_valid = False
    if not is_valid or not url.isprintable() or " " in parts.netloc:
        raise ValueError("is not a valid address: its host or its port cannot be right")
    return parts


def safe_address(url: str) -> str:
    """Refuse an address that would send a token in the clear, or keep a password in the state."""
    parts = split_address(url)
    if parts.fragment or url != url.strip() or set(parse_qs(parts.query)) - {"tenant"}:
        raise ValueError("is more than an address with, perhaps, ?tenant=..., such as https://bc.example:7048/BC")
    if parts.username or parts.password:
        raise ValueError(
            "holds a password, and would be stored in clear: set BUSINESS_CENTRAL_USER and _PASSWORD instead"
        )
    if (parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}) or not parts.hostname:
        raise ValueError("is not an https address, such as https://bc.example/BC: a token would travel in the clear")
    return url.rstrip("/")


def web_address(uri: str) -> str:
    """Refuse a redirect address of a web client that Entra or azuread would refuse.

    https://learn.microsoft.com/entra/identity-platform/reply-url , and azuread's `IsRedirectUriFunc`.
    """
    parts = urlsplit(_redirect_address(uri))
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        raise ValueError("is neither an https address nor one of this machine, such as http://localhost/callback")
    if not parts.path:
        raise ValueError("has no path: azuread wants a slash at the end, such as https://shop.example/")
    return uri


def public_client_address(uri: str) -> str:
    """Refuse a redirect address of a public client that Entra or azuread would refuse; any scheme of an app will do."""
    parts = urlsplit(_redirect_address(uri))
    if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
        raise ValueError("is http and not of this machine, such as http://localhost/callback")
    return uri


def _redirect_address(uri: str) -> str:
    try:
        parts = urlsplit(uri)
        named = bool(parts.scheme and parts.hostname) or re.fullmatch(r"urn:[^:]+:.+", uri) is not None
    except ValueError:
        named = False
    if not named or parts.fragment or "*" in uri:
        raise ValueError("is not a valid redirect address, such as http://localhost/callback, without * and #")
    if len(uri) > 256:
        raise ValueError(f"has {len(uri)} characters; Entra allows 256")
    return uri


_THIS_MACHINE = {"localhost", "127.0.0.1"}


def server_scope(scope: str) -> str:
    """Refuse what no token can be asked for with a secret: a scope is an Application ID URI and /.default."""
    if not re.fullmatch(r"[^\s/]\S*/\.default", scope):
        raise ValueError(
            "is not what tokens are asked for: the Application ID URI that the server accepts (its setting "
            "ValidAudiences) and /.default, such as api://bc.example/.default"
        )
    return scope


_ONE_LINE = r"^[^\r\n\t]*$"
_GUID = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_ENVIRONMENT = r"^[A-Za-z0-9][A-Za-z0-9 _-]*$"
_KEY = r"^[A-Za-z][A-Za-z0-9_-]{0,62}$"
_VAULT = r"^[A-Za-z](-?[A-Za-z0-9])+$"
_IN_A_VAULT = r"^[A-Za-z0-9-]{1,127}$"
_FEDERATED = r"^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$"
PATTERNS = {  # pattern -> what is said where a text is another
    _ONE_LINE: "must be one line, without tabs",
    _GUID: "must be an id (a GUID), such as 00000000-0000-0000-0000-000000000000",
    _ENVIRONMENT: "must have letters, digits, spaces, - and _ only, and begin with a letter or a digit",
    _KEY: "is not allowed as a key: use letters, digits, - and _, at most 63, and begin with a letter",
    _VAULT: "must be a vault's name, not its address: letters, digits and single -, beginning with a letter",
    _IN_A_VAULT: "must be a name in Key Vault: 1 to 127 letters, digits and -",
    _FEDERATED: "must have 3 to 120 letters, digits, - and _, and begin with a letter or a digit, as Entra wants it",
}
LIMITED_BY = {  # the longest that a text may be -> which service allows no more
    20: "Business Central",
    24: "Key Vault",
    30: "Business Central",
    50: "Business Central",
    120: "Entra",
    600: "Entra",
}

Key = Annotated[str, StringConstraints(pattern=_KEY)]  # a part of URNs, tags and logical names
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=_ONE_LINE)]
DisplayName = Annotated[Name, StringConstraints(max_length=120), AfterValidator(quotable)]
Text50 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]  # Text[50] in Business Central
RoleId = Annotated[Name, StringConstraints(to_upper=True, max_length=20), AfterValidator(_not_super)]  # Code[20]
# Letters, digits and hyphens: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/tenant-admin-center-environments
EnvironmentName = Annotated[Name, StringConstraints(max_length=30, pattern=_ENVIRONMENT)]
Guid = Annotated[str, StringConstraints(to_lower=True, pattern=_GUID)]
WebAddress = Annotated[Name, AfterValidator(web_address)]
PublicClientAddress = Annotated[Name, AfterValidator(public_client_address)]
Notes = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]  # azuread refuses an empty text
# https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning
VaultName = Annotated[str, StringConstraints(min_length=3, max_length=24, pattern=_VAULT)]
SecretName = Annotated[str, StringConstraints(pattern=_IN_A_VAULT)]
# https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations#errors
FederatedName = Annotated[str, StringConstraints(pattern=_FEDERATED)]
Label = Annotated[str, BeforeValidator(read_label, json_schema_input_type=str)]
