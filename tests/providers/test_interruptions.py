"""A fault before and after the commit of each request of create, update and delete; then the same again: converges."""

from __future__ import annotations

from itertools import count

from tests.support.entra import make_application
from tests.support.interruptions import attempt
from tests.support.provider_host import ProviderHost
from tests.support.registrations import SETS, declared_registration, held_sets, registration_row
from tests.support.tenant import OURS, Tenant

INTERRUPTED = {"userAgent": OURS, "path": "/bc/"}
"""In the path of the requests that `fault` interrupts."""


def test_create(tenant: Tenant, registrations: ProviderHost, fault: dict[str, object]) -> None:
    for number in count():
        inputs = declared_registration(
            make_application(tenant, f"Shop {number}").client_id, description=f"Shop {number}"
        )
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(registrations, "create", inputs)
        if not ordered.hits:
            break
        made = registrations.create(inputs)
        assert held_sets(tenant, inputs["client_id"]) == SETS
        refreshed = registrations.read(made)
        assert refreshed is not None
        assert not registrations.has_changes(refreshed, inputs)
    assert number >= 4, "four requests and what is read once"


def test_update(tenant: Tenant, registrations: ProviderHost, fault: dict[str, object]) -> None:
    for number in count():
        inputs = declared_registration(
            make_application(tenant, f"Shop {number}").client_id, description=f"Shop {number}"
        )
        made = registrations.create({**inputs, "state": "Disabled"})
        changed = {
            **inputs,
            "contact_information": "ops",
            "permission_sets": [{"role_id": "D365 READ"}, {"role_id": "NPR NP RETAIL"}],
        }
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(registrations, "update", made, changed)
        if not ordered.hits:
            break
        registrations.update(made, changed)  # the engine keeps the old state of an update that failed
        assert held_sets(tenant, inputs["client_id"]) == [("D365 READ", ""), ("NPR NP RETAIL", "")]
        row = registration_row(tenant, inputs["client_id"])
        assert row is not None
        assert (row["state"], row["contactInformation"]) == ("Enabled", "ops")
    assert number >= 4, "the row, the list of sets, one given, one taken"


def test_delete(tenant: Tenant, registrations: ProviderHost, fault: dict[str, object]) -> None:
    for number in count():
        inputs = declared_registration(
            make_application(tenant, f"Shop {number}").client_id, description=f"Shop {number}"
        )
        made = registrations.create(inputs)
        ordered = tenant.fault(skip=number, **fault)  # type: ignore[arg-type]
        attempt(registrations, "delete", made)
        if not ordered.hits:
            break
        row = registration_row(tenant, inputs["client_id"])
        assert number == 0 or row is None or row["state"] == "Disabled", "from the first write on there is no access"
        registrations.delete(made)
        assert registration_row(tenant, inputs["client_id"]) is None
    assert number >= 2, "disabled, deleted"
