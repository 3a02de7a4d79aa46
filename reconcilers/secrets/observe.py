"""Reads what Entra and the vault have of a secret, but for its text, which only the vault has and a proof asks for."""

from __future__ import annotations

from dataclasses import replace

from clients.graph.client import Graph
from clients.graph.passwords import Password
from clients.http.errors import NotFound
from clients.http.replication import retry_until_replicated, wait_until
from clients.key_vault.vault import Vault
from reconcilers.progress import report
from reconcilers.secrets.spec import Live, Recorded, SecretSpec
from reconcilers.vault_versions import key_id_of, label_of


def observe(graph: Graph, vault: Vault, spec: SecretSpec, recorded: Recorded | None = None) -> Live:
    """Return what there is, once Entra shows the application, which may be new.

    Where nothing is recorded, the vault has this label's secret, and Entra does not list its credential, that is waited
    for a little: a run that was killed may have made it a moment ago.

    Raises:
        UserFacingError: it cannot be read, or the application is not there in time.
    """
    live = _in_vault(vault, spec, tuple(_credentials(graph, spec)))
    expected = {
        key_id_of(each)
        for each in live.versions
        if each.enabled and label_of(each) == spec.label and each.tags.get("client-id") == spec.client_id
    }

    def are_listed() -> bool:
        nonlocal live
        live = Live(tuple(_credentials(graph, spec)), live.versions, live.deleted)
        return expected <= {each.key_id for each in live.credentials or ()}

    if recorded is None and not expected <= {each.key_id for each in live.credentials or ()}:
        wait_until(are_listed)
    return live


def observe_for_refresh(graph: Graph, vault: Vault, spec: SecretSpec, recorded: Recorded) -> Live:
    """Return what there is, as far as it tells how a secret is, from answers that all secrets of a stack share.

    The vault's own list has the current version of each of its secrets, though not its id: it is one request for all.
    Only what it does not settle, such as an older label, is asked for by name.

    Raises:
        UserFacingError: it cannot be read.
    """
    stack = spec.application_tag.rpartition(":")[0]
    listed = graph.listed_passwords(spec.application_object_id, f"{stack}:", recorded.key_id)
    credentials = None if listed is None else tuple(listed)
    current = vault.current().get(spec.secret_name.lower())
    if current and current.enabled and current.tags == spec.tags(recorded.key_id):
        return Live(credentials, (replace(current, version=recorded.version),))
    return _in_vault(vault, spec, credentials)


def _in_vault(vault: Vault, spec: SecretSpec, credentials: tuple[Password, ...] | None) -> Live:
    versions = tuple(vault.versions(spec.secret_name))
    return Live(credentials, versions, None if versions else vault.deleted(spec.secret_name))


def _credentials(graph: Graph, spec: SecretSpec) -> list[Password]:
    def listed() -> list[Password]:
        found = graph.passwords(spec.application_object_id)
        if found is None:
            attempting = f"list the secrets of application {spec.client_id}"
            problem = NotFound(attempting, service="Microsoft Graph", status=404, code="Request_ResourceNotFound")
            problem.remedy = "If it stays so, the application was deleted: `pulumi up --refresh` makes it anew."
            raise problem
        return found

    return retry_until_replicated(listed, is_pending=lambda problem: isinstance(problem, NotFound), report=report)
