"""The file for `pulumi import --file`, by which what is there comes into the state without a write.

azuread reads its resources itself. Ours come with inputs and outputs, because Pulumi asks a dynamic provider for
nothing then (docs/reference/facts-pulumi.md, "Import"): both say what was found, as a refresh would.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

from clients.graph.objects import ServicePrincipal
from commands.adopt.entries import Entry
from commands.adopt.found import Registered
from commands.preflight.state import APPLICATION, CONSENT, INTEGRATION, PRINCIPAL, REGISTRATION
from reconcilers.consent import spec as consents
from reconcilers.consent.plan import refreshed
from reconcilers.consent.spec import ConsentSpec, Live
from reconcilers.recording import new_revision, resource_id, without_defaults, without_what_the_id_says
from reconcilers.registration import spec as registrations
from reconcilers.registration.observe import as_recorded
from reconcilers.registration.permission_sets import matching
from reconcilers.registration.spec import RegistrationSpec
from settings import logical_names
from settings.business_central_permissions import BUSINESS_CENTRAL_APP_ID
from settings.consents import declared_consent
from settings.models import Environment
from settings.registrations import declared_registration

Resource = dict[str, Any]


def import_file(
    entries: Iterable[Entry], environments: Mapping[str, Environment], resource: ServicePrincipal
) -> dict[str, Any]:
    """Return what `pulumi import --file` takes.

    Args:
        entries: what is taken over.
        environments: those of the stack file, by their keys.
        resource: Business Central's service principal.
    """
    return {"resources": [each for entry in entries for each in _resources(entry, environments, resource)]}


def _resources(entry: Entry, environments: Mapping[str, Environment], resource: ServicePrincipal) -> Iterator[Resource]:
    key, found = entry.integration.key, entry.found
    yield {"type": INTEGRATION, "name": key, "component": True}

    def child(type_: str, name: str, id_: str, **more: Any) -> Resource:
        # The name is for this file alone, and no key: a parent's name has to be the only one. The resource's own name
        # is the logical one.
        return {"type": type_, "name": f"{key}: {type_} {name}", "logicalName": name, "id": id_, "parent": key, **more}

    if found.application and found.principal:
        plugin = {"version": version("pulumi-azuread")}
        yield child(APPLICATION, key, f"/applications/{found.application.application.id}", **plugin)
        yield child(PRINCIPAL, key, f"/servicePrincipals/{found.principal.principal.id}", **plugin)
    consent_id = resource_id(found.tenant_id, found.client_id, BUSINESS_CENTRAL_APP_ID)
    yield child(CONSENT, key, consent_id, **_consent(entry, resource, consent_id))
    for environment_key in entry.integration.environments:
        environment = environments[environment_key]
        registration_id = resource_id(found.tenant_id, environment.name, found.client_id)
        yield child(
            REGISTRATION,
            logical_names.registration(key, environment.name),
            registration_id,
            **_registration(entry, environment_key, environment, found.registrations[environment_key], registration_id),
        )


def _consent(entry: Entry, resource: ServicePrincipal, id_: str) -> dict[str, Any]:
    """Return inputs and outputs of the consent on Business Central, as a refresh of it would."""
    found, integration = entry.found, entry.integration
    principal_id = found.principal.principal.id if found.principal else ""
    application = {"client_id": found.client_id, "service_principal_id": principal_id}
    spec = ConsentSpec.from_mapping({**declared_consent(integration, BUSINESS_CENTRAL_APP_ID), **application})
    live = Live(
        tenant_id=found.tenant_id,
        approval_page="",
        resource=resource,
        service_principal_id=principal_id,
        roles=found.roles,
        grant=found.grant,
    )
    # What it holds counts as granted by this stack from now on, so that `destroy` takes it away.
    ours = consents.Recorded(
        service_principal_id=principal_id,
        resource_id=resource.id,
        assignments=found.roles,
        granted_scopes=tuple(sorted(found.scopes)),
    )
    recorded = refreshed(spec, live, ours).as_mapping()
    inputs = {**spec.as_mapping(), **{name: recorded[name] for name in consents.RECORDED_ALWAYS}}
    outputs = without_defaults({**inputs, **recorded}, consents.DEFAULTS, consents.RECORDED_ALWAYS)
    return _both(
        "dynamic_providers.admin_consent AdminConsentProvider",
        without_defaults(inputs, consents.DEFAULTS, consents.RECORDED_ALWAYS),
        without_what_the_id_says(outputs, id_, consents.ID_PROPERTIES),
    )


def _registration(entry: Entry, key: str, environment: Environment, there: Registered, id_: str) -> dict[str, Any]:
    """Return inputs and outputs of a registration, as a refresh of it would."""
    declared = {**declared_registration(entry.integration, key, environment), "client_id": entry.found.client_id}
    spec = RegistrationSpec.from_mapping(declared)
    keep = spec.additional_permission_sets == "keep"
    held = matching(there.held, spec.permission_sets) if keep else there.held
    recorded = as_recorded(spec, there.row, held)
    inputs = without_defaults(recorded.spec.as_mapping(), spec.defaults(), registrations.RECORDED_ALWAYS)
    return _both(
        "dynamic_providers.business_central_registration BusinessCentralRegistrationProvider",
        inputs,
        without_what_the_id_says({**inputs, "user_id": recorded.user_id}, id_, registrations.ID_PROPERTIES),
    )


def _both(provider: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    by = {"__provider": pickled(*provider.split())}
    return {"inputs": {**by, **inputs}, "outputs": {**by, **outputs, "revision": new_revision()}}


def pickled(module: str, name: str) -> str:
    """Return a provider as the state stores it: pickled (protocol 4), as the class of this name and nothing else.

    Written by hand, because no command imports Pulumi. A test holds it against Pulumi's own:
    docs/decisions/0004-how-the-dynamic-providers-are-written.md.
    """
    strings = b"".join(b"\x8c" + bytes([len(each)]) + each.encode() + b"\x94" for each in (module, name))
    body = strings + b"\x93\x94)\x81\x94."
    return base64.b64encode(b"\x80\x04\x95" + struct.pack("<Q", len(body)) + body).decode()
