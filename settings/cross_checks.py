"""What is right in itself, but not together: checked once every part of a stack file is valid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from settings import logical_names
from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID
from settings.certificate_checks import certificate_problems
from settings.credentials import Secrets
from settings.federated_checks import federated_problems
from settings.messages import Problem
from settings.models import Integration, RedirectUris, Settings


def contradictions(settings: Settings, *, dates_required: bool = True) -> Iterable[Problem]:
    """Yield what contradicts something else in the same stack file.

    Args:
        settings: settings that are each valid by themselves.
        dates_required: whether `credentials.secrets` must list at least one issue date.
    """
    yield from _repeated(
        "environments",
        {key: each.name for key, each in settings.environments.items()},
        "has the same name as environments.{other} ({value!r}); give each environment one key only",
    )
    yield from _repeated(
        "integrations",
        {each.key: each.display_name for each in settings.integrations if not each.client_id},
        "has the same displayName as integrations.{other} ({value!r}); display names must be unique",
    )
    yield from repeated_client_ids({each.key: str(each.client_id) for each in settings.integrations if each.client_id})
    for key, environment in settings.environments.items():
        if environment.scope and not environment.base_url:
            text = "is for a server or container, which `baseUrl` names: Business Central online has its own"
            yield Problem(["environments", key, "scope"], text)
    yield from _former_names(
        "environments",
        {key: each.formerly for key, each in settings.environments.items()},
        {each.name for each in settings.environments.values()},
        "the name of an environment",
        same=str.casefold,
    )
    yield from _former_names(
        "integrations",
        {each.key: each.formerly for each in settings.integrations},
        {each.key for each in settings.integrations},
        "the key of an integration",
        same=str,
    )
    yield from _companion_problems(settings)
    yield from _shared_secrets(settings)
    names: dict[str, str] = {}
    for integration in settings.integrations:
        here: list[str | int] = ["integrations", integration.key]
        for name in logical_names.of_integration(integration, settings):
            if names.setdefault(name, integration.key) != integration.key:
                text = f"makes the same resource name as integrations.{names[name]} ({name!r}); rename one of them"
                yield Problem(here, text)
        yield from _owner_problems(integration, here)
        yield from _application_problems(integration, here)
        yield from _people_problems(integration, here)
        yield from _elsewhere_problems(integration, here)
        yield from _secret_problems(integration, settings.maximum_secret_lifetime_days, here, dates_required)
        yield from federated_problems(integration, here)
        yield from certificate_problems(integration, here, dates_required=dates_required)


def repeated_client_ids(client_ids: Mapping[str, str]) -> Iterable[Problem]:
    """Yield the integrations that have the application of another one.

    Args:
        client_ids: of each integration with `clientId`, by its key; what another stack's output has, where it is known.
    """
    yield from _repeated(
        "integrations",
        client_ids,
        "has the same clientId as integrations.{other} ({value!r}); one integration per application",
    )


def _shared_secrets(settings: Settings) -> Iterable[Problem]:
    """Yield names in a vault that two things share: each would treat the other's versions as its own.

    A certificate has a secret and a key of its name, so that it takes the name of a secret too.
    """
    first: dict[str, tuple[str, str]] = {}
    for integration in settings.integrations:
        for path, vault, name in _places_in_vaults(integration):
            other, what = first.setdefault(f"{vault}/{name}".lower(), (integration.key, path))
            if (other, what) == (integration.key, path):
                continue
            whose = f"integrations.{other}" if other != integration.key else "this integration"
            yield Problem(
                ["integrations", integration.key, "credentials", *path.split(".")],
                f"is that of {whose} too ({what}), in the same vault: give each a name of its own",
            )


def _places_in_vaults(integration: Integration) -> Iterable[tuple[str, str, str]]:
    """Yield what an integration has in vaults: the key path below `credentials`, the vault and the name."""
    secrets, certificate = integration.credentials.secrets, integration.credentials.vault_certificate
    for key, place in {"custody": secrets.custody, "deliver": secrets.deliver}.items() if secrets else ():
        if place:
            yield f"secrets.{key}.secretName", place.key_vault, place.secret_name
    if certificate:
        yield "vaultCertificate.certificateName", certificate.key_vault, certificate.certificate_name


def _companion_problems(settings: Settings) -> Iterable[Problem]:
    companion = settings.companion_extension
    if companion is None:
        return
    if settings.integrations:
        text = (
            "belongs in a stack of its own: stacks share environments, and destroying this one would touch the others"
        )
        yield Problem(["companionExtension"], text)
    for index, key in enumerate(companion.environments or ()):
        there: list[str | int] = ["companionExtension", "environments", index]
        if settings.environments[key].base_url:
            yield Problem(there, "is a container or on-premises: the extension is published there by hand")


def _owner_problems(integration: Integration, here: list[str | int]) -> Iterable[Problem]:
    """Yield what only a vendor's application has (`clientId`), one of this tenant that others made, or one of ours."""
    if integration.client_id:
        whose = "the vendor" if integration.owner == "vendor" else "the team that made it"
        if integration.owner == "vendor" and integration.expected_publisher is None:
            yield Problem(
                [*here, "clientId"],
                "is another tenant's application: say in `expectedPublisher` whose, or nothing is granted to it. For a "
                "managed identity, or an application of this tenant, say `owner: tenant` instead",
            )
        if integration.owner == "tenant" and integration.expected_publisher:
            text = "is for a vendor's application; `owner: tenant` says that this one is of this tenant: leave it out"
            yield Problem([*here, "expectedPublisher"], text)
        if integration.credentials.secrets:
            yield Problem(
                [*here, "credentials"],
                f"is for an application that this stack makes; {whose} manages those of `clientId`: leave it out",
            )
        if integration.owners:
            yield Problem(
                [*here, "owners"],
                f"are for an application that this stack makes; {whose} manages those of `clientId`: leave them out",
            )
        return
    if integration.existing_owner:
        text = "says whose the application of `clientId` is, which is missing; this one is made by this stack"
        yield Problem([*here, "owner"], text)
    if integration.expected_publisher:
        text = "is for a vendor's application, which `clientId` names; this one is made by this stack"
        yield Problem([*here, "expectedPublisher"], text)
    if integration.adopt:
        text = (
            "is for an application that is there already, a vendor's or this tenant's, which `clientId` names; rows of "
            "one that this stack makes are its own"
        )
        yield Problem([*here, "adopt"], text)


