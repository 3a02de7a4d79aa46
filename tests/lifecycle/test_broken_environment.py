"""A test environment that is broken keeps production back neither from its registration, nor from its new secret."""

from __future__ import annotations

from typing import Any

from commands.stack_outputs import UNKNOWN_OUTPUT
from tests.support.prove import prove
from tests.support.registrations import SETS, registrations
from tests.support.stack import FIRST, MAGENTO, SECOND, Run, Stack, secrets
from tests.support.tenant import Tenant
from tests.support.working_integration import working

ROTATED = {**MAGENTO, "credentials": secrets(FIRST, SECOND)}
ROTATED_OUT = {**MAGENTO, "credentials": secrets(SECOND)}
PROOF = "AccessProof"


def handed_over(stack: Stack) -> dict[str, Any]:
    """The outputs of the integration."""
    outputs: dict[str, Any] = stack.outputs()["integrations"]["magento"]
    return outputs


def proved_with(stack: Stack) -> dict[str, str]:
    """Environment -> label of the secret with which it was proved last."""
    labels = {
        each["outputs"]["keyId"]: each["urn"].rpartition("-secret-")[2]
        for each in stack.resources()
        if "ApplicationPassword" in each["type"]
    }
    return {
        each["id"].split("/")[1]: labels.get(each["outputs"]["credential_id"], "one that is gone")
        for each in stack.resources()
        if PROOF in each["type"]
    }


def goes_on(stack: Stack) -> Run:
    """Run an up that goes on after errors, and has some."""
    done = stack.up("--continue-on-error")
    assert done.code == 1, done
    assert "environments.production" not in done.output, "nothing is wrong there"
    return done


def test_a_proof_that_fails_in_the_test_environment_keeps_productions_new_secret_not_back(
    tenant: Tenant, deployed: Stack
) -> None:
    before = handed_over(deployed)
    tenant.edit("disable_registration", environment="Sandbox", clientId=before["clientId"])
    deployed.write(magento=ROTATED)
    assert "environments.sandbox: could not prove" in goes_on(deployed).output
    after = handed_over(deployed)
    assert after["clientSecret"] not in (before["clientSecret"], UNKNOWN_OUTPUT)
    assert proved_with(deployed) == {"Production": SECOND, "Sandbox": FIRST}
    assert prove(deployed, "--json").results == {"Production": ("proven", ""), "Sandbox": ("failed", "disabled")}
    repaired = deployed.up("--refresh")
    assert repaired.code == 0, repaired
    assert handed_over(deployed) == after
    assert proved_with(deployed) == {"Production": SECOND, "Sandbox": SECOND}
    assert working(tenant, deployed)


def test_a_test_environment_in_which_nothing_can_be_registered_keeps_production_not_back(
    tenant: Tenant, stack: Stack
) -> None:
    tenant.edit("uninstall_companion", environment="Sandbox")
    assert "environments.sandbox" in goes_on(stack).output
    access = handed_over(stack)
    assert registrations(tenant, access["clientId"]) == {"Production": ("Enabled", SETS)}
    assert proved_with(stack) == {"Production": FIRST}
    assert prove(stack, "--json").results["Production"] == ("proven", "")
    tenant.edit("install_companion", environment="Sandbox")
    done = stack.up()
    assert done.code == 0, done
    assert handed_over(stack) == access
    assert working(tenant, stack)


def test_a_secret_can_be_taken_away_while_the_test_environment_is_broken(tenant: Tenant, deployed: Stack) -> None:
    """Sandbox's proof is left out, and was made with the secret that goes: the state does not name it any more."""
    before = handed_over(deployed)
    tenant.edit("uninstall_companion", environment="Sandbox")
    deployed.write(magento={**ROTATED_OUT, "contactInformation": "somebody else"})
    assert "environments.sandbox" in goes_on(deployed).output
    assert proved_with(deployed) == {"Production": SECOND, "Sandbox": "one that is gone"}
    assert prove(deployed, "--json").results["Production"] == ("proven", "")
    tenant.edit("install_companion", environment="Sandbox")
    done = deployed.up()
    assert done.code == 0, done
    assert handed_over(deployed)["clientSecret"] != before["clientSecret"]
    assert proved_with(deployed) == {"Production": SECOND, "Sandbox": SECOND}
    assert working(tenant, deployed)


def test_a_secret_that_cannot_be_made_is_told_of_and_not_proved_and_the_next_up_makes_it(
    tenant: Tenant, deployed: Stack
) -> None:
    tenant.fault(match={"path": "/addPassword"}, action="status", status=400, code="x", message="no more secrets")
    deployed.write(magento=ROTATED)
    failed = deployed.up("--continue-on-error")
    assert failed.code == 1, failed
    assert "no more secrets" in failed.output
    for environment in ("production", "sandbox"):
        assert f"environments.{environment}: could not prove" in failed.output
    assert "it has no secret" in failed.output
    assert handed_over(deployed)["clientSecret"] == UNKNOWN_OUTPUT
    assert proved_with(deployed) == {"Production": FIRST, "Sandbox": FIRST}
    done = deployed.up()
    assert done.code == 0, done
    assert proved_with(deployed) == {"Production": SECOND, "Sandbox": SECOND}
    assert working(tenant, deployed)
