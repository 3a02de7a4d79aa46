"""Why an application cannot use an environment: what each refusal means, in words for whoever runs the proof. Pure.

Each cause stands here once, for `up` and for `python -m commands prove`; docs/reference/proof.md lists them. Why there
is nothing to prove with at all: spec.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from clients.business_central.errors import environment_remedy
from clients.business_central.permission_refusals import PermissionRefusal, permission_refusal
from clients.business_central.records import Assignment, Registration
from clients.business_central.servers import ACCEPT_AUDIENCE, CHECK_SCOPE
from clients.entra.refusals import is_no_such_resource
from clients.http.errors import NoResponse, ServiceError, SignInFailed, UnexpectedAnswer, UserFacingError
from reconcilers.proof.spec import ProofSpec, Unseen

Cause = Literal[
    "secret", "certificate", "application", "sign-in", "roles", "registration", "disabled", "permission sets",
    "company", "environment",
]  # fmt: skip


class NotProven(UserFacingError):
    """An application cannot use an environment.

    Attributes:
        cause: what stands in the way, in one word or two.
        may_be_replicating: whether it may be a change of a moment ago that is not seen everywhere yet.
    """

    def __init__(
        self, spec: ProofSpec, cause: Cause, reason: str, remedy: str, *, may_be_replicating: bool = False
    ) -> None:
        super().__init__(f"prove that {spec.client_id} can use environment {spec.environment}", reason, remedy)
        self.cause: Cause = cause
        self.may_be_replicating = may_be_replicating


NotProven.__module__ = "builtins"  # as the other errors that Pulumi shows


class _SignInError(NamedTuple):
    """One kind of refusal at sign-in: Entra's code, and what it means."""

    code: str
    cause: Cause
    remedy: str
    may_be_replicating: bool = False


# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_DISABLED = "AADSTS7000112"
_SIGN_IN_ERRORS = [
    _SignInError(
        "AADSTS7000215",
        "secret",
        "A new secret is accepted after some seconds; one that stays refused was removed in Entra, or another one is "
        "stored: `pulumi up --refresh` makes it anew.",
        may_be_replicating=True,
    ),
    _SignInError(
        "AADSTS7000222",
        "secret",
        "The secret has expired: add a date under `credentials.secrets.issued`, then `pulumi up`.",
    ),
    _SignInError(
        "AADSTS700027",
        "certificate",
        "A new certificate is accepted after some seconds; one that stays refused was removed in Entra, or has ended: "
        "`pulumi up --refresh` registers it again, and a new label has another one made.",
        may_be_replicating=True,
    ),
    _SignInError(
        "AADSTS700016|AADSTS7000229",
        "application",
        "The application, or its service principal in this tenant, is not there: `pulumi up --refresh` makes it anew.",
        may_be_replicating=True,
    ),
    _SignInError(
        _DISABLED,
        "application",
        "An administrator has disabled its service principal: ask why. With `enabled: true` in the stack file `pulumi "
        "up --refresh` enables it again, and `python -m commands prove` tries it out after that.",
    ),
    _SignInError(
        "AADSTS500011",
        "application",
        "Business Central has no service principal in this tenant: `pulumi up --refresh` adds it.",
        may_be_replicating=True,
    ),
]

_NOT_IN_TOKEN = (
    "A newly granted role can take a while to appear in tokens; one that stays missing was withdrawn "  # noqa: S105
    "(`pulumi refresh` shows it, and `pulumi up --refresh` grants it again) or, with `consent: manual`, not approved."
)
_NOT_IN_TOKEN_OF_SERVER = (
    "The server at {address} accepts tokens for {audience}, and the roles in them are those that the integration "  # noqa: S105
    "holds on that application: it has to offer them, and `otherPermissions` to name it and them. A role is in new "
    "tokens some time after it was granted."
)
_CHECK_COMPANY = "Check whether the company was renamed or deleted, and the `company` of its permission sets."
_WHERE_SETS_STAND = "Its permission sets stand under `permissionSets` in the stack file."
_REPAIR = "`pulumi refresh` shows what differs, and `pulumi up --refresh` puts it right."


