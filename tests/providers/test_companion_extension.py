"""CompanionExtension in its real host, against the rehearsal tenant's admin center and Automation API."""

from __future__ import annotations

import base64
import json
import pickletools
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2 as messages

from clients.http.errors import OperationFailed
from dynamic_providers.companion_extension import CompanionExtension, CompanionExtensionProvider
from reconcilers.companion import waiting
from reconcilers.companion.spec import CompanionSpec
from tests.support.app_file import COMPANION_APP_ID, write_app_file
from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.provider_host import ProviderError, ProviderHost, _struct
from tests.support.tenant import Tenant, wait_for

UPLOADS = {"adminCenter": "/apps/pteInstall$", "automation": "Microsoft.NAV.upload$"}

Declare = Callable[..., dict[str, Any]]


@pytest.fixture
def allowed(tenant: Tenant) -> Tenant:
    """A tenant whose deployer may manage extensions, both ways, and whose environments have no companion extension."""
    deployer = tenant.ready.deployer.clientId
    role = {"clientId": deployer, "resourceAppId": BUSINESS_CENTRAL, "role": "AdminCenter.ReadWrite.All"}
    tenant.edit("add_app_role_assignment", **role)
    for environment in ("Production", "Sandbox"):
        tenant.edit("uninstall_companion", environment=environment)
        tenant.edit(
            "add_permission_set", environment=environment, clientId=deployer, roleId="EXTEN. MGT. - ADMIN", company=""
        )
    tenant.clear_requests()
    return tenant


@pytest.fixture
def host(allowed: Tenant, start_host: Callable[..., ProviderHost]) -> ProviderHost:
    return start_host(CompanionExtensionProvider())


@pytest.fixture(params=["adminCenter", "automation"])
def declare(request: pytest.FixtureRequest, tmp_path: Path) -> Declare:
    """Inputs as the component gives them, for each of the two ways."""
    return _declare(tmp_path, request.param)


@pytest.fixture
def declare_admin_center(tmp_path: Path) -> Declare:
    return _declare(tmp_path, "adminCenter")


def _declare(folder: Path, channel: str) -> Declare:
    def declare(version: str = "1.0.0.0", **changed: Any) -> dict[str, Any]:
        return {
            "environment": "Production",
            "file": changed.get("file") or str(write_app_file(folder, version)),
            "channel": channel,
            "uninstall_on_destroy": False,
            "declared_at": "companionExtension",
            **changed,
        }

    return declare


def installed(tenant: Tenant, environment: str = "Production") -> str | None:
    """The companion's version there."""
    extensions = tenant.state()["businessCentral"][environment]["extensions"]
    found = [each["version"] for each in extensions if each["id"] == COMPANION_APP_ID and each["installed"]]
    return found[0] if found else None


def uploads(tenant: Tenant) -> int:
    pattern = "|".join(UPLOADS.values())
    return sum(bool(re.search(pattern, each["path"])) for each in tenant.requests(method="POST"))


def writes(tenant: Tenant) -> list[str]:
    ours = tenant.requests(user_agent="entra-business-central/")
    return [each["path"] for each in ours if each["method"] != "GET" and "/oauth2/" not in each["path"]]


# --- installing and upgrading


def test_it_is_installed_and_its_version_read_back(allowed: Tenant, host: ProviderHost, declare: Declare) -> None:
    resource = host.create(declare("1.0.0.0"))
    assert installed(allowed) == "1.0.0.0"
    assert installed(allowed, "Sandbox") is None
    assert resource.id == f"{allowed.ready.tenantId}/Production/{COMPANION_APP_ID}"
    assert resource.outputs["version"] == "1.0.0.0"
    assert uploads(allowed) == 1


def test_the_state_says_which_file_it_was_and_has_nothing_of_its_content(host: ProviderHost, declare: Declare) -> None:
    resource = host.create(declare())
    assert len(resource.outputs["sha256"]) == 64
    assert len(json.dumps([resource.inputs, resource.outputs])) < 1500


def test_what_is_there_already_is_found_and_nothing_is_uploaded(
    allowed: Tenant, host: ProviderHost, declare: Declare
) -> None:
    allowed.edit("install_companion", environment="Production")
    assert host.create(declare("1.0.0.0")).outputs["version"] == "1.0.0.0"
    assert writes(allowed) == []


def test_a_newer_file_is_an_update_and_upgrades(allowed: Tenant, host: ProviderHost, declare: Declare) -> None:
    resource = host.create(declare("1.0.0.0"))
    assert host.has_changes(resource, declare("1.0.1.0"))
    assert host.update(resource, declare("1.0.1.0")).outputs["version"] == "1.0.1.0"
    assert installed(allowed) == "1.0.1.0"


