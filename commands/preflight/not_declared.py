"""What own applications have in Entra that no stack file names: no drift, since `up` leaves it alone, but not unseen.

Client secrets that no state knows are among what interrupted runs left: `commands.preflight.leftovers`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from clients.entra.caller import Caller
from clients.graph.applications import Application, each_owner
from clients.http.bodies import printable
from clients.http.errors import UserFacingError
from commands.preflight.findings import Finding, finding_from
from commands.preflight.stack import Stack, all_keys, key_path
from settings import logical_names
from settings.models import Integration

_SIGNS_IN = "Whoever has one signs in as the application. Ask its owners; what nobody needs, remove in Entra."
_WHOLE = (
    "A plain `pulumi up` that changes this application for another reason sends it whole, as the state has it, and "
    "loses what was set since the last refresh: where others edit, use `pulumi up --refresh`."
)


def check(
    stack: Stack, integration: Integration, applications: Collection[Application], caller: Caller | None
) -> list[Finding]:
    """Return what the application of an integration has and the stack file does not name; notes, which stop nothing.

    Args:
        stack: the stack.
        integration: one of its integrations.
        applications: the applications in Entra that stacks of this project made.
        caller: who signed in; where the stack file names no owners, its creator owns the application.
    """
    known = {stack.state.applications[key][0] for key in all_keys(integration) if key in stack.state.applications}
    application = next((each for each in applications if each.id in known), None)
    if application is None or integration.client_id:
        return []
    try:
        found = list(_of_application(stack, integration, application)) + list(
            _of_principal(stack, integration, application)
        )
        return found + list(_beside(stack, integration, application, caller))
    except UserFacingError as problem:
        return [finding_from(key_path(integration), problem)]


def _of_application(stack: Stack, integration: Integration, application: Application) -> Iterator[Finding]:
    declared = integration.redirect_uris
    for kind, there, named in (
        ("redirect addresses for web applications", application.web, declared.web),
        ("redirect addresses for single-page applications", application.single_page, ()),
        ("redirect addresses for public clients", application.public_client, declared.public_client),
    ):
        remedy = (
            "Entra sends people who sign in there, with a code. What is wanted belongs under `redirectUris`; the rest, "
            f"remove in Entra. {_WHOLE}"
        )
        yield from _note(integration, application, kind, sorted(map(printable, set(there) - set(named or ()))), remedy)
    remedy = f"Tokens reach the browser's address bar then: turn it off in Entra, where nobody needs it. {_WHOLE}"
    yield from _note(integration, application, "implicit grants", application.implicit_grants, remedy)
    ours = {each.public.thumbprint for each in integration.credentials.certificates} | {
        thumbprint
        for name, thumbprint in stack.state.vault_thumbprints.items()
        if logical_names.key_and_certificate_label(name)[0] in all_keys(integration)
    }
    certificates = [str(each) for each in application.certificates if each.thumbprint not in ours]
    yield from _note(integration, application, "certificates", certificates, _SIGNS_IN)


def _of_principal(stack: Stack, integration: Integration, application: Application) -> Iterator[Finding]:
    principal = stack.session.applications.principal(application.client_id)
    if principal is None:
        return
    kind = "secrets or certificates of the service principal"
    yield from _note(integration, application, kind, principal.credentials, _SIGNS_IN)
    if not principal.enabled and integration.enabled is not False:
        then = "`pulumi up --refresh` enables it again, as the stack file says"
        if integration.enabled is None:
            then = (
                "ask who did it; `enabled` in the stack file says whether `pulumi up --refresh` enables it or goes on"
            )
        found = f"the service principal of {application.name} ({application.client_id}) is disabled"
        yield Finding("note", key_path(integration), found, f"Nobody can sign in with it: {then}.")


def _beside(
    stack: Stack, integration: Integration, application: Application, caller: Caller | None
) -> Iterator[Finding]:
    ours = {each.name for each in integration.credentials.federated}
    found = stack.session.applications.federated_credentials(application.id) or []
    trusted = [str(each) for each in found if each.name not in ours]
    yield from _note(integration, application, "federated credentials", trusted, _SIGNS_IN)
    named = set(integration.owners) or {caller.object_id if caller else ""}
    owners = stack.session.applications.owners(application.id)
    others = each_owner({id_: name for id_, name in owners.items() if id_.lower() not in named})
    remedy = (
        "An owner can give it secrets and redirect addresses. With `owners` the stack file says who they are, exactly."
    )
    yield from _note(integration, application, "owners", others, remedy)


def _note(
    integration: Integration, application: Application, kind: str, there: Collection[str], remedy: str
) -> Iterator[Finding]:
    if there:
        found = f"{application.name} ({application.client_id}) has {kind} that no stack file names: {', '.join(there)}"
        yield Finding("note", key_path(integration), found, remedy)
