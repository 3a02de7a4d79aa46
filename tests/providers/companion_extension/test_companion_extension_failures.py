"""CompanionExtension where a run is interrupted, a deployment fails or is refused, or somebody else does the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dynamic_providers.companion_extension import CompanionExtensionProvider
from tests.support.companion_extension import UPLOADS, Declare, declarations, stderr_of, uploads
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.tenant import Tenant, wait_for

# --- interruptions


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_upload_without_an_answer_is_finished_by_the_next_run(
    allowed: Tenant, host: ProviderHost, declare: Declare, when: str
) -> None:
    inputs = declare()
    allowed.fault({"method": "POST", "path": UPLOADS[inputs["channel"]]}, "drop", when=when)
    with pytest.raises(ProviderError, match="Whether it was done is not known"):
        host.create(inputs)
    assert host.create(inputs).outputs["version"] == "1.0.0.0"
    deployments = allowed.state()["businessCentral"]["Production"]["deployments"]
    assert [(each["type"], each["version"], each["status"]) for each in deployments] == [
        ("install", "1.0.0.0", "succeeded")
    ]


def test_a_run_that_is_killed_while_it_waits_is_continued(
    allowed: Tenant, host: ProviderHost, start_host: Callable[..., ProviderHost], declare: Declare
) -> None:
    allowed.edit("set_switch", environment="Production", name="deploymentPolls", value=4)
    inputs = declare()
    # The Automation API is looked at twice before the upload.
    looks = {"method": "GET", "path": "/operations/|extensionDeploymentStatus"}
    looking = allowed.fault(looks, "hold", skip=0 if inputs["channel"] == "adminCenter" else 2)
    with ThreadPoolExecutor() as threads:
        run = threads.submit(host.create, inputs)
        looking.wait_until_held()
        host._process.kill()
        assert isinstance(run.exception(timeout=30), ProviderError)
    wait_for(lambda: not looking.held, 30, "the tenant to see that the client has gone")
    allowed.clear_faults()
    later = start_host(CompanionExtensionProvider())
    assert later.create(inputs).outputs["version"] == "1.0.0.0"
    assert uploads(allowed) == 1
    assert "is being installed already, by an earlier run or somebody else" in stderr_of(later)


def test_what_an_earlier_run_began_may_end_while_it_is_looked_for(
    allowed: Tenant, host: ProviderHost, declare: Declare
) -> None:
    inputs = declare()
    allowed.fault({"method": "POST", "path": UPLOADS[inputs["channel"]]}, "drop", when="after")
    with pytest.raises(ProviderError, match="Whether it was done is not known"):
        host.create(inputs)
    allowed.edit("set_switch", environment="Production", name="deploymentPolls", value=1)
    assert host.create(inputs).outputs["version"] == "1.0.0.0"
    assert uploads(allowed) == 1


def test_what_somebody_else_does_at_the_same_time_may_end_as_soon_as_ours_is_refused(
    allowed: Tenant, host: ProviderHost, declare: Declare
) -> None:
    allowed.edit("set_switch", environment="Production", name="deploymentPolls", value=1)
    inputs = declare()
    upload = {"method": "POST", "path": UPLOADS[inputs["channel"]]}
    allowed.fault(upload, "status", when="after", status=409, code="x", message="under way already")
    assert host.create(inputs).outputs["version"] == "1.0.0.0"
    assert uploads(allowed) == 1


def test_a_version_that_waits_for_an_update_window_is_not_waited_for(
    allowed: Tenant, host: ProviderHost, declare_admin_center: Declare
) -> None:
    inputs = declare_admin_center()
    path = "/bc/admin/v2.29/applications/BusinessCentral/environments/Production/apps/pteInstall"
    token = allowed.token(scope="https://api.businesscentral.dynamics.com/.default")
    form = {"deploymentSchedule": "UpdateWindow", "acceptIsvEula": "true"}
    with Path(inputs["file"]).open("rb") as file:
        answer = allowed._session.post(
            allowed.ready.origin + path,
            data=form,
            files={"extensionFile": ("companion.app", file)},
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
    assert answer.json()["status"] == "scheduled"
    assert host.create(inputs).outputs["version"] == "1.0.0.0"
    assert uploads(allowed) == 2


# --- failures


def test_a_failed_deployment_is_told_in_the_service_s_words(
    allowed: Tenant, host: ProviderHost, declare_admin_center: Declare
) -> None:
    allowed.edit("set_switch", environment="Production", name="deploymentError", value="Synchronizing\r\n failed.")
    with pytest.raises(ProviderError) as failure:
        host.create(declare_admin_center())
    assert str(failure.value).endswith(
        "OperationFailed: companionExtension: could not install Entra Business Central Registration 1.0.0.0 in environment "
        'Production: Business Central reported that it failed: "Synchronizing failed". Correct what it says, then run '
        "the same command again; the admin center, under Operations of environment Production, has the details.\n"
    )


def test_the_automation_api_s_failure_leads_to_where_the_reason_is(
    allowed: Tenant, host: ProviderHost, tmp_path: Path
) -> None:
    allowed.edit("set_switch", environment="Production", name="deploymentError", value="Synchronizing failed.")
    with pytest.raises(ProviderError, match=r"Upload is Failed.*Extension Management, Installation Status"):
        host.create(declarations(tmp_path, "automation")())


def test_after_a_failed_deployment_the_next_run_uploads_anew(
    allowed: Tenant, host: ProviderHost, declare: Declare
) -> None:
    allowed.edit("set_switch", environment="Production", name="deploymentError", value="Synchronizing failed.")
    with pytest.raises(ProviderError):
        host.create(declare())
    allowed.edit("set_switch", environment="Production", name="deploymentError", value="")
    assert host.create(declare()).outputs["version"] == "1.0.0.0"
    assert uploads(allowed) == 2


def test_a_caller_without_the_admin_center_learns_what_it_needs(
    allowed: Tenant, host: ProviderHost, declare_admin_center: Declare
) -> None:
    allowed.edit("unauthorize_admin_application", clientId=allowed.ready.deployer.clientId)
    with pytest.raises(
        ProviderError,
        match=r": the Business Central admin center answered 403 Forbidden.*AdminCenter\.ReadWrite\.All.*Authorized",
    ):
        host.create(declare_admin_center())


def test_a_caller_who_may_not_manage_extensions_learns_which_permission_set_it_needs(
    allowed: Tenant, host: ProviderHost, declare: Declare
) -> None:
    allowed.edit(
        "remove_permission_set",
        environment="Production",
        clientId=allowed.ready.deployer.clientId,
        roleId="EXTEN. MGT. - ADMIN",
    )
    with pytest.raises(ProviderError, match=r"EXTEN\. MGT\. - ADMIN"):
        host.create(declare())


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    "message",
    [
        "You do not have the following permissions on Page APIV2 - Aut. Extension Upload: Execute.",
        "You do not have sufficient permissions to manage extensions. Please contact your administrator.",
    ],
)
def test_in_whichever_words_it_is_refused_the_permission_set_is_named(
    allowed: Tenant, host: ProviderHost, declare: Declare, status: int, message: str
) -> None:
    match = {"path": "/extensionUpload|/apps/pteInstall", "caller": allowed.ready.deployer.clientId}
    allowed.fault(match=match, status=status, code="Internal_ServerError", message=message, times=0)
    with pytest.raises(ProviderError, match=r"the permission set EXTEN\. MGT\. - ADMIN"):
        host.create(declare())


def test_a_wrong_environment_is_named(host: ProviderHost, declare: Declare) -> None:
    with pytest.raises(ProviderError, match="Check the name of environment Prodution"):
        host.create(declare(environment="Prodution"))
