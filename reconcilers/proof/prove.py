"""Carries a proof out, which writes nothing: signs in as the application, looks at its roles, reads, tells why not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from clients.business_central.application_client import ApplicationClient
from clients.business_central.errors import is_inside_a_company
from clients.business_central.permission_refusals import permission_refusal
from clients.http.errors import NoResponse, ServiceError, SignInFailed, UnexpectedAnswer, UserFacingError
from clients.http.replication import retry_until_replicated
from clients.session import Session
from reconcilers.proof import causes
from reconcilers.proof.causes import NotProven
from reconcilers.proof.observe import AsCaller, observe_assignments, observe_registration
from reconcilers.proof.plan import Plan, plan
from reconcilers.proof.spec import CertificateInVault, InVault, ProofSpec


def prove(
    session: Session,
    spec: ProofSpec,
    secret: str | InVault | CertificateInVault | None,
    *,
    seconds: float | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> None:
    """Prove by doing: a token with the secret, its roles, a read in each company; nothing where it is not provable.

    Waits for what may not be seen everywhere yet. A token keeps its roles, so no attempt uses the one of the attempt
    before; the first may use one that another proof with the same credential got shortly before.

    Args:
        session: where; its own sign-in is used only to tell causes apart that look alike from application.
        spec: what is to be proved.
        secret: the application's client secret, None where it could not be made; or where it lies, to be read from
            there now, and kept nowhere; or the certificate with whose key its vault signs.
        seconds: how long to wait at most; None for `clients.http.replication.max_wait_seconds()`.
        report: takes a sentence for the user now and then, while it waits.

    Raises:
        NotProven: it cannot be used; which of the causes it is.
        UserFacingError: a service did not answer.
    """
    planned = plan(spec)
    if planned.not_provable:
        return
    retry_until_replicated(
        partial(_attempt, session, spec, planned, _SignIns(spec, _application(session, spec, secret))),
        is_pending=lambda problem: isinstance(problem, NotProven) and problem.may_be_replicating,
        seconds=seconds,
        report=report,
    )


def _application(
    session: Session, spec: ProofSpec, secret: str | InVault | CertificateInVault | None
) -> ApplicationClient:
    """Return the application, with what it signs in with."""
    try:
        if isinstance(secret, CertificateInVault):
            return session.signing_application_client(
                spec.client_id, secret.key_vault, secret.certificate_name, secret.version
            )
        if isinstance(secret, InVault):
            secret = session.vault(secret.key_vault).value(secret.secret_name, secret.version)
    except UserFacingError as problem:
        if isinstance(secret, CertificateInVault):
            raise causes.not_signed(spec, problem) from None
        raise causes.not_read_from_vault(spec, problem) from None
    if not secret:
        raise causes.no_secret(spec)
    return session.application_client(spec.client_id, secret)


class _SignIns:
    """The sign-ins of one proof, each by another token than the one before."""

    def __init__(self, spec: ProofSpec, application: ApplicationClient) -> None:
        self._spec = spec
        self.application = application
        self._last = ""

    def next(self) -> str:
        """Return the Authorization header for the next attempt."""
        try:
            self._last = self.application.sign_in(self._spec.scope, instead_of=self._last)
        except SignInFailed as problem:
            raise causes.sign_in_failed(self._spec, problem) from None
        except UserFacingError as problem:  # the vault, which is asked to sign
            raise causes.not_signed(self._spec, problem) from None
        return self._last


def _attempt(session: Session, spec: ProofSpec, planned: Plan, sign_ins: _SignIns) -> None:
    authorization, application = sign_ins.next(), sign_ins.application
    if missing := planned.missing_roles(application.roles(authorization)):
        raise causes.roles_missing(spec, missing)
    if planned.route is None:
        return
    as_caller = partial(session.environment, spec.environment, spec.base_url, spec.scope)
    try:
        _read(spec, planned, application, authorization, planned.route, as_caller)
    except (NoResponse, UnexpectedAnswer) as problem:
        raise causes.no_answer(spec, problem) from None


def _read(
    spec: ProofSpec, planned: Plan, application: ApplicationClient, authorization: str, route: str, as_caller: AsCaller
) -> None:
    """List the companies, and open those that the plan names."""
    where = spec.environment, spec.base_url
    try:
        listed = application.companies(authorization, route, *where)
    except ServiceError as problem:
        raise _why_refused(spec, problem, as_caller) from None
    missing, companies = planned.missing_companies(listed), planned.to_open(listed)
    if missing or not companies:
        raise causes.company_not_listed(spec, missing)
    for company in companies:
        try:
            application.open_company(authorization, route, listed[company], *where)
        except ServiceError as problem:
            if not is_inside_a_company(problem):
                raise _why_not_opened(spec, company, problem, as_caller) from None


def _why_refused(spec: ProofSpec, problem: ServiceError, as_caller: AsCaller) -> NotProven:
    """Return what an answer of Business Central means; where it does not tell, our own caller looks."""
    if problem.status == 401:
        return causes.rejected(spec, problem, observe_registration(as_caller, spec.client_id))
    if problem.status == 403 or permission_refusal(problem):
        return causes.forbidden(spec, problem, observe_assignments(as_caller, spec.client_id))
    return causes.environment_failed(spec, problem)


def _why_not_opened(spec: ProofSpec, company: str, problem: ServiceError, as_caller: AsCaller) -> NotProven:
    """Return what an answer from a company means.

    With which status it refuses is not known of the real service, and the list was answered just before.
    """
    if problem.code == "Internal_CompanyNotFound":
        return causes.company_not_found(spec, company, problem)
    if problem.status not in {401, 403} and not permission_refusal(problem):
        return _why_refused(spec, problem, as_caller)
    return causes.company_refused(spec, company, problem, observe_assignments(as_caller, spec.client_id))
