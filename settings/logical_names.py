"""The logical names of resources: parts of URNs, so they are stored in every stack's state (decision 0003).

Each is a function of the natural key. All names of an integration begin with its key, so that one alias on its
component moves them all. The type is a part of a URN too, so resources of several types share a name.
"""

from __future__ import annotations

from settings.models import Integration, Settings


def registration(key: str, environment: str) -> str:
    """Return the name of a registration, and of its proof: by the environment's name, in which case does not count.

    In the stack file's spelling it would not do: a name in other letters would make a resource that adopts the
    registration, and delete the one that it adopted it from.
    """
    return f"{key}-{environment.casefold()}"


def consent(key: str, resource_app_id: str) -> str:
    """Return the name of a consent on another resource than Business Central, whose consent is named `key`."""
    return f"{key}-consent-{resource_app_id}"


def secret(key: str, label: str) -> str:
    """Return the name of a client secret."""
    return f"{key}-secret-{label}"


def key_and_label(name: str) -> tuple[str, str]:
    """Return the key and the label that the name of a client secret is made of; a label never has "-secret-" in it."""
    key, _, label = name.rpartition("-secret-")
    return key, label


def federated(key: str, name: str) -> str:
    """Return the name of a federated credential."""
    return f"{key}-federated-{name}"


def key_and_federated(name: str) -> tuple[str, str]:
    """Return the key and the name of a federated credential, of its logical name.

    For messages: a credential whose own name has "-federated-" in it is cut there.
    """
    key, _, own_name = name.rpartition("-federated-")
    return key, own_name


def certificate(key: str, thumbprint: str) -> str:
    """Return the name of a certificate: by its SHA-1 thumbprint, as Entra shows it."""
    return f"{key}-certificate-{thumbprint}"


def vault_certificate(key: str, label: str) -> str:
    """Return the name of a certificate in a vault, and of its public part in Entra: by its label.

    A thumbprint has no hyphen in it, and a label always has.
    """
    return f"{key}-certificate-{label}"


def key_and_certificate_label(name: str) -> tuple[str, str]:
    """Return the key and the label, or the thumbprint, that the name of a certificate is made of."""
    key, _, label = name.rpartition("-certificate-")
    return key, label


def companion(environment: str) -> str:
    """Return the name of the companion extension in an environment: by the environment's name, as a registration."""
    return f"companion-{environment.casefold()}"


def of_integration(integration: Integration, settings: Settings) -> list[str]:
    """Return all logical names of an integration's resources."""
    key, secrets, in_vault = integration.key, integration.credentials.secrets, integration.credentials.vault_certificate
    environments = [settings.environments[each].name for each in integration.environments]
    return [
        key,
        *(registration(key, name) for name in environments),
        *(consent(key, app_id) for app_id in integration.other_permissions),
        *(secret(key, label) for label in (secrets.issued if secrets else ())),
        *(federated(key, each.name) for each in integration.credentials.federated),
        *(certificate(key, each.public.thumbprint) for each in integration.credentials.certificates),
        *(vault_certificate(key, label) for label in (in_vault.issued if in_vault else ())),
    ]
