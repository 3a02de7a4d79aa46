"""What is handed over of one integration, read from the stack's outputs; never the secret.

Addresses that the outputs do not have, since a metadata host alone knows them, are asked for here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from pydantic import ValidationError

from clients.business_central.api_address import api_address
from clients.session import Session
from commands.stack_outputs import (
    UNKNOWN_OUTPUT,
    CommonOutputs,
    EnvironmentOutputs,
    Output,
    OutputsUnusable,
    invalid_keys,
)
from settings.messages import suggestion

Kind = Literal["clientSecret", "federatedCredential", "managedIdentity", "certificate", "vaultCertificate", "people"]
"""By what the outside system signs in; `people` stands for people who sign in themselves."""


MANAGED_IDENTITY = "managedIdentity"
"""The platform of a trust whose token Azure itself gives."""


class Trust(Output):
    """What a federated token has to say; see `components.stack_outputs`."""

    issuer: str
    subject: str = ""
    claims_matching_expression: str = ""
    audience: str
    platform: str = ""
    sent_by: str = ""


class Certificate(Output):
    """A certificate that Entra knows."""

    expires: str


class IntegrationOutputs(CommonOutputs):
    """The outputs of one integration, as far as they are needed; the secret is not among them."""

    token_endpoint: str = ""
    scope: str
    delegated_scopes: tuple[str, ...] = ()
    client_secret_expires: str = ""
    federated_credentials: Mapping[str, Trust] = {}
    certificates: Mapping[str, Certificate] = {}


@dataclass(frozen=True)
class EnvironmentAccess:
    """How one environment is called.

    Attributes:
        name: its name.
        scope: what tokens for it are asked for.
        api: base address of the API, perhaps with a query at its end.
        companies: name -> the address that finds it; empty where all companies are open.
    """

    name: str
    scope: str
    api: str
    companies: Mapping[str, str]

    @property
    def companies_url(self) -> str:
        """The address that lists the companies."""
        return _companies(self.api)


@dataclass(frozen=True)
class Handover:
    """What is handed over of one integration.

    Attributes:
        key: its key in the stack file.
        outputs: what the stack says.
        token_endpoint: where tokens are asked for.
        environments: how each environment is called.
        key_id: the address of the key in a vault that signs for it, with its version; "" for none.
    """

    key: str
    outputs: IntegrationOutputs
    token_endpoint: str
    environments: tuple[EnvironmentAccess, ...]
    key_id: str = ""

    @property
    def login(self) -> str:
        """The address of the token service, without the tenant and without a slash at its end."""
        return self.token_endpoint.partition(f"/{self.outputs.tenant_id}/")[0]

    @property
    def kinds(self) -> list[Kind]:
        """By what it can sign in, what needs no secret first; empty where this stack gave it nothing."""
        outputs = self.outputs
        if not outputs.roles and outputs.delegated_scopes:
            return ["people"]
        trusts = outputs.federated_credentials.values()
        entra = [each for each in trusts if each.platform == MANAGED_IDENTITY]
        kinds: dict[Kind, bool] = {
            "managedIdentity": bool(entra),
            "federatedCredential": len(trusts) > len(entra),
            "vaultCertificate": outputs.certificate_in is not None,
            "certificate": bool(outputs.certificates),
            "clientSecret": bool(outputs.client_secret_expires or outputs.client_secret_in),
        }
        return [kind for kind, there in kinds.items() if there]


def read(text: str, key: str) -> IntegrationOutputs:
    """Take the outputs of one integration out of a stack's.

    Args:
        text: what `pulumi stack output --json` prints.
        key: of the integration, in the stack file.

    Raises:
        OutputsUnusable: it is something else, or there is no such integration.
    """
    try:
        integrations = json.loads(text)["integrations"]
        known = list(integrations)
    except (ValueError, LookupError, TypeError):
        raise OutputsUnusable(
            "These are not the outputs of a deployed stack of this project with integrations: run `pulumi up` first, "
            "and give what `pulumi stack output --json` prints."
        ) from None
    if key not in known:
        text = f"{suggestion(key, known)}; it has {', '.join(known)}" if known else "; it has none"
        raise OutputsUnusable(f"The stack has no integration {key!r}{text}.")
    try:
        outputs = IntegrationOutputs.model_validate(integrations[key])
    except ValidationError as problem:
        raise OutputsUnusable(
            f"The outputs of {key} lack something ({invalid_keys(problem)}), as after an `up` that failed: run `pulumi "
            "up` again."
        ) from None
    if outputs.client_id == UNKNOWN_OUTPUT:
        raise OutputsUnusable(f"The last `pulumi up` failed before it made the application of {key}: run it again.")
    return outputs


def handover(key: str, outputs: IntegrationOutputs, session: Callable[[], Session]) -> Handover:
    """Return what is handed over.

    Args:
        key: of the integration.
        outputs: its outputs.
        session: of its tenant; asked only for addresses that the outputs lack.

    Raises:
        UserFacingError: an address cannot be found.
    """
    environments = []
    for name in outputs.environments:
        there = outputs.access.get(name, EnvironmentOutputs())
        api = there.api_url or api_address(
            outputs.roles,
            "" if there.base_url else session().business_central_url,
            outputs.tenant_id,
            name,
            there.base_url,
        )
        companies = {each: _companies(api, each) for each in there.companies}
        environments.append(EnvironmentAccess(name, there.scope or outputs.scope, api, companies))
    endpoint = outputs.token_endpoint or session().token_endpoint
    key_id = ""
    if signs := outputs.certificate_in:
        key_id = f"{session().vault(signs.key_vault).address}/keys/{signs.certificate_name}/{signs.version}"
    return Handover(key, outputs, endpoint, tuple(environments), key_id)


def _companies(api: str, name: str = "") -> str:
    address, _, query = api.partition("?")
    wanted = f"$filter=name%20eq%20'{quote(name.replace(chr(39), chr(39) * 2), safe=chr(39))}'" if name else ""
    both = "&".join(filter(None, (query, wanted)))
    return f"{address}/companies{'?' if both else ''}{both}"
