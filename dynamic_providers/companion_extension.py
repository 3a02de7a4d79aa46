"""CompanionExtension: the companion extension in one environment, installed or upgraded from a .app file.

For a stack of its own: several stacks of integrations may share an environment, and each needs the extension
(docs/decisions/0009-installing-the-companion-extension.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from clients.business_central.deployment import Channel
from clients.http.errors import FailedPrecondition
from dynamic_providers.base import Provider, declared, gone, provider_method
from reconcilers.companion import apply, observe
from reconcilers.companion.plan import is_newer, why_not_installed
from reconcilers.companion.spec import CompanionSpec, DeclaredCompanion, app_properties, problems

__all__ = ["CompanionExtension", "CompanionExtensionProvider", "DeclaredCompanion"]


class CompanionExtensionProvider(Provider):
    """Installs and upgrades; never goes back to an older version, and uninstalls only where the stack file says so."""

    replaced_when = ("environment", "app_id")
    updated_when = ("version", "channel", "uninstall_on_destroy")
    needed = CompanionSpec.needed()
    defaults: ClassVar[Mapping[str, Any]] = CompanionSpec.defaults()

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Fill in what the manifest of the file says."""
        failures = []
        if "file" in inputs:  # else it is not known yet
            try:
                inputs = {**inputs, **app_properties(inputs["file"])}
            except FailedPrecondition as problem:
                failures = [CheckFailure("file", str(problem))]
        return inputs, [*(CheckFailure(name, text) for name, text in problems(inputs)), *failures]

    @provider_method
    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Compare, and report why a file is not installed."""
        result = super().diff(id_, olds, news)
        if not result.replaces and not pulumi.contains_unknowns(news):
            spec = CompanionSpec.from_mapping(news)
            if reason := why_not_installed(spec, CompanionSpec.from_mapping(olds)):
                spec.report(reason)
        return result

    def _differs(self, key: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Compare versions by number: a newer one, which an administrator installed, stays."""
        if key == "version" and key in olds and key in news:
            return is_newer(news[key], olds[key])
        return super()._differs(key, olds, news)

    @provider_method
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Install or upgrade; what is there already, or what an interrupted run began, is found."""
        spec = CompanionSpec.from_mapping(props)
        made = apply.install(self._channel(spec), spec)
        return CreateResult(self.id_of(spec.environment, spec.app_id), {**declared(props), **made.as_mapping()})

    @provider_method
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the version that is installed."""
        recorded = CompanionSpec.from_mapping(props)
        live = observe.read(self._channel(recorded), recorded)
        if live is None:
            return gone()
        return ReadResult(id_, {**declared(props), **live.as_mapping()}, live.as_mapping())

    @provider_method
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Upgrade, if the file is newer than what is installed."""
        spec = CompanionSpec.from_mapping(news)
        made = apply.update(self._channel(spec), spec, CompanionSpec.from_mapping(olds))
        return UpdateResult({**declared(news), **made.as_mapping()})

    @provider_method
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Leave the extension where it is, or uninstall it."""
        spec = CompanionSpec.from_mapping(props)
        apply.delete(self._channel(spec), spec)

    def _channel(self, spec: CompanionSpec) -> Channel:
        return self.session.extensions(spec.environment, spec.channel)


class CompanionExtension(Resource, module="entra-business-central", name="CompanionExtension"):
    """The companion extension in one environment.

    Args:
        name: logical name; a function of the environment's name, as that of a registration.
        companion: what the stack file says of it.
    """

    app_id: pulumi.Output[str]
    """Id of the extension."""
    version: pulumi.Output[str]
    """The version that is installed: the file's, or a newer one."""

    def __init__(self, name: str, companion: DeclaredCompanion, *, opts: pulumi.ResourceOptions | None = None) -> None:
        properties = {**companion.as_mapping(), "app_id": None, "version": None}
        # Delete first: with uninstall_on_destroy, a delete that came later would remove what the create has found.
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        recorded = CompanionExtensionProvider.without_defaults(properties)
        super().__init__(CompanionExtensionProvider(), name, recorded, options)
