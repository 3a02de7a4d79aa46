"""What Business Central says when it refuses, in its own codes and words (contracts/business-central.md, 2.3).

A status or text marked *ours* is a choice: no source shows the real one. Each is listed in rehearsal/DIFFERENCES.md.
"""

from __future__ import annotations

from collections.abc import Mapping
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


# --- who may call at all ----------------------------------------------------------------------------------------------


def rejected_credentials() -> ServiceError:
    """No valid token, or a caller that is not an enabled user of this environment."""
    return ServiceError(401, "Authentication_InvalidCredentials", "The server has rejected the client credentials.")


def no_entitlement() -> ServiceError:
    """A token without the role that the route asks for (evidenced for a token without any role)."""
    return ServiceError(
        401,
        "Authentication_InvalidCredentials",
        "Web service call failed because user could not be authenticated or authorized.",
    )


def permission_prevented(what: str) -> ServiceError:
    """A permission set is missing; `what` names object and right, like `TableData 9012 AAD Application Read: …`."""
    return ServiceError(403, "Internal_ServerError", f"Sorry, the current permissions prevented the action. ({what})")


def no_permission_to_company(company: str) -> ServiceError:
    """The caller has no permission set in this company. Status and code are ours; telemetry has such words."""
    return ServiceError(403, "Internal_ServerError", f"User has no permission to company '{company}'.")


# --- where the request went -------------------------------------------------------------------------------------------


def environment_not_found() -> ServiceError:
    """No such environment. From memory of the real service; no public source was found, so ours."""
    return ServiceError(404, "NoEnvironment", "Environment does not exist.", correlated=False)


def environment_unavailable(tenant_id: str, retry_after: int) -> ServiceError:
    """The environment is being updated. The code is documented for 5xx; the status and the pairing are ours."""
    return ServiceError(
        503,
        "Internal_TenantUnavailable",
        f"The tenant '{tenant_id}' is not accessible.",
        headers={"Retry-After": str(retry_after)},
    )


def tenant_not_accessible(name: str) -> ServiceError:
    """An on-premises server without a tenant of this name. The code is documented for 5xx; the pairing is ours."""
    return ServiceError(503, "Internal_TenantUnavailable", f"The tenant '{name}' is not accessible.")


def segment_not_found(segment: str) -> ServiceError:
    """No such entity set here: a misspelt one, or one of an extension that is not installed."""
    return ServiceError(404, "BadRequest_ResourceNotFound", f"Resource not found for the segment '{segment}'.")


def company_not_found() -> ServiceError:
    """The company of the URL does not exist, or there is none in it. The contract has the text's beginning only."""
    return ServiceError(
        404,
        "Internal_CompanyNotFound",
        "Can't process the request because the default company can't be found. You can specify a default company in "
        "the service configuration file, specify one for each user, add a query string in the form "
        '"…?Company=name," or add a segment in the form "…/Company(\'name\')," to your URL.',
    )


def method_not_allowed(method: str, name: str, kind: str = "EntityType") -> ServiceError:
    """The entity (or, with kind `Collection`, the entity set) cannot be used with this method."""
    return ServiceError(
        400,
        "BadRequest_MethodNotAllowed",
        f"'{method}' requests for '{name}' of EdmType '{kind}' are not allowed within Dynamics 365 Business Central "
        "OData web services.",
    )


def not_supported(what: str) -> ServiceError:
    """Something of the real service that is not imitated here; the code is the service's, the words are ours."""
    return ServiceError(501, "BadRequest_MethodNotImplemented", f"{what} is not supported by the rehearsal tenant.")


# --- how the request is written ---------------------------------------------------------------------------------------


def bad_request(message: str) -> ServiceError:
    """The body or a query option cannot be understood. The words are those of Microsoft's OData library."""
    return ServiceError(400, "BadRequest", message)


