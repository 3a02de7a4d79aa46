"""BusinessCentralRegistration: one application in one environment, with its user and permission sets.

"Registration", because in Business Central an "app" is an extension; the row itself is called "Microsoft Entra
Application" there: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/automation-apis-using-s2s-authentication
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult, ReadResult, Resource, UpdateResult

from clients.business_central.environment import Environment
from dynamic_providers.base import Provider, declared, gone, provider_method
from reconcilers.recording import new_revision, plain
from reconcilers.registration import apply, observe
from reconcilers.registration.spec import (
    ID_PROPERTIES,
    RECORDED_ALWAYS,
    DeclaredRegistration,
    Recorded,
    RegistrationSpec,
    comparable,
    permission_set_specs,
    problems,
)

__all__ = ["BusinessCentralRegistration", "BusinessCentralRegistrationProvider", "DeclaredRegistration"]

_NOT_COMPARED = ("formerly", "adopt", "declared_at")  # they say how to create or find it, and are not properties of it


class BusinessCentralRegistrationProvider(Provider):
    """Registers, changes and deregisters."""

    replaced_when = ("client_id", "environment")
    updated_when = tuple(name for name in RegistrationSpec.field_names() if name not in {"client_id", *_NOT_COMPARED})
    needed = RegistrationSpec.needed()
    recorded_always = RECORDED_ALWAYS
    id_properties = ID_PROPERTIES
    defaults: ClassVar[Mapping[str, Any]] = RegistrationSpec.defaults()

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Write role ids in upper case as Business Central does, and report what it could not store."""
        failures = [CheckFailure(name, text) for name, text in problems(inputs)]
        sets = permission_set_specs(inputs.get("permission_sets", ()))
        return {**inputs, "permission_sets": plain(sets)}, failures

    def comparable(self, key: str, value: Any) -> Any:
        """Compare permission sets without regard to their order, and names of environments to their case."""
        return comparable(key, permission_set_specs(value or ()) if key == "permission_sets" else value)

    def replaces(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """Replace where the environment is another one, unless it was only renamed (`formerly` in the stack file)."""
        renamed = olds["environment"].casefold() in [name.casefold() for name in news["formerly"]]
        return [key for key in super().replaces(olds, news) if not (renamed and key == "environment")]

    def changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
        """Whatever its fields say: a registration without a user, which a refresh has found, is one to make anew."""
        return super().changed(olds, news) | (set() if olds.get("user_id") else {"user_id"})

    @provider_method
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Register, enable and assign permission sets; or finish what an interrupted run began."""
        spec = RegistrationSpec.from_mapping(props)
        made = apply.create(self._environment(spec), spec)
        return CreateResult(self.id_of(spec.environment, spec.client_id), _outputs(props, made))

    @provider_method
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the row, the state of its user and its permission sets as they are."""
        recorded = _recorded(props)
        live = observe.read(self._environment(recorded.spec), recorded)
        if live is None:
            return gone()
        inputs = live.spec.as_mapping()
        return ReadResult(id_, {**declared(props), **inputs, "user_id": live.user_id}, inputs)

    @provider_method
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Change what differs, and only that."""
        spec = RegistrationSpec.from_mapping(news)
        return UpdateResult(_outputs(news, apply.update(self._environment(spec), spec, _recorded(olds))))

    @provider_method
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Disable, then delete the row and its user."""
        spec = RegistrationSpec.from_mapping(props)
        apply.delete(self._environment(spec), spec.client_id)

    def _environment(self, spec: RegistrationSpec) -> Environment:
        return self.session.environment(spec.environment, spec.base_url, spec.scope)


def _recorded(props: Mapping[str, Any]) -> Recorded:
    return Recorded(RegistrationSpec.from_mapping(props), props.get("user_id"))


def _outputs(props: Mapping[str, Any], made: Recorded) -> dict[str, Any]:
    return {**declared(props), "user_id": made.user_id, "revision": new_revision()}


class BusinessCentralRegistration(Resource, module="entra-business-central", name="BusinessCentralRegistration"):
    """An application's registration in one Business Central environment.

    Args:
        name: logical name; a function of the environment's name, because an adopting create under a new name would be
            followed by the delete of what it adopted.
        registration: what the stack file says of it.
        client_id: the application.
    """

    user_id: pulumi.Output[str]
    """Security id of the user that Business Central made."""
    revision: pulumi.Output[str]
    """A new value after the creation and after each update."""

    def __init__(
        self,
        name: str,
        registration: DeclaredRegistration,
        *,
        client_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {**registration.as_mapping(), "client_id": client_id, "user_id": None, "revision": None}
        # Delete first: a create would adopt the row, and the later delete would remove what it adopted.
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        recorded = BusinessCentralRegistrationProvider.without_defaults(properties)
        super().__init__(BusinessCentralRegistrationProvider(), name, recorded, options)
