"""What Business Central's answers mean, and what to do about them.

BC's status alone says little (a missing permission is a 403 with code Internal_ServerError, a duplicate 400 or 409), so
codes and texts are recognised: one table, which the code looks up and docs/reference/errors.md is written from. Texts
come in English because every request asks for it. Sources and evidence: docs/reference/facts-business-central.md,
"Errors", "Enabling a registration" and "Disabling and deleting a registration"; which of them are not verified on a
real environment is listed in rehearsal/DIFFERENCES.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from clients.business_central import servers
from clients.business_central.permission_refusals import PermissionRefusal, Refused, permission_refusal
from clients.business_central.servers import Server
from clients.http.answers import KnownAnswer, means, remedy_by_status
from clients.http.errors import ServiceError

_ENTRA_APPLICATIONS = "Microsoft Entra Applications (https://businesscentral.dynamics.com/{environment}?page=9860)"

# Remedies, by what is missing; for Business Central online, where `_ON_A_SERVER` has another one. `commands preflight`
# prints the same sentences beforehand.
INSTALL_COMPANION = (
    "The companion extension 'Entra Business Central Registration' (API {route}) is not installed in environment "
    "{environment}, or is older than this program: a user with the permission set EXTEN. MGT. - ADMIN (or SUPER) "
    "installs it there under Extension Management (https://businesscentral.dynamics.com/{environment}?page=2500), as "
    "docs/reference/companion-extension.md describes."
)
CHECK_ENVIRONMENT = (
    "Check the name of environment {environment} in the stack file against the Business Central admin center: it may "
    "be misspelt, removed, or renamed (then put the old name under `formerly`)."
)
REGISTER_CALLER = (
    "The application (or user) that runs this is not registered and enabled in environment {environment}: an "
    "administrator with SUPER adds it under {entra_applications} with the permission sets D365 AUTOMATION, SECURITY, "
    "EBC REGISTRATION (these three for all companies) and every set that it hands out."
)
GRANT_CALLER_ROLES = (
    "The application that runs this needs the application roles API.ReadWrite.All and Automation.ReadWrite.All of "
    "Dynamics 365 Business Central: a Privileged Role Administrator grants them to it under API permissions in the "
    "Microsoft Entra admin center, or with `az ad app permission add --id CLIENT_ID --api "
    "996def3d-b36c-4153-8607-a6fd3c01b89f --api-permissions a42b0b75-311e-488d-b67e-8fe84f924341=Role "
    "d365bc00-a990-0000-00bc-160000000001=Role` and then `az ad app permission admin-consent --id CLIENT_ID`, with its "
    "client id."
)
ASSIGN_SECURITY = (
    "The caller needs the permission set SECURITY for all companies of environment {environment} (or has to be a user "
    "with SUPER): an administrator with SUPER assigns it to the application that runs this, under "
    "{entra_applications}."
)
SIGN_IN_FULL_USER = (
    "Business Central wants one enabled user with a full licence first: sign in to environment {environment} once as "
    "one (https://businesscentral.dynamics.com/{environment})."
)
ASSIGN_BASIC_SETS = (
    "The caller lacks this permission in environment {environment}: an administrator with SUPER assigns it the "
    "permission sets D365 AUTOMATION, SECURITY and EBC REGISTRATION for all companies, under {entra_applications}."
)
ASSIGN_EBC_REGISTRATION = (
    "The caller needs the permission set EBC REGISTRATION for all companies of environment {environment}: an "
    "administrator with SUPER assigns it to the application that runs this, under {entra_applications}."
)
ASSIGN_SAME_SETS_TO_CALLER = (
    "A caller with SECURITY can hand out only the permission sets that it holds itself: an administrator with SUPER "
    "assigns this set to the caller in environment {environment}, under {entra_applications}, or runs this as a "
    "user with SUPER."
)


ASSIGN_EXTENSION_MANAGEMENT = (
    "The caller needs the permission set EXTEN. MGT. - ADMIN in environment {environment}: have an administrator "
    "assign it."
)

_FOR_THE_CALLER: dict[Refused, str] = {
    "object": ASSIGN_BASIC_SETS,
    "entitlement": GRANT_CALLER_ROLES,
    "company": ASSIGN_BASIC_SETS,
    "managing users": ASSIGN_SECURITY,
    "managing extensions": ASSIGN_EXTENSION_MANAGEMENT,
    "handing out": ASSIGN_SAME_SETS_TO_CALLER,
    "not said": ASSIGN_BASIC_SETS,
}


def remedy_for_caller(refusal: PermissionRefusal) -> str:
    """Return what to do about a refusal of the application or person that runs this; `format_remedy` completes it."""
    return ASSIGN_EBC_REGISTRATION if refusal.is_of_companion else _FOR_THE_CALLER[refusal.refused]


_UNAVAILABLE = (
    "Environment {environment} is being updated or is not available: look in the Business Central admin center, "
    "and run the same command again when it is Active."
)
_BUSY = "Environment {environment} may be updating; look in the admin center, then run the same command again."

_ON_A_SERVER = {
    INSTALL_COMPANION: servers.INSTALL_COMPANION,
    CHECK_ENVIRONMENT: servers.CHECK_ENVIRONMENT,
    REGISTER_CALLER: servers.REGISTER_CALLER,
    GRANT_CALLER_ROLES: servers.GRANT_CALLER_ROLES,
    SIGN_IN_FULL_USER: servers.SIGN_IN_FULL_USER,
    _UNAVAILABLE: servers.UNAVAILABLE,
    _BUSY: servers.BUSY,
}
"""Remedy -> the one where the environment is a server or a container. The others hold there too."""

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
        is_of_caller=True,
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
        remedy=_UNAVAILABLE,
    ),
    KnownAnswer(
        "401",
        "Authentication_InvalidCredentials",
        "authenticated or authorized",
        "refused",
        "the token has no role of Business Central",
        "seen once",
        remedy=GRANT_CALLER_ROLES,
        is_of_caller=True,
    ),
    KnownAnswer(
        "401",
        "Authentication_InvalidCredentials",
        "",
        "refused",
        "the application is not registered, or is disabled",
        "documented; seen",
        remedy=REGISTER_CALLER,
        is_of_caller=True,
    ),
    KnownAnswer(
        "400",
        "",
        "[Rr]egister a user before",
        "refused",
        "no person with a full licence is enabled",
        _AL,
        remedy=SIGN_IN_FULL_USER,
        is_of_caller=True,
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
    if refusal := permission_refusal(problem):
        return problem.status != 401 and refusal.is_inside_a_company
    return problem.status in {400, 404} and (is_missing_record(problem) or problem.code.startswith("Application_"))


def format_remedy(remedy: str, environment: str = "", route: str = "", server: Server | None = None) -> str:
    """Return one of the remedies above with the environment filled in.

    Args:
        remedy: the remedy.
        environment: name of the environment.
        route: of the companion extension's API.
        server: where the environment is, None for Business Central online.
    """
    if server is None:
        applications = _ENTRA_APPLICATIONS.format(environment=environment)
        return remedy.format(environment=environment, route=route, entra_applications=applications)
    return _ON_A_SERVER.get(remedy, remedy).format(
        environment=environment,
        route=route,
        entra_applications=servers.ENTRA_APPLICATIONS.format(address=server.address),
        address=server.address,
        audience=server.audience,
    )


def add_environment_remedy(
    problem: ServiceError, environment: str, route: str, server: Server | None = None
) -> ServiceError:
    """Return an error that the application or person that runs this got, with a remedy, where one is known."""
    if refusal := permission_refusal(problem):
        problem.add_remedy(format_remedy(remedy_for_caller(refusal), environment, route, server))
        return problem
    problem.add_remedy(_known_remedy(problem, KNOWN_ANSWERS, environment, route, server))
    return problem


def environment_remedy(problem: ServiceError, environment: str, server: Server | None = None) -> str:
    """Return what to do about an answer that says something of the environment, whoever asks; "" where none is known.

    Never what the application that runs this needs: an integration is to have no such rights.
    """
    of_environment = [each for each in KNOWN_ANSWERS if not each.is_of_caller]
    return _known_remedy(problem, of_environment, environment, server=server)


def _known_remedy(
    problem: ServiceError, known: Iterable[KnownAnswer], environment: str, route: str = "", server: Server | None = None
) -> str:
    for each in known:
        if each.remedy and each.fits(problem):
            return format_remedy(each.remedy, environment, route, server)
    if problem.status >= 500:
        return format_remedy(_BUSY, environment, route, server)
    return remedy_by_status(problem)
