"""CompanionExtension: the companion extension in one environment, installed or upgraded from a .app file.

For a stack of its own: several stacks of integrations may share an environment, and each needs the extension
(docs/decisions/0009-installing-the-companion-extension.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, NoReturn, TypeVar, cast

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult, DiffResult, ReadResult, Resource, UpdateResult
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_delay, wait_random_exponential

from clients.business_central.app_file import App, AppFile, Version
from clients.business_central.deployment import Channel, Deployment
from clients.business_central.environment import COMPANION_APP_ID
from clients.http.errors import BadRequest, Conflict, Refused, WorkFailed
from dynamic_providers.base import Provider, called_by_pulumi, declared
from reconcilers import progress

T = TypeVar("T")


_INPUTS = (
    "environment", "file", "channel", "uninstall_on_destroy", "declared_at",
    "app_id", "name", "publisher", "version", "sha256",
)  # fmt: skip

DEPLOYMENT_SECONDS = 30 * 60
"""How long a deployment may take; no promise is documented. It goes on after that, and so does the next run."""

PROGRESS_SECONDS = 20
"""How often a run says that it still waits."""


class CompanionExtensionProvider(Provider):
    """Installs and upgrades; never goes back to an older version, and uninstalls only where it is told to."""

    replaced_when = ("environment", "app_id")
    updated_when = ("version", "channel", "uninstall_on_destroy")
    defaults: ClassVar[dict[str, Any]] = {"channel": "adminCenter", "uninstall_on_destroy": False}

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Fill in what the file says of itself; never its content, which would be in every state."""
        failures = []
        if inputs.get("channel", "adminCenter") not in {"adminCenter", "automation"}:
            failures.append(CheckFailure("channel", "is neither adminCenter nor automation"))
        if "file" not in inputs:  # not known yet
            return inputs, failures
        try:
            app = AppFile.read(inputs["file"])
        except Refused as problem:
            return inputs, [*failures, CheckFailure("file", str(problem))]
        if app.app_id != COMPANION_APP_ID:
            text = f"is {app} by {app.publisher} ({app.app_id}), and not the companion extension ({COMPANION_APP_ID})"
            failures.append(CheckFailure("file", text))
        own = {"app_id": app.app_id, "name": app.name, "publisher": app.publisher, "version": str(app.version)}
        return {**inputs, **own, "sha256": app.sha256}, failures

    @called_by_pulumi
    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Compare, and say what a file is not installed for."""
        result = super().diff(id_, olds, news)
        here, new = olds.get("version"), news.get("version")
        if result.replaces or pulumi.contains_unknowns(news):
            return result
        if here == new and olds.get("sha256") != news.get("sha256"):
            _tell(
                news,
                f"this file differs from the installed one, but is of the same version {new}: it is not installed; "
                "raise `version` in app.json",
            )
        elif here and new and Version.parse(new) < Version.parse(here):
            _tell(news, f"{new} is older than {here}, which is installed and stays")
        return result

    def _differs(self, key: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Compare versions by their order: a newer one, which an administrator installed, stays."""
        if key == "version" and key in olds and not pulumi.contains_unknowns(news.get(key)):
            return Version.parse(olds[key]) < Version.parse(news[key])
        return super()._differs(key, olds, news)

    @called_by_pulumi
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Install or upgrade; what is there already, or what an interrupted run began, is found."""
        version = self._install(props)
        id_ = f"{self.session.tenant_id}/{props['environment']}/{props['app_id']}"
        return CreateResult(id_, {**declared(props), "version": str(version)})

    @called_by_pulumi
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the version that is installed."""
        version = self._channel(props).installed(props["app_id"])
        if version is None:
            return ReadResult("", {})  # Pulumi's way to say that it is gone
        live = {**declared(props), "version": str(version)}
        return ReadResult(id_, live, {key: live[key] for key in _INPUTS if key in live})

    @called_by_pulumi
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Upgrade, if the file is newer than what is installed."""
        version = self._install(news) if "version" in self.changed(olds, news) else olds["version"]
        return UpdateResult({**declared(news), "version": str(version)})

    @called_by_pulumi
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Leave the extension where it is, which others may need; or uninstall it, its data kept."""
        if not props.get("uninstall_on_destroy"):
            _tell(props, f"{props['name']} stays installed; uninstallOnDestroy: true would remove it")
            return
        channel, app = self._channel(props), _app(props)
        deployment = channel.uninstall(app)

        def look() -> Literal["gone"] | None:
            if channel.installed(app.app_id) is None:
                return "gone"
            if deployment:
                _require_success(channel.follow(deployment), f"uninstall {app.name}", props)
            return None

        _wait(look, f"uninstall {app.name}", props)
        _tell(props, f"{app.name} is uninstalled")

    def _channel(self, props: Mapping[str, Any]) -> Channel:
        environment = props["environment"]
        if props["channel"] == "automation":
            return self.session.extension_upload(environment)
        return self.session.admin_center.apps(environment)

    def _install(self, props: Mapping[str, Any]) -> Version:
        """Have at least the file's version installed, and return which one is."""
        channel = self._channel(props)
        # In this order: what an earlier run began may end at any moment, and must be seen on one side or the other.
        deployment = channel.under_way(_app(props))
        if present := _present(channel, _app(props)):
            _tell(props, f"{props['name']} {present} is installed")
            return present
        app = _read_again(props)
        if deployment:
            _tell_under_way(app, props)
        else:
            deployment = _deploy(channel, app, props)

        def look() -> Version | None:
            seen = deployment if deployment.state == "succeeded" else channel.follow(deployment)
            if seen.state == "running":
                return None
            if version := _present(channel, app):
                return version
            _require_success(seen, f"install {app}", props)
            return None  # it has succeeded, and the list lags behind

        version = _wait(look, f"install {app}", props)
        _tell(props, f"{app.name} {version} is installed")
        return version


