"""What an engine writes of our resources into every user's state.

A change here is a decision (docs/decisions/0003-stored-names.md), never a clean-up: it replaces or forgets live objects.
"""

from __future__ import annotations

import json
import sys

from tests.support.stack import FIRST, Stack
from tests.support.tenant import REPOSITORY, Tenant

COMPONENT = "entra-business-central:index:Integration"
CONSENT = "pulumi-python:dynamic/entra-business-central:AdminConsent"
REGISTRATION = "pulumi-python:dynamic/entra-business-central:BusinessCentralRegistration"
PROOF = "pulumi-python:dynamic/entra-business-central:AccessProof"
PREFIX = "urn:pulumi:demo::entra-business-central::"

NAMES = {
    f"{PREFIX}pulumi:pulumi:Stack::entra-business-central-demo",
    f"{PREFIX}{COMPONENT}::magento",
    f"{PREFIX}{COMPONENT}$azuread:index/application:Application::magento",
    f"{PREFIX}{COMPONENT}$azuread:index/servicePrincipal:ServicePrincipal::magento",
    f"{PREFIX}{COMPONENT}$azuread:index/applicationPassword:ApplicationPassword::magento-secret-{FIRST}",
    f"{PREFIX}{COMPONENT}${CONSENT}::magento",
    f"{PREFIX}{COMPONENT}${REGISTRATION}::magento-production",
    f"{PREFIX}{COMPONENT}${REGISTRATION}::magento-sandbox",
    f"{PREFIX}{COMPONENT}${PROOF}::magento-production",
    f"{PREFIX}{COMPONENT}${PROOF}::magento-sandbox",
}

KEYS = {
    CONSENT: (
        {
            "__provider",
            "client_id",
            "service_principal_id",
            "roles",
            "delegated_scopes",
            "declared_at",
        },
        {
            "resource_id",
            "assignments",
            "revision",
        },
    ),
    REGISTRATION: (
        {
            "__provider",
            "environment",
            "client_id",
            "description",
            "contact_information",
            "permission_sets",
            "permission_granted",
            "adopt",
            "declared_at",
            "state",
        },
        {"user_id", "revision"},
    ),
    PROOF: (
        {
            "__provider",
            "client_id",
            "client_secret",
            "credential_id",
            "roles",
            "environment",
            "triggers",
            "declared_at",
        },
        set(),
    ),
}
"""Type -> the inputs of an integration as most are, and what the outputs have beside them; what is at its default is in
neither."""

INPUTS_ONLY = {
    CONSENT: {"client_id"},
    REGISTRATION: {"environment", "client_id"},
    # Its secret is in as few places as can be, and nobody reads its place in the stack file.
    PROOF: {"environment", "client_id", "client_secret", "declared_at"},
}
"""Type -> what the outputs do not have, most of it because the id says it."""


def test_urns_ids_and_property_keys_are_those_of_the_first_release(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    resources = {each["urn"]: each for each in stack.resources()}
    assert set(resources) == NAMES
    assert set(stack.outputs()) == {"integrations", "clientIds"}
    client_id = stack.client_id()
    ids = {
        each["type"]: each["id"] for each in resources.values() if each["type"] in KEYS and "sandbox" not in each["urn"]
    }
    assert ids == {
        CONSENT: f"{tenant.ready.tenantId}/{client_id}/996def3d-b36c-4153-8607-a6fd3c01b89f",
        REGISTRATION: f"{tenant.ready.tenantId}/Production/{client_id}",
        PROOF: f"{tenant.ready.tenantId}/Production/{client_id}",
    }
    for each in resources.values():
        if each["type"] in KEYS:
            inputs, further = KEYS[each["type"]]
            assert set(each["inputs"]) == inputs, each["urn"]
            assert set(each["outputs"]) == (inputs - INPUTS_ONLY[each["type"]]) | further, each["urn"]
        if each["type"] not in {"pulumi:pulumi:Stack", COMPONENT}:
            assert each["parent"] == f"{PREFIX}{COMPONENT}::magento"


def test_the_state_is_small_and_names_no_machine(tenant: Tenant, stack: Stack) -> None:
    """Pulumi writes all of it after every step: what an integration records is what large stacks are slow by."""
    stack.deploy()
    ours = [each for each in stack.resources() if each["type"] != "pulumi:pulumi:Stack"]
    bridged = any("__meta" in each["outputs"] for each in ours)  # by the real azuread plugin
    at_most = 20_000 if bridged else 18_000
    assert len(json.dumps(ours, separators=(",", ":"))) < at_most, "one integration in two environments"
    text = json.dumps(stack.checkpoint())
    for each in (str(REPOSITORY), sys.prefix, sys.base_prefix, "stackTrace", "sourcePosition"):
        assert each not in text
