"""What Azure Key Vault's error answers mean, and what to do about them.

https://learn.microsoft.com/azure/key-vault/general/rest-error-codes and .../common-error-codes . Key Vault answers a
code, and most often a second one inside (`innererror`) that says more: both are looked at, as `CODE/INNER`.
rehearsal/DIFFERENCES.md says which of the texts are not verified. docs/reference/errors.md is written from the table.
"""

from __future__ import annotations

from clients.http.answers import THROTTLED, KnownAnswer, means, remedy_by_status
from clients.http.errors import ServiceError
from clients.key_vault.certificate_errors import CERTIFICATE_ANSWERS

OFFICER, USER, READER = "Key Vault Secrets Officer", "Key Vault Secrets User", "Key Vault Reader"
"""Roles of Azure for the data of a vault: https://learn.microsoft.com/azure/key-vault/general/rbac-guide"""

_PERMISSION = (
    f"Whoever runs this needs the role {OFFICER} on vault {{vault}} (Access control (IAM) of the vault), or, where the "
    "vault has access policies, the secret permissions Get, List, Set and Recover. A refresh and a preflight need "
    f"{READER}, or List, only. A new assignment counts after some minutes."
)
_NETWORK = (
    "Let the machine that runs this through (Networking of the vault: its address, a virtual network, or a private "
    "endpoint that {host} resolves to from there), or run it where the vault can be reached. A change counts after "
    "some minutes."
)

KNOWN_ANSWERS: tuple[KnownAnswer, ...] = (
    KnownAnswer(
        "403",
        "Forbidden/ForbiddenByFirewall",
        "",
        "refused",
        "the vault's firewall does not let this machine's address through",
        "documented (common-error-codes); the text is seen in many reports",
        remedy=_NETWORK,
    ),
    KnownAnswer(
        "403",
        "Forbidden/ForbiddenByConnection",
        "",
        "refused",
        "the vault takes requests through a private link only, and this one came by another way",
        "seen in reports",
        remedy=_NETWORK,
    ),
    KnownAnswer(
        "403",
        "Forbidden.*",
        "TCP connection does not allow access to|[Pp]ublic network access is disabled",
        "refused",
        "the same, by its text",
        "seen, in Microsoft's own answers",
        remedy=_NETWORK,
    ),
    KnownAnswer(
        "403",
        "Forbidden/ForbiddenByRbac",
        "",
        "refused",
        "the caller has no role that allows this in the vault",
        "seen in many reports, with `Assignment: (not found)`",
        remedy=_PERMISSION,
    ),
    KnownAnswer(
        "403",
        "Forbidden/AccessDenied|Forbidden/ForbiddenByPolicy",
        "",
        "refused",
        "no access policy of the vault allows this to the caller",
        "documented; seen with both inner codes",
        remedy=_PERMISSION,
    ),
    KnownAnswer(
        "403",
        "Forbidden/SecretDisabled",
        "",
        "refused",
        "the version is disabled, so that its value cannot be read",
        "seen, also in recordings of Microsoft's libraries",
        remedy="Enable version {version} of {name} in vault {vault}, or give the secret a new label.",
    ),
    KnownAnswer(
        "403",
        "",
        "purge protection is enabled",
        "kept",
        "what is deleted stays until the vault's retention time is over",
        "seen in reports",
        remedy="Its name can be used again after that. Until then: `az keyvault secret recover --vault-name {vault} "
        "--name {name}`, or another `secretName`.",
    ),
    KnownAnswer(
        "404",
        "SecretNotFound",
        "",
        "absent",
        "the secret, or this version of it, is not in the vault: never made, deleted, or purged",
        "seen, also in recordings of Microsoft's libraries",
        remedy="It may have been deleted: `az keyvault secret recover --vault-name {vault} --name {name}` brings it "
        "back while the vault keeps it.",
    ),
    KnownAnswer(
        "409",
        "Conflict/ObjectIsDeletedButRecoverable",
        "",
        "refused",
        "the name is that of a deleted secret, which the vault still keeps",
        "seen in many reports",
        remedy="Bring it back, with all of its versions: `az keyvault secret recover --vault-name {vault} --name "
        "{name}`; or purge it, which cannot be undone; or choose another `secretName`. Then run the same command "
        "again.",
    ),
    KnownAnswer(
        "409",
        "Conflict/ObjectIsBeingDeleted|Conflict/ObjectIsBeingRecovered",
        "",
        "busy",
        "the secret is being deleted or recovered at this moment; nothing was done",
        "seen, also in recordings of Microsoft's libraries",
        repeatable=True,
        remedy="Somebody deletes or recovers {name} in vault {vault}: wait a minute, then run the same command again.",
    ),
    KnownAnswer(
        "401",
        "Unauthorized",
        "AKV10032",
        "refused",
        "the vault belongs to another tenant than the one that is signed in to",
        "seen in many reports",
        remedy="A vault trusts the tenant of its subscription only: check the vault's name, azuread:tenantId and "
        "ARM_TENANT_ID.",
    ),
    KnownAnswer(
        "401",
        "Unauthorized",
        "",
        "refused",
        "the vault does not accept the token",
        "documented (rest-error-codes)",
        remedy="Check that ARM_TENANT_ID, azuread:environment and this machine's clock are right, and sign in again.",
    ),
    KnownAnswer(
        "429",
        "Throttled.*",
        "",
        "busy",
        "too many requests to the vault; it was not taken, and every request of ours waits as long as it says",
        "documented (overview-throttling)",
        remedy=THROTTLED,
    ),
    KnownAnswer(
        "no answer",
        "VaultNotFound",
        "",
        "absent",
        "ours, not the service's: no such name in the DNS, so there is no vault of this name in this cloud",
        "documented: a vault's name is a name in the DNS",
        remedy="Check `keyVault` in the stack file: it is the vault's name, without an address. A deleted vault, one "
        "of another cloud (azuread:environment), and one whose private DNS zone is not known here have no name either.",
    ),
)
"""The first row that fits decides about the remedy; a meaning holds where any row with it fits."""


