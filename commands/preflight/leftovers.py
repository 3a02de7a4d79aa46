"""What interrupted runs left in Entra and no state has: applications (by their tag), service principals, secrets.

How each comes about, and what was measured about its remedy: docs/reference/interrupted-runs.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial

from clients.graph.applications import Application, who_owns
from clients.graph.times import when_it_ends
from clients.http.errors import UserFacingError
from commands.preflight import custody
from commands.preflight.findings import Finding, finding_from
from commands.preflight.stack import Stack, Tag, all_keys, key_path
from reconcilers.application_tag import application_tag
from settings.models import Integration

WHERE = "Microsoft Entra"


def find(stack: Stack, applications: Collection[Application]) -> list[Finding]:
    """Return what is left over, and what has a name that `up` needs.

    Args:
        stack: the stack.
        applications: the applications in Entra that stacks of this project made.
    """
    known = {object_id: key for key, (object_id, _) in stack.state.applications.items()}
    findings: list[Finding] = []
    for each in applications:
        if each.id in known:
            findings += [*_tags(stack, each, known[each.id]), *_secrets(stack, each, known[each.id])]
        elif (tag := Tag.find_in(each.tags, stack.name)) and tag.stack == stack.name:
            findings.append(_application(stack, each, tag.key))
    listed = {each.id for each in applications}
    for key, (object_id, client_id) in stack.state.applications.items():
        gone = _deleted_in_entra(stack, key, object_id, client_id) if object_id not in listed else []
        findings += gone or _principal(stack, key)
    if stack.state.pending:  # a run may be going on: what it makes now is not in the state yet, and looks left over
        unless = "Check that no `pulumi up` is under way. "
        findings = [
            replace(each, remedy=unless + each.remedy) if each.kind == "leftover" else each for each in findings
        ]
    return [*findings, *_names_taken(stack), *_pending(stack)]


def _application(stack: Stack, application: Application, key: str) -> Finding:
    secrets = f", with {len(application.secrets)} secret(s)" if application.secrets else ", without a secret"
    found = (
        f"application {application.display_name!r} ({application.client_id}), made at {application.created}{secrets}, "
        f"has the tag of integration {key} of stack {stack.name}, and the state does not know it"
    )
    leftover = partial(Finding, "leftover", WHERE, found, blocks_up=_has_needed_name(stack, application))
    if not stack.state.components:  # a killed run has recorded the component, so this may be the wrong state
        remedy = (
            "The state that was looked at is empty. Look first whether the stack's state is in another backend or "
            "organisation (`pulumi whoami -v`), or whether somebody else has a stack of this name: then nothing is "
            f"left over. Only what nobody has in a state, and no outside system uses, is to be removed: `az ad app "
            f"delete --id {application.id}`."
        )
        return leftover(remedy=remedy)
    first = " Remove its registrations in Business Central first (page 9860)." if application.secrets else ""
    remove = (
        "If no outside system uses it, and no other backend has a stack of this name, remove it: `az ad app delete "
        f"--id {application.id}`.{first}"
    )
    component = stack.state.components.get(key)
    if stack.integration(key) is None or component is None or key in stack.state.applications:
        return leftover(remedy=remove)
    try:
        owned = f"this one is owned by {who_owns(stack.session.applications.owners(application.id))}"
    except UserFacingError as problem:
        owned = f"who owns this one is not known ({problem})"
    keep = (
        f"`pulumi import azuread:index/application:Application {key} /applications/{application.id} --parent "
        f"component={component} --generate-code=false --protect=false --stack {stack.full_name}`"
    )
    return leftover(
        remedy=f"{remove} Whoever may register applications can set a tag, and {owned}. To keep it, "
        f"where it is yours, take it into the state, look with preflight what else signs in with it, and then "
        f"`pulumi up`: {keep}."
    )


def _has_needed_name(stack: Stack, application: Application) -> bool:
    """Tell whether azuread would refuse to make an application because this one has its name."""
    return application.display_name.casefold() in {each.display_name.casefold() for each in _to_be_created(stack)}


def _tags(stack: Stack, application: Application, key: str) -> Iterator[Finding]:
    """Compare the tags of this project with the one that `up` gives: by it others know whose the application is."""
    wanted, there = application_tag(stack.name, key), {each for each in application.tags if Tag.find_in([each])}
    if there != {wanted}:
        found = (
            f"application {application.display_name!r} ({application.client_id}) is to have the tag {wanted}, and has "
            f"{', '.join(sorted(there)) or 'none'}: somebody changed its tags, or "
            "the stack was called otherwise"
        )
        yield Finding(
            "note",
            f"integrations.{key}",
            found,
            "Unless the stack was renamed, ask its owners. `pulumi up --refresh` sets the tag again.",
        )


def _secrets(stack: Stack, application: Application, key: str) -> Iterator[Finding]:
    integration = stack.integration(key)
    declared = integration.credentials.secrets if integration else None
    unknown = [
        each
        for each in application.secrets
        if each.key_id not in stack.state.secrets and not _is_in_custody(stack, each.display_name)
    ]
    if declared and declared.rotated_by:
        found = (
            f"{application.display_name!r} has {len(unknown)} secrets, which {declared.rotated_by} makes and removes"
        )
        yield Finding("note", f"integrations.{key}.credentials.secrets.rotatedBy", found)
        return
    for secret in unknown:
        if not declared or secret.key_id not in declared.known:
            yield Finding(
                "leftover",
                WHERE,
                f"secret {secret.display_name!r} ({secret.key_id}) of {application.display_name!r} "
                f"({application.client_id}), which {when_it_ends(secret.ends)}, is in no state: a killed run made "
                "it and nobody has its text, or somebody added it by hand",
                f"Remove it: `az ad app credential delete --id {application.client_id} --key-id {secret.key_id}`. Or "
                "let `python -m commands rotate` do it (`foreignSecrets: remove`), or keep it (`known`).",
            )


def _is_in_custody(stack: Stack, display_name: str) -> bool:
    """Tell whether a secret is named as one in custody of an integration that has it: the vault tells then."""
    keys = [key for each in stack.declared.integrations if _has_custody(each) for key in all_keys(each)]
    return custody.is_marked(stack, keys, display_name)


def _has_custody(integration: Integration) -> bool:
    secrets = integration.credentials.secrets
    return secrets is not None and secrets.custody is not None


def _deleted_in_entra(stack: Stack, key: str, object_id: str, client_id: str) -> list[Finding]:
    """Check whether Entra still has an application of the state: else azuread can neither change nor delete it."""
    try:
        if stack.session.applications.exists(object_id):
            return []
    except UserFacingError as problem:
        return [finding_from(WHERE, problem)]
    found = (
        f"application {client_id} (integration {key}) is in the state and not in Entra: a killed run, or somebody, "
        "deleted it"
    )
    remedy = f"`pulumi refresh --yes --stack {stack.full_name}`, and then what was interrupted again."
    return [Finding("leftover", WHERE, found, remedy, blocks_up=True)]


def _principal(stack: Stack, key: str) -> Iterator[Finding]:
    """Look for a service principal where the state has its application, but not the service principal."""
    if key in stack.state.principals:
        return
    _, client_id = stack.state.applications[key]
    try:
        principal = stack.session.graph.service_principal(client_id)
    except UserFacingError as problem:
        yield finding_from(WHERE, problem)
        return
    if principal and principal.id not in stack.state.principals.values():
        yield Finding(
            "leftover",
            WHERE,
            f"service principal {principal.id} of application {client_id} (integration {key}) is not in the state, and "
            "`up` would be refused because it exists",
            f"After an interrupted `up`, remove it, and `up` again: `az ad sp delete --id {principal.id}`. After an "
            "interrupted `destroy`, run `destroy` again instead.",
            blocks_up=True,
        )


def _pending(stack: Stack) -> list[Finding]:
    """Return the operations in the state that a run is working on, or was killed in."""
    if not stack.state.pending:
        return []
    names = ", ".join(sorted(urn.rpartition("::")[2] for urn in stack.state.pending))
    found = f"a run is at work on {names}, or was when it was interrupted, as the state remembers"
    command = f"pulumi refresh --clear-pending-creates --stack {stack.full_name}"
    remedy = f"Once an `up` has ended without an error, `{command}` forgets what was being created."
    return [Finding("note", f"stack {stack.name}", found, remedy)]


def _to_be_created(stack: Stack) -> list[Integration]:
    """Return the integrations whose application `up` makes."""
    return [
        each
        for each in stack.declared.integrations
        if not each.client_id and not any(key in stack.state.applications for key in all_keys(each))
    ]


def _names_taken(stack: Stack) -> list[Finding]:
    """Look for applications that have the name of one that `up` would make: azuread makes no second one."""
    findings: list[Finding] = []
    for each in _to_be_created(stack):
        try:
            found = stack.session.applications.named(each.display_name)
        except UserFacingError as problem:
            return [*findings, finding_from(WHERE, problem)]
        for other in found:
            tag = Tag.find_in(other.tags, stack.name)
            if tag and tag.stack == stack.name:
                continue  # this stack made it: it is among the leftovers already
            whose = f"stack {tag.stack}'s" if tag else "somebody else's"
            seen = (
                f"{other.display_name!r} is {whose} application {other.client_id}, and `up` makes no second of a name"
            )
            remedy = (
                f"Give {key_path(each)} another `displayName`. Do not delete the other one unless you know that "
                "nothing uses it: applications that Business Central's wizards made have secrets that are valid for a "
                "hundred years."
            )
            findings.append(Finding("refused", key_path(each), seen, remedy))
    return findings