def test_versions_are_compared_as_numbers(host: ProviderHost, declare_admin_center: Declare) -> None:
    resource = host.create(declare_admin_center("1.0.9.0"))
    assert host.has_changes(resource, declare_admin_center("1.0.10.0"))


def test_an_older_file_changes_nothing_and_says_so(
    allowed: Tenant, host: ProviderHost, declare_admin_center: Declare
) -> None:
    resource = host.create(declare_admin_center("1.0.1.0"))
    assert not host.has_changes(resource, declare_admin_center("1.0.0.0"))
    assert "1.0.0.0 is older than 1.0.1.0, which is installed and stays" in stderr_of(host)


def test_another_file_of_the_same_version_changes_nothing_and_says_so(
    host: ProviderHost, declare_admin_center: Declare, tmp_path: Path
) -> None:
    resource = host.create(declare_admin_center())
    rebuilt = write_app_file(tmp_path, source="// rebuilt")
    assert not host.has_changes(resource, declare_admin_center(file=str(rebuilt)))
    assert "of the same version 1.0.0.0: it is not installed; raise `version` in app.json" in stderr_of(host)


def test_an_unchanged_declaration_asks_nothing_of_the_services(
    allowed: Tenant, host: ProviderHost, declare: Declare
) -> None:
    resource = host.create(declare())
    allowed.clear_requests()
    assert not host.has_changes(resource, declare())
    assert allowed.requests() == []


def test_another_way_to_install_it_is_noted_without_a_request(
    allowed: Tenant, host: ProviderHost, declare_admin_center: Declare
) -> None:
    resource = host.create(declare_admin_center())
    allowed.clear_requests()
    changed = declare_admin_center(channel="automation", uninstall_on_destroy=True)
    assert host.has_changes(resource, changed)
    assert host.update(resource, changed).outputs["uninstall_on_destroy"] is True
    assert allowed.requests() == []


def test_it_waits_as_long_as_the_deployment_runs(allowed: Tenant, host: ProviderHost, declare: Declare) -> None:
    allowed.edit("set_switch", environment="Production", name="deploymentPolls", value=4)
    host.create(declare())
    looks = [
        each for each in allowed.requests(method="GET") if re.search("/operations/|DeploymentStatus", each["path"])
    ]
    assert len(looks) >= 4
    assert installed(allowed) == "1.0.0.0"


def test_what_happens_is_told(host: ProviderHost, declare: Declare) -> None:
    host.create(declare())
    told = stderr_of(host)
    assert "companionExtension, environment Production: uploading Entra Business Central Registration 1.0.0.0" in told
    assert "Entra Business Central Registration 1.0.0.0 is installed" in told


def test_a_wait_says_that_it_goes_on_and_is_given_up_in_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "PROGRESS_SECONDS", 0)
    monkeypatch.setattr(waiting, "DEPLOYMENT_SECONDS", 1)
    spec = CompanionSpec(
        environment="Production", file="", declared_at="companionExtension",
        app_id=COMPANION_APP_ID, name="", publisher="", version="1.0.0.0", sha256="",
    )  # fmt: skip
    with pytest.raises(
        OperationFailed, match=r"has not finished it .* it waits for what goes on, and starts nothing twice"
    ):
        waiting.wait(lambda: None, "install it", spec)
    assert "environment Production: waiting for Business Central to install it (" in capsys.readouterr().err


# --- drift


def test_nothing_drifted_when_nothing_was_touched(host: ProviderHost, declare: Declare) -> None:
    resource = host.create(declare())
    assert host.read(resource) == resource


def test_an_uninstalled_extension_is_gone_and_comes_back(allowed: Tenant, host: ProviderHost, declare: Declare) -> None:
    resource = host.create(declare())
    allowed.edit("uninstall_companion", environment="Production")
    assert host.read(resource) is None
    host.create(declare())
    assert installed(allowed) == "1.0.0.0"


def test_what_is_not_on_the_first_page_of_a_list_is_not_gone(
    allowed: Tenant, host: ProviderHost, declare_admin_center: Declare
) -> None:
    resource = host.create(declare_admin_center())
    apps = r"/environments/Production/apps$"
    link = f"{allowed.ready.businessCentralUrl}/admin/v2.29/applications/BusinessCentral/environments/Production/apps"
    first = {"value": [], "@odata.nextLink": f"{link}?page=2"}
    json_ = {"content-type": "application/json"}
    allowed.fault({"path": apps}, "raw", status=200, body=json.dumps(first), headers=json_)
    assert host.read(resource) == resource
    allowed.fault({"path": apps}, "raw", status=200, body='{"value": [], "@odata.nextLink": 7}', headers=json_)
    with pytest.raises(ProviderError, match="could not list the extensions of environment Production"):
        host.read(resource)


