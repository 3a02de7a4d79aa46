"""What Business Central says when it refuses, in its own codes and words (contracts/business-central.md, 2.3).

A status or text marked *ours* is a choice: no source shows the real one. Each is listed in rehearsal/DIFFERENCES.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import uuid4

from rehearsal.tenant.messages import Answer


class ServiceError(Exception):
    """A refusal, and how it is said on the wire.

    Attributes:
        status: HTTP status.
        code: `error.code`.
        message: `error.message` without the correlation id, which is added on the way out.
        headers: further response headers.
        correlated: False for answers that come from in front of the service, which carry no correlation id.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        correlated: bool = True,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.correlated = correlated

    def answer(self) -> Answer:
        """Return the response: two spaces before `CorrelationId:`, two after it, a full stop, as in real samples."""
        text = f"{self.message}  CorrelationId:  {uuid4()}." if self.correlated else self.message
        return Answer(self.status, {"error": {"code": self.code, "message": text}}, self.headers)


def braced(guid: str) -> str:
    """Return a GUID as error texts write it."""
    return "{" + guid + "}"


def _refusal(status: int, code: str, text: str) -> Callable[..., ServiceError]:
    """Return what makes one kind of refusal; what it is called with fills the text, in order."""
    return lambda *values: ServiceError(status, code, text.format(*values))


# --- who may call at all ----------------------------------------------------------------------------------------------

rejected_credentials = _refusal(
    401, "Authentication_InvalidCredentials", "The server has rejected the client credentials."
)
# Evidenced for a token without any role.
no_entitlement = _refusal(
    401,
    "Authentication_InvalidCredentials",
    "Web service call failed because user could not be authenticated or authorized.",
)
# Object and right, like `TableData 9012 AAD Application Read: Base Application`.
permission_prevented = _refusal(
    403, "Internal_ServerError", "Sorry, the current permissions prevented the action. ({})"
)
# Status and code are ours; telemetry has such words.
no_permission_to_company = _refusal(403, "Internal_ServerError", "User has no permission to company '{}'.")

# --- where the request went -------------------------------------------------------------------------------------------


def environment_not_found() -> ServiceError:
    """No such environment. From memory of the real service; no public source was found, so ours."""
    return ServiceError(404, "NoEnvironment", "Environment does not exist.", correlated=False)


def not_accessible(tenant: str, retry_after: int | None = None) -> ServiceError:
    """An environment being updated, or no such tenant on-premises. Documented for 5xx; status and pairing are ours."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return ServiceError(503, "Internal_TenantUnavailable", f"The tenant '{tenant}' is not accessible.", headers=headers)


# A misspelt entity set, or one of an extension that is not installed.
segment_not_found = _refusal(404, "BadRequest_ResourceNotFound", "Resource not found for the segment '{}'.")
# The company of the URL does not exist, or there is none in it. The contract has the text's beginning only.
company_not_found = _refusal(
    404,
    "Internal_CompanyNotFound",
    "Can't process the request because the default company can't be found. You can specify a default company in the "
    'service configuration file, specify one for each user, add a query string in the form "…?Company=name," or add a '
    "segment in the form \"…/Company('name'),\" to your URL.",
)
# Method, name, and EntityType or Collection.
method_not_allowed = _refusal(
    400,
    "BadRequest_MethodNotAllowed",
    "'{}' requests for '{}' of EdmType '{}' are not allowed within Dynamics 365 Business Central OData web services.",
)
# Something of the real service that is not imitated here; the code is the service's, the words are ours.
not_supported = _refusal(501, "BadRequest_MethodNotImplemented", "{} is not supported by the rehearsal tenant.")

# --- how the request is written ---------------------------------------------------------------------------------------

# The body or a query option cannot be understood. The words are those of Microsoft's OData library.
bad_request = _refusal(400, "BadRequest", "{}")
query_syntax = _refusal(400, "BadRequest_NotFound", "Bad Request - Error in query syntax.")
unknown_property = _refusal(400, "BadRequest", "Could not find a property named '{}' on type 'Microsoft.NAV.{}'.")
undefined_property = _refusal(
    400,
    "BadRequest",
    "The property '{}' does not exist on type 'Microsoft.NAV.{}'. Make sure to only use property names that are "
    "defined by the type.",
)
unlike_types = _refusal(
    400,
    "BadRequest",
    "A binary operator with incompatible types was detected. Found operand types 'Edm.{}' and 'Edm.{}' for operator "
    "kind 'Equal'.",
)
read_only = _refusal(400, "BadRequest_InvalidOperation", "Control '{}' is read-only.")
concurrency_token_missing = _refusal(
    400,
    "BadRequest_InvalidToken",
    "Could not validate the client concurrency token required by the service. Please provide a valid token in the "
    "client request.",
)
entity_changed = _refusal(409, "Request_EntityChanged", "Another user has already changed the record.")
# The row that a nextLink went on from is gone; the code was seen, status and text are ours.
skip_token_invalid = _refusal(400, "SkipTokenIsNoLongerValid", "The skip token is no longer valid.")
# Documented as an error, the words are ours.
read_only_intent = _refusal(
    400, "BadRequest", "The request cannot be carried out because the data access intent is read-only."
)

# --- what the data says -----------------------------------------------------------------------------------------------

# Table, and what identifies the record, like `Client Id='{…}'`.
record_not_found = _refusal(
    404, "Internal_RecordNotFound", "The {} does not exist. Identification fields and values: {}"
)
# FindFirst found nothing. The status is ours: sources say 4xx only.
nothing_within_filter = _refusal(
    404, "Internal_DataNotFoundFilter", "There is no {} within the filter.\r\n\r\nFilters: {}"
)
# Field, table, value, related table. The pairing of code and status is ours.
no_related_record = _refusal(
    400,
    "Internal_InvalidTableRelation",
    "The field {} of table {} contains a value ({}) that cannot be found in the related table ({}).",
)
# AL's TestField on an empty field: field, table, identification.
must_have_value = _refusal(
    400, "Application_FieldValidationException", "{} must have a value in {}: {}. It cannot be zero or empty."
)
# The text's length, the field's, the text.
string_too_long = _refusal(
    400,
    "Application_StringExceededLength",
    "The length of the string is {}, but it must be less than or equal to {} characters. Value: {}",
)
dialog = _refusal(400, "Application_DialogException", "{}")  # any AL `Error('…')`


def same_key_exists(table: str, identification: str, status: int) -> ServiceError:
    """The record exists already; sources differ between 400 and 409, so the caller says which."""
    return ServiceError(
        status,
        "Internal_EntityWithSameKeyExists",
        f"The record in table {table} already exists. Identification fields and values: {identification}",
    )