def query_syntax() -> ServiceError:
    """The URL cannot be parsed."""
    return ServiceError(400, "BadRequest_NotFound", "Bad Request - Error in query syntax.")


def or_on_distinct_fields() -> ServiceError:
    """An `or` between two fields; the text is documented, its code is ours."""
    return bad_request("The 'OR' operator is not supported on distinct fields on an OData filter.")


def unknown_property(name: str, entity: str) -> ServiceError:
    """A field that the page does not have, in a query option."""
    return bad_request(f"Could not find a property named '{name}' on type 'Microsoft.NAV.{entity}'.")


def undefined_property(name: str, entity: str) -> ServiceError:
    """A field that the page does not have, in a body."""
    return bad_request(
        f"The property '{name}' does not exist on type 'Microsoft.NAV.{entity}'. Make sure to only use property names "
        "that are defined by the type."
    )


def read_only(control: str) -> ServiceError:
    """A field that cannot be written, in a body."""
    return ServiceError(400, "BadRequest_InvalidOperation", f"Control '{control}' is read-only.")


def concurrency_token_missing() -> ServiceError:
    """`If-Match` is missing where it must be, or is no etag."""
    return ServiceError(
        400,
        "BadRequest_InvalidToken",
        "Could not validate the client concurrency token required by the service. Please provide a valid token in the "
        "client request.",
    )


def entity_changed() -> ServiceError:
    """`If-Match` names an older version."""
    return ServiceError(409, "Request_EntityChanged", "Another user has already changed the record.")


def skip_token_invalid() -> ServiceError:
    """The row that a nextLink went on from is gone; the code was seen, status and text are ours."""
    return ServiceError(400, "SkipTokenIsNoLongerValid", "The skip token is no longer valid.")


def read_only_intent() -> ServiceError:
    """`Data-Access-Intent: ReadOnly` on a write: documented as an error, the words are ours."""
    return bad_request("The request cannot be carried out because the data access intent is read-only.")


# --- what the data says -----------------------------------------------------------------------------------------------


def record_not_found(table: str, identification: str) -> ServiceError:
    """The record of the key does not exist; `identification` is like `Client Id='{…}'`."""
    return ServiceError(
        404,
        "Internal_RecordNotFound",
        f"The {table} does not exist. Identification fields and values: {identification}",
    )


def nothing_within_filter(table: str, filters: str) -> ServiceError:
    """FindFirst found nothing. The status is ours: sources say 4xx only."""
    return ServiceError(
        404, "Internal_DataNotFoundFilter", f"There is no {table} within the filter.\r\n\r\nFilters: {filters}"
    )


def same_key_exists(table: str, identification: str, status: int) -> ServiceError:
    """The record exists already; sources differ between 400 and 409, so the caller says which."""
    return ServiceError(
        status,
        "Internal_EntityWithSameKeyExists",
        f"The record in table {table} already exists. Identification fields and values: {identification}",
    )


def no_related_record(field: str, table: str, value: str, related: str) -> ServiceError:
    """A value that a table relation does not find. The pairing of code and status is ours."""
    return ServiceError(
        400,
        "Internal_InvalidTableRelation",
        f"The field {field} of table {table} contains a value ({value}) that cannot be found in the related table "
        f"({related}).",
    )


def must_have_value(field: str, table: str, identification: str) -> ServiceError:
    """AL's TestField on an empty field."""
    return ServiceError(
        400,
        "Application_FieldValidationException",
        f"{field} must have a value in {table}: {identification}. It cannot be zero or empty.",
    )


def string_too_long(value: str, limit: int) -> ServiceError:
    """A text that does not fit its field."""
    return ServiceError(
        400,
        "Application_StringExceededLength",
        f"The length of the string is {len(value)}, but it must be less than or equal to {limit} characters. "
        f"Value: {value}",
    )


def dialog(text: str) -> ServiceError:
    """Any AL `Error('…')`."""
    return ServiceError(400, "Application_DialogException", text)
