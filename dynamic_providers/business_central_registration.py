"""BusinessCentralRegistration: one application in one environment, with its user and permission sets.

"Registration", because in Business Central an "app" is an extension; the row itself is called "Microsoft Entra
Application" there: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/automation-apis-using-s2s-authentication
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult, ReadResult, Resource, UpdateResult

from clients.business_central import Environment, Registration
from clients.errors import AccessError, Refused
from dynamic_providers.base import Provider, declared, next_revision, readable
from dynamic_providers.permission_sets import Wanted, as_inputs, missing_and_extra, normalised, resolve

_INPUTS = (
    "environment", "client_id", "description", "contact_information", "permission_sets", "state", "permission_granted",
    "adopt", "declared_at",
)  # fmt: skip

_FIELDS = {  # our name -> the name in the companion extension's API
    "description": "description",
    "contact_information": "contactInformation",
    "permission_granted": "permissionGranted",
    "state": "state",
}
MAX_TEXT = 50  # Text[50] in table 9012, for description and contact information


class PermissionSetInput(TypedDict):
    """A permission set to assign; without `company` for all companies."""

    role_id: str
    company: NotRequired[str]
    scope: NotRequired[str]
    app_id: NotRequired[str]


class BusinessCentralRegistrationProvider(Provider):
    """Registers, changes and deregisters. Authoritative for permission sets."""

    replaced_when = ("environment", "client_id")
    updated_when = ("description", "contact_information", "permission_sets", "state", "permission_granted")

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Fill in defaults, write role ids as Business Central does, and refuse what it could not store."""
        filled = {
            "description": "",
            "contact_information": "",
            "state": "Enabled",
            "permission_granted": False,
            "adopt": False,
            "permission_sets": [],
            **inputs,
        }
        for key in filled.keys() - inputs.keys() - set(_INPUTS):
            del filled[key]
        failures = [
            CheckFailure(key, f"is {len(filled[key])} characters long; Business Central keeps {MAX_TEXT} at most")
            for key in ("description", "contact_information")
            if len(filled[key]) > MAX_TEXT
        ]
        if filled["state"] not in {"Enabled", "Disabled"}:
            failures.append(CheckFailure("state", "is neither Enabled nor Disabled"))
        if not filled["description"].strip():
            failures.append(CheckFailure("description", "is empty; Business Central makes the user's name of it"))
        return {**filled, "permission_sets": normalised(filled["permission_sets"])}, failures

    def comparable(self, key: str, value: Any) -> Any:
        """Compare permission sets without regard to their order."""
        return {tuple(sorted(item.items())) for item in value or []} if key == "permission_sets" else value

    @readable
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Register, enable and give permission sets; or finish what an interrupted run began.

        Everything that can be wrong with the permission sets is found before the first write. If a write is refused,
        the row made here is taken away again, so that a failed create leaves nothing.
        """
        environment, client_id = self._environment(props), props["client_id"]
        wanted = resolve(props["permission_sets"], environment, props["declared_at"])
        # Enabled first even where it shall end up disabled: only enabling makes the user that sets are given to.
        registration = environment.register(client_id, {**_fields(props), "state": "Enabled"})
        made_here = registration is not None
        try:
            if registration is None:
                registration = self._adopt(environment, props)
            elif props["state"] == "Disabled":
                registration = self._change(environment, client_id, {"state": "Disabled"})
            self._give_and_take(environment, client_id, registration.user_id, wanted)
        except AccessError as problem:
            if made_here:
                self._take_back(environment, client_id, problem)
            raise
        return CreateResult(
            f"{self.session.tenant_id}/{environment.name}/{client_id}",
            {**declared(props), "user_id": registration.user_id, "revision": 1},
        )

    @readable
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the row, the state of its user and its permission sets as they are."""
        environment, client_id = self._environment(props), props["client_id"]
        registration = environment.registration(client_id)
        if registration is None:
            return ReadResult("", {})  # Pulumi's way to say that it is gone
        live = {
            **declared(props),
            "description": registration.description,
            "contact_information": registration.contact_information,
            "permission_granted": registration.permission_granted,
            "state": "Enabled" if registration.is_working else "Disabled",
            "permission_sets": as_inputs(environment.assignments(client_id), props["permission_sets"]),
        }
        outputs = {**live, "user_id": registration.user_id}
        return ReadResult(id_, outputs, {key: live[key] for key in _INPUTS if key in live})

    @readable
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Change what differs, and only that."""
        environment, client_id = self._environment(news), news["client_id"]
        changed = self.changed(olds, news)
        wanted = (
            resolve(news["permission_sets"], environment, news["declared_at"]) if "permission_sets" in changed else []
        )
        user_id = olds.get("user_id")
        if fields := {api: news[key] for key, api in _FIELDS.items() if key in changed}:
            registration = self._change(environment, client_id, fields)
            user_id = registration.user_id
            if news["state"] == "Enabled" and user_id and not registration.is_working:
                environment.enable_user(user_id)
        if "permission_sets" in changed:
            self._give_and_take(environment, client_id, user_id, wanted)
        return UpdateResult({**declared(news), "user_id": user_id, "revision": next_revision(olds)})

    @readable
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Disable, so that from then on there is no access whatever happens; then delete the row and its user."""
        environment, client_id = self._environment(props), props["client_id"]
        attempting = f"disable {client_id} in environment {environment.name} before deleting it"
        if environment.change(client_id, {"state": "Disabled"}, attempting=attempting) is None:
            return
        if environment.deregister(client_id):
            return
        for assignment in environment.assignments(client_id):
            environment.take_away(props["user_id"], assignment)
        pulumi.log.warn(
            f"{props['declared_at']}: Business Central keeps the registration of {client_id} in environment "
            f"{environment.name}, because its user once signed in interactively. It is disabled and has no permission "
            "sets any more; an administrator can see it under Microsoft Entra Applications."
        )

    def _environment(self, props: Mapping[str, Any]) -> Environment:
        return self.session.business_central.environment(props["environment"])

    def _adopt(self, environment: Environment, props: Mapping[str, Any]) -> Registration:
        """Bring a row that is there already to what the inputs say; refuse one that may be somebody else's."""
        client_id = props["client_id"]
        if not props["adopt"]:
            raise Refused(
                f"register {client_id} in environment {environment.name}",
                "it is registered there already, and not by this stack",
                "If this stack shall take it over, permission sets included, set `adopt: true`; else remove it there.",
            )
        registration = self._change(environment, client_id, _fields(props))
        if props["state"] == "Enabled" and registration.user_id and not registration.is_working:
            environment.enable_user(registration.user_id)
        return registration

    def _change(self, environment: Environment, client_id: str, fields: Mapping[str, Any]) -> Registration:
        registration = environment.change(client_id, fields)
        if registration is None:
            raise Refused(
                f"change the registration of {client_id} in environment {environment.name}",
                "it is not there any more",
                "Somebody deleted it: run `pulumi refresh`, then `pulumi up` registers it anew.",
            )
        return registration

    def _give_and_take(
        self, environment: Environment, client_id: str, user_id: str | None, wanted: Iterable[Wanted]
    ) -> None:
        """Give the user the sets that it lacks, then take those that are not wanted."""
        if user_id is None:
            raise Refused(
                f"give permission sets to {client_id} in environment {environment.name}",
                "Business Central made no user for it",
                "Enable it there once by hand, under Microsoft Entra Applications, and run the same command again.",
            )
        missing, extra = missing_and_extra(wanted, environment.assignments(client_id))
        for item in missing:
            environment.assign(user_id, item.permission_set, item.company)
        for assignment in extra:
            environment.take_away(user_id, assignment)

    def _take_back(self, environment: Environment, client_id: str, problem: AccessError) -> None:
        """Delete the row that a failed create made; say so where even that fails."""
        try:
            environment.deregister(client_id)
        except AccessError as second:
            problem.remedy += (
                f" The registration itself was made and could not be taken back ({second.reason}); "
                "the next `pulumi up` finds and finishes it."
            )