def refusal_may_be_replicating(problem: SignInFailed) -> bool:
    """Tell whether Entra refuses a sign-in because of what may be new, and not seen everywhere yet."""
    return any(
        known.may_be_replicating and re.search(rf"({known.code})\b", problem.reason) for known in _SIGN_IN_ERRORS
    )


def is_disabled_application(problem: SignInFailed) -> bool:
    """Tell whether Entra refuses a sign-in because the service principal is disabled."""
    return re.search(rf"{_DISABLED}\b", problem.reason) is not None


def no_secret(spec: ProofSpec) -> NotProven:
    """Return what it means that there is no secret to sign in with: Pulumi drops what it does not know."""
    return NotProven(spec, "secret", "it has no secret", "Its secret could not be made: see there.")


def not_read_from_vault(spec: ProofSpec, problem: UserFacingError) -> NotProven:
    """Return what it means that the vault, which alone has the secret, does not hand it out."""
    return NotProven(spec, "secret", f"could not {problem.attempted}: {problem.reason}", problem.remedy)


def not_signed(spec: ProofSpec, problem: UserFacingError) -> NotProven:
    """Return what it means that the vault, which alone has the certificate's key, does not show it or does not sign."""
    return NotProven(spec, "certificate", f"could not {problem.attempted}: {problem.reason}", problem.remedy)


def sign_in_failed(spec: ProofSpec, problem: SignInFailed) -> NotProven:
    """Return what an answer of Entra means."""
    if spec.server and spec.scope and is_no_such_resource(problem.reason):
        return NotProven(spec, "application", problem.reason, spec.server.remedy(CHECK_SCOPE))
    for known in _SIGN_IN_ERRORS:
        if re.search(rf"({known.code})\b", problem.reason):
            return NotProven(
                spec, known.cause, problem.reason, known.remedy, may_be_replicating=known.may_be_replicating
            )
    if code := re.search(r"AADSTS(\d+)", problem.reason):
        remedy = f"Entra refuses it: https://login.microsoftonline.com/error?code={code[1]} says what that means."
        return NotProven(spec, "sign-in", problem.reason, remedy)
    return NotProven(spec, "sign-in", problem.reason, "Run the same command again when Entra can be reached.")


def roles_missing(spec: ProofSpec, missing: Iterable[str]) -> NotProven:
    """Return what it means that a token does not have all roles."""
    reason = f"its token does not have the roles {', '.join(missing)}"
    remedy = _NOT_IN_TOKEN
    if spec.server and spec.scope:
        remedy = spec.server.remedy(_NOT_IN_TOKEN_OF_SERVER)
    return NotProven(spec, "roles", reason, remedy, may_be_replicating=True)


def no_answer(spec: ProofSpec, problem: NoResponse | UnexpectedAnswer) -> NotProven:
    """Return what it means that Business Central gave no answer, or something that is none of its own."""
    remedy = problem.remedy if isinstance(problem, UnexpectedAnswer) else "Run the same command again."
    return NotProven(spec, "environment", problem.reason, remedy)


def environment_failed(spec: ProofSpec, problem: ServiceError) -> NotProven:
    """Return what an answer of Business Central means that is about the environment and not about the application."""
    remedy = environment_remedy(problem, spec.environment, spec.server) or "Run the same command again."
    return NotProven(spec, "environment", problem.reason, remedy)


