"""Rights on Microsoft Graph: who has one, and what is said to whoever has not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clients.entra.caller import Caller
from clients.entra.cloud import CLOUDS, Cloud
from clients.graph.permissions import (
    GRANT_APP_ROLES,
    GRANT_APP_ROLES_OF_GRAPH,
    MANAGE_ALL_APPLICATIONS,
    MANAGE_OWN_APPLICATIONS,
    READ_APPLICATIONS,
    GraphPermission,
    remedies,
)

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
MEMBER = "b79fbf4d-3ef9-4689-8143-76b194e85509"  # in every member's token


def application(*roles: str, directory_roles: frozenset[str] | None = None) -> Caller:
    return Caller("c0c0c0c0-0000-4000-8000-000000000001", "0b1ec7", "", False, frozenset(roles), directory_roles)


def person(*directory_roles: str) -> Caller:
    return Caller(AZURE_CLI, "0b1ec7", "ada@example.org", False, frozenset(), frozenset(directory_roles))


@pytest.mark.parametrize(
    ("right", "caller", "held"),
    [
        (MANAGE_ALL_APPLICATIONS, application("Application.ReadWrite.All"), True),
        (MANAGE_ALL_APPLICATIONS, application("Application.ReadWrite.OwnedBy"), False),
        (MANAGE_OWN_APPLICATIONS, application("Application.ReadWrite.OwnedBy"), True),
        (MANAGE_OWN_APPLICATIONS, application("Application.ReadWrite.All"), True),
        (MANAGE_OWN_APPLICATIONS, application(), False),
        (MANAGE_OWN_APPLICATIONS, application(directory_roles=frozenset({CLOUD_APPLICATION_ADMINISTRATOR})), True),
        (MANAGE_OWN_APPLICATIONS, person(MEMBER), None),  # a tenant's settings may let everybody register applications
        (READ_APPLICATIONS, application("AppRoleAssignment.ReadWrite.All"), False),
        (READ_APPLICATIONS, person(MEMBER), True),
        (GRANT_APP_ROLES, person(MEMBER), False),
        (GRANT_APP_ROLES, person(CLOUD_APPLICATION_ADMINISTRATOR), True),
        (GRANT_APP_ROLES_OF_GRAPH, person(CLOUD_APPLICATION_ADMINISTRATOR), False),
        (GRANT_APP_ROLES_OF_GRAPH, person(GLOBAL_ADMINISTRATOR), True),
        (GRANT_APP_ROLES_OF_GRAPH, application("AppRoleAssignment.ReadWrite.All"), True),
    ],
)
def test_who_has_a_right(right: GraphPermission, caller: Caller, held: bool | None) -> None:
    assert right.held_by(caller) is held


def test_a_token_that_does_not_tell_a_persons_roles_leaves_it_open() -> None:
    silent = Caller(AZURE_CLI, "0b1ec7", "ada@example.org", False, frozenset(), None)
    assert GRANT_APP_ROLES.held_by(silent) is None
    assert MANAGE_ALL_APPLICATIONS.held_by(application(directory_roles=None)) is False, (
        "an application's tells all that it has"
    )


def test_a_person_is_told_the_role_and_an_application_the_permission() -> None:
    assert "ada@example.org, who runs this, needs the Microsoft Entra role Privileged Role Administrator." in (
        GRANT_APP_ROLES_OF_GRAPH.remedy(person(MEMBER))
    )
    assert "which runs this, needs the Microsoft Graph permission AppRoleAssignment.ReadWrite.All." in (
        GRANT_APP_ROLES_OF_GRAPH.remedy(application())
    )


def test_a_managed_identity_is_told_a_way_that_it_has() -> None:
    identity = Caller("c0c0c0c0-0000-4000-8000-000000000001", "0b1ec7", "", True, frozenset(), None)
    said = GRANT_APP_ROLES.remedy(identity)
    assert "servicePrincipals/0b1ec7/appRoleAssignments" in said
    assert "az ad app" not in said


@pytest.mark.parametrize(
    ("name", "admin_center", "graph"),
    [
        ("public", "https://entra.microsoft.com", "https://graph.microsoft.com"),
        ("usgovernment", "https://entra.microsoft.us", "https://graph.microsoft.us"),
        ("dod", "https://entra.microsoft.us", "https://dod-graph.microsoft.us"),
        ("china", "https://entra.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_the_pages_are_those_of_the_callers_own_cloud(name: str, admin_center: str, graph: str) -> None:
    cloud = CLOUDS[name]
    assert f"under Roles and administrators ({admin_center}/#view/" in GRANT_APP_ROLES.remedy(
        replace(person(MEMBER), cloud=cloud)
    )
    assert f"under API permissions ({admin_center}/#view/" in GRANT_APP_ROLES.remedy(
        replace(application(), cloud=cloud)
    )
    identity = replace(application(), is_managed_identity=True, cloud=cloud)
    assert f"to {graph}/v1.0/servicePrincipals/" in GRANT_APP_ROLES.remedy(identity)


def test_where_the_admin_center_is_not_known_its_address_is_left_out() -> None:
    unknown = Cloud("https://login.example", "https://graph.example")
    for caller in (person(MEMBER), application()):
        assert "https:" not in GRANT_APP_ROLES.remedy(replace(caller, cloud=unknown))


def test_of_several_rights_those_are_told_that_are_missing() -> None:
    said = remedies([GRANT_APP_ROLES, READ_APPLICATIONS], application("Application.Read.All"))
    assert "AppRoleAssignment.ReadWrite.All" in said
    assert "Application.Read.All" not in said


def test_whoever_is_refused_and_seems_to_have_all_is_told_the_first() -> None:
    said = remedies(
        [GRANT_APP_ROLES, READ_APPLICATIONS], application("Application.Read.All", "AppRoleAssignment.ReadWrite.All")
    )
    assert said.count("needs the Microsoft Graph permission") == 1
    assert "AppRoleAssignment.ReadWrite.All" in said