def _application_problems(integration: Integration, here: list[str | int]) -> Iterable[Problem]:
    """Yield what the stack file says of an application's settings where the application is not this stack's."""
    if integration.client_id is None:
        return
    settings = {
        "redirectUris": integration.redirect_uris != RedirectUris(),
        "signInAudience": "sign_in_audience" in integration.model_fields_set,
        "fallbackPublicClient": integration.fallback_public_client is not None,
        "notes": integration.notes is not None,
        "serviceManagementReference": integration.service_management_reference is not None,
        "enabled": integration.enabled is not None,
    }
    for key, is_said in settings.items():
        if is_said:
            yield Problem([*here, key], "is for an application that this stack makes, and `clientId` names another")


def _people_problems(integration: Integration, here: list[str | int]) -> Iterable[Problem]:
    """Yield what an integration without application roles cannot have: people sign in to it, with their own rights."""
    if not integration.people_sign_in:
        return
    why = "people sign in here, since there are no `roles`"
    if integration.permission_sets:
        yield Problem([*here, "permissionSets"], f"are those of each user in Business Central: {why}; leave them out")
    for key, access in integration.environments.items():
        if access and access.permission_sets:
            there = [*here, "environments", key, "permissionSets"]
            yield Problem(there, f"are those of each user in Business Central: {why}; leave them out")
    if integration.client_id:
        return
    if integration.credentials.secrets:
        text = f"are for a program that can keep one: {why}, with a public client, which has none"
        yield Problem([*here, "credentials", "secrets"], text)
    if not integration.redirect_uris.public_client and not integration.fallback_public_client:
        text = f"is missing: {why}; say where they come back to, or `fallbackPublicClient: true` for a device code"
        yield Problem([*here, "redirectUris", "publicClient"], text)


