"""A label whose secret would have ended before today: the error of `up` names key and label, and the next up finishes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.stack import FIRST, MAGENTO, Stack, secrets
from tests.support.tenant import Tenant

ENDED = (datetime.now(UTC) - timedelta(days=200)).date().isoformat()
END = (datetime.fromisoformat(ENDED) + timedelta(days=120)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_error_of_up_names_key_and_label_in_one_paragraph_and_the_next_up_finishes(
    tenant: Tenant, stack: Stack
) -> None:
    stack.write(magento={**MAGENTO, "credentials": secrets(ENDED, FIRST)})
    refused = stack.up()
    assert refused.code == 1, refused
    [told] = [line for line in refused.output.splitlines() if "    error: integrations.magento" in line]
    for text in (
        "integrations.magento.credentials.secrets.issued: ",
        f"could not make the secret '{ENDED}', which would end {END}: ",
        "Request_BadRequest",
        f"If that end has passed, Entra makes no such secret: Remove '{ENDED}' from the list.",
    ):
        assert text in told, refused
    assert "Traceback" not in refused.output
    stack.write(magento={**MAGENTO, "credentials": secrets(FIRST)})
    finished = stack.up()
    assert finished.code == 0, finished
    [application] = [each for each in tenant.state()["entra"]["applications"] if "Magento" in each["displayName"]]
    assert [each["displayName"][-10:] for each in application["passwordCredentials"]] == [FIRST]


def test_a_destroy_which_runs_no_program_is_not_held_up_by_what_would_explain_an_error(
    tenant: Tenant, stack: Stack
) -> None:
    assert stack.up().code == 0
    tenant.fault(
        match={"path": "/applications", "method": "DELETE"}, action="status", status=400, code="x", message="y"
    )
    assert stack.destroy().code == 1
    assert stack.destroy().code == 0
