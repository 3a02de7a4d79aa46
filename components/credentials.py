"""The secrets of an integration: one resource for each label in the stack file, never replaced while it lives.

Where they lie is chosen here: in the state, encrypted, as azuread makes them; or with `custody` in a vault alone.
"""

from __future__ import annotations

from typing import NamedTuple

import pulumi
import pulumi_azuread as azuread

from components.application import OwnApplication
from components.dependencies import without_dependency
from components.labels_in_custody import LabelsInCustody
from components.secret_errors import explained
from components.vault_retirement import Copy, copy_of
from dynamic_providers.vault_secret import DeclaredSecret, VaultSecret
from reconcilers.application_tag import application_tag
from settings import logical_names
from settings.credentials import Custody, Secrets
from settings.models import Integration
from settings.secret_labels import issued_path

_AZUREADS = "azuread:index/applicationPassword:ApplicationPassword"


class Secret(NamedTuple):
    """A client secret: azuread's, with its text in the state, or one in a vault, whose text is nowhere else.

    Attributes:
        label: its label in the stack file.
        password: azuread's resource, None in custody.
        in_vault: our own resource, None without custody.
        place: where in which vault, None without custody.
        copy: where a copy of azuread's lies, if the stack file says so.
    """

    label: str
    password: azuread.ApplicationPassword | None = None
    in_vault: VaultSecret | None = None
    place: Custody | None = None
    copy: Copy | None = None

    @property
    def key_id(self) -> pulumi.Output[str]:
        """Key id of the credential in Entra."""
        return (self.password or self._in_vault).key_id

    @property
    def ends(self) -> pulumi.Output[str]:
        """When it ends, RFC 3339."""
        return self.password.end_date if self.password else self._in_vault.ends

    @property
    def _in_vault(self) -> VaultSecret:
        assert self.in_vault is not None, "one of the two is there"  # noqa: S101 - of our own making, below
        return self.in_vault

    @property
    def vault_version(self) -> dict[str, pulumi.Input[str]] | None:
        """What names it in the vault: vault, secret and version, without a dependency; None without custody."""
        if self.place is None:
            return None
        return {
            "key_vault": self.place.key_vault,
            "secret_name": self.place.secret_name,
            "version": without_dependency(self._in_vault.version),
        }


def secrets(
    integration: Integration, own: OwnApplication, in_custody: LabelsInCustody, parent: pulumi.Resource
) -> list[Secret]:
    """Make the client secrets of an integration, oldest first.

    Args:
        integration: the integration.
        own: its application.
        in_custody: looks whether a label has its secret in a vault, before azuread makes one for it.
        parent: the integration's component.
    """
    declared = integration.credentials.secrets
    if declared is None:
        return []
    made: list[Secret] = []
    for label in sorted(declared.issued):
        if place := declared.in_custody(label):
            made.append(_in_vault(integration, declared, label, place, own, made, parent))
        else:
            copy = copy_of(integration, own.application, label, parent)
            password = _in_state(integration, declared, label, own, in_custody, copy, parent)
            made.append(Secret(label, password=password, copy=copy))
    return made


def _in_state(
    integration: Integration,
    declared: Secrets,
    label: str,
    own: OwnApplication,
    in_custody: LabelsInCustody,
    copy: Copy | None,
    parent: pulumi.Resource,
) -> azuread.ApplicationPassword:
    """Make one that the state has.

    The end and the display name are fixed when a secret is made: an edited lifetime must not replace a secret that is
    in use, and without `ignore_changes` it replaces every one of them (measured: docs/reference/facts-pulumi.md,
    "Ignored changes").
    """
    application_id: pulumi.Input[str] = without_dependency(own.application.id)
    return azuread.ApplicationPassword(
        logical_names.secret(integration.key, label),
        application_id=application_id,
        display_name=f"{declared.display_name or integration.display_name} - {label}",
        end_date=declared.end_date(label),
        opts=pulumi.ResourceOptions(
            parent=parent,
            ignore_changes=["end_date", "display_name"],
            # Deleting the application takes its secrets along. Not where it is protected: there its delete is
            # refused, and Pulumi would forget secrets that still work
            # (docs/reference/facts-pulumi.md, "Deleted with, and protected").
            deleted_with=None if integration.protect else own.application,
            hooks=in_custody.with_refusal(explained()),
            depends_on=[own.application, *([copy.retirement] if copy else [])],
            protect=False,  # also in a protected integration secrets have to rotate
        ),
    )


def _in_vault(
    integration: Integration,
    declared: Secrets,
    label: str,
    place: Custody,
    own: OwnApplication,
    made: list[Secret],
    parent: pulumi.Resource,
) -> Secret:
    """Make one that no state has, after those before it, so that the newest is the vault's current version."""
    before = [each.key_id for each in made if each.in_vault]
    resource = VaultSecret(
        logical_names.secret(integration.key, label),
        DeclaredSecret(
            label=label,
            ends=declared.end_date(label),
            key_vault=place.key_vault,
            secret_name=place.secret_name,
            application_tag=application_tag(pulumi.get_stack(), integration.key),
            declared_at=issued_path(integration.key),
        ),
        application_object_id=own.application.object_id,
        # It waits for those before, without a dependency on them in the state: see `without_dependency`.
        client_id=without_dependency(pulumi.Output.all(own.application.client_id, *before).apply(lambda all_: all_[0])),
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=[own.principal],  # without it nobody can sign in
            ignore_changes=["ends"],  # as of azuread's
            # A label that has its secret in the state is told from a new one: the provider sees azuread's inputs.
            aliases=[pulumi.Alias(type_=_AZUREADS)],
            protect=False,
        ),
    )
    return Secret(label, in_vault=resource, place=place)
