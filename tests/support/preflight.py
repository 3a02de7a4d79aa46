"""`python -m commands preflight` against the rehearsal tenant, with a stack file and a state of a test's own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.support.entra import EntraApplication
from tests.support.provider_host import Resource
from tests.support.stack import ENVIRONMENTS, FIRST, MAGENTO, SECOND
from tests.support.tenant import Tenant
from tests.support.warm_process import WarmProcess

COMPONENT = "urn:pulumi:demo::entra-business-central::entra-business-central:index:Integration::magento"
_PREFIX = "urn:pulumi:demo::entra-business-central::entra-business-central:index:Integration"


@dataclass(frozen=True)
class PreflightRun:
    """What the command answered.

    Attributes:
        code: exit code.
        output: standard output.
        said: standard error.
    """

    code: int
    output: str
    said: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of `--json`."""
        found: list[dict[str, Any]] = json.loads(self.output)["findings"]
        return found

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        """The findings of some kinds."""
        return [each for each in self.findings if each["kind"] in kinds]

    def only(self, kind: str, where: str = "") -> dict[str, Any]:
        """The one finding of a kind (about one place)."""
        (found,) = [each for each in self.of(kind) if where in each["where"]]
        return found


def run_preflight(
    tenant: Tenant,
    folder: Path,
    *options: str,
    integrations: Mapping[str, Any] | None = None,
    environments: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | str | None = None,
    environment: Mapping[str, str] | None = None,
    stack: str = "demo",
    asks: bool = False,
) -> PreflightRun:
    """Run the command.

    Args:
        tenant: where to look.
        folder: for the stack file.
        options: beside `--stack demo --stdin --json`.
        integrations: of the stack file; the Magento integration in both environments where none are given.
        environments: of the stack file.
        state: what `pulumi stack export` would print; of an empty stack where none is given.
        environment: variables instead of the tenant's.
        stack: name of the stack.
        asks: whether it asks a pulumi on PATH for the state, instead of being given it.
    """
    file = folder / "Pulumi.demo.yaml"
    config = {
        "azuread:tenantId": tenant.ready.tenantId,
        "entra-business-central:environments": dict(environments or ENVIRONMENTS),
        "entra-business-central:integrations": dict(integrations or {"magento": MAGENTO}),
    }
    file.write_text(json.dumps({"config": config}))  # YAML, too
    arguments = ["preflight", "--stack", stack, "--config-file", str(file), *([] if asks else ["--stdin"])]
    signed_in = tenant.ready.environment() if environment is None else environment
    given = state if isinstance(state, str) else json.dumps(state or exported())
    with WarmProcess(
        "commands", [*arguments, *(options or ["--json"])], {"PATH": os.environ["PATH"], **signed_in}, given
    ) as process:
        run = PreflightRun(process.wait(timeout=120), process.stdout, process.stderr)
    assert tenant.ready.deployer.clientSecret not in run.output + run.said
    return run


def exported(
    application: EntraApplication | None = None,
    *,
    principal: bool = True,
    secrets: Sequence[str] | Mapping[str, str] = (),
    registrations: tuple[tuple[str, str], ...] = (),
    registered: Mapping[str, Any] = MappingProxyType({}),
    consents: Sequence[Resource] = (),
) -> dict[str, Any]:
    """Return what `pulumi stack export` prints of a stack with the Magento integration.

    Args:
        application: its application; None where only its component is in the state.
        principal: whether the service principal is there too.
        secrets: key ids of its secrets; by label, or in the order of the labels FIRST and SECOND.
        registrations: environment and client id of each.
        registered: what else is recorded of each.
        consents: each, as its provider made it.
    """
    resources: list[dict[str, Any]] = [{"urn": COMPONENT, "type": "entra-business-central:index:Integration"}]

    def add(type_: str, name: str, id_: str, **outputs: Any) -> None:
        urn = f"{_PREFIX}${type_}::{name}"
        resources.append({"urn": urn, "type": type_, "id": id_, "custom": True, "outputs": outputs})

    if application:
        type_ = "azuread:index/application:Application"
        add(type_, "magento", f"/applications/{application.object_id}", clientId=application.client_id)
        if principal:
            type_ = "azuread:index/servicePrincipal:ServicePrincipal"
            add(type_, "magento", f"/servicePrincipals/{application.principal_id}")
    by_label = secrets if isinstance(secrets, Mapping) else dict(zip((FIRST, SECOND), secrets, strict=False))
    for label, key_id in by_label.items():
        add("azuread:index/applicationPassword:ApplicationPassword", f"magento-secret-{label}", key_id, keyId=key_id)
    for environment, client_id in registrations:
        add(
            "pulumi-python:dynamic/entra-business-central:BusinessCentralRegistration",
            f"magento-{environment.lower()}", f"tenant/{environment}/{client_id}", **registered,
        )  # fmt: skip
    for each in consents:
        add("pulumi-python:dynamic/entra-business-central:AdminConsent", "magento", each.id, **each.outputs)
    return {"version": 3, "deployment": {"resources": resources}}
