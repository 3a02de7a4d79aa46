"""What is known of an integration's secrets before they rotate: by the stack file, the state and Entra, read live."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from clients.graph.app_management_policy import AppManagementPolicy
from clients.graph.applications import Application
from clients.graph.passwords import Password
from clients.graph.times import moment
from clients.key_vault.records import Version
from commands.preflight.stack import all_keys
from commands.preflight.state import State
from reconcilers.secrets.foreign import ListedSecret, foreign_secrets
from reconcilers.secrets.rotation_spec import LiveSecret, Restrictions, Terms
from reconcilers.vault_versions import label_of
from settings import logical_names
from settings.credentials import Secrets
from settings.models import Integration


@dataclass(frozen=True)
class Known:
    """What is known of the secrets of one integration.

    Attributes:
        integration: what the stack file says of it.
        secrets: what the stack file says of its secrets.
        object_id: of its application; "" where the state has none.
        live: the secrets that Entra has, by label.
        recorded: the labels of the secrets that the state has.
        foreign: the secrets that nobody here knows.
        kept: the secrets that the stack file names under `known`, and that work in Entra.
        restrictions: what the tenant's policy says of new secrets; None where it was not read.
    """

    integration: Integration
    secrets: Secrets
    object_id: str
    live: Mapping[str, LiveSecret]
    recorded: frozenset[str]
    foreign: tuple[ListedSecret, ...]
    restrictions: Restrictions | None
    kept: tuple[ListedSecret, ...] = ()

    @property
    def terms(self) -> Terms:
        """What the stack file says, for the rule of rotation."""
        return terms_of(self.secrets)


def terms_of(secrets: Secrets) -> Terms:
    """Return what the stack file says of secrets, for the rule of rotation."""
    return Terms(secrets.issued, secrets.lifetime_days, secrets.overlap, secrets.maximum_live)


def known_secrets(
    integration: Integration,
    secrets: Secrets,
    state: State,
    applications: Collection[Application],
    policy: AppManagementPolicy | None,
    now: datetime,
    in_vault: Mapping[str, datetime | None] = MappingProxyType({}),
) -> Known:
    """Return what is known of the secrets of an integration.

    Args:
        integration: the integration.
        secrets: what the stack file says of its secrets.
        state: the stack's state; read after the applications, so that it has what they show.
        applications: the applications in Entra that stacks of this project made.
        policy: the tenant's, None where it was not read.
        now: the time, in UTC.
        in_vault: the labels whose secrets a vault hands over, each with when it got it, None for not yet.
    """
    ids = {state.applications[key][0] for key in all_keys(integration) if key in state.applications}
    application = next((each for each in applications if each.id in ids), None)
    listed = [_listed(each) for each in (application.secrets if application else ())]
    key_ids = recorded_key_ids(integration, state)
    by_key_id = {each.key_id: each for each in listed}
    live = {
        label: _live(by_key_id[key_id], in_vault, label) for label, key_id in key_ids.items() if key_id in by_key_id
    }
    unmade = set(secrets.issued) - key_ids.keys()
    foreign = foreign_secrets(listed, recorded=state.secrets, known=secrets.known, labels=unmade)
    restrictions = None
    if policy is not None:
        created = application.created if application and application.created else now.isoformat()
        restrictions = Restrictions(policy.forbids_secrets(created), policy.longest(created))
    return Known(
        integration,
        secrets,
        application.id if application else "",
        MappingProxyType(live),
        frozenset(key_ids),
        tuple(foreign) if not secrets.rotated_by else (),
        restrictions,
        tuple(each for each in listed if each.key_id in secrets.known and each.end > now),
    )


def in_vault_since(secrets: Secrets, versions: Iterable[Version]) -> dict[str, datetime | None]:
    """Return the labels whose secrets a vault hands over, each with when it got it, None where it has none to give.

    Args:
        secrets: what the stack file says of them.
        versions: what the vault has of the secret, the oldest first.
    """
    got: dict[str, datetime | None] = {
        label: None for label in secrets.issued if secrets.deliver or secrets.in_custody(label)
    }
    for version in versions:
        label = label_of(version)
        if version.enabled and label in got and got[label] is None:
            got[label] = version.created
    return got


def recorded_key_ids(integration: Integration, state: State) -> dict[str, str]:
    """Return the key ids of an integration's secrets in the state, by label."""
    keys = all_keys(integration)
    named = ((*logical_names.key_and_label(name), key_id) for name, key_id in state.secret_keys.items())
    return {label: key_id for key, label, key_id in named if key in keys}


def _listed(secret: Password) -> ListedSecret:
    starts = moment(secret.starts) if secret.starts else None
    return ListedSecret(secret.key_id, secret.display_name, starts, secret.ends)


def _live(secret: ListedSecret, in_vault: Mapping[str, datetime | None], label: str) -> LiveSecret:
    available = secret.starts
    if label in in_vault:
        there = in_vault[label]
        available = max(available, there) if available and there else None
    return LiveSecret(secret.key_id, available, secret.end)
