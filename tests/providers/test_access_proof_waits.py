"""AccessProof while something is not seen everywhere yet: what it waits for, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from dynamic_providers.access_proof import AccessProofProvider
from tests.support.access_proofs import PLACE, asked, inputs
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.entra import EntraApplication, graph
from tests.support.provider_host import ProviderHost
from tests.support.replication import ASKS_IN_FIVE_SECONDS, DELAY, while_others_wait
from tests.support.tenant import OURS, Tenant, wait_for


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("/oauth2/v2.0/token", "invalid_client", "AADSTS7000215: Invalid client secret provided."),
        ("/api/v2.0/", "Authentication_InvalidCredentials", "The server has rejected the client credentials."),
        ("/api/v2.0/", "Internal_ServerError", "Sorry, the current permissions prevented the action. (TableData …)"),
    ],
    ids=["secret", "registration", "permission set"],
)
def test_what_is_not_seen_everywhere_yet_is_waited_for(
    tenant: Tenant, patient_proofs: ProviderHost, system: EntraApplication, path: str, code: str, message: str
) -> None:
    status = 403 if code == "Internal_ServerError" else 401
    late = tenant.fault(match={"path": path}, action="status", status=status, code=code, message=message, times=2)
    assert patient_proofs.create(inputs(system)).outputs["not_provable"] == ""
    assert late.hits == 2


def test_a_role_that_is_late_in_tokens_is_waited_for_with_new_tokens(
    tenant: Tenant, patient_proofs: ProviderHost, system: EntraApplication
) -> None:
    tenant.edit("remove_app_role_assignment", clientId=system.client_id, role="API.ReadWrite.All")
    with ThreadPoolExecutor(1) as pool:
        proof = pool.submit(patient_proofs.create, inputs(system))
        wait_for(lambda: len(asked(tenant)) >= 2 or proof.done(), 60, "a second token")
        tenant.edit(
            "add_app_role_assignment", clientId=system.client_id, resourceAppId=BUSINESS_CENTRAL,
            role="API.ReadWrite.All",
        )  # fmt: skip
        assert proof.result().outputs["not_provable"] == ""


def test_a_new_secret_is_waited_for_and_while_it_lasts_a_line_says_so(
    tenant: Tenant, start_host: Callable[..., ProviderHost], system: EntraApplication
) -> None:
    tenant.replication(DELAY)
    made = graph(tenant, "POST", f"/applications/{system.object_id}/addPassword", {"passwordCredential": {}})
    tenant.clear_requests()
    given = inputs(system, client_secret=made["secretText"])
    with start_host(AccessProofProvider()) as host:
        while_others_wait(tenant, lambda: host.create(given), asks=ASKS_IN_FIVE_SECONDS)
    assert [each["status"] for each in tenant.requests(user_agent=OURS) if "/token" in each["path"]][-1] == 200
    [told] = [line for line in host.stderr.splitlines() if "waiting to" in line][:1]
    assert told.startswith(f"{PLACE}: waiting to prove that {system.client_id} can use environment Production, ")
    assert "AADSTS7000215" in told
    assert made["secretText"] not in host.stderr