def rejected(spec: ProofSpec, problem: ServiceError, registration: Registration | Unseen | None) -> NotProven:
    """Tell "not registered" from "disabled": Business Central answers both alike, with 401.

    Args:
        spec: what is to be proved.
        problem: the answer.
        registration: what our own caller finds of it, None where it is not registered.
    """
    accepted = f" {spec.server.remedy(ACCEPT_AUDIENCE)}" if spec.server else ""
    if isinstance(registration, Unseen):
        remedy = (
            "It is not registered there, or disabled; which of them could not be seen "
            f"({registration.reason}). {_REPAIR}{accepted}"
        )
        return NotProven(spec, "registration", problem.reason, remedy, may_be_replicating=True)
    if registration is None:
        return NotProven(spec, "registration", problem.reason, f"It is not registered there. {_REPAIR}")
    if not registration.is_working:
        which = "The registration" if registration.state != "Enabled" else "The user of the registration"
        return NotProven(spec, "disabled", problem.reason, f"{which} is disabled there. {_REPAIR}")
    remedy = (
        f"It is registered and enabled there: a moment later it may be let in. Run the same command again.{accepted}"
    )
    return NotProven(spec, "registration", problem.reason, remedy, may_be_replicating=True)


def forbidden(spec: ProofSpec, problem: ServiceError, held: Sequence[Assignment] | Unseen) -> NotProven:
    """Tell "no permission set" from sets that are too small, or not effective yet: the answer is the same.

    Args:
        spec: what is to be proved.
        problem: the answer.
        held: the permission sets that our own caller finds it to hold.
    """
    refusal = permission_refusal(problem)
    if refusal and refusal.refused == "entitlement":
        remedy = f"Its application roles do not grant enough access for this{_wanted(refusal)}: `roles` lists them."
        return NotProven(spec, "roles", problem.reason, remedy, may_be_replicating=True)
    if isinstance(held, Unseen):
        remedy = f"Which permission sets it holds could not be seen ({held.reason}). {_REPAIR}"
        return NotProven(spec, "permission sets", problem.reason, remedy, may_be_replicating=True)
    if not held:
        return NotProven(spec, "permission sets", problem.reason, f"It holds no permission set there. {_REPAIR}")
    remedy = f"It holds {_listed(held)}: assign it a permission set that may read the companies{_wanted(refusal)}."
    return NotProven(spec, "permission sets", problem.reason, f"{remedy} {_WHERE_SETS_STAND}", may_be_replicating=True)


def company_not_listed(spec: ProofSpec, missing: Collection[str]) -> NotProven:
    """Return what it means that companies are not in the list; without any missing, that none at all is."""
    reason = f"it does not see the company {', '.join(missing)}" if missing else "it sees no company there"
    return NotProven(spec, "company", reason, _CHECK_COMPANY)


def company_not_found(spec: ProofSpec, company: str, problem: ServiceError) -> NotProven:
    """Return what it means that a company was listed and is not there when it is opened."""
    return NotProven(spec, "company", f"company {company}: {problem.reason}", _CHECK_COMPANY)


def company_refused(
    spec: ProofSpec, company: str, problem: ServiceError, held: Sequence[Assignment] | Unseen
) -> NotProven:
    """Tell a company without any permission set for it from one whose sets are not effective yet.

    Args:
        spec: what is to be proved.
        company: its name.
        problem: the answer.
        held: the permission sets that our own caller finds it to hold, in whichever company.
    """
    reason = f"company {company} was not opened: {problem.reason}"
    if isinstance(held, Unseen):
        remedy = f"Which permission sets it holds for it could not be seen ({held.reason}). {_REPAIR}"
        return NotProven(spec, "company", reason, remedy, may_be_replicating=True)
    held = [each for each in held if each.company in ("", company)]
    if not held:
        return NotProven(spec, "company", reason, f"It holds no permission set for this company. {_REPAIR}")
    wanted = _wanted(permission_refusal(problem))
    remedy = f"It holds {_listed(held)} for it: assign it a permission set that may open the company{wanted}."
    return NotProven(spec, "company", reason, f"{remedy} {_WHERE_SETS_STAND}", may_be_replicating=True)


def _wanted(refusal: PermissionRefusal | None) -> str:
    """Return the right that is missing, in brackets; "" where the answer does not name one."""
    return f" ({refusal})" if refusal and str(refusal) else ""


def _listed(held: Iterable[Assignment]) -> str:
    return ", ".join(sorted(each.role_id for each in held))
