"""What interrupted runs left in Entra, and no state knows: applications by their tag, service principals, secrets.

How each comes about, and what was measured about its remedy: README, "Interrupted runs, and how to go on".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clients.applications import Application
from clients.errors import AccessError
from commands.preflight.findings import Finding, missing
from commands.preflight.subject import Subject, names

WHERE = "Microsoft Entra"


def look(subject: Subject, tagged: Iterable[Application]) -> list[Finding]:
    """Return what is left over.

    Args:
        subject: the stack.
        tagged: the applications in Entra that stacks of this project made.
    """
    ours = [each for each in tagged if any(tag.startswith(subject.tag) for tag in each.tags)]
    known = {object_id for object_id, _ in subject.state.applications.values()}
    return [
        *(_application(subject, each) for each in ours if each.id not in known),
        *(finding for each in ours if each.id in known for finding in _secrets(subject, each)),
        *(finding for key in subject.state.applications for finding in _principal(subject, key)),
    ]


def _application(subject: Subject, orphan: Application) -> Finding:
    key = next(tag for tag in orphan.tags if tag.startswith(subject.tag)).removeprefix(subject.tag)
    secrets = f", with {len(orphan.secrets)} secret(s)" if orphan.secrets else ", without a secret"
    found = (
        f"application {orphan.display_name!r} ({orphan.client_id}) was made for integration {key} of this stack at "
        f"{orphan.created}{secrets}, and the state does not know it"
    )
    remove = f"Remove it, if no outside system uses it: `az ad app delete --id {orphan.id}`."
    declared = next((each for each in subject.declared.integrations if key in names(each)), None)
    component = subject.state.components.get(key)
    if declared is None or component is None or key in subject.state.applications:
        return Finding("leftover", WHERE, found, remove)
    keep = (
        f"`pulumi import azuread:index/application:Application {key} /applications/{orphan.id} --parent "
        f"component={component} --generate-code=false --protect=false --stack {subject.stack}`"
    )
    return Finding("leftover", WHERE, found, f"{remove} Or take it into the state, and then `pulumi up`: {keep}.")


def _secrets(subject: Subject, application: Application) -> Iterator[Finding]:
    for secret in application.secrets:
        if secret.key_id not in subject.state.secrets:
            yield Finding(
                "leftover",
                WHERE,
                f"secret {secret.display_name!r} ({secret.key_id}) of {application.display_name!r} "
                f"({application.client_id}), which ends {secret.ends}, is in no state: a killed run made it and nobody "
                "has its text, or somebody added it by hand",
                f"Remove it: `az ad app credential delete --id {application.client_id} --key-id {secret.key_id}`.",
            )


def _principal(subject: Subject, key: str) -> Iterator[Finding]:
    """Look for a service principal where the state has the application and no principal of it."""
    if key in subject.state.principals:
        return
    _, client_id = subject.state.applications[key]
    try:
        principal = subject.session.graph.service_principal(client_id)
    except AccessError as problem:
        yield missing(WHERE, problem)
        return
    if principal:
        yield Finding(
            "leftover",
            WHERE,
            f"service principal {principal.id} of application {client_id} (integration {key}) is not in the state, and "
            "`up` would be refused because it exists",
            f"After an interrupted `up`, remove it, and `up` again: `az ad sp delete --id {principal.id}`. After an "
            "interrupted `destroy`, run `destroy` again instead.",
        )
