"""What Business Central's answers mean, and what to do about them.

BC's status alone says little (a missing permission is a 403 with code Internal_ServerError, a duplicate 400 or 409), so
codes and texts are recognised: one table, which the code looks up and docs/reference/answers.md is written from. Texts
come in English because every request asks for it. Sources and evidence: docs/reference/facts-business-central.md,
"Errors", "Enabling a registration" and "Disabling and deleting a registration"; which of them are not verified on a
real environment is listed in rehearsal/DIFFERENCES.md.
"""

from __future__ import annotations

from clients.http.answers import KnownAnswer, means, remedy_by_status
from clients.http.errors import ServiceError

COMPANY_TABLE = 2000000006

_ENTRA_APPLICATIONS = (
    "Microsoft Entra Applications (online: https://businesscentral.dynamics.com/{environment}?page=9860)"
)

# Remedies, by what is missing. `commands preflight` prints the same sentences beforehand.
INSTALL_COMPANION = (
    "The companion extension 'Entra Business Central Registration' (API {route}) is not installed in environment "
    "{environment}, or is older than this program: a user with the permission set EXTEN. MGT. - ADMIN (or SUPER) "
    "installs it there under Extension Management (online: "
    "https://businesscentral.dynamics.com/{environment}?page=2500), as docs/reference/companion-extension.md describes."
)
CHECK_ENVIRONMENT = (
    "Check the name of environment {environment} in the stack file against the Business Central admin center: it may "
    "be misspelt, removed, or renamed (then put the old name under `formerly`)."
)
REGISTER_CALLER = (
    "The application (or user) that runs this is not registered and enabled in environment {environment}: an "
    f"administrator with SUPER adds it under {_ENTRA_APPLICATIONS} with the permission sets D365 AUTOMATION, SECURITY, "
    "EBC REGISTRATION (these three for all companies) and every set that it hands out."
)
GRANT_CALLER_ROLES = (
    "The application that runs this needs the application roles API.ReadWrite.All and Automation.ReadWrite.All of "
    "Dynamics 365 Business Central: a Privileged Role Administrator grants them to it under API permissions "
    "(https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade), or with `az ad app "
    "permission add --id CLIENT_ID --api 996def3d-b36c-4153-8607-a6fd3c01b89f --api-permissions "
    "a42b0b75-311e-488d-b67e-8fe84f924341=Role d365bc00-a990-0000-00bc-160000000001=Role` and then `az ad app "
    "permission admin-consent --id CLIENT_ID`, with its client id."
)
ASSIGN_SECURITY = (
    "The caller needs the permission set SECURITY for all companies of environment {environment} (or has to be a user "
    f"with SUPER): an administrator with SUPER assigns it to the application that runs this, under "
    f"{_ENTRA_APPLICATIONS}."
)
SIGN_IN_FULL_USER = (
    "Business Central wants one enabled user with a full licence first: sign in to environment {environment} once as "
    "one (https://businesscentral.dynamics.com/{environment})."
)
ASSIGN_BASIC_SETS = (
    "The caller lacks this permission in environment {environment}: an administrator with SUPER assigns it the "
    f"permission sets D365 AUTOMATION, SECURITY and EBC REGISTRATION for all companies, under {_ENTRA_APPLICATIONS}."
)
ASSIGN_EBC_REGISTRATION = (
    "The caller needs the permission set EBC REGISTRATION for all companies of environment {environment}: an "
    f"administrator with SUPER assigns it to the application that runs this, under {_ENTRA_APPLICATIONS}."
)
ASSIGN_SAME_SETS_TO_CALLER = (
    "A caller with SECURITY can hand out only the permission sets that it holds itself: an administrator with SUPER "
    f"assigns this set to the caller in environment {{environment}}, under {_ENTRA_APPLICATIONS}, or runs this as a "
    "user with SUPER."
)


_AL = "AL (`microsoft/BCApps`)"
_ERROR_CODES = "documented (error codes of the API)"

