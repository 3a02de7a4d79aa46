"""Tries a new secret out, before it is put anywhere: a token with it, as whoever uses it will ask for one."""

from __future__ import annotations

from clients.http.errors import SignInFailed
from clients.http.replication import retry_until_replicated
from clients.session import Session
from reconcilers.progress import report
from reconcilers.proof.causes import is_disabled_application, refusal_may_be_replicating


def wait_until_it_works(session: Session, client_id: str, text: str) -> None:
    """Ask for tokens until Entra gives one, for a bounded time: it accepts a new secret some seconds later.

    A disabled service principal gets no token, whatever the secret: that is said, and no reason to make none.

    Args:
        session: where.
        client_id: the application.
        text: its new secret.

    Raises:
        UserFacingError: there is no token, for another reason or in time.
    """
    application = session.application_client(client_id, text)
    try:
        retry_until_replicated(
            application.get_any_token,
            is_pending=lambda problem: isinstance(problem, SignInFailed) and refusal_may_be_replicating(problem),
            report=report,
        )
    except SignInFailed as problem:
        if not is_disabled_application(problem):
            raise
        report("not tried out: the service principal is disabled, and gets no token with any secret")
