"""The companion extension as it is declared, and what an environment has of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from clients.business_central.app_file import App, AppFile, Version
from clients.business_central.deployment import Deployment
from clients.business_central.routes import COMPANION_APP_ID
from reconcilers.progress import report
from reconcilers.recording import Recordable

ChannelName = Literal["adminCenter", "automation"]
"""The API that installs the extension: the Admin Center API, or the older upload of the Automation API."""


@dataclass(frozen=True, kw_only=True)
class DeclaredCompanion(Recordable):
    """What a stack file says about it.

    The names of the fields are the property keys in the state, and so final: docs/decisions/0003-stored-names.md.

    Attributes:
        environment: name of the environment in Business Central.
        file: the .app file; from the project's folder, where the path is relative.
        channel: the API that installs it.
        uninstall_on_destroy: uninstall it when it is no longer declared.
        declared_at: key in the stack file, for messages.
    """

    environment: str
    file: str
    channel: ChannelName = "adminCenter"
    uninstall_on_destroy: bool = False
    declared_at: str


@dataclass(frozen=True, kw_only=True)
class CompanionSpec(DeclaredCompanion):
    """The companion extension as it shall be: what is declared, and what the manifest of the file says.

    Attributes:
        app_id: the extension's id.
        name: the extension's name.
        publisher: the extension's publisher.
        version: the file's; as it is recorded, the version that is installed.
        sha256: the file's digest.
    """

    app_id: str
    name: str
    publisher: str
    version: str
    sha256: str

    @property
    def app(self) -> App:
        """The version of the extension that shall be there at least."""
        return App(self.app_id, self.name, self.publisher, Version.parse(self.version))

    def report(self, text: str) -> None:
        """Show a line to the user; several environments share a key in the stack file, so it names its own."""
        report(text, where=f"{self.declared_at}, environment {self.environment}")


@dataclass(frozen=True)
class Live:
    """What an environment has of the extension.

    Attributes:
        installed: the version that is installed, None where there is none.
        in_progress: the running deployment of the declared version, None where there is none.
    """

    installed: Version | None
    in_progress: Deployment | None = None


def app_properties(file: str) -> dict[str, str]:
    """Return what is recorded of an .app file: its manifest and digest, and never its content.

    Raises:
        FailedPrecondition: there is no such file, or it is not an extension.
    """
    app = AppFile.read(file)
    texts = {name: cast(str, getattr(app, name)) for name in ("app_id", "name", "publisher", "sha256")}
    return {**texts, "version": str(app.version)}


def problems(known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields that are wrong whatever is installed: the field's name, and what is wrong with it.

    Args:
        known: the fields whose values are known.
    """
    if known.get("channel", "adminCenter") not in get_args(ChannelName):
        yield "channel", f"is neither {' nor '.join(get_args(ChannelName))}"
    if known.get("app_id") not in {None, COMPANION_APP_ID}:
        which = f"{known['name']} {known['version']} by {known['publisher']} ({known['app_id']})"
        yield "file", f"is {which}, and not the companion extension ({COMPANION_APP_ID})"
