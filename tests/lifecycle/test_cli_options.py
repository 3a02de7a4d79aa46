"""Options of the CLI that people reach for, on this program: docs/reference/pulumi-commands.md."""

from __future__ import annotations

from tests.support.stack import MAGENTO, Stack
from tests.support.tenant import Tenant


def names(stack: Stack) -> set[str]:
    return {each["urn"].rpartition("::")[2].partition("-")[0] for each in stack.resources()} - {"entra"}


def test_one_integration_of_two_is_made_repaired_and_taken_away_by_target(tenant: Tenant, stack: Stack) -> None:
    stack.write(magento=MAGENTO, shop={**MAGENTO, "displayName": "Shop"})
    made = stack.up("--target", "**shop**")
    assert made.code == 0, made
    assert names(stack) == {"shop"}
    assert stack.up().code == 0
    shop = stack.client_id("shop")
    tenant.edit("disable_registration", environment="Production", clientId=shop)
    (registration,) = [
        each["urn"] for each in stack.resources() if each["urn"].endswith("Registration::shop-production")
    ]
    assert stack.refresh("--target", registration).changes == {"update": 1}
    repaired = stack.up("--target", registration)
    assert (repaired.code, repaired.changes["update"]) == (0, 1), repaired
    gone = stack.destroy("--target", "**shop**", "--target-dependents")
    assert gone.code == 0, gone
    assert names(stack) == {"magento"}


def test_a_value_given_on_the_command_line_is_checked_like_one_of_the_file(stack: Stack) -> None:
    refused = stack.preview("--config", "entra-business-central:maximumSecretLifetimeDays=7")
    assert refused.code == 1
    assert "shorten it, or raise entra-business-central:maximumSecretLifetimeDays" in refused.output, refused


def test_a_saved_plan_is_carried_out_as_it_was_reviewed(stack: Stack) -> None:
    plan = stack.folder.root / "plan.json"
    assert stack.preview("--save-plan", str(plan)).code == 0
    done = stack.up("--plan", str(plan))
    assert done.code == 0, done
    assert done.changes == {"create": 10}