def test_an_older_version_is_seen_and_upgraded(allowed: Tenant, host: ProviderHost, declare: Declare) -> None:
    resource = host.create(declare("1.0.1.0"))
    allowed.edit("uninstall_companion", environment="Production")
    allowed.edit("install_companion", environment="Production")  # 1.0.0.0
    seen = host.read(resource)
    assert seen is not None
    assert seen.inputs["version"] == seen.outputs["version"] == "1.0.0.0"
    assert host.has_changes(seen, declare("1.0.1.0"))
    assert host.update(seen, declare("1.0.1.0")).outputs["version"] == "1.0.1.0"


def test_a_newer_version_is_seen_and_stays(
    allowed: Tenant, host: ProviderHost, start_host: Callable[..., ProviderHost], declare: Declare
) -> None:
    resource = host.create(declare("1.0.0.0"))
    host.create(declare("2.0.0.0"))  # as an administrator would
    seen = host.read(resource)
    assert seen is not None
    assert seen.outputs["version"] == "2.0.0.0"
    assert not host.has_changes(seen, declare("1.0.0.0"))


def test_a_missing_environment_is_an_error_and_not_a_missing_extension(
    allowed: Tenant, host: ProviderHost, declare: Declare
) -> None:
    resource = host.create(declare())
    allowed.edit("rename_environment", environment="Production", to="Live")
    with pytest.raises(ProviderError, match="Check the name of environment Production"):
        host.read(resource)


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
        host.create(_declare(tmp_path, "automation")())


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


# --- files


def test_a_file_that_is_not_there_is_found_at_preview(host: ProviderHost, declare_admin_center: Declare) -> None:
    with pytest.raises(ProviderError, match=r"file: could not read the extension not/there\.app: No such file"):
        host.check(declare_admin_center(file="not/there.app"))


def test_another_extension_is_refused_at_preview(
    host: ProviderHost, declare_admin_center: Declare, tmp_path: Path
) -> None:
    other = write_app_file(tmp_path, app_id="11111111-1111-4111-8111-111111111111", name="Loyalty", publisher="Cronus")
    with pytest.raises(ProviderError, match=r"file: is Loyalty 1\.0\.0\.0 by Cronus .* not the companion extension"):
        host.check(declare_admin_center(file=str(other)))


def test_a_file_that_changed_after_the_preview_is_not_installed(
    allowed: Tenant, host: ProviderHost, declare_admin_center: Declare, tmp_path: Path
) -> None:
    checked = host.check(declare_admin_center())
    write_app_file(tmp_path, source="// something else")
    with pytest.raises(ProviderError, match="has changed since it was checked"):
        host._call("Create", messages.CreateRequest(properties=_struct(checked)))
    assert writes(allowed) == []


# --- deleting


def test_deleting_leaves_the_extension_where_it_is(allowed: Tenant, host: ProviderHost, declare: Declare) -> None:
    resource = host.create(declare())
    allowed.clear_requests()
    host.delete(resource)
    assert installed(allowed) == "1.0.0.0"
    assert allowed.requests() == []
    assert "stays installed" in stderr_of(host)


def test_deleting_uninstalls_where_it_is_told_to_and_twice_is_fine(
    allowed: Tenant, host: ProviderHost, declare: Declare
) -> None:
    resource = host.create(declare(uninstall_on_destroy=True))
    host.delete(resource)
    assert installed(allowed) is None
    host.delete(resource)


def test_a_failed_uninstallation_is_told(allowed: Tenant, host: ProviderHost, declare_admin_center: Declare) -> None:
    resource = host.create(declare_admin_center(uninstall_on_destroy=True))
    allowed.edit("set_switch", environment="Production", name="deploymentError", value="Others depend on it.")
    with pytest.raises(ProviderError, match=r'could not uninstall .* "Others depend on it"'):
        host.delete(resource)


# --- stored names (docs/decisions/0009-installing-the-companion-extension.md)


def test_what_is_pickled_into_the_state_is_a_module_and_a_class_and_nothing_else() -> None:
    pickled = base64.b64decode(serialize_provider(CompanionExtensionProvider()))
    strings = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]
    assert strings == ["dynamic_providers.companion_extension", "CompanionExtensionProvider"]


def test_its_type_and_property_keys(host: ProviderHost, declare_admin_center: Declare) -> None:
    assert CompanionExtension._resource_type_name == "dynamic/entra-business-central:CompanionExtension"
    assert set(host.create(declare_admin_center()).outputs) - {"__provider"} == {
        "environment", "file", "declared_at",
        "app_id", "name", "publisher", "version", "sha256",
    }  # fmt: skip


def stderr_of(host: ProviderHost) -> str:
    """End a host and return what it told."""
    host.__exit__(None, None, None)
    return host.stderr
