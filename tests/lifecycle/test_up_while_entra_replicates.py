"""Whole runs while Entra does not see everywhere yet what was made a moment ago.

Our providers wait. The azuread plugin gives up (docs/reference/facts-graph.md, "Where the plugin gives up"); its words,
and what to do, are in docs/reference/interrupted-runs.md.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.registrations import SETS, registrations
from tests.support.replication import ASKS_IN_FIVE_SECONDS, DELAY, refused, while_others_wait
from tests.support.stack import MAGENTO, Stack
from tests.support.tenant import Tenant, wait_for
from tests.support.working_integration import working

INTERRUPTED_RUNS = (Path(__file__).parents[2] / "docs/reference/interrupted-runs.md").read_text()
AZUREAD = "terraform-provider-azuread"
NAME = "NaviPartner Magento 2 integration"


class Made(NamedTuple):
    """What there is in Entra of the integration.

    Attributes:
        applications: client ids.
        principals: client ids of service principals.
        assignments: how many roles they hold.
        secrets: how many the applications have.
    """

    applications: list[str]
    principals: list[str]
    assignments: int
    secrets: int


def made(tenant: Tenant) -> Made:
    entra = tenant.state()["entra"]
    applications = [each for each in entra["applications"] if each["displayName"] == NAME]
    principals = [each for each in entra["servicePrincipals"] if each["displayName"] == NAME]
    ids = {each["id"] for each in principals}
    return Made(
        [each["appId"] for each in applications],
        [each["appId"] for each in principals],
        sum(each["principalId"] in ids for each in entra["appRoleAssignments"]),
        sum(len(each["passwordCredentials"]) for each in applications),
    )


def is_whole_and_single(tenant: Tenant, stack: Stack, secrets: int = 1) -> bool:
    """Tell whether the integration works, and nothing of it is there twice."""
    client_id = stack.client_id()
    single = Made([client_id], [client_id], assignments=2, secrets=secrets)
    everywhere = {"Production": ("Enabled", SETS), "Sandbox": ("Enabled", SETS)}
    return made(tenant) == single and registrations(tenant, client_id) == everywhere and working(tenant, stack)


def told(words: str) -> bool:
    """Tell whether interrupted-runs.md has words of the azuread plugin."""
    return words in INTERRUPTED_RUNS


def test_with_delays_on_all_that_our_providers_touch_up_passes_in_one_go_and_says_what_it_waits_for(
    tenant: Tenant, stack: Stack
) -> None:
    stack.write(magento={**MAGENTO, "environments": ["production"]})
    done = while_others_wait(tenant, stack.up, asks=ASKS_IN_FIVE_SECONDS)
    assert done.code == 0, done
    assert done.changes == {"create": 8}
    assert "integrations.magento: waiting to list the roles that" in done.output, done
    assert "404 GET .../appRoleAssignments" in refused(tenant), "a service principal was waited for"
    client_id = stack.client_id()
    assert (
        len([each for each in tenant.requests() if (each["caller"], each["path"][-6:]) == (client_id, "/token")]) > 2
    ), "roles were waited for, with new tokens"
    stack.write(magento=MAGENTO)
    done = while_others_wait(tenant, stack.up)
    assert done.code == 0, done
    assert "401 GET .../companies" in refused(tenant), "a registration was waited for"
    assert is_whole_and_single(tenant, stack)


def test_what_a_refresh_right_after_an_up_takes_for_withdrawn_is_found_by_the_next_up(
    tenant: Tenant, stack: Stack
) -> None:
    stack.write(magento={**MAGENTO, "proof": "off"})  # a proof would have waited
    assert while_others_wait(tenant, stack.up).code == 0
    before = made(tenant)
    looked = stack.refresh()
    assert looked.code == 0, looked
    assert looked.changes["update"] == 1, "the consent"
    done = while_others_wait(tenant, stack.up)
    assert done.code == 0, done
    assert done.changes["update"] == 1
    assert made(tenant) == before
    assert stack.drift().code == 0
    assert is_whole_and_single(tenant, stack)


@pytest.mark.nightly
def test_a_service_principal_that_azuread_does_not_wait_for_is_finished_by_the_next_up(
    tenant: Tenant, stack: Stack
) -> None:
    """The new application is seen late too: azuread waits for that one. Both at their own addresses."""
    tenant.replication(DELAY, by_id=True)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(stack.up)
        wait_for(lambda: first.done() or "PATCH" in _not_found(tenant), 120, "azuread to ask for the application")
        tenant.advance(DELAY)
        failed = first.result()
    assert failed.code != 0
    words = "Timed out whilst waiting for new service principal to be replicated in Azure AD"
    assert words in failed.output
    assert told(words)
    tenant.replication(0)
    tenant.advance(DELAY)
    done = stack.up()
    assert done.code == 0, done
    assert is_whole_and_single(tenant, stack)
    assert stack.drift().code == 0


def _not_found(tenant: Tenant) -> set[str]:
    """Return the methods with which azuread asked for something that is not seen yet."""
    return {each["method"] for each in tenant.requests(user_agent=AZUREAD) if each["status"] == 404}


def late(tenant: Tenant, path: str, method: str = "GET", skip: int = 0) -> None:
    """Let one server of Entra, which azuread happens to ask, not see yet what the others see."""
    tenant.fault(match={"userAgent": AZUREAD, "method": method, "path": path}, status=404, skip=skip)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        pytest.param(
            {"path": "^/beta/applications/"},
            "Retrieving additional properties for Application",
            marks=pytest.mark.nightly,
        ),
        pytest.param(
            {"path": "^/v1.0/servicePrincipals/.*/owners$"},
            "Could not retrieve owners for Service Principal",
            marks=pytest.mark.nightly,
        ),
        ({"path": "/addPassword$", "method": "POST"}, "Adding password for Application"),
    ],
)
def test_where_azuread_gives_up_halfway_the_next_up_finishes(
    tenant: Tenant, stack: Stack, at: dict[str, Any], words: str
) -> None:
    late(tenant, **at)
    failed = stack.up()
    assert failed.code != 0
    assert words in failed.output
    assert told(words)
    done = stack.up()
    assert done.code == 0, done
    assert is_whole_and_single(tenant, stack)


@pytest.mark.parametrize(
    ("path", "next_words", "remedy"),
    [
        (
            "^/v1.0/applications/[^/]+$",
            'An existing "azuread_application" with name "',
            "delete_application",
        ),
        pytest.param(
            "^/v1.0/servicePrincipals/[^/(]+$", "already exists", "delete_service_principal", marks=pytest.mark.nightly
        ),
    ],
)
def test_what_azuread_made_and_forgot_stops_the_next_up_which_names_it_and_after_the_remedy_all_is_well(
    tenant: Tenant, stack: Stack, path: str, next_words: str, remedy: str
) -> None:
    late(tenant, path)
    failed = stack.up()
    words = "expected non-nil error with nil state during Create of"
    assert failed.code != 0
    assert words in failed.output
    assert told(words)
    leftover = made(tenant)
    stopped = stack.up()
    assert stopped.code != 0
    assert next_words in stopped.output
    assert told(next_words)
    assert made(tenant) == leftover, "nothing was made a second time"
    tenant.edit(remedy, clientId=leftover.applications[0])  # interrupted-runs.md: az ad app delete, az ad sp delete
    done = stack.up()
    assert done.code == 0, done
    assert is_whole_and_single(tenant, stack)


@pytest.mark.nightly
def test_a_secret_that_azuread_made_and_forgot_stays_beside_the_one_that_the_next_up_makes(
    tenant: Tenant, stack: Stack
) -> None:
    """The text of the first is lost; interrupted-runs.md tells how to find and remove it."""
    late(tenant, "^/v1.0/applications/[^/]+$", skip=2)
    failed = stack.up()
    words = "Waiting for password credential for Application"
    assert failed.code != 0
    assert words in failed.output
    assert told(words)
    done = stack.up()
    assert done.code == 0, done
    assert is_whole_and_single(tenant, stack, secrets=2)
