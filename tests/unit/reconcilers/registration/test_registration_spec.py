"""A registration's way from a stack file to a mapping of Pulumi's, and back into the same spec."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from reconcilers.registration.spec import PermissionSetSpec, RegistrationSpec, problems
from settings.models import Environment, Integration
from settings.registrations import declared_registration

CLIENT_ID = "11111111-1111-1111-1111-111111111111"
INTEGRATION = Integration.model_validate(
    {
        "(key)": "warehouse",
        "displayName": "Warehouse robots",
        "roles": ["API.ReadWrite.All"],
        "environments": {
            "production": {
                "permissionSets": ["d365 read", {"roleId": "LOGIN", "company": "CRONUS DK", "scope": "Tenant"}],
                "additionalPermissionSets": "keep",
            }
        },
    }
)
ENVIRONMENT = Environment(name="Production", formerly=("Live",))


def spec(**changed: Any) -> RegistrationSpec:
    integration = INTEGRATION.model_copy(update=changed)
    declared = declared_registration(integration, "production", ENVIRONMENT)
    return RegistrationSpec.from_mapping({**declared, "client_id": CLIENT_ID})


def test_what_a_stack_file_says_of_a_registration() -> None:
    assert asdict(spec()) == {
        "environment": "Production",
        "base_url": "",
        "scope": "",
        "formerly": ("Live",),
        "description": "Warehouse robots",
        "contact_information": "",
        "permission_sets": (
            {"role_id": "D365 READ", "company": "", "scope": "", "app_id": ""},
            {"role_id": "LOGIN", "company": "CRONUS DK", "scope": "Tenant", "app_id": ""},
        ),
        "additional_permission_sets": "keep",
        "state": "Enabled",
        "permission_granted": True,
        "adopt": True,
        "declared_at": "integrations.warehouse.environments.production",
        "client_id": CLIENT_ID,
    }


@pytest.mark.parametrize(("adopt", "adopted"), [(False, False), (True, True)])
def test_a_vendors_application_is_adopted_only_where_the_stack_file_says_so(adopt: bool, adopted: bool) -> None:
    assert spec(client_id=CLIENT_ID, adopt=adopt).adopt == adopted


def test_a_mapping_has_plain_values_only_and_gives_the_same_spec_again() -> None:
    mapping = spec().as_mapping()
    assert set(mapping) == set(asdict(spec()))
    assert mapping["formerly"] == ["Live"]
    assert mapping["permission_sets"] == [
        {"role_id": "D365 READ"},
        {"role_id": "LOGIN", "company": "CRONUS DK", "scope": "Tenant"},
    ]
    assert RegistrationSpec.from_mapping({**mapping, "user_id": "an id", "__provider": "..."}) == spec()


def test_what_a_mapping_does_not_have_is_at_its_default() -> None:
    given = {key: value for key, value in spec().as_mapping().items() if key not in RegistrationSpec.defaults()}
    assert RegistrationSpec.from_mapping(given).as_mapping() == {**RegistrationSpec.defaults(), **given}


def test_permission_sets_are_written_in_one_form_and_each_once() -> None:
    app = "437DBF0E-84FF-417A-965D-ED2BB9650972"
    twice = [{"role_id": "d365 read", "app_id": app}, {"role_id": "D365 READ", "app_id": app.lower(), "company": None}]
    read = RegistrationSpec.from_mapping({**spec().as_mapping(), "permission_sets": twice})
    assert read.permission_sets == (PermissionSetSpec("D365 READ", app_id=app.lower()),)


@pytest.mark.parametrize(
    ("known", "name", "text"),
    [
        ({"contact_information": "x" * 51}, "contact_information", "is 51 characters long"),
        ({"description": " "}, "description", "is empty"),
        ({"state": "enabled"}, "state", "is neither Enabled nor Disabled"),
        ({"additional_permission_sets": "both"}, "additional_permission_sets", "is neither remove nor keep"),
        ({"permission_sets": [{"role_id": "super"}]}, "permission_sets", "names SUPER"),
    ],
)
def test_what_cannot_be_right_is_found_by_its_field(known: dict[str, Any], name: str, text: str) -> None:
    ((found, said),) = problems(known)
    assert (found, said[: len(text)]) == (name, text)


def test_what_is_not_known_yet_is_not_wrong() -> None:
    assert list(problems({})) == []
