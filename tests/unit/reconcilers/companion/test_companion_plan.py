"""What `plan` says is to be done about the companion extension, for any version that is declared, there and recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.business_central.app_file import App, AppFile, Version
from clients.business_central.deployment import Channel, Deployment
from clients.business_central.routes import COMPANION_APP_ID
from reconcilers.companion.observe import observe, read
from reconcilers.companion.plan import is_newer, plan, why_not_installed
from reconcilers.companion.spec import CompanionSpec, Live

SPEC = CompanionSpec(
    environment="Production",
    file="companion.app",
    declared_at="companionExtension",
    app_id=COMPANION_APP_ID,
    name="Companion",
    publisher="Us",
    version="1.0.9.0",
    sha256="a",
)
numbers = st.integers(0, 12)
versions = st.tuples(numbers, numbers, numbers, numbers).map(Version)


class Extensions(Channel):
    """An environment's extensions, where each deployment has ended when it is asked for again."""

    def __init__(self, version: Version | None, deployment: Deployment | None = None) -> None:
        self.version = version
        self.deployment = deployment

    def installed(self, app_id: str) -> Version | None:
        return self.version

    def deployment_in_progress(self, app: App) -> Deployment | None:
        running, self.deployment = self.deployment, None
        return running

    def poll(self, deployment: Deployment) -> Deployment:
        self.version = deployment.app.version
        return replace(deployment, state="succeeded")

    def deploy(self, app: AppFile) -> Deployment:
        raise NotImplementedError

    def uninstall(self, app: App) -> Deployment | None:
        raise NotImplementedError


@given(versions, st.none() | versions, st.booleans())
def test_what_was_carried_out_leaves_nothing_to_do_and_never_an_older_version(
    declared: Version, there: Version | None, is_in_progress: bool
) -> None:
    spec = replace(SPEC, version=str(declared))
    running = Deployment("an id", spec.app, "running")
    channel = Extensions(there, running if is_in_progress else None)
    planned = plan(spec, observe(channel, spec.app))
    assert [bool(planned.installed), bool(planned.wait_for), planned.uploads].count(True) == 1
    if planned.uploads:
        assert not is_in_progress, "nothing is started twice"
    if not planned.installed:
        channel.poll(planned.wait_for or running)
    assert plan(spec, observe(channel, spec.app)).installed == channel.version == max(declared, there or declared)


def test_versions_have_the_order_of_their_numbers() -> None:
    assert plan(SPEC, Live(Version((1, 0, 10, 0)))).installed == Version((1, 0, 10, 0))
    assert is_newer("1.0.10.0", "1.0.9.0")


@pytest.mark.parametrize(
    ("version", "sha256", "reason"),
    [
        ("1.0.9.0", "a", ""),
        ("1.0.9.0", "b", "of the same version 1.0.9.0"),
        ("1.0.10.0", "b", ""),
        ("1.0.8.0", "b", "1.0.8.0 is older than 1.0.9.0"),
    ],
)
def test_another_file_that_is_not_installed_has_a_reason(version: str, sha256: str, reason: str) -> None:
    said = why_not_installed(replace(SPEC, version=version, sha256=sha256), SPEC)
    assert reason in said
    assert bool(said) == bool(reason)


@pytest.mark.parametrize("there", [None, Version((1, 0, 0, 0))])
def test_what_is_recorded_after_a_look_is_the_version_that_is_there(there: Version | None) -> None:
    assert read(Extensions(there), SPEC) == (replace(SPEC, version=str(there)) if there else None)


def test_a_spec_is_the_same_after_its_way_through_a_mapping() -> None:
    assert CompanionSpec.from_mapping({**SPEC.as_mapping(), "__provider": "..."}) == SPEC
