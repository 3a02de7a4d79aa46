"""What Microsoft Graph's error answers mean, as far as we get them: one table, which the code looks up.

https://learn.microsoft.com/graph/errors . The status alone says little, so codes and texts are recognised; the texts
are those that other clients report: docs/reference/facts-graph.md, "Errors of Graph" and "Retries of the plugin".
rehearsal/DIFFERENCES.md says which of them are not verified. docs/reference/errors.md is written from the table.
"""

from __future__ import annotations

from clients.http.answers import THROTTLED, KnownAnswer, means
from clients.http.errors import BadRequest, Conflict, ServiceError

_FAILS = "fails at once"
_RUN_AGAIN = "run `pulumi up` again: it finds what is there and goes on (docs/reference/interrupted-runs.md)"

KNOWN_ANSWERS: tuple[KnownAnswer, ...] = (
    KnownAnswer(
        "409 or 503",
        "Directory_ConcurrencyViolation",
        "",
        "busy",
        "others write to the same tenant or object at this moment; nothing was done",
        "seen: 409 in nais/azurerator#448, 503 in Azure/azure-cli#23081",
        repeatable=True,
        remedy="Others write to this tenant at the same moment: run the same command again.",
        azuread="409: fails at once, but for a PATCH while an application is made. 503: repeats for 5 to 10 minutes",
        azuread_remedy=_RUN_AGAIN,
    ),
    KnownAnswer(
        "409 or 503",
        "",
        "wait briefly and retry",
        "busy",
        "the same, by its text",
        "seen, as above",
        repeatable=True,
        remedy="Others write to this tenant at the same moment: run the same command again.",
        azuread="as above: it looks at the status",
        azuread_remedy=_RUN_AGAIN,
    ),
    KnownAnswer(
        "400",
        "",
        "Permission being assigned already exists on the object|EntitlementGrant entry already exists",
        "exists",
        "the application role is granted already",
        "seen in many clients",
        azuread="not asked by our program: consent is ours",
    ),
    KnownAnswer(
        "400 or 409",
        "",
        "Permission entry already exists",
        "exists",
        "there is a grant of delegated permissions already",
        "seen, with both statuses",
        azuread="not asked by our program: consent is ours",
    ),
    KnownAnswer(
        "409",
        "Request_MultipleObjectsWithSameKeyValue",
        "service principal name .* is already in use",
        "exists",
        "the application has a service principal in this tenant already",
        "seen, with `ObjectConflict` in `details`",
        azuread=_FAILS,
        azuread_remedy="remove what preflight lists as `leftover`, or import it, then run `pulumi up` again",
    ),
    KnownAnswer(
        "400 or 409",
        "Request_MultipleObjectsWithSameKeyValue",
        "already exist",
        "exists",
        "an object of the same key is there already",
        "seen, of other objects",
        azuread=_FAILS,
        azuread_remedy="remove the object that the text names, then run `pulumi up` again",
    ),
    KnownAnswer(
        "400",
        "",
        "No password credential found with keyId",
        "absent",
        "the application has no secret of this key id, or does not show it everywhere yet",
        "seen: by HashiCorp Vault's azure engine, which takes it for done; of new secrets too",
        azuread="it would fail; it looks first whether the secret is there",
        azuread_remedy=_RUN_AGAIN,
    ),
    KnownAnswer(
        "404",
        "Request_ResourceNotFound",
        "",
        "absent",
        "what was asked for by its key is not there, or not yet (see below)",
        "seen; that it proves an absence is inferred",
        azuread="gone, at a refresh; while an object is made it waits in some places and fails in others",
        azuread_remedy=_RUN_AGAIN,
    ),
    KnownAnswer(
        "404 or 400",
        "Request_ResourceNotFound|Directory_ObjectNotFound",
        "",
        "not replicated",
        "at a grant: this server does not know the new service principal yet",
        "seen",
        azuread="POST of a service principal and PATCH of a new application: waits. Elsewhere: fails at once",
        azuread_remedy=_RUN_AGAIN,
    ),
    KnownAnswer(
        "400",
        "",
        "Not a valid reference update",
        "not replicated",
        "the same: a new principal or resource",
        "seen",
        azuread="not asked by our program: consent is ours",
    ),
    KnownAnswer(
        "400 or 404",
        "",
        "does not exist or one of its queried reference-property objects are not present",
        "not replicated",
        "the same, of a delegated grant",
        "seen",
        azuread="as with the code above",
        azuread_remedy=_RUN_AGAIN,
    ),
    KnownAnswer(
        "400",
        "",
        "Permission being assigned was not found on application",
        "not replicated",
        "the resource got this role a moment ago",
        "seen",
        azuread="not asked by our program: consent is ours",
    ),
    KnownAnswer(
        "400",
        "CredentialTypeNotAllowedAsPerAppPolicy",
        "",
        "refused",
        "the tenant's app management policy forbids new secrets",
        "seen in many clients; the status only in one's tests",
        remedy=(
            "Ask whoever keeps the tenant's app management policy for an exception for this application, or let the "
            "integration sign in without a secret."
        ),
        azuread=_FAILS,
        azuread_remedy="as in the remedy; the secret's label may stay in the stack file",
    ),
    KnownAnswer(
        "400",
        "CredentialInvalidLifetimeAsPerAppPolicy",
        "",
        "refused",
        "the tenant's app management policy allows only secrets that live less long",
        "seen in many clients; the status only in one's tests",
        remedy="Shorten `lifetimeDays`, and put today's date in the place of the label.",
        azuread=_FAILS,
        azuread_remedy="shorten `lifetimeDays`, and put today's date in the place of the label",
    ),
    KnownAnswer(
        "403",
        "Authorization_RequestDenied",
        "",
        "refused",
        "the caller lacks a right, which the error names with who grants it",
        "documented",
        azuread="fails at once, in its own words",
        azuread_remedy="`python -m commands preflight` names the right and who grants it",
    ),
    KnownAnswer(
        "403",
        "Authentication_MSGraphPermissionMissing",
        "",
        "refused",
        "the same, of a report: when applications last signed in",
        "seen, of other reports",
        azuread="not asked by our program: only `python -m commands adopt` asks",
    ),
    KnownAnswer(
        "403",
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "",
        "refused",
        "the tenant has no licence for reports of sign-ins (Microsoft Entra ID P1 or P2)",
        "seen, of other reports: microsoftgraph/microsoft-graph-docs#12772",
        remedy="Reports of sign-ins need Microsoft Entra ID P1 or P2; everything else goes without.",
        azuread="not asked by our program: only `python -m commands adopt` asks",
    ),
    KnownAnswer(
        "401",
        "InvalidAuthenticationToken",
        "",
        "refused",
        "Graph does not accept the token",
        "seen",
        remedy="Check that ARM_TENANT_ID, azuread:environment and this machine's clock are right, and sign in again.",
        azuread=_FAILS,
        azuread_remedy="sign in again, then run the same command",
    ),
    KnownAnswer(
        "429",
        "TooManyRequests|Request_Throttled.*",
        "",
        "busy",
        "too many requests; it was not taken, and every request of ours waits as long as it says",
        "documented (throttling)",
        remedy=THROTTLED,
        azuread="repeats for 5 to 10 minutes",
    ),
)
"""The first row that fits decides about the remedy; a meaning holds where any row with it fits."""


def is_absent(problem: ServiceError) -> bool:
    """Tell whether an object that was asked for by its key, or a secret of it, is not there."""
    return means(KNOWN_ANSWERS, "absent", problem)


def already_exists(problem: ServiceError) -> bool:
    """Tell whether a POST was refused because what it would make is there: by code and text, never by status alone."""
    return isinstance(problem, (BadRequest, Conflict)) and means(KNOWN_ANSWERS, "exists", problem)


def is_no_application(problem: ServiceError) -> bool:
    """Tell whether a service principal was refused because no application of that id is there for other tenants.

    Also said of an application of this tenant that is not replicated yet.
    """
    return problem.status == 400 and "does not reference a valid application object" in problem.message


def is_not_replicated(problem: BaseException) -> bool:
    """Tell whether a grant was refused because Graph does not see a new principal or role everywhere yet.

    There is no documented promise about how long that lasts: docs/reference/facts-graph.md, "Replication".
    """
    return means(KNOWN_ANSWERS, "not replicated", problem)


def remedy_for(problem: ServiceError) -> str:
    """Return what to do about an answer, "" where the table has nothing about it."""
    return next((known.remedy for known in KNOWN_ANSWERS if known.remedy and known.fits(problem)), "")
