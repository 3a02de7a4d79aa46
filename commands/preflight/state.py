"""What preflight reads from a stack's state; no secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconcilers.consent import spec as consents
from reconcilers.consent.spec import Recorded
from reconcilers.recording import said_by_id
from reconcilers.registration import spec as registrations

APPLICATION = "azuread:index/application:Application"
PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"  # noqa: S105 - a type
_VAULT_SECRET = "pulumi-python:dynamic/entra-business-central:VaultSecret"  # noqa: S105 - a type
_CERTIFICATE = "azuread:index/applicationCertificate:ApplicationCertificate"
_VAULT_CERTIFICATE = "pulumi-python:dynamic/entra-business-central:VaultCertificate"
PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
CONSENT = "pulumi-python:dynamic/entra-business-central:AdminConsent"
INTEGRATION = "entra-business-central:index:Integration"
REGISTRATION = "pulumi-python:dynamic/entra-business-central:BusinessCentralRegistration"


class StateUnusable(Exception):
    """It is not a stack's state; the text says what to give instead."""


@dataclass(frozen=True)
class State:
    """A stack's state, as far as it is needed here.

    Attributes:
        components: URNs of the integrations, by their keys.
        applications: key of the integration -> object id and client id of its application.
        principals: key of the integration -> object id of its service principal.
        secrets: key ids of all client secrets, in lower case, also of those that the next run deletes.
        secret_ends: logical name of each client secret -> when it ends, "" where that is not recorded.
        secret_keys: logical name of each client secret -> its key id.
        certificate_keys: logical name of each certificate -> its key id in Entra.
        vault_thumbprints: logical name of each certificate in a vault -> its SHA-1 thumbprint.
        registrations: environment (in lower case) and client id of all registrations -> what is recorded of each.
        consents: client ids of application and resource -> what is ours.
        stacks: the stacks that the resources say they are of; one, or none where there are none.
        pending: URNs of what an interrupted run was doing.
        client_ids: key of the integration -> its client id, as of the last `up`.
        owners: key of the integration -> object ids of its application's owners, as the state has them.
    """

    components: Mapping[str, str]
    applications: Mapping[str, tuple[str, str]]
    principals: Mapping[str, str]
    secrets: frozenset[str]
    registrations: Mapping[tuple[str, str], Mapping[str, Any]]
    consents: Mapping[tuple[str, str], Recorded] = field(default_factory=dict)
    stacks: frozenset[str] = frozenset()
    pending: tuple[str, ...] = ()
    client_ids: Mapping[str, str] = field(default_factory=dict)
    secret_ends: Mapping[str, str] = field(default_factory=dict)
    secret_keys: Mapping[str, str] = field(default_factory=dict)
    certificate_keys: Mapping[str, str] = field(default_factory=dict)
    vault_thumbprints: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @staticmethod
    def read(text: str) -> State:
        """Read what `pulumi stack export` prints; a checkpoint file of a self-managed backend is read as well.

        Raises:
            StateUnusable: it is something else. The text never quotes any of it.
        """
        try:
            written = json.loads(text)
            deployment = written["deployment"] if "deployment" in written else written["checkpoint"]["latest"]
            resources: list[Mapping[str, Any]] = (deployment or {}).get("resources") or []  # a new stack has none
            return State(
                components={_key(each): each["urn"] for each in _of(resources, INTEGRATION)},
                applications={
                    _key(each): (_object_id(each), each["outputs"]["clientId"].lower())
                    for each in _of(resources, APPLICATION)
                },
                principals={_key(each): _object_id(each) for each in _of(resources, PRINCIPAL)},
                secrets=frozenset(key_id for _, key_id in _secrets(resources)),
                secret_ends={
                    _key(each): each["outputs"].get("endDate") or each["outputs"].get("ends") or ""
                    for each in (*_of(resources, PASSWORD), *_of(resources, _VAULT_SECRET))
                    if not each.get("delete")
                },
                secret_keys={_key(each): key_id for each, key_id in _secrets(resources) if not each.get("delete")},
                certificate_keys={
                    _key(each): each["outputs"]["keyId"].lower()
                    for each in _of(resources, _CERTIFICATE)
                    if not each.get("delete")
                },
                vault_thumbprints={
                    _key(each): thumbprint
                    for each in _of(resources, _VAULT_CERTIFICATE)
                    if (thumbprint := (each.get("outputs") or {}).get("thumbprint"))
                },
                registrations={
                    (outputs["environment"].casefold(), outputs["client_id"].lower()): outputs
                    for outputs in _outputs(resources, REGISTRATION, registrations.ID_PROPERTIES)
                },
                consents={
                    (outputs["client_id"].lower(), outputs["resource_app_id"].lower()): Recorded.from_mapping(outputs)
                    for outputs in _outputs(resources, CONSENT, consents.ID_PROPERTIES)
                },
                stacks=frozenset(each["urn"].split(":")[2] for each in resources),
                client_ids={
                    _key(each): client_id.lower()
                    for each in _of(resources, INTEGRATION)
                    if (client_id := (each.get("outputs") or {}).get("clientId"))
                },
                owners={
                    _key(each): frozenset(map(str.lower, each["outputs"].get("owners") or ()))
                    for each in _of(resources, APPLICATION)
                },
                pending=tuple(each["resource"]["urn"] for each in (deployment or {}).get("pending_operations") or []),
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            raise StateUnusable("This is not a stack's state: give what `pulumi stack export` prints.") from None

    @staticmethod
    def empty() -> State:
        """Return the state of a stack that was never deployed."""
        return State({}, {}, {}, frozenset(), {})


def _of(resources: list[Mapping[str, Any]], type_: str) -> Iterator[Mapping[str, Any]]:
    """Yield the resources of a type; what the next run deletes comes first, so that what replaced it has its key."""
    found = [each for each in resources if each["type"] == type_]
    return iter(sorted(found, key=lambda each: not each.get("delete")))


def _outputs(
    resources: list[Mapping[str, Any]], type_: str, id_properties: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    """Yield the outputs of our resources of a type, each with what its id says and they do not."""
    for each in _of(resources, type_):
        yield {**said_by_id(each["id"], id_properties), **each["outputs"]}


def _secrets(resources: list[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the client secrets, azuread's and those in custody, each with its key id in lower case."""
    yield from ((each, each["outputs"]["keyId"].lower()) for each in _of(resources, PASSWORD))
    for each in _of(resources, _VAULT_SECRET):
        if key_id := (each.get("outputs") or {}).get("key_id"):
            yield each, key_id.lower()


def _key(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"]).rpartition("::")[2]


def _object_id(resource: Mapping[str, Any]) -> str:
    """Return the object id in an azuread id: `/applications/{object id}`."""
    return str(resource["id"]).rpartition("/")[2]