def known_answers() -> tuple[KnownAnswer, ...]:
    """Return all rows: those about certificates and keys, which tell by the text what they are about, come first."""
    return (*CERTIFICATE_ANSWERS, *KNOWN_ANSWERS)


def is_absent(problem: BaseException) -> bool:
    """Tell whether a secret or certificate, or a version of it, is not in the vault."""
    return means(known_answers(), "absent", problem) and getattr(problem, "code", "") != "VaultNotFound"


def is_disabled(problem: BaseException) -> bool:
    """Tell whether a value was refused because its version is disabled."""
    return isinstance(problem, ServiceError) and problem.code == "Forbidden/SecretDisabled"


def is_refused_by_rights(problem: BaseException) -> bool:
    """Tell whether the caller lacks a role, or an access policy does not allow it."""
    codes = {"Forbidden/ForbiddenByRbac", "Forbidden/AccessDenied", "Forbidden/ForbiddenByPolicy"}
    return isinstance(problem, ServiceError) and problem.code in codes


def is_deleted_name(problem: BaseException) -> bool:
    """Tell whether a write was refused because the name is that of a deleted secret which can be recovered."""
    return isinstance(problem, ServiceError) and problem.code == "Conflict/ObjectIsDeletedButRecoverable"


def is_kept(problem: BaseException) -> bool:
    """Tell whether something deleted was not removed for good because the vault has purge protection."""
    return means(KNOWN_ANSWERS, "kept", problem)


def is_busy(problem: BaseException) -> bool:
    """Tell whether nothing was done because of something that passes within moments."""
    return means(KNOWN_ANSWERS, "busy", problem)


def remedy_for(problem: ServiceError, **words: str) -> str:
    """Return what to do about an answer.

    Args:
        problem: the answer.
        words: `vault`, `host`, `name` and `version`, which the remedies name.
    """
    known = next((known.remedy for known in known_answers() if known.remedy and known.fits(problem)), "")
    for word, value in words.items():
        known = known.replace(f"{{{word}}}", value)
    return known or remedy_by_status(problem)