KNOWN_ANSWERS: tuple[KnownAnswer, ...] = (
    KnownAnswer(
        "400 or 409",
        "Internal_EntityWithSameKeyExists",
        "",
        "exists",
        "a row with this key is there already",
        "documented; the status is unverified",
    ),
    KnownAnswer(
        "404",
        "Internal_RecordNotFound|Internal_DataNotFoundFilter",
        "",
        "absent",
        "a row is not there, as opposed to the page, the company or the environment",
        "seen in clients and mocks; the status is unverified",
    ),
    KnownAnswer(
        "400",
        "",
        "has been logged on to the system",
        "kept",
        "the registration's user once signed in interactively, and so the row stays",
        _AL,
    ),
    KnownAnswer(
        "400 or 409",
        "",
        "[Dd]eadlock|locked by another user",
        "busy",
        "another session changed the same data at this moment; the transaction was taken back",
        "seen",
        repeatable=True,
        remedy="Another session changed the same data at the same moment: run the same command again.",
    ),
    KnownAnswer(
        "409",
        "Request_EntityChanged",
        "",
        "busy",
        "another session changed the same row while it was written",
        _ERROR_CODES,
        repeatable=True,
        remedy="Another session changed the same row at the same moment: run the same command again.",
    ),
    KnownAnswer(
        "404",
        "BadRequest_ResourceNotFound",
        "entraApplications|applicationPermissionSets",
        "refused",
        "the companion extension is not installed, or too old",
        _ERROR_CODES,
        remedy=INSTALL_COMPANION,
    ),
    KnownAnswer(
        "404",
        "NoEnvironment|.*NotFound",
        "[Ee]nvironment",
        "refused",
        "there is no such environment",
        "ours, from memory",
        remedy=CHECK_ENVIRONMENT,
    ),
    KnownAnswer(
        "404",
        "Internal_CompanyNotFound",
        "",
        "refused",
        "there is no such company",
        "seen",
        remedy="Check the companies of environment {environment}: the one that was asked for is not there any more.",
    ),
    KnownAnswer(
        "503",
        "Internal_TenantUnavailable",
        "",
        "unavailable",
        "the environment is being updated, or is not there",
        _ERROR_CODES,
        remedy="Environment {environment} is being updated or is not available: look in the Business Central admin "
        "center, and run the same command again when it is Active.",
    ),
    KnownAnswer(
        "401",
        "Authentication_InvalidCredentials",
        "authenticated or authorized",
        "refused",
        "the token has no role of Business Central",
        "seen once",
        remedy=GRANT_CALLER_ROLES,
    ),
    KnownAnswer(
        "401",
        "Authentication_InvalidCredentials",
        "",
        "refused",
        "the application is not registered, or is disabled",
        "documented; seen",
        remedy=REGISTER_CALLER,
    ),
    KnownAnswer(
        "400",
        "",
        "SUPER or SECURITY|cannot change settings for another user|CanManageUsers",
        "refused",
        "enabling needs SECURITY, or SUPER",
        _AL,
        remedy=ASSIGN_SECURITY,
    ),
    KnownAnswer(
        "400",
        "",
        "[Rr]egister a user before",
        "refused",
        "no person with a full licence is enabled",
        _AL,
        remedy=SIGN_IN_FULL_USER,
    ),
    KnownAnswer(
        "403",
        "",
        r"permissions? prevented the action.*\b(8845\d|EBC) ",  # 8845n: the ids of the companion extension's objects
        "refused",
        "no right on a page or query of the companion extension",
        "the form is unread",
        remedy=ASSIGN_EBC_REGISTRATION,
    ),
    KnownAnswer(
        "403",
        "",
        "permissions? prevented the action|no permission to company",
        "refused",
        "the caller lacks a permission that the text names",
        "seen",
        remedy=ASSIGN_BASIC_SETS,
    ),
    KnownAnswer(
        "400",
        "",
        "permission set.*(assigned|hold|have)|only assign",
        "refused",
        "the caller hands out a permission set that it does not hold itself",
        "unread",
        remedy=ASSIGN_SAME_SETS_TO_CALLER,
    ),
)
"""The first row that fits and has a remedy decides about it; a meaning holds where any row with it fits."""


def is_duplicate(problem: ServiceError) -> bool:
    """Tell whether a row exists already; sources report both 400 and 409 for it."""
    return means(KNOWN_ANSWERS, "exists", problem)


def is_missing_record(problem: ServiceError) -> bool:
    """Tell whether a keyed row is not there, as opposed to the page, the company or the environment."""
    return means(KNOWN_ANSWERS, "absent", problem)


def is_kept_because_of_sign_in(problem: ServiceError) -> bool:
    """Tell whether a row cannot be deleted because its user once signed in through an interactive client."""
    return means(KNOWN_ANSWERS, "kept", problem)


def is_inside_a_company(problem: ServiceError) -> bool:
    """Tell whether an error was raised inside a company, which had been opened: by code, by data or by a permission."""
    if problem.status in {400, 404}:
        return is_missing_record(problem) or problem.code.startswith("Application_")
    return "prevented the action" in problem.message and f"TableData {COMPANY_TABLE} " not in problem.message


def format_remedy(remedy: str, environment: str = "", route: str = "") -> str:
    """Return one of the remedies above with the environment filled in.

    Args:
        remedy: the remedy.
        environment: name of the environment.
        route: of the companion extension's API.
    """
    return remedy.format(environment=environment, route=route)


def with_remedy(problem: ServiceError, environment: str, route: str) -> ServiceError:
    """Return the error with a remedy, where its code and text say which."""
    for known in KNOWN_ANSWERS:
        if known.remedy and known.fits(problem):
            problem.with_remedy(format_remedy(known.remedy, environment, route))
            return problem
    if problem.status == 429:
        problem.with_remedy("Wait a few minutes, then run the same command again; it goes on where it stopped.")
    elif problem.status >= 500:
        problem.with_remedy(
            f"Environment {environment} may be updating; look in the admin center, then run the same command again."
        )
    problem.with_remedy(remedy_by_status(problem))
    return problem
