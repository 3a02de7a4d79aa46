"""CompanionExtension in its real host, against the rehearsal tenant's admin center and Automation API."""

from __future__ import annotations

import base64
import json
import pickletools
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2 as messages

from clients.http.errors import OperationFailed
from dynamic_providers.companion_extension import CompanionExtension, CompanionExtensionProvider
from reconcilers.companion import waiting
from reconcilers.companion.spec import CompanionSpec
from tests.support.app_file import COMPANION_APP_ID, write_app_file
from tests.support.companion_extension import Declare, installed, stderr_of, uploads, writes
from tests.support.provider_host import ProviderError, ProviderHost, _struct
from tests.support.tenant import Tenant

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
    changed = declare_admin_center(file=str(rebuilt), uninstall_on_destroy=True)
    updated = host.update(resource, changed)
    assert not host.has_changes(updated, changed)
    said = "of the same version 1.0.0.0: it is not installed; raise `version` in app.json"
    assert stderr_of(host).count(said) == 2, "also once something else has changed"


def test_an_unchanged_declaration_asks_nothing_of_the_services(
    allowed: Tenant, host: ProviderHost, declare: Declare
) -> None:
    resource = host.create(declare())
    allowed.clear_requests()
    assert not host.has_changes(resource, declare())
    assert allowed.requests() == []


def test_the_same_environment_in_another_spelling_is_no_change(host: ProviderHost, declare: Declare) -> None:
    resource = host.create(declare(uninstall_on_destroy=True))
    assert not host.has_changes(resource, declare(uninstall_on_destroy=True, environment="PRODUCTION"))


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