def _fields(props: Mapping[str, Any]) -> dict[str, Any]:
    return {api: props[key] for key, api in _FIELDS.items()}


class BusinessCentralRegistration(Resource, module="entra-business-central", name="BusinessCentralRegistration"):
    """An application's registration in one Business Central environment.

    Args:
        name: logical name; a function of the environment's name, because an adopting create under a new name would be
            followed by the delete of what it adopted.
        environment: name of the environment in Business Central.
        client_id: the application.
        description: at most 50 characters; becomes the user's name.
        contact_information: at most 50 characters.
        permission_sets: what it may do; authoritative.
        permission_granted: what the row says about consent.
        adopt: take over a row that is there already.
        declared_at: key in the stack file, for messages.
        state: "Enabled" or "Disabled".
    """

    user_id: pulumi.Output[str]
    """Security id of the user that Business Central made."""
    revision: pulumi.Output[int]
    """1 at creation, one more at each update."""

    def __init__(
        self,
        name: str,
        *,
        environment: str,
        client_id: pulumi.Input[str],
        description: str,
        contact_information: str,
        permission_sets: list[PermissionSetInput],
        permission_granted: bool,
        adopt: bool,
        declared_at: str,
        state: str = "Enabled",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "environment": environment,
            "client_id": client_id,
            "description": description,
            "contact_information": contact_information,
            "permission_sets": permission_sets,
            "permission_granted": permission_granted,
            "adopt": adopt,
            "declared_at": declared_at,
            "state": state,
            "user_id": None,
            "revision": None,
        }
        # Delete first: a create would adopt the row, and the later delete would remove what it adopted.
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        super().__init__(BusinessCentralRegistrationProvider(), name, properties, options)
