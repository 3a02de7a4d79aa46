"""BusinessCentralRegistration: one application in one environment, with its user and permission sets.

"Registration", because in Business Central an "app" is an extension; the row itself is called "Microsoft Entra
Application" there: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/automation-apis-using-s2s-authentication
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NotRequired, TypedDict

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult, ReadResult, Resource, UpdateResult

from clients.business_central.environment import Environment
from dynamic_providers.base import Provider, called_by_pulumi, declared, new_revision
from reconcilers.progress import tell
from reconcilers.registration.fields import FIELDS
from reconcilers.registration.permission_sets import as_inputs, matching, normalised, resolve, still_defined
from reconcilers.registration.reconciliation import change, ensure, give_and_take

_INPUTS = (
    "environment", "base_url", "formerly", "client_id", "description", "contact_information", "permission_sets",
    "additional_permission_sets", "state", "permission_granted", "adopt", "declared_at",
)  # fmt: skip

_ALLOWED = {"state": ("Enabled", "Disabled"), "additional_permission_sets": ("remove", "keep")}
MAX_TEXT = 50  # Text[50] in table 9012, for description and contact information


class PermissionSetInput(TypedDict):
    """A permission set to assign; without `company` for all companies."""

    role_id: str
    company: NotRequired[str]
    scope: NotRequired[str]
    app_id: NotRequired[str]


class BusinessCentralRegistrationProvider(Provider):
    """Registers, changes and deregisters."""

    replaced_when = ("client_id", "environment")
    updated_when = (
        "environment", "base_url", "description", "contact_information", "permission_sets",
        "additional_permission_sets", "state", "permission_granted",
    )  # fmt: skip
    recorded_always = ("contact_information", "permission_sets", "permission_granted", "state")
    defaults: ClassVar[dict[str, Any]] = {
        "base_url": "",
        "formerly": [],
        "contact_information": "",
        "permission_sets": [],
        "additional_permission_sets": "remove",
        "state": "Enabled",
        "permission_granted": False,
        "adopt": False,
    }

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Write role ids as Business Central does, and refuse what it could not store."""
        failures = [
            CheckFailure(key, f"is {len(inputs[key])} characters long; Business Central keeps {MAX_TEXT} at most")
            for key in ("description", "contact_information")
            if len(inputs.get(key, "")) > MAX_TEXT
        ]
        if not inputs.get("description", "not known yet").strip():
            failures.append(CheckFailure("description", "is empty; Business Central makes the user's name of it"))
        failures += [
            CheckFailure(key, f"is neither {' nor '.join(allowed)}")
            for key, allowed in _ALLOWED.items()
            if inputs.get(key, allowed[0]) not in allowed
        ]
        sets = normalised(inputs.get("permission_sets", []))
        if any(item["role_id"] == "SUPER" for item in sets):
            failures.append(CheckFailure("permission_sets", "names SUPER, which no application can be given"))
        return {**inputs, "permission_sets": sets}, failures

    def comparable(self, key: str, value: Any) -> Any:
        """Compare permission sets without regard to their order, and names of environments to their case."""
        if key == "permission_sets":
            return {tuple(sorted(item.items())) for item in value or []}
        if key == "environment":
            return value.casefold()
        return value

    def replaces(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """Another environment is another registration, unless the stack file says that it only has another name now."""
        renamed = olds["environment"].casefold() in [name.casefold() for name in news["formerly"]]
        return [key for key in super().replaces(olds, news) if not (renamed and key == "environment")]

    @called_by_pulumi
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Register, enable and give permission sets; or finish what an interrupted run began."""
        user_id = ensure(self._environment(props), props)
        id_ = f"{self.session.tenant_id}/{props['environment']}/{props['client_id']}"
        return CreateResult(id_, {**declared(props), "user_id": user_id, "revision": new_revision()})

    @called_by_pulumi
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the row, the state of its user and its permission sets as they are."""
        environment, client_id = self._environment(props), props["client_id"]
        registration = environment.listed_registration(client_id)
        if registration is None:
            return ReadResult("", {})  # Pulumi's way to say that it is gone
        held = environment.listed_assignments(client_id)
        if len(matching(held, props["permission_sets"])) < len(props["permission_sets"]):
            held = environment.assignments(client_id)  # the list's word alone takes none of them for gone
        held = still_defined(held, environment)
        if props["additional_permission_sets"] == "keep":
            held = matching(held, props["permission_sets"])
        live = {
            **declared(props),
            "description": registration.description,
            "contact_information": registration.contact_information,
            "permission_granted": registration.permission_granted,
            "state": "Enabled" if registration.is_working else "Disabled",
            "permission_sets": as_inputs(held, props["permission_sets"]),
        }
        # Without a user there is no id of one: an update then makes the registration anew, as `ensure` does.
        outputs = {**live, "user_id": registration.user_id if registration.user_state else None}
        return ReadResult(id_, outputs, {key: live[key] for key in _INPUTS if key in live})

    @called_by_pulumi
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Change what differs, and only that."""
        environment, changed = self._environment(news), self.changed(olds, news)
        user_id: str | None = olds.get("user_id")
        if changed & {"environment", "base_url"}:  # what is ours, at another address: look at all of it there
            # Under another name it is the same environment; another address may be that of another server.
            adopt = news["adopt"] or "base_url" not in changed
            user_id = ensure(environment, {**news, "adopt": adopt}, had=olds["permission_sets"])
            if "base_url" in changed:
                tell(
                    f"environment {environment.name} is now looked for at another address. If that is another server, "
                    f"the registration at {olds.get('base_url') or 'Business Central online'} is still there: remove "
                    "it by hand."
                )
        else:
            sets_changed = bool(changed & {"permission_sets", "additional_permission_sets"})
            wanted = resolve(news["permission_sets"], environment, news["declared_at"]) if sets_changed else []
            user_exists = bool(user_id)
            fields = {api: news[key] for key, api in FIELDS.items() if key in changed}
            if fields and user_exists:
                registration = change(environment, news["client_id"], fields)
                user_id, user_exists = registration.user_id, bool(registration.user_state)
            if not user_exists:
                user_id = ensure(environment, {**news, "adopt": True}, had=olds["permission_sets"])
            elif sets_changed:
                give_and_take(environment, news, user_id, wanted, had=olds["permission_sets"])
        return UpdateResult({**declared(news), "user_id": user_id, "revision": new_revision()})

    @called_by_pulumi
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Disable, so that from then on there is no access whatever happens; then delete the row and its user."""
        environment, client_id = self._environment(props), props["client_id"]
        attempting = f"disable {client_id} in environment {environment.name} before deleting it"
        registration = environment.change(client_id, {"state": "Disabled"}, attempting=attempting)
        # No row, or a row whose user was deleted, which cannot be disabled; a DELETE of what is gone is fine.
        if environment.deregister(client_id) or registration is None:
            return
        if registration.user_id:
            for assignment in environment.assignments(client_id):
                environment.take_away(registration.user_id, assignment)
        tell(
            f"Business Central keeps the registration of {client_id} in environment {environment.name}, because its "
            "user once signed in interactively. It is disabled and has no permission sets any more; an administrator "
            "can see it under Microsoft Entra Applications."
        )

    def _environment(self, props: Mapping[str, Any]) -> Environment:
        return self.session.environment(props["environment"], props.get("base_url", ""))


class BusinessCentralRegistration(Resource, module="entra-business-central", name="BusinessCentralRegistration"):
    """An application's registration in one Business Central environment.

    Args:
        name: logical name; a function of the environment's name, because an adopting create under a new name would be
            followed by the delete of what it adopted.
        environment: name of the environment in Business Central.
        base_url: its address, where it is a container or on-premises; "" online.
        formerly: names that the environment had before it was renamed in Business Central.
        client_id: the application.
        description: at most 50 characters; becomes the user's name.
        contact_information: at most 50 characters.
        permission_sets: what it may do.
        additional_permission_sets: what becomes of sets that it holds and that are not listed: "remove" or "keep".
        permission_granted: what the row says about consent.
        adopt: take over a row that is there already.
        declared_at: key in the stack file, for messages.
        state: "Enabled" or "Disabled".
    """

    user_id: pulumi.Output[str]
    """Security id of the user that Business Central made."""
    revision: pulumi.Output[str]
    """Another one after the creation and after each update."""

    def __init__(
        self,
        name: str,
        *,
        environment: str,
        base_url: str,
        formerly: list[str],
        client_id: pulumi.Input[str],
        description: str,
        contact_information: str,
        permission_sets: list[PermissionSetInput],
        additional_permission_sets: str,
        permission_granted: bool,
        adopt: bool,
        declared_at: str,
        state: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "environment": environment,
            "base_url": base_url,
            "formerly": formerly,
            "client_id": client_id,
            "description": description,
            "contact_information": contact_information,
            "permission_sets": permission_sets,
            "additional_permission_sets": additional_permission_sets,
            "permission_granted": permission_granted,
            "adopt": adopt,
            "declared_at": declared_at,
            "state": state,
            "user_id": None,
            "revision": None,
        }
        # Delete first: a create would adopt the row, and the later delete would remove what it adopted.
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        recorded = BusinessCentralRegistrationProvider.without_defaults(properties)
        super().__init__(BusinessCentralRegistrationProvider(), name, recorded, options)
