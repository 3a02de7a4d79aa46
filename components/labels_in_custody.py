"""Refuses a label whose secret lies in a vault, where the stack file no longer says `custody`.

azuread would make another secret under the label, and what is in the vault would end in the same `up`. The other way
round `VaultSecret` refuses by what the state recorded; of azuread's resource only a hook of ours can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pulumi

from clients.http.errors import UserFacingError
from clients.session import Session
from reconcilers.secrets.spec import is_in_custody
from settings import logical_names
from settings.secret_labels import issued_path

_NAME = "label-in-custody"  # stands in states: docs/decisions/0003-stored-names.md


class LabelsInCustody:
    """What each of azuread's secrets waits for, in previews too.

    One request for each secret that is to be made of an application that is there already; none for a new one.

    Args:
        session: whose tenant it is.
        is_new: tells by its key whether an integration's application is being made by this run.
    """

    def __init__(self, session: Session, is_new: Callable[[str], bool]) -> None:
        self._session = session
        self._is_new = is_new
        self._hook = pulumi.ResourceHook(_NAME, self._refuse, opts=pulumi.ResourceHookOptions(on_dry_run=True))

    def with_refusal(self, hooks: pulumi.ResourceHookBinding | None) -> pulumi.ResourceHookBinding:
        """Return these hooks and the one that refuses."""
        return pulumi.ResourceHookBinding(
            before_create=[self._hook], on_error=None if hooks is None else hooks.on_error
        )

    async def _refuse(self, created: pulumi.ResourceHookArgs) -> None:
        key, label = logical_names.key_and_label(created.name)
        application = (created.new_inputs or {}).get("applicationId")
        if not isinstance(application, str) or self._is_new(key):
            return
        object_id = application.rpartition("/")[2]
        try:
            listed = await asyncio.to_thread(self._session.graph.passwords, object_id)
        except UserFacingError as problem:
            if pulumi.runtime.is_dry_run():  # `up` looks again
                return
            problem.where = issued_path(key)
            raise
        if any(is_in_custody(each.display_name, label) for each in listed or ()):
            raise pulumi.RunError(
                f"{issued_path(key)}: could not make the secret '{label}': under this label there is one that lies in "
                "a vault, as `custody` said when it was made. A secret stays where it was made: leave `custody` there, "
                "or take another label (today's date, perhaps with a letter) in place of this one, whose secret is "
                "made first, and this one is removed after that. Nothing was changed."
            )
