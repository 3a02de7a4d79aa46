"""What can go wrong when a service is asked, as exceptions that carry what the service answered.

Every message says what was attempted, what the service answered (its code and request id) and what to do. The classes
name themselves without their module, because Pulumi shows `module.Class: message` to its users.
"""

from __future__ import annotations

from typing import Self

DEBUG_VARIABLE = "ENTRA_BC_TRACEBACK"
"""Set to 1 in the environment to see the traceback of an error that is our own mistake."""


class UserFacingError(Exception):
    """The base of all errors of this project that a user gets to see.

    Attributes:
        attempted: what was being done, on which object: "register <client id> in environment Production".
        reason: why it failed, a sentence without its full stop.
        remedy: what to do about it, one or more whole sentences; "" where nothing better is known than the reason.
        where: the key path in the stack file that this is about, "" for none.
    """

    def __init__(self, attempted: str, reason: str, remedy: str = "") -> None:
        super().__init__(attempted, reason, remedy)
        self.attempted = attempted
        self.reason = reason
        self.remedy = remedy
        self.where = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}could not {self.attempted}: {self.reason}. {self.remedy}".strip()

    def add_remedy(self, remedy: str) -> Self:
        """Say what to do about it, unless that is said already, and return this error."""
        self.remedy = self.remedy or remedy
        return self


class InternalError(UserFacingError):
    """A mistake of this program, not of a service or of the stack file."""


class SignInFailed(UserFacingError):
    """No access token was issued."""


class NoResponse(UserFacingError):
    """The service did not answer: whether it carried out the request is unknown."""


class CertificateNotTrusted(UserFacingError):
    """The certificate of a service, or of a proxy before it, is not accepted: nothing was sent."""


class FailedPrecondition(UserFacingError):
    """This program stops by itself: the configuration, or what a service answered, does not allow to go on.

    No service refused anything; perhaps none was asked yet.
    """


class UnexpectedAnswer(FailedPrecondition):
    """A service answered with success, and with something that is not its own: a page, a list, nothing, half of it."""


class OperationFailed(UserFacingError):
    """A long-running operation of a service failed, or did not end in time."""


class ServiceError(UserFacingError):
    """A service answered, and the answer was not success.

    Attributes:
        service: its name in messages, as its transport has it: "Microsoft Graph", "Business Central".
        status: HTTP status code.
        code: the service's own error code, "" where it gave none.
        message: the service's own text, "" where it gave none.
        form: what came in place of the service's own error, "HTML" or "no body"; "" for its own. An excerpt of it is
            in the reason only, and never searched for what it means: it may be a proxy's.
        request_id: what the service's support wants to know, "" where it gave none.
        retry_after: how long the service asks to wait, in seconds; None where it names no time.
    """

    def __init__(
        self,
        attempted: str,
        *,
        service: str,
        status: int,
        code: str = "",
        message: str = "",
        form: str = "",
        excerpt: str = "",
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        answer = " ".join(filter(None, [str(status), code]))
        reference = f" (request id {request_id})" if request_id else ""
        answer += f" ({form})" if form else ""
        quoted = f': "{message or excerpt}"' if message or excerpt else ""
        super().__init__(attempted, f"{service} answered {answer}{quoted}{reference}")
        self.service = service
        self.status = status
        self.code = code
        self.message = message
        self.form = form
        self.request_id = request_id
        self.retry_after = retry_after


class BadRequest(ServiceError):
    """400, 405, 413 and the like: the service does not accept what was asked."""


class Unauthorized(ServiceError):
    """401: the service does not accept who asks."""


class Forbidden(ServiceError):
    """403: who asks may not do this."""


class NotFound(ServiceError):
    """404: what was asked for is not there, or something on the way to it is not."""


class Conflict(ServiceError):
    """409, 412: what that means is in the code: it is there already, or the service is busy, or something else."""


class Throttled(ServiceError):
    """429: too many requests, also after the transport had waited."""


class Unavailable(ServiceError):
    """5xx and 408: the service could not answer."""


OUTCOME_UNKNOWN = (NoResponse, UnexpectedAnswer, Unavailable)
"""After these it is not known whether the service did what it was asked for."""

STATUS_ERRORS: dict[int, type[ServiceError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    412: Conflict,
    429: Throttled,
}


def error_for(status: int) -> type[ServiceError]:
    """Return the class of error that an HTTP status of 400 and above stands for."""
    return STATUS_ERRORS.get(status, Unavailable if status >= 500 else BadRequest)


for _error in [
    UserFacingError,
    InternalError,
    SignInFailed,
    NoResponse,
    CertificateNotTrusted,
    FailedPrecondition,
    UnexpectedAnswer,
    OperationFailed,
    ServiceError,
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    Conflict,
    Throttled,
    Unavailable,
]:
    _error.__module__ = "builtins"
