"""Carries out the plan of a secret: asks Entra for it, tries it out, and puts it into the vault; or takes it back."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from clients.graph.client import Graph
from clients.graph.errors import is_absent
from clients.graph.passwords import NewPassword
from clients.http.errors import OUTCOME_UNKNOWN, BadRequest, FailedPrecondition, ServiceError, UserFacingError
from clients.http.replication import retry_until_replicated
from clients.key_vault.records import Version
from clients.key_vault.vault import Vault
from reconcilers.progress import report
from reconcilers.secrets.observe import observe
from reconcilers.secrets.plan import plan, removal
from reconcilers.secrets.spec import Live, Recorded, SecretSpec
from reconcilers.vault_versions import CONTENT_TYPE, set_again

Trial = Callable[[str], None]
"""Takes a secret and returns once it works; raises UserFacingError where it does not in time."""


def reconcile(graph: Graph, vault: Vault, trial: Trial, spec: SecretSpec, recorded: Recorded | None = None) -> Recorded:
    """Have the secret in the vault: adopt what is there and works, else make one; then remove what it replaces.

    Whatever fails after Entra has made a secret, and before the vault has it, removes that secret again. What a kill
    leaves at any point, the next run finds: a credential by its name, which no version carries, or the version.

    Args:
        graph: Microsoft Graph.
        vault: the vault.
        trial: tries a secret out.
        spec: the secret as it shall be.
        recorded: what the state has of it, None where it has nothing.

    Raises:
        UserFacingError: it cannot be done.
    """
    live = observe(graph, vault, spec, recorded)
    planned = plan(spec, live, recorded)
    if planned.recover:
        report(f"recovering {spec.secret_name} in vault {spec.key_vault}, which somebody deleted")
        vault.recover(spec.secret_name)
        live = observe(graph, vault, spec, recorded)
        planned = plan(spec, live, recorded)
    if planned.refused:
        raise planned.refused
    for key_id in planned.lost:
        graph.remove_password(spec.application_object_id, key_id)
    if planned.adopt:
        if planned.enable:
            vault.enable(spec.secret_name, planned.adopt.version)
        ends = next((each.ends for each in live.credentials or () if each.key_id == planned.key_id), spec.ends)
        made = Recorded(planned.key_id, planned.adopt.version, ends)
    else:
        made = _make(graph, vault, trial, spec)
    for key_id in planned.superseded:
        graph.remove_password(spec.application_object_id, key_id)
    for version in planned.disable:
        vault.disable(spec.secret_name, version)
    if planned.renew:
        is_own = planned.renew == planned.adopt
        tags = spec.tags(planned.key_id) if is_own else planned.renew.tags
        # Both versions have the same credential.
        set_again(vault, planned.renew, {**tags, "copy-of": planned.renew.version}, live.versions)
    return made


def remove(graph: Graph, vault: Vault, spec: SecretSpec, recorded: Recorded) -> None:
    """Remove the credential, so that nobody can sign in with it; then disable the version. Both may be gone.

    The vault is not asked before the credential is gone: it may be closed, since somebody acts on a leak.

    Raises:
        UserFacingError: it cannot be done.
    """
    listed = graph.passwords(spec.application_object_id)
    credentials = None if listed is None else tuple(listed)
    for key_id in removal(spec, Live(credentials), recorded).remove:
        graph.remove_password(spec.application_object_id, key_id)
    live = Live(credentials, tuple(vault.versions(spec.secret_name)))
    for version in removal(spec, live, recorded).disable:
        vault.disable(spec.secret_name, version)


def _make(graph: Graph, vault: Vault, trial: Trial, spec: SecretSpec) -> Recorded:
    made = _ask(graph, spec, f"{spec.mark}{secrets.token_hex(4)}")
    try:
        trial(made.text)
    except UserFacingError as problem:
        _remove_again(graph, spec, made.key_id, problem)
        raise
    try:
        version = vault.set_secret(
            spec.secret_name, made.text, expires=spec.end, tags=spec.tags(made.key_id), content_type=CONTENT_TYPE
        )
    except UserFacingError as problem:
        found = _version_set_all_the_same(vault, spec, made.key_id, problem)
        if found is None:
            _remove_again(graph, spec, made.key_id, problem)
            raise
        version = found
    return Recorded(made.key_id, version.version, made.ends or spec.ends)


def _ask(graph: Graph, spec: SecretSpec, name: str) -> NewPassword:
    """Ask Entra for a secret; where its answer, and with it the text, is lost, remove what it may have made."""
    try:
        made = retry_until_replicated(
            lambda: graph.add_password(spec.application_object_id, name, spec.ends),
            is_pending=_is_absent,  # the application may be new
            report=report,
        )
        if made is None:
            raise FailedPrecondition(
                f"make the secret '{spec.label}' of application {spec.client_id}",
                "Microsoft Graph said that it was busy, and made it all the same, so that its text is lost",
                "Run the same command again.",
            )
    except UserFacingError as problem:
        if isinstance(problem, (*OUTCOME_UNKNOWN, FailedPrecondition)):
            _remove_by_name(graph, spec, name, problem)
        elif isinstance(problem, BadRequest):
            problem.add_remedy(
                f"Entra makes no secret that has ended, and this one would end {spec.ends}: if that has passed, take "
                "the label out of `issued`, and add today's date where no other is left."
            )
        raise
    return made


def _remove_by_name(graph: Graph, spec: SecretSpec, name: str, problem: UserFacingError) -> None:
    try:
        for each in graph.passwords(spec.application_object_id) or ():
            if each.display_name == name:
                graph.remove_password(spec.application_object_id, each.key_id)
    except UserFacingError as second:
        problem.reason += f"; whether Entra has made it could not be seen ({second.reason}): the next run removes it"


def _remove_again(graph: Graph, spec: SecretSpec, key_id: str, problem: UserFacingError) -> None:
    """Remove a credential that was just made; where that fails, say what is left."""
    try:
        retry_until_replicated(
            lambda: graph.remove_password(spec.application_object_id, key_id, just_made=True),
            is_pending=_is_absent,  # Entra may not show it everywhere yet
        )
    except UserFacingError as second:
        problem.reason += (
            f"; credential {key_id}, whose text nobody has, could not be removed again ({second.reason}): the next run "
            "does it"
        )


def _version_set_all_the_same(vault: Vault, spec: SecretSpec, key_id: str, problem: UserFacingError) -> Version | None:
    """Return the version that a write made whose answer was lost, None where there is none.

    Raises:
        UserFacingError: that could not be seen; nothing is taken back then, since the vault may have it.
    """
    if not isinstance(problem, OUTCOME_UNKNOWN):
        return None
    try:
        versions = vault.versions(spec.secret_name)
    except UserFacingError as second:
        problem.reason += (
            f"; whether the vault has it could not be seen ({second.reason}): the next run finds it there, or removes "
            f"credential {key_id} and makes another"
        )
        raise problem from None
    return next((each for each in versions if each.tags.get("key-id") == key_id), None)


def _is_absent(problem: BaseException) -> bool:
    return isinstance(problem, ServiceError) and is_absent(problem)
