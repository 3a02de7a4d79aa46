"""A fault before and after the commit of each of consent's requests to Graph; then the same again: converges."""

from __future__ import annotations

from itertools import count

from tests.support.consents import BOTH, grants, held, principals
from tests.support.directory_objects import JOB_QUEUE_RUNNER
from tests.support.entra import make_application
from tests.support.interruptions import attempt
from tests.support.provider_host import ProviderHost
from tests.support.provider_inputs import Inputs, vendor_consent
from tests.support.tenant import OURS, Tenant

INTERRUPTED = {"userAgent": OURS, "path": "/v1.0/"}
"""In the path of the requests that `fault` interrupts."""


def test_create(tenant: Tenant, consents: ProviderHost, fault: dict[str, object]) -> None:
    for number in count():
        inputs = Inputs(make_application(tenant, f"Shop {number}"))
        declared = inputs.consent(delegated_scopes=["user_impersonation"])
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(consents, "create", declared)
        if not ordered.hits:
            break
        made = consents.create(declared)
        assert held(tenant, inputs.application.client_id) == BOTH
        assert grants(tenant) == ["user_impersonation"] * (number + 1)
        refreshed = consents.read(made)
        assert refreshed is not None
        assert not consents.has_changes(refreshed, declared)
        assert sorted(refreshed.outputs["assignments"]) == BOTH, "all of it is ours"
    assert number >= 5, "what it holds, two roles, what users' permissions it holds, those granted"


def test_update(tenant: Tenant, consents: ProviderHost, fault: dict[str, object]) -> None:
    for number in count():
        inputs = Inputs(make_application(tenant, f"Shop {number}"))
        made = consents.create(inputs.consent(delegated_scopes=["user_impersonation"]))
        changed = inputs.consent(
            roles=["API.ReadWrite.All", "app_access"], delegated_scopes=["Financials.ReadWrite.All"]
        )
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(consents, "update", made, changed)
        if not ordered.hits:
            break
        consents.update(made, changed)  # the engine keeps the old state of an update that failed
        assert held(tenant, inputs.application.client_id) == ["API.ReadWrite.All", "app_access"]
        assert grants(tenant) == ["Financials.ReadWrite.All"] * (number + 1)
    assert number >= 5, "what it holds, one role given, one taken, users' permissions looked at and changed"


def test_delete(tenant: Tenant, consents: ProviderHost, fault: dict[str, object]) -> None:
    for number in count():
        inputs = Inputs(make_application(tenant, f"Shop {number}"))
        made = consents.create(inputs.consent(delegated_scopes=["user_impersonation"]))
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(consents, "delete", made)
        if not ordered.hits:
            break
        consents.delete(made)
        assert held(tenant, inputs.application.client_id) == []
        assert grants(tenant) == []
    assert number >= 4, "two roles, users' permissions looked at and taken"


def test_a_vendor_let_in(tenant: Tenant, consents: ProviderHost, fault: dict[str, object]) -> None:
    for number in count():
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        succeeded = attempt(consents, "create", vendor_consent())
        if not ordered.hits:
            break
        assert succeeded or principals(tenant) == [], "what an answer that got lost made is taken back, too"
        made = consents.create(vendor_consent())
        assert held(tenant) == BOTH
        assert consents.read(made) == made
        consents.delete(made)
        for left in principals(tenant):  # what an attempt made that succeeded, since a read was asked again
            assert succeeded
            assert made.outputs["service_principal_created"] is False
            tenant.edit("delete_service_principal", clientId=left["appId"])
    assert number >= 4, "looked for, let in, two roles"
    assert [each["appId"] for each in principals(tenant)] == [JOB_QUEUE_RUNNER]
