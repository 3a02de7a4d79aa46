"""One caller: azuread's half of an `up` and ours sign in as the same one, or nothing is created or updated.

Both read the same variables, and the stack's configuration may not say who signs in (`settings.caller`). What is left
is compared here: a plugin that reads them in another order, a person who signs in anew in between.
"""

from __future__ import annotations

import os

import pulumi
import pulumi_azuread as azuread
from pulumi.runtime import register_stack_transformation

from clients.entra.sign_in_methods import ATTEMPTING, ChosenSignIn, choose_sign_in
from clients.http.errors import FailedPrecondition
from clients.session import Session
from components.once_in_a_run import OnceInARun

HOOK = "one caller"


def find_caller(session: Session) -> azuread.GetClientConfigResult:
    """Return who runs this, as azuread says, and see to it that our own resources sign in as the same.

    An application is known from the environment, and compared at once, without a token. Where only a token tells (the
    Azure CLI, a managed identity), the object ids are compared before the first thing is created or updated: a run that
    changes nothing signs in nowhere. In one that only deletes nothing is compared: `destroy` would take a hook before a
    delete only with `--run-program`.

    Args:
        session: signs in, where only a token tells who this is.

    Raises:
        FailedPrecondition: the environment names no way to sign in, or azuread signs in as another application.
    """
    chosen = choose_sign_in(os.environ)
    caller = azuread.get_client_config()
    if chosen.known_application:
        if caller.client_id.lower() != chosen.known_application:
            raise callers_differ(f"application {caller.client_id}", f"application {chosen.known_application}", chosen)
    else:
        _compare_before_the_first_write(caller, chosen, session)
    return caller


def callers_differ(theirs: str, ours: str, chosen: ChosenSignIn) -> FailedPrecondition:
    """Return that the two halves of an `up` would be two callers.

    Args:
        theirs: whom azuread signs in as.
        ours: whom this program signs in as.
        chosen: by which way.
    """
    return FailedPrecondition(
        ATTEMPTING,
        f"azuread would make applications as {theirs}, and this program consents and registers as {ours}, by "
        f"{chosen.way.value}",
        "Let both be one caller: check the ARM_ variables, and no `az login` while this runs. Nothing was changed by "
        "this run.",
    )


def _compare_before_the_first_write(
    caller: azuread.GetClientConfigResult, chosen: ChosenSignIn, session: Session
) -> None:
    """Let each resource, before it is created or updated, wait for one comparison of object ids.

    A hook, and not a resource or an input of one: it costs nothing where nothing changes, and no property in the state.
    """

    def compare() -> None:
        ours = session.graph_caller
        if ours and ours.object_id and ours.object_id != caller.object_id.lower():
            who = ours.user or f"application {ours.client_id}"
            raise callers_differ(f"object id {caller.object_id}", f"{who}, object id {ours.object_id}", chosen)

    compared = OnceInARun(compare)

    async def require(_: pulumi.ResourceHookArgs) -> None:
        await compared.require()

    hook = pulumi.ResourceHook(HOOK, require)
    binding = pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])

    def bound(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not isinstance(args.resource, pulumi.CustomResource):
            return None
        options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(hooks=binding))
        return pulumi.ResourceTransformationResult(args.props, options)

    register_stack_transformation(bound)