def _app(props: Mapping[str, Any]) -> App:
    return App(props["app_id"], props["name"], props["publisher"], Version.parse(props["version"]))


def _present(channel: Channel, app: App) -> Version | None:
    """Return the version that is installed, None where it is older than this one, or there is none."""
    version = channel.installed(app.app_id)
    return version if version and version >= app.version else None


def _read_again(props: Mapping[str, Any]) -> AppFile:
    """Read the file that was checked, and no other.

    Raises:
        Refused: it has changed since the preview.
    """
    app = AppFile.read(props["file"])
    if app.sha256 != props["sha256"]:
        raise Refused(
            f"install {props['name']} {props['version']} in environment {props['environment']}",
            f"{props['file']} has changed since it was checked",
            "Run the same command again.",
        )
    return app


def _deploy(channel: Channel, app: AppFile, props: Mapping[str, Any]) -> Deployment:
    """Upload the file; if it is refused because somebody else does the same at this moment, go on with that."""
    _tell(props, f"uploading {app} ({len(app.content)} bytes)")
    try:
        return channel.deploy(app)
    except (BadRequest, Conflict):
        if deployment := channel.under_way(app):
            _tell_under_way(app, props)
            return deployment
        if _present(channel, app):  # it has ended since the refusal
            return Deployment("", app, "succeeded")
        raise


def _tell_under_way(app: App, props: Mapping[str, Any]) -> None:
    _tell(props, f"{app} is being installed already, by an earlier run or somebody else")


def _require_success(deployment: Deployment, attempting: str, props: Mapping[str, Any]) -> None:
    if deployment.state == "failed":
        raise WorkFailed(
            f"{attempting} in environment {props['environment']}",
            f'Business Central reported that it failed: "{deployment.said.rstrip(".")}"',
            "Correct what it says, then run the same command again; "
            f"{_PLACES[props['channel']].format(props['environment'])} has the details.",
        )


_PLACES = {
    "adminCenter": "the admin center, under Operations of environment {},",
    "automation": "Extension Management, Installation Status, in environment {}",
}


def _wait(look: Callable[[], T | None], attempting: str, props: Mapping[str, Any]) -> T:
    """Look until there is something to see, with jitter, and say now and then that it goes on.

    Raises:
        WorkFailed: it is not done in time.
    """
    told_at = 0.0

    def tell(state: RetryCallState) -> None:
        nonlocal told_at
        passed = state.seconds_since_start or 0.0
        if passed - told_at >= PROGRESS_SECONDS:
            told_at = passed
            _tell(props, f"waiting for Business Central to {attempting} ({passed:.0f} s)")

    def give_up(_: RetryCallState) -> NoReturn:
        raise WorkFailed(
            f"{attempting} in environment {props['environment']}",
            f"Business Central has not finished it after {DEPLOYMENT_SECONDS // 60} minutes",
            f"Look at {_PLACES[props['channel']].format(props['environment'])} and run the same command again: "
            "it waits for what goes on, and starts nothing twice.",
        )

    waiting = Retrying(
        retry=retry_if_result(lambda seen: seen is None),
        wait=wait_random_exponential(multiplier=0.5, max=15),
        stop=stop_after_delay(DEPLOYMENT_SECONDS),
        before_sleep=tell,
        retry_error_callback=give_up,
    )
    return cast(T, waiting(look))


def _tell(props: Mapping[str, Any], text: str) -> None:
    """Show a line to the user; several environments share a key in the stack file, so it names its own."""
    progress.tell(text, place=f"{props['declared_at']}, environment {props['environment']}")


class CompanionExtension(Resource, module="entra-business-central", name="CompanionExtension"):
    """The companion extension in one environment.

    Args:
        name: logical name; a function of the environment's name, as that of a registration.
        environment: name of the environment in Business Central.
        file: the .app file; from the project's folder, where the path is relative.
        declared_at: key in the stack file, for messages.
        channel: the way to install it: the Admin Center API, or the Automation API's older one.
        uninstall_on_destroy: uninstall it when this resource is deleted.
    """

    app_id: pulumi.Output[str]
    """Id of the extension."""
    version: pulumi.Output[str]
    """The version that is installed: the file's, or a newer one."""

    def __init__(
        self,
        name: str,
        *,
        environment: str,
        file: str,
        declared_at: str,
        channel: Literal["adminCenter", "automation"] = "adminCenter",
        uninstall_on_destroy: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "environment": environment,
            "file": file,
            "channel": channel,
            "uninstall_on_destroy": uninstall_on_destroy,
            "declared_at": declared_at,
            "app_id": None,
            "version": None,
        }
        # Delete first: with uninstall_on_destroy, a delete that came later would remove what the create has found.
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        recorded = CompanionExtensionProvider.without_defaults(properties)
        super().__init__(CompanionExtensionProvider(), name, recorded, options)
