"""A rotation killed, and its connection broken, at each of its writes; then `up`: nothing is lost, nothing is unknown.

A rotation is two runs: one makes the secret of the second date, one takes that of the first away. The reads of ours are
interrupted in tests/providers, which asks no engine; what azuread leaves of its own is named by preflight.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.support.kills import kill_at
from tests.support.preflight import run_preflight
from tests.support.stack import FIRST, MAGENTO, SECOND, Stack
from tests.support.tenant import Tenant
from tests.support.vaults import VAULT, AdministeredVault

Kind = Literal["state", "custody", "deliver"]
Part = Literal["the second is made", "the first is taken away"]

NAME = "magento"
PLACE = {"keyVault": VAULT, "secretName": NAME}
_IN_STATE: tuple[tuple[Part, str, str], ...] = (
    ("the second is made", "POST", "/addPassword$"),
    ("the first is taken away", "POST", "/removePassword$"),
)
_IN_A_VAULT: tuple[tuple[Part, str, str], ...] = (
    *_IN_STATE,
    ("the second is made", "PUT", "/secrets/"),
    ("the first is taken away", "PATCH", "/secrets/"),
)
_KINDS: dict[Kind, tuple[tuple[Part, str, str], ...]] = {
    "state": _IN_STATE, "custody": _IN_A_VAULT, "deliver": _IN_A_VAULT,
}  # fmt: skip
EACH = [
    (kind, *write, when, by)
    for kind, writes in _KINDS.items()
    for write in writes
    for when in ("before", "after")
    for by in ("a kill", "a broken connection")
]
SOME = [
    ("custody", "the first is taken away", "POST", "/removePassword$", "after", "a kill"),
    ("deliver", "the second is made", "PUT", "/secrets/", "after", "a kill"),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Interrupt at some writes in every run of the tests, and at each with `--kills`."""
    if "by" in metafunc.fixturenames:
        assert set(SOME) <= set(EACH)
        names = ("kind", "part", "method", "path", "when", "by")
        metafunc.parametrize(names, EACH if metafunc.config.getoption("--kills") else SOME)


def declared(kind: Kind, *issued: str) -> dict[str, Any]:
    place = {} if kind == "state" else {kind: PLACE}
    return {**MAGENTO, "credentials": {"secrets": {"issued": list(issued), **place}}}


def newest(stack: Stack, vault: AdministeredVault, kind: Kind) -> str:
    """The secret that is handed over: out of the outputs, or as the vault's current version."""
    if kind == "custody":
        return vault.values(NAME)[-1]
    handed_over: str = stack.outputs()["integrations"]["magento"]["clientSecret"]
    if kind == "deliver":
        assert vault.values(NAME)[-1] == handed_over
    return handed_over


def works(tenant: Tenant, client_id: str, secret: str) -> bool:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return tenant.token_response({**form, "scope": f"{tenant.ready.origin}/.default"}).ok


def unknown_credentials(tenant: Tenant, stack: Stack) -> set[str]:
    """Key ids of the application's secrets in Entra that the state does not have."""
    [application] = [each for each in tenant.state()["entra"]["applications"] if each["tags"]]
    outputs = [
        each["outputs"] for each in stack.resources() if each["urn"].rpartition("::")[2].startswith("magento-secret")
    ]
    recorded = {each[key] for each in outputs for key in ("keyId", "key_id") if key in each}
    return {each["keyId"] for each in application["passwordCredentials"]} - recorded


def interrupt(tenant: Tenant, stack: Stack, method: str, path: str, when: str, by: str) -> None:
    match = {"method": method, "path": path}
    if by == "a kill":
        kill_at(tenant, stack, "up", tenant.fault(match, action="hold", when=when))
        return
    fault = tenant.fault(match, action="drop", when=when)
    assert "Traceback" not in stack.up().output
    assert fault.hits == 1
    tenant.clear_faults()


def test_an_interrupted_rotation_is_finished_by_the_next_up_and_what_is_left_is_named(
    tenant: Tenant, stack: Stack, vault: AdministeredVault, tmp_path: Path,
    kind: Kind, part: Part, method: str, path: str, when: str, by: str,
) -> None:  # fmt: skip
    before, after = ((FIRST,), (FIRST, SECOND)) if part == "the second is made" else ((FIRST, SECOND), (SECOND,))
    stack.write(magento=declared(kind, *before))
    stack.deploy()
    client_id, old = stack.client_id(), newest(stack, vault, kind)
    first = old if before == (FIRST,) else vault.values(NAME)[0] if kind != "state" else ""
    stack.write(magento=declared(kind, *after))
    interrupt(tenant, stack, method, path, when, by)
    done = stack.up()
    if kind != "custody" and path == "/removePassword$" and when == "after":
        assert "No password credential found with keyId" in done.output, (
            "azuread's word: docs/reference/interrupted-runs.md"
        )
        done = stack.up("--refresh")
    assert done.code == 0, done

    assert works(tenant, client_id, newest(stack, vault, kind)), "nothing is lost"
    if first:
        assert works(tenant, client_id, first) is (FIRST in after)
    if kind != "state":
        enabled = [each["tags"]["label"] for each in vault.versions(NAME) if each["enabled"]]
        assert sorted(enabled) == sorted(after), "what can be read is what signs in"
        assert vault.versions(NAME)[-1]["tags"]["label"] == SECOND
    left = unknown_credentials(tenant, stack)
    is_azureads = kind != "custody" and path == "/addPassword$" and when == "after"
    assert len(left) == (1 if is_azureads else 0), "nothing but what azuread made and did not record"
    command = stack.pulumi.state_command()
    state = subprocess.run(
        command, env=stack.environment(), cwd=stack.folder.root, capture_output=True, check=True
    ).stdout
    integrations = {"magento": declared(kind, *after)}
    looked = run_preflight(tenant, tmp_path, integrations=integrations, state=json.loads(state))
    named = [each["remedy"] for each in looked.of("leftover")]
    assert [f"--key-id {key_id}" in remedy for key_id, remedy in zip(left, named, strict=True)] == [True] * len(left)
    assert all("az ad app credential delete" in each for each in named)
    assert stack.drift().code == 0
