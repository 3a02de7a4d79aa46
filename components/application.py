"""An integration's own application in Entra, with its service principal."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pulumi
import pulumi_azuread as azuread

from components.dependencies import without_dependency
from components.required_resource_access import required_resource_accesses
from reconcilers.application_tag import application_tag
from settings.models import Integration

_LOOK_UP = "azuread:index/getServicePrincipal:getServicePrincipal"

# By the names of the plugin, since the SDK translates only whole names.
_BESIDE_REDIRECT_URIS = ("web.homepageUrl", "web.logoutUrl", "web.implicitGrant")
_NEVER_DECLARED_OF_APPLICATION = (
    "api",
    "appRoles",
    "description",
    "deviceOnlyAuthEnabled",
    "groupMembershipClaims",
    "identifierUris",
    "marketingUrl",
    "oauth2PostResponseRequired",
    "optionalClaims",
    "privacyStatementUrl",
    "singlePageApplication",
    "supportUrl",
    "termsOfServiceUrl",
)
_NEVER_DECLARED_OF_PRINCIPAL = (
    "alternativeNames",
    "appRoleAssignmentRequired",
    "description",
    "loginUrl",
    "notes",
    "notificationEmailAddresses",
    "preferredSingleSignOnMode",
    "samlSingleSignOn",
)


class OwnApplication(NamedTuple):
    """An application that this stack makes, and its service principal in this tenant."""

    application: azuread.Application
    principal: azuread.ServicePrincipal


def own_application(
    integration: Integration,
    caller: azuread.GetClientConfigResult,
    parent: pulumi.Resource,
    hooks: pulumi.ResourceHookBinding | None,
) -> OwnApplication:
    """Make the application of an integration.

    Args:
        integration: the integration.
        caller: who runs this; the owner, where the stack file names none.
        parent: the integration's component.
        hooks: what is looked at before the application is made.
    """
    # Where the stack file lists owners, exactly those. Where it lists none, whoever creates the application.
    owners = list(integration.owners) or [caller.object_id]
    application = azuread.Application(
        integration.key,
        display_name=integration.display_name,
        sign_in_audience=integration.sign_in_audience,
        # Entra allows two of one name. But after an interrupted creation this makes azuread refuse, and name the one
        # that is there, instead of making a second one: docs/reference/facts-graph.md, "Duplicate names".
        prevent_duplicate_names=True,
        owners=owners,
        # azuread gives a new application another name for a moment. One that a killed run left so is found by this tag
        # only: docs/reference/interrupted-runs.md.
        tags=[application_tag(pulumi.get_stack(), integration.key)],
        required_resource_accesses=required_resource_accesses(integration),
        notes=integration.notes,
        service_management_reference=integration.service_management_reference,
        fallback_public_client_enabled=integration.fallback_public_client,
        web=_web(integration.redirect_uris.web),
        public_client=_public_client(integration.redirect_uris.public_client),
        opts=pulumi.ResourceOptions(
            parent=parent, ignore_changes=not_declared_of_application(integration), hooks=hooks
        ),
    )
    client_id: pulumi.Input[str] = without_dependency(application.client_id)
    principal = azuread.ServicePrincipal(
        integration.key,
        client_id=client_id,
        owners=owners,
        account_enabled=integration.enabled,
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=[application],
            ignore_changes=not_declared_of_principal(integration),
            deleted_with=None if integration.protect else application,
            hooks=pulumi.ResourceHookBinding(before_update=[_leave_disabled()])
            if integration.enabled is None
            else None,
        ),
    )
    return OwnApplication(application, principal)


@cache
def _leave_disabled() -> pulumi.ResourceHook:
    """Return the hook that refuses to enable a service principal; one for all of this program."""
    return pulumi.ResourceHook("leave-disabled", _refuse_to_enable, opts=pulumi.ResourceHookOptions(on_dry_run=True))


async def _refuse_to_enable(update: pulumi.ResourceHookArgs) -> None:
    """Refuse an update that would enable a service principal which somebody has disabled.

    azuread's default is enabled, so that any update would do it without a word: one for this reason after a refresh,
    and one for another reason without a refresh, which is why Entra is asked here. It costs two requests for each
    update of a service principal, and none where nothing changes.

    Raises:
        pulumi.RunError: it would, or that cannot be seen.
    """
    recorded = update.old_outputs or {}
    is_enabled = recorded.get("accountEnabled")
    if is_enabled is not False:
        try:
            found = await pulumi.runtime.invoke_async(_LOOK_UP, {"clientId": recorded.get("clientId")})
        except Exception as problem:  # noqa: BLE001 - Pulumi raises nothing more exact
            raise pulumi.RunError(
                f"integrations.{update.name}: could not see whether somebody has disabled service principal "
                f"{update.id}: {problem}"
            ) from None
        is_enabled = found["accountEnabled"]
    if is_enabled is False:
        raise pulumi.RunError(
            f"integrations.{update.name}: could not go on with service principal {update.id}: somebody has disabled "
            "it, and the stack file does not say whether it is to be enabled. Ask who did it and why; then write "
            "`enabled: true` there to enable it again, or `enabled: false` to leave it disabled."
        )


def not_declared_of_application(integration: Integration) -> list[str]:
    """Return the properties of azuread's application that the stack file does not speak of: others may set them.

    They are ignored in a diff, of a refresh too. What is not in this list is authoritative: name, audience, tags,
    permissions that the application requests, and what the stack file says.
    """
    spoken_of = {
        "owners": bool(integration.owners),
        "notes": integration.notes is not None,
        "serviceManagementReference": integration.service_management_reference is not None,
        "fallbackPublicClientEnabled": integration.fallback_public_client is not None,
        "publicClient": integration.redirect_uris.public_client is not None,
    }
    web = _BESIDE_REDIRECT_URIS if integration.redirect_uris.web is not None else ("web",)
    return [*(name for name, said in spoken_of.items() if not said), *web, *_NEVER_DECLARED_OF_APPLICATION]


def not_declared_of_principal(integration: Integration) -> list[str]:
    """Return the same of azuread's service principal; whether it is enabled is never ignored."""
    return [*([] if integration.owners else ["owners"]), *_NEVER_DECLARED_OF_PRINCIPAL]


def _web(addresses: tuple[str, ...] | None) -> azuread.ApplicationWebArgs | None:
    return None if addresses is None else azuread.ApplicationWebArgs(redirect_uris=list(addresses))


def _public_client(addresses: tuple[str, ...] | None) -> azuread.ApplicationPublicClientArgs | None:
    return None if addresses is None else azuread.ApplicationPublicClientArgs(redirect_uris=list(addresses))
