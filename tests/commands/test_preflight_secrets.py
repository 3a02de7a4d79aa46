"""`python -m commands preflight`: labels whose secrets have ended, or end soon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.entra import EntraApplication, graph, key_ids, tag
from tests.support.preflight import PreflightRun, exported, run_preflight
from tests.support.stack import FIRST, MAGENTO, secrets
from tests.support.tenant import Tenant

LIFETIME = 120  # days, of the preset
WHERE = "integrations.magento.credentials.secrets.issued"


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).date().isoformat()


ENDED, ENDS_SOON = ago(LIFETIME + 1), ago(LIFETIME - 20)


def end_of(label: str, lifetime: int = LIFETIME) -> str:
    return (datetime.fromisoformat(label[:10]) + timedelta(days=lifetime)).date().isoformat()


def recorded(tenant: Tenant, application: EntraApplication, *labels: str, lifetime: int = LIFETIME) -> dict[str, Any]:
    """Make a secret for each label, and return a state with the application and these."""
    state = exported(application, secrets=dict.fromkeys(labels, "given below"))
    for each in state["deployment"]["resources"]:
        if label := each["urn"].partition("-secret-")[2]:
            made = graph(
                tenant, "POST", f"/applications/{application.object_id}/addPassword",
                {"passwordCredential": {"displayName": label}},
            )  # fmt: skip
            each["outputs"] |= {"keyId": made["keyId"], "endDate": f"{end_of(label, lifetime)}T00:00:00Z"}
    tenant.clear_requests()
    return state


def look(tenant: Tenant, folder: Path, *issued: str, state: dict[str, Any] | None = None) -> PreflightRun:
    return run_preflight(
        tenant, folder, integrations={"magento": {**MAGENTO, "credentials": secrets(*issued)}}, state=state
    )


def test_a_label_that_ended_and_that_the_state_does_not_hold_is_refused_with_key_and_label(
    tenant: Tenant, tmp_path: Path
) -> None:
    looked = look(tenant, tmp_path, ENDED, FIRST)
    assert looked.code == 1
    found = looked.only("refused")
    assert found["where"] == WHERE
    assert f"the secret '{ENDED}' would have ended {end_of(ENDED)}: the state does not hold it" in found["found"]
    assert f"Remove '{ENDED}' from the list" in found["remedy"]
    assert looked.of("note") == []


def test_a_second_label_of_one_day_and_an_integration_with_a_former_key_are_told_apart(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    renamed = {"shop": {**MAGENTO, "formerly": ["magento"], "credentials": secrets(ENDED, f"{ENDED}b", FIRST)}}
    looked = run_preflight(tenant, tmp_path, integrations=renamed, state=recorded(tenant, application, ENDED))
    assert f"'{ENDED}b' would have ended" in looked.only("refused")["found"]
    assert f"'{ENDED}' ended {end_of(ENDED)}" in looked.only("note", "secrets.issued")["found"]


def test_a_label_that_ended_and_that_the_state_holds_is_said_and_stops_nothing(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    looked = look(tenant, tmp_path, ENDED, FIRST, state=recorded(tenant, application, ENDED, FIRST))
    assert looked.of("missing", "refused") == []
    note = looked.only("note", WHERE)
    assert note["found"] == f"the secret '{ENDED}' ended {end_of(ENDED)}: nobody can sign in with it"
    assert f"'{FIRST}' is newer" in note["remedy"]


@pytest.mark.parametrize("is_held", [True, False])
def test_a_label_that_ends_within_thirty_days_is_said_with_what_to_do(
    tenant: Tenant, tmp_path: Path, application: EntraApplication, is_held: bool
) -> None:
    tag(application, tenant)
    state = recorded(tenant, application, *([ENDS_SOON] if is_held else []))
    looked = look(tenant, tmp_path, ENDS_SOON, state=state)
    assert looked.of("missing", "refused") == []
    note = looked.only("note", WHERE)
    assert f"the secret '{ENDS_SOON}' ends {end_of(ENDS_SOON)}, in 19 days" in note["found"]
    assert "Add today's date to the list" in note["remedy"]


def test_the_end_is_the_one_that_was_fixed_when_the_secret_was_made(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    assert look(tenant, tmp_path, ENDED, state=recorded(tenant, application, ENDED, lifetime=180)).of("note") == []
    note = look(tenant, tmp_path, FIRST, state=recorded(tenant, application, FIRST, lifetime=10)).only("note", WHERE)
    assert f"ends {end_of(FIRST, 10)}" in note["found"]


def test_old_labels_are_refused_where_the_application_is_made_anew(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    """After a deletion in Entra the state still holds application and secrets, and a refresh drops them."""
    tag(application, tenant)
    state = recorded(tenant, application, ENDED, FIRST)
    tenant.edit("delete_application", clientId=application.client_id)
    looked = look(tenant, tmp_path, ENDED, FIRST, state=state)
    found = looked.only("refused", WHERE)
    assert f"'{ENDED}' would have ended {end_of(ENDED)}: its application is made anew" in found["found"]


def test_an_ended_label_is_refused_where_somebody_removed_its_secret_in_entra(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    """A plain `up` does not see it; one that looks would make it anew, which Entra refuses."""
    tag(application, tenant)
    state = recorded(tenant, application, ENDED, FIRST)
    held = {each["urn"].partition("-secret-")[2]: each for each in state["deployment"]["resources"]}
    for label in (ENDED, FIRST):  # the other one can be made again: that is not foretold
        key_id = held[label]["outputs"]["keyId"]
        tenant.edit("remove_password", clientId=application.client_id, keyId=key_id)
    looked = look(tenant, tmp_path, ENDED, FIRST, state=state)
    assert looked.code == 1
    found = looked.only("refused")
    assert found["where"] == WHERE
    assert f"'{ENDED}' would have ended {end_of(ENDED)}: somebody removed it in Entra" in found["found"]
    assert f"Remove '{ENDED}' from the list" in found["remedy"]


def test_nothing_is_said_and_nothing_more_is_asked_where_all_labels_end_later(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    assert look(tenant, tmp_path, FIRST, state=recorded(tenant, application, FIRST)).of("note") == []
    before = len(tenant.requests())
    tenant.clear_requests()
    assert look(tenant, tmp_path, ENDED, FIRST, state=recorded(tenant, application, ENDED, FIRST)).only("note", WHERE)
    assert len(tenant.requests()) == before


def test_a_secret_that_was_taken_over_is_left_over_only_where_the_stack_file_does_not_know_it(
    tenant: Tenant, tmp_path: Path, application: EntraApplication
) -> None:
    tag(application, tenant)
    unknown = look(tenant, tmp_path, FIRST, state=recorded(tenant, application, FIRST)).only("leftover")
    assert key_ids(application, tenant)[0] in unknown["found"]
    known = {"secrets": {"known": list(key_ids(application, tenant))}}
    looked = run_preflight(
        tenant,
        tmp_path,
        integrations={"magento": {**MAGENTO, "credentials": known}},
        state=recorded(tenant, application),
    )
    assert looked.code == 0, looked.output
    assert looked.of("leftover") == []
