"""Secrets that lie in a vault alone: whether it can be looked at, and credentials in Entra whose text nobody has."""

from __future__ import annotations

from collections.abc import Iterator

from clients.graph.passwords import Password
from clients.graph.times import when_it_ends
from clients.http.errors import FailedPrecondition, UserFacingError
from commands.preflight.findings import Finding, finding_from
from commands.preflight.stack import Stack, all_keys
from commands.preflight.vault_reads import VaultReads
from reconcilers.application_tag import application_tag
from reconcilers.delivery.spec import Live
from reconcilers.secrets import spec as secrets_spec
from reconcilers.secrets.plan import plan
from settings.credentials import Custody, VaultPlace
from settings.models import Integration


def check(stack: Stack, integration: Integration, place: Custody, reads: VaultReads) -> Iterator[Finding]:
    """Yield what is to be said of an integration's vault, and of credentials in Entra that a killed run left.

    Args:
        stack: the stack.
        integration: one of its integrations.
        place: where its secrets lie.
        reads: what vaults have.
    """
    where = f"integrations.{integration.key}.credentials.secrets.custody"
    try:
        live = reads.look(place)
        may_read = not _is_proved(integration) or stack.session.vault(place.key_vault).may_read_values(
            place.secret_name
        )
        applications = [
            stack.state.applications[key] for key in all_keys(integration) if key in stack.state.applications
        ]
        listed = [
            (each, client_id) for id_, client_id in applications for each in stack.session.graph.passwords(id_) or ()
        ]
    except UserFacingError as problem:
        yield finding_from(where, problem)
        return
    if refused := _why_not_recovered(stack, integration, place, live):
        yield finding_from(where, refused)
    elif live.deleted:
        found = f"{place.secret_name} in vault {place.key_vault} is deleted, and can be recovered"
        yield Finding("note", where, found, "`up --refresh` recovers it, with all of its versions.")
    else:
        yield ready(where, place, len(live.versions))
    if not may_read:
        yield Finding(
            "missing",
            where,
            f"this caller may not read the value of {place.secret_name} in vault {place.key_vault}, which the proof of "
            "the access reads there",
            "Whoever runs `pulumi up` needs the role Key Vault Secrets Officer on the vault, which allows setting it "
            "too, or the access policies Get, List, Set and Recover. Whoever only looks needs neither.",
        )
    for credential, client_id in listed:
        if _is_lost(stack, integration, credential, live):
            yield _lost(where, credential, client_id)


def ready(where: str, place: Custody | VaultPlace, versions: int) -> Finding:
    """Return that a vault's secret can be looked at."""
    has = {0: "no version yet", 1: "1 version"}.get(versions, f"{versions} versions")
    return Finding(
        "ready",
        where,
        f"{place.secret_name} in vault {place.key_vault} can be looked at, and has {has}",
        "Not known until `pulumi up`: whether this caller may set it as well. Key Vault tells that at the first write "
        "only; it needs Key Vault Secrets Officer there, or the access policy Set.",
    )


def _why_not_recovered(stack: Stack, integration: Integration, place: Custody, live: Live) -> FailedPrecondition | None:
    """Return why `up` would not bring a deleted secret back, None where it would or where there is none."""
    secrets = integration.credentials.secrets
    label = max(secrets.issued, default="") if secrets else ""
    if not live.deleted or not label:
        return None
    spec = secrets_spec.SecretSpec(
        label=label,
        ends="",
        key_vault=place.key_vault,
        secret_name=place.secret_name,
        application_tag=application_tag(stack.name, integration.key),
        declared_at="",
        application_object_id="",
        client_id=stack.client_id(integration) or "",
    )
    return plan(spec, secrets_spec.Live(deleted=live.deleted)).refused


def _is_proved(integration: Integration) -> bool:
    """Tell whether `up` signs in with the secret, for which it reads the value."""
    return any(integration.access(key).proof != "off" for key in integration.environments)


def is_marked(stack: Stack, keys: list[str], display_name: str) -> bool:
    """Tell whether a credential in Entra is named as one in custody of an integration of these keys."""
    return ":custody:" in display_name and any(
        display_name.startswith(f"{application_tag(stack.name, key)}:") for key in keys
    )


def _is_lost(stack: Stack, integration: Integration, credential: Password, live: Live) -> bool:
    """Tell whether a credential is one of ours that neither the state nor a version in the vault knows."""
    known = {*stack.state.secrets, *(each.tags.get("key-id") for each in live.versions)}
    is_ours = is_marked(stack, all_keys(integration), credential.display_name)
    return is_ours and not live.deleted and credential.key_id not in known


def _lost(where: str, credential: Password, client_id: str) -> Finding:
    return Finding(
        "leftover",
        where,
        f"credential {credential.display_name!r} ({credential.key_id}) of application {client_id}, which "
        f"{when_it_ends(credential.ends)}, is known by no version in the vault and by no state: a killed run made it, "
        "and nobody has its text",
        "The next `up` that makes this label removes it. Where the label is no longer declared: `az ad app credential "
        f"delete --id {client_id} --key-id {credential.key_id}`.",
    )
