"""Causes that look alike from outside, told apart: each with the service's code and text, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from dynamic_providers.business_central_registration import BusinessCentralRegistrationProvider
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.provider_inputs import Inputs
from tests.support.registrations import held_sets
from tests.support.tenant import Tenant


class Cause(NamedTuple):
    """A cause: how it comes about, what else the inputs are, and what the message says."""

    arrange: Callable[[Tenant], Any]
    says: tuple[str, ...]
    inputs: Mapping[str, Any] = MappingProxyType({})


def edit(do: str, **fields: Any) -> Callable[[Tenant], Any]:
    return lambda tenant: tenant.edit(do, environment="Production", **fields)


def deployer_loses(role_id: str) -> Callable[[Tenant], Any]:
    return lambda tenant: tenant.edit(
        "remove_permission_set", environment="Production", clientId=tenant.ready.deployer.clientId, roleId=role_id
    )


def answer(
    path: str, status: int, code: str, message: str, method: str = "POST", retry_after: int = 1
) -> Callable[[Tenant], Any]:
    match = {"path": path, "method": method, "userAgent": "entra-business-central/"}
    wish = {"status": status, "code": code, "message": message, "retryAfter": retry_after}
    return lambda tenant: tenant.fault(match=match, action="status", times=0, **wish)


CAUSES = {
    "extension absent": Cause(edit("uninstall_companion"), ("404 BadRequest_ResourceNotFound", "companion extension", "EXTEN. MGT. - ADMIN")),
    "environment absent": Cause(lambda _: None, ("404 NoEnvironment", "Check the name of environment Prodution"), {"environment": "Prodution"}),
    "environment updating": Cause(
        edit("set_environment_status", status="Upgrading", retryAfter=1), ("503 Internal_TenantUnavailable", "being updated", "admin center")
    ),
    "environment removed": Cause(edit("set_environment_status", status="SoftDeleted"), ("404 NoEnvironment", "removed", "formerly")),
    "company absent": Cause(
        lambda _: None, ("company 'CRONUS NO' does not exist",), {"permission_sets": [{"role_id": "D365 READ", "company": "CRONUS NO"}]}
    ),
    "caller without SECURITY": Cause(deployer_loses("SECURITY"), ("SECURITY for all companies", "an administrator with SUPER assigns it")),
    "caller that may not hand out a set": Cause(deployer_loses("NPR NP RETAIL"), ("NPR NP RETAIL", "only the permission sets that it holds itself")),
    "caller that may not run the companion's page": Cause(
        answer("/entraApplications$", 400, "Internal_ServerError", "You do not have the following permissions on Page EBC Entra Applications API: Execute."),
        ("400 Internal_ServerError", "needs the permission set EBC REGISTRATION for all companies of environment Production"),
    ),
    "caller that may not write a table": Cause(
        answer("/userPermissions$", 400, "Internal_ServerError", "You do not have the following permissions on TableData 2000000053: Insert."),
        ("400 Internal_ServerError", "assigns it the permission sets D365 AUTOMATION, SECURITY and EBC REGISTRATION"),
    ),
    "caller whose roles do not open a page": Cause(
        answer("/entraApplications$", 400, "Internal_ServerError", "Your license does not grant you the following permissions on Page 9: Execute."),
        ("400 Internal_ServerError", "needs the application roles API.ReadWrite.All and Automation.ReadWrite.All"),
    ),
    "caller not registered": Cause(
        lambda tenant: tenant.edit("disable_registration", environment="Production", clientId=tenant.ready.deployer.clientId),
        ("401 Authentication_InvalidCredentials", "not registered and enabled in environment Production"),
    ),
    "no full user yet": Cause(
        answer("/entraApplications$", 400, "Application_DialogException", "Register a user before enabling the Microsoft Entra Application"),
        ("400 Application_DialogException", "one enabled user with a full licence"),
    ),
    "SUPER": Cause(lambda _: None, ("permission_sets: names SUPER",), {"permission_sets": [{"role_id": "super"}]}),
    "throttled": Cause(answer("/userPermissions$", 429, "", "", retry_after=0), ("429", "Wait a few minutes")),
    "deadlock": Cause(
        answer("/entraApplications$", 409, "Internal_ServerError", "The operation could not complete because it was deadlocked. Please retry the activity"),
        ("409 Internal_ServerError", "run the same command again"),
    ),
    "deadlock as a dialog": Cause(
        answer("/userPermissions$", 400, "Application_DialogException", "Your activity was deadlocked with another user. Please retry"),
        ("run the same command again",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_the_message_tells_the_cause_and_what_to_do(
    tenant: Tenant, start_host: Callable[..., ProviderHost], inputs: Inputs, cause: Cause
) -> None:
    cause.arrange(tenant)
    impatient = start_host(BusinessCentralRegistrationProvider(), ENTRA_BC_LONGEST_WAIT="3")
    with pytest.raises(ProviderError) as refused:
        impatient.create(inputs.registration(**cause.inputs))
    message = str(refused.value).strip()
    for text in cause.says:
        assert text in message, message
    assert "\n" not in message
    assert "Traceback" not in message
    assert "correlationid" not in message.lower(), "it stands as (request id ...)"


@pytest.mark.parametrize(
    ("adopt", "told"),
    [(True, "the next `pulumi up` finds and finishes it."), (False, "finds and finishes it, with `adopt: true`.")],
)
def test_a_registration_that_can_neither_be_finished_nor_taken_back_is_told_of_and_finished_by_the_next_up(
    tenant: Tenant, registrations: ProviderHost, inputs: Inputs, adopt: bool, told: str
) -> None:
    answer("/userPermissions$", 400, "BadRequest", "No permission set today")(tenant)
    answer("/entraApplications", 400, "BadRequest", "No farewell today", method="DELETE")(tenant)
    with pytest.raises(ProviderError) as refused:
        registrations.create(inputs.registration(adopt=adopt))
    message = str(refused.value).strip()
    assert "No permission set today" in message, "what went wrong first"
    assert "The registration itself was made and could not be taken back (" in message
    assert "No farewell today" in message
    assert message.endswith(told)
    tenant.clear_faults()
    registrations.create(inputs.registration(adopt=True))
    assert held_sets(tenant, inputs.application.client_id) == [("D365 BUS FULL ACCESS", ""), ("NPR NP RETAIL", "")]
