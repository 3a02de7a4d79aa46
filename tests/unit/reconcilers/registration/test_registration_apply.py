"""What is done where Business Central does something that its documents do not promise: no service, no rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from clients.business_central.environment import Environment
from clients.business_central.records import Assignment, Registration
from clients.http.errors import FailedPrecondition, NoResponse
from reconcilers.registration.apply import create, update
from reconcilers.registration.spec import Recorded, RegistrationSpec

SPEC = RegistrationSpec(
    environment="Production",
    client_id="11111111-1111-1111-1111-111111111111",
    description="A shop",
    permission_granted=True,
    adopt=True,
    declared_at="integrations.magento.environments.production",
)
REMEDY = "Enable it there once by hand, under Microsoft Entra Applications, and run the same command again."


@dataclass
class WithoutUsers:
    """An environment in which enabling a registration makes no user.

    Attributes:
        row: the registration that is there.
        can_delete: whether a row can be deleted.
        writes: what was asked to be written.
    """

    row: Registration | None = None
    can_delete: bool = True
    writes: list[str] = field(default_factory=list)
    name: str = "Production"

    def register(self, client_id: str, fields: Mapping[str, Any]) -> Registration | None:
        self.writes.append("register")
        if self.row:
            return None
        self.row = Registration(client_id, **fields, user_id=None, user_state="")
        return self.row

    def registration(self, client_id: str) -> Registration | None:
        return self.row

    def change(self, client_id: str, fields: Mapping[str, Any]) -> Registration | None:
        self.writes.append(f"change {', '.join(fields)}")
        self.row = replace(self.row, **fields) if self.row else None
        return self.row

    def deregister(self, client_id: str) -> bool:
        self.writes.append("deregister")
        if not self.can_delete:
            raise NoResponse("delete the registration", "Business Central gave no answer")
        self.row = None
        return True

    def assignments(self, client_id: str) -> list[Assignment]:
        raise AssertionError("a registration without a user holds nothing that could be asked for")


def refusal_of(there: WithoutUsers, spec: RegistrationSpec = SPEC) -> FailedPrecondition:
    with pytest.raises(FailedPrecondition) as refused:
        create(cast(Environment, there), spec)
    assert refused.value.reason == "Business Central made no user for it"
    assert refused.value.remedy.startswith(REMEDY)
    assert f"could not assign permission sets to {SPEC.client_id} in environment Production: " in str(refused.value)
    return refused.value


def test_where_business_central_made_no_user_that_is_said_and_the_row_is_taken_back() -> None:
    there = WithoutUsers()
    assert refusal_of(there).remedy == REMEDY
    assert there.writes == ["register", "deregister"]
    assert there.row is None


@pytest.mark.parametrize(("adopt", "how"), [(True, ""), (False, ", with `adopt: true`")])
def test_a_row_without_user_that_cannot_be_taken_back_is_said_too(adopt: bool, how: str) -> None:
    refused = refusal_of(WithoutUsers(can_delete=False), replace(SPEC, adopt=adopt))
    assert "was made and could not be taken back (Business Central gave no answer)" in refused.remedy
    assert refused.remedy.endswith(f"the next `pulumi up` finds and finishes it{how}.")


def test_a_row_that_was_there_and_gets_no_user_when_it_is_enabled_stays() -> None:
    row = Registration(SPEC.client_id, **{**SPEC.row, "state": "Disabled"}, user_id=None, user_state="")
    there = WithoutUsers(row)
    assert refusal_of(there).remedy == REMEDY
    assert there.writes == ["register", f"change {', '.join(SPEC.row)}"]
    assert there.row


def test_a_registration_whose_user_was_deleted_and_that_gets_no_other_is_registered_anew_once_only() -> None:
    there = WithoutUsers(Registration(SPEC.client_id, **SPEC.row, user_id="the user", user_state=""))
    with pytest.raises(FailedPrecondition, match="Business Central made no user for it"):
        update(cast(Environment, there), SPEC, Recorded(SPEC, None))
    assert there.writes.count("deregister") == 1
