"""What Azure Key Vault's error answers about certificates and their keys mean, and what to do about them.

These rows are looked up before those of `errors.py`, which are about secrets or the vault as a whole. Where a code says
nothing of what it is about, the text does.
"""

from __future__ import annotations

from clients.http.answers import KnownAnswer

CERTIFICATES_OFFICER, CRYPTO_USER = "Key Vault Certificates Officer", "Key Vault Crypto User"
"""Roles of Azure for the data of a vault: https://learn.microsoft.com/azure/key-vault/general/rbac-guide"""

_FORBIDDEN = "Forbidden/ForbiddenByRbac|Forbidden/AccessDenied|Forbidden/ForbiddenByPolicy"

CERTIFICATE_ANSWERS: tuple[KnownAnswer, ...] = (
    KnownAnswer(
        "403",
        _FORBIDDEN,
        r"vaults/certificates/|have certificates \w+ permission",
        "refused",
        "the caller has no role, or no access policy, that allows this with certificates of the vault",
        "documented; the texts are seen, those of policies for certificates in part",
        remedy=f"Whoever runs this needs the role {CERTIFICATES_OFFICER} on vault {{vault}} (Access control (IAM) of "
        "the vault), or, where the vault has access policies, the certificate permissions Get, List, Create, Update "
        "and Recover. A refresh and a preflight need Key Vault Reader, or List, only. A new assignment counts after "
        "some minutes.",
    ),
    KnownAnswer(
        "403",
        _FORBIDDEN,
        r"vaults/keys/|have keys \w+ permission",
        "refused",
        "the caller has no role, or no access policy, that lets it sign with keys of the vault",
        "documented; the texts are seen",
        remedy=f"Whoever proves the access needs the role {CRYPTO_USER} on vault {{vault}}, or on the key {{name}} in "
        "it, or, where the vault has access policies, the key permissions Get and Sign; so does the outside system. A "
        "new assignment counts after some minutes.",
    ),
    KnownAnswer(
        "403",
        "Forbidden/KeyDisabled|Forbidden",
        "not allowed on a disabled key",
        "refused",
        "the version is disabled, so that its key signs nothing",
        "seen; the code inside in others' tests",
        remedy="`pulumi up --refresh` enables version {version} of certificate {name} in vault {vault} again.",
    ),
    KnownAnswer(
        "404",
        "PendingCertificateNotFound",
        "",
        "absent",
        "no version of the certificate is being made, or was made by this operation",
        "documented; seen in recordings of Microsoft's libraries",
    ),
    KnownAnswer(
        "404",
        "CertificateNotFound|KeyNotFound",
        "",
        "absent",
        "the certificate, or this version of it, is not in the vault: never made, deleted, or purged",
        "seen, also in recordings of Microsoft's libraries",
        remedy="It may have been deleted: `pulumi up --refresh` recovers it while the vault keeps it, and makes "
        "another one after that.",
    ),
    KnownAnswer(
        "409",
        "Conflict",
        "pending key vault certificate's status is inProgress",
        "busy",
        "another version of the certificate is being made at this moment; nothing was done",
        "documented; seen in recordings of Microsoft's libraries",
        repeatable=True,
        remedy="Somebody makes a version of {name} in vault {vault}: wait a minute, then run the same command again.",
    ),
    KnownAnswer(
        "409",
        "Conflict/ObjectIsDeletedButRecoverable",
        "^Certificate ",
        "refused",
        "the name is that of a deleted certificate, which the vault still keeps",
        "documented for certificates; the text is seen of secrets",
        remedy="Bring it back, with all of its versions: `az keyvault certificate recover --vault-name {vault} --name "
        "{name}`; or purge it, which cannot be undone; or choose another `certificateName`. Then run the same command "
        "again.",
    ),
)
