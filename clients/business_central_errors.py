"""What Business Central's answers mean, and what to do about them.

BC's status alone says little (a missing permission is a 403 with code Internal_ServerError, a duplicate 400 or 409), so
codes and texts are recognised. Texts come in English because every request asks for it. Sources and evidence: the
error table in https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes and
Microsoft's AL source; which of them are not verified on a real environment is listed in rehearsal/DIFFERENCES.md.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from clients.errors import ServiceError


def is_duplicate(problem: ServiceError) -> bool:
    """Tell whether a row exists already; sources report both 400 and 409 for it."""
    return problem.code == "Internal_EntityWithSameKeyExists"


def is_missing_record(problem: ServiceError) -> bool:
    """Tell whether a keyed row is not there, as opposed to the page, the company or the environment."""
    return problem.code in {"Internal_RecordNotFound", "Internal_DataNotFoundFilter"}


def is_kept_because_of_sign_in(problem: ServiceError) -> bool:
    """Tell whether a row cannot be deleted because its user once signed in through an interactive client."""
    return "has been logged on to the system" in problem.message


class Meaning(NamedTuple):
    """One kind of answer: which it is (code and text are regular expressions), and what to do."""

    code: str
    text: str
    remedy: str


MEANINGS = [
    Meaning(
        "BadRequest_ResourceNotFound",
        "entraApplications|applicationPermissionSets",
        "The companion extension 'Entra Business Central Registration' (API {route}) is not installed in environment "
        "{environment}, or is older than this program: install it as companion_extension/README.md describes.",
    ),
    Meaning(
        "NoEnvironment|.*NotFound",
        "[Ee]nvironment",
        "Check the name of environment {environment} in the stack file against the Business Central admin center: it "
        "may be misspelt, removed, or renamed (then put the old name under `formerly`).",
    ),
    Meaning(
        "Internal_CompanyNotFound",
        "",
        "Check the companies of environment {environment}: the one that was asked for is not there any more.",
    ),
    Meaning(
        "Internal_TenantUnavailable",
        "",
        "Environment {environment} is being updated or is not available: look in the Business Central admin center, "
        "and run the same command again when it is Active.",
    ),
    Meaning(
        "Authentication_InvalidCredentials",
        "",
        "The application (or user) that runs this is not registered and enabled in environment {environment}, or its "
        "token carries no role: an administrator adds it under Microsoft Entra Applications with the permission sets "
        "D365 AUTOMATION, SECURITY, EBC REGISTRATION and every set that it shall hand out, and consents to "
        "API.ReadWrite.All and Automation.ReadWrite.All.",
    ),
    Meaning(
        "",
        "SUPER or SECURITY|cannot change settings for another user|CanManageUsers",
        "The caller needs the permission set SECURITY for all companies of environment {environment} (or has to be a "
        "user with SUPER): have an administrator assign it to the application that runs this.",
    ),
    Meaning(
        "",
        "[Rr]egister a user before",
        "Business Central wants one enabled user with a full licence first: sign in to environment {environment} "
        "once as one.",
    ),
    Meaning(
        "",
        "permissions? prevented the action",
        "The caller lacks this permission in environment {environment}: have an administrator assign it the permission "
        "sets D365 AUTOMATION, SECURITY and EBC REGISTRATION.",
    ),
    Meaning(
        "",
        "permission set.*(assigned|hold|have)|only assign",
        "A caller with SECURITY can hand out only the permission sets that it holds itself: have an administrator "
        "assign this set to the caller in environment {environment}, or run as a user with SUPER.",
    ),
    Meaning(
        "",
        "[Dd]eadlock|locked by another user",
        "Another session changed the same data at the same moment: run the same command again.",
    ),
]


def with_remedy(problem: ServiceError, environment: str, route: str) -> ServiceError:
    """Return the error, saying what to do about it where its code and text tell."""
    for meaning in MEANINGS:
        if re.search(meaning.code, problem.code) and re.search(meaning.text, problem.message):
            problem.with_remedy(meaning.remedy.format(environment=environment, route=route))
            return problem
    if problem.status == 429:
        problem.with_remedy("Wait a few minutes, then run the same command again; it goes on where it stopped.")
    elif problem.status >= 500:
        problem.with_remedy(
            f"Environment {environment} may be updating; look in the admin center, then run the same command again."
        )
    return problem