def _elsewhere_problems(integration: Integration, here: list[str | int]) -> Iterable[Problem]:
    """Yield what an integration without any permission on Business Central cannot have."""
    if BUSINESS_CENTRAL_APP_ID in integration.permissions:
        return
    why = "it has no `roles`, so that nothing of it is in Business Central"
    if integration.environments:
        yield Problem([*here, "environments"], f"must be left out: {why}")
    if integration.permission_sets:
        yield Problem([*here, "permissionSets"], f"must be left out: {why}")
    if integration.client_id:
        yield Problem([*here, "roles"], "is empty, and `clientId` names an application for Business Central")


def _secret_problems(
    integration: Integration, maximum: int, here: list[str | int], dates_required: bool
) -> Iterable[Problem]:
    secrets = integration.credentials.secrets
    if secrets is None:
        return
    there: list[str | int] = [*here, "credentials", "secrets"]
    if secrets.rotated_by:
        yield from _rotated_elsewhere(secrets, there)
    elif dates_required and not secrets.issued and not secrets.known:
        yield Problem(
            there,
            "lists no date: `python -m commands rotate` adds the first, or write the day on which it is made, issued: "
            "['<year>-<month>-<day>']",
        )
    if len(set(secrets.issued)) < len(secrets.issued):
        yield Problem(
            [*there, "issued"], "names one date twice: a second secret of one day has a letter, '2026-11-15b'"
        )
    if secrets.lifetime_days > maximum:
        yield Problem(
            [*there, "lifetimeDays"],
            f"{secrets.lifetime_days} days is longer than the {maximum} that are allowed; shorten it, or raise "
            "entra-business-central:maximumSecretLifetimeDays",
        )
    elif "overlap_days" in secrets.model_fields_set and 2 * secrets.overlap_days >= secrets.lifetime_days:
        yield Problem(
            [*there, "overlapDays"],
            f"{secrets.overlap_days} days is not less than half of the {secrets.lifetime_days} that a secret lives: "
            "its successor would be due on the day it is made; shorten overlapDays, or raise lifetimeDays",
        )


def _rotated_elsewhere(secrets: Secrets, there: list[str | int]) -> Iterable[Problem]:
    """Yield what would have two programs rotate the secrets of one application."""
    who = f"{secrets.rotated_by} rotates the secrets of this application (rotatedBy)"
    if secrets.issued:
        yield Problem([*there, "issued"], f"must be empty: {who}")
    if secrets.foreign_secrets == "remove":
        yield Problem([*there, "foreignSecrets"], f"would remove what that one makes: {who}")
    for key, place in {"custody": secrets.custody, "deliver": secrets.deliver}.items():
        if place:
            yield Problem([*there, key], f"is for secrets that this stack makes: {who}")


def _former_names(
    section: str,
    formerly: Mapping[str, Iterable[str]],
    current: Iterable[str],
    what: str,
    *,
    same: Callable[[str], str],
) -> Iterable[Problem]:
    """Yield former names that something else has now, or had too: one resource cannot become two.

    Args:
        section: `environments` or `integrations`.
        formerly: former names by key.
        current: names that are in use now.
        what: what they are, for the message.
        same: maps names that mean the same to one.
    """
    taken = {same(name) for name in current}
    first: dict[str, str] = {}
    for key, former_names in formerly.items():
        here: list[str | int] = [section, key, "formerly"]
        for name in former_names:
            if same(name) in taken:
                yield Problem(here, f"names {name!r}, which is {what} now")
            elif (other := first.setdefault(same(name), key)) != key:
                yield Problem(
                    here, f"names {name!r}, as {section}.{other}.formerly does: it can become only one of them"
                )


def _repeated(section: str, values: Mapping[str, str], text: str) -> Iterable[Problem]:
    first: dict[str, str] = {}
    for key, value in values.items():
        other = first.setdefault(value.casefold(), key)
        if other != key:
            yield Problem([section, key], text.format(value=value, other=other))
