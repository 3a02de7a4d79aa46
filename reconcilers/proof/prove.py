"""Proof that an application can use an environment: signs in as it, looks at its roles, reads, and tells why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

from clients.business_central.environment import Environment
from clients.business_central.errors import is_inside_a_company, with_remedy
from clients.business_central.outside_system import OutsideSystem, route_for
from clients.http.errors import NoResponse, ServiceError, SignInFailed, UserFacingError
from clients.http.replication import retry_until_replicated
from clients.session import Session

Cause = Literal[
    "secret", "application", "sign-in", "roles", "registration", "disabled", "permission sets", "company", "environment"
]


class NotProven(UserFacingError):
    """An application cannot use an environment.

    Attributes:
        cause: what stands in the way, in one word or two.
        may_pass: whether it may be a change of a moment ago that is not seen everywhere yet.
    """

    def __init__(self, target: ProofTarget, cause: Cause, reason: str, remedy: str, *, may_pass: bool = False) -> None:
        super().__init__(f"prove that {target.client_id} can use environment {target.environment}", reason, remedy)
        self.cause: Cause = cause
        self.may_pass = may_pass


NotProven.__module__ = "builtins"  # as the other errors that Pulumi shows


@dataclass(frozen=True)
class ProofTarget:
    """What is to be proved.

    Attributes:
        client_id: the application.
        roles: the application roles that its token has to have.
        environment: name of the environment.
        base_url: its address where it is a container or on-premises; "" online.
        companies: names of companies that it has to open; with none, it has to open the first that it sees.
    """

    client_id: str
    roles: tuple[str, ...]
    environment: str
    base_url: str = ""
    companies: tuple[str, ...] = ()


class _SignInError(NamedTuple):
    """One kind of refusal at sign-in: Entra's code, and what it means."""

    code: str
    cause: Cause
    remedy: str
    may_pass: bool = False


# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_SIGN_IN_ERRORS = [
    _SignInError(
        "AADSTS7000215",
        "secret",
        "A new secret is accepted after some seconds; one that stays refused was removed in Entra, or another one is "
        "stored: `pulumi up --refresh` makes it anew.",
        may_pass=True,
    ),
    _SignInError(
        "AADSTS7000222",
        "secret",
        "The secret has expired: add a date under `credentials.secrets.issued`, then `pulumi up`.",
    ),
    _SignInError(
        "AADSTS700016|AADSTS7000229",
        "application",
        "The application, or its service principal in this tenant, is not there: `pulumi up --refresh` makes it anew.",
        may_pass=True,
    ),
    _SignInError(
        "AADSTS7000112",
        "application",
        "An administrator has disabled its service principal: `pulumi up --refresh` enables it again, and `python -m "
        "commands prove` tries it out after that.",
    ),
    _SignInError(
        "AADSTS500011",
        "application",
        "Business Central has no service principal in this tenant: `pulumi up --refresh` adds it.",
        may_pass=True,
    ),
]

_NOT_IN_TOKEN = (
    "A role is in new tokens some time after it was granted; one that stays missing was withdrawn "  # noqa: S105
    "(`pulumi refresh` shows it, and `pulumi up --refresh` grants it again) or, with `consent: manual`, not approved."
)
_CHECK_COMPANY = "Check whether the company was renamed or deleted, and the `company` of its permission sets."
_REPAIR = "`pulumi refresh` shows what differs, and `pulumi up --refresh` puts it right."


def prove(
    session: Session,
    target: ProofTarget,
    secret: str,
    *,
    seconds: float | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> None:
    """Prove by doing: a token with the secret, its roles, a read in each company.

    Waits for what may not be seen everywhere yet.

    Args:
        session: where; its own sign-in is used only to tell causes apart that look alike from outside.
        target: what is to be proved.
        secret: the application's client secret.
        seconds: how long to wait at most; None for `clients.http.replication.max_wait_seconds()`.
        report: takes a sentence for the user now and then, while it waits.

    Raises:
        NotProven: it cannot be used; which of the causes it is.
        UserFacingError: a service did not answer.
    """
    retry_until_replicated(
        partial(_attempt, session, target, session.outside_system(target.client_id, secret)),
        is_pending=lambda problem: isinstance(problem, NotProven) and problem.may_pass,
        seconds=seconds,
        report=report,
    )


def _attempt(session: Session, target: ProofTarget, outside: OutsideSystem) -> None:
    try:
        authorization = outside.sign_in()
    except SignInFailed as problem:
        raise _diagnosed_sign_in(target, problem) from None
    missing = set(target.roles) - outside.roles(authorization)
    if missing:
        reason = f"its token does not have the roles {', '.join(sorted(missing))}"
        raise NotProven(target, "roles", reason, _NOT_IN_TOKEN, may_pass=True)
    route = route_for(target.roles)
    if route is None:
        return  # its roles open no API that could be read: with the token everything is shown that there is
    try:
        _read(target, outside, authorization, route, partial(session.environment, target.environment, target.base_url))
    except NoResponse as problem:
        raise NotProven(target, "environment", problem.reason, "Run the same command again.") from None


def _read(
    target: ProofTarget, outside: OutsideSystem, authorization: str, route: str, as_caller: Callable[[], Environment]
) -> None:
    """List the companies, and open those that are wanted; `as_caller` gives the environment as our caller sees it."""
    where = target.environment, target.base_url
    try:
        seen = outside.companies(authorization, route, *where)
    except ServiceError as problem:
        raise _diagnosed(target, problem, as_caller) from None
    unseen = sorted(set(target.companies) - set(seen))
    if unseen or not seen:
        reason = f"it does not see the company {', '.join(unseen)}" if unseen else "it sees no company there"
        raise NotProven(target, "company", reason, _CHECK_COMPANY)
    for company in target.companies or list(seen)[:1]:
        try:
            outside.open_company(authorization, route, seen[company], *where)
        except ServiceError as problem:
            if not is_inside_a_company(problem):
                raise _diagnosed_company(target, company, problem, as_caller) from None


def _diagnosed_sign_in(target: ProofTarget, problem: SignInFailed) -> NotProven:
    for known in _SIGN_IN_ERRORS:
        if re.search(rf"({known.code})\b", problem.reason):
            return NotProven(target, known.cause, problem.reason, known.remedy, may_pass=known.may_pass)
    if code := re.search(r"AADSTS(\d+)", problem.reason):
        remedy = f"Entra refuses it: https://login.microsoftonline.com/error?code={code[1]} says what that means."
        return NotProven(target, "sign-in", problem.reason, remedy)
    return NotProven(target, "sign-in", problem.reason, "Run the same command again when Entra can be reached.")


def _diagnosed(target: ProofTarget, problem: ServiceError, as_caller: Callable[[], Environment]) -> NotProven:
    """Return what an answer of Business Central means."""
    if problem.status == 401:
        return _why_rejected(target, problem, as_caller)
    if problem.status == 403:
        return _why_forbidden(target, problem, as_caller)
    remedy = with_remedy(problem, target.environment, "").remedy or "Run the same command again."
    return NotProven(target, "environment", problem.reason, remedy)


def _why_rejected(target: ProofTarget, problem: ServiceError, as_caller: Callable[[], Environment]) -> NotProven:
    """Tell "not registered" from "disabled": Business Central answers both alike, so our own caller looks."""
    try:
        registration = as_caller().registration(target.client_id)
    except UserFacingError as blind:
        remedy = f"It is not registered there, or disabled; which of them could not be seen ({blind.reason}). {_REPAIR}"
        return NotProven(target, "registration", problem.reason, remedy, may_pass=True)
    if registration is None:
        return NotProven(target, "registration", problem.reason, f"It is not registered there. {_REPAIR}")
    if not registration.is_working:
        which = "The registration" if registration.state != "Enabled" else "The user of the registration"
        return NotProven(target, "disabled", problem.reason, f"{which} is disabled there. {_REPAIR}")
    remedy = "It is registered and enabled there: a moment later it may be let in. Run the same command again."
    return NotProven(target, "registration", problem.reason, remedy, may_pass=True)


def _why_forbidden(target: ProofTarget, problem: ServiceError, as_caller: Callable[[], Environment]) -> NotProven:
    """Tell "no permission set" from sets that are too small, or not effective yet."""
    try:
        held = [each.role_id for each in as_caller().assignments(target.client_id)]
    except UserFacingError as blind:
        remedy = f"Which permission sets it holds could not be seen ({blind.reason}). {_REPAIR}"
        return NotProven(target, "permission sets", problem.reason, remedy, may_pass=True)
    if not held:
        return NotProven(target, "permission sets", problem.reason, f"It holds no permission set there. {_REPAIR}")
    remedy = f"It holds {', '.join(sorted(held))}: give it a permission set that may read the companies."
    return NotProven(target, "permission sets", problem.reason, remedy, may_pass=True)


def _diagnosed_company(
    target: ProofTarget, company: str, problem: ServiceError, as_caller: Callable[[], Environment]
) -> NotProven:
    """Tell a company without any permission set for it from one whose sets are not effective yet.

    Refused with 401 or 403: which of them is not known of the real service, and the list was answered just before.
    """
    if problem.code == "Internal_CompanyNotFound":
        return NotProven(target, "company", f"company {company}: {problem.reason}", _CHECK_COMPANY)
    if problem.status not in {401, 403}:
        return _diagnosed(target, problem, as_caller)
    reason = f"company {company} was not opened: {problem.reason}"
    try:
        held = [each.role_id for each in as_caller().assignments(target.client_id) if each.company in ("", company)]
    except UserFacingError as blind:
        remedy = f"Which permission sets it holds for it could not be seen ({blind.reason}). {_REPAIR}"
        return NotProven(target, "company", reason, remedy, may_pass=True)
    if not held:
        return NotProven(target, "company", reason, f"It holds no permission set for this company. {_REPAIR}")
    remedy = f"It holds {', '.join(sorted(held))} for it: give it a permission set that may open the company."
    return NotProven(target, "company", reason, remedy, may_pass=True)
