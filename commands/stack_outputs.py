"""A stack's outputs as commands read them; what each means is said by `components.stack_outputs`."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

UNKNOWN_OUTPUT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands in the outputs for a value that the last `up --continue-on-error` did not reach (measured).

docs/reference/facts-pulumi.md, "Continuing after a failure"."""


class OutputsUnusable(Exception):
    """The stack's outputs are not what a command needs; the text says what to do, and quotes none of them."""


class Output(BaseModel):
    """Outputs as Pulumi prints them, in camelCase."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)


class VaultVersion(Output):
    """Where a secret lies in Azure Key Vault."""

    key_vault: str
    secret_name: str
    version: str


class VaultCertificateVersion(Output):
    """A certificate in Azure Key Vault, whose key signs there."""

    key_vault: str
    certificate_name: str
    version: str
    thumbprint: str
    sha256: str
    expires: str


class EnvironmentOutputs(Output):
    """What is particular in one environment."""

    api_url: str = ""
    base_url: str = ""
    scope: str = ""
    companies: tuple[str, ...] = ()
    not_provable: str = ""


class CommonOutputs(Output):
    """The outputs of one integration that every command needs; the secret is not among them."""

    tenant_id: str
    client_id: str
    client_secret_in: VaultVersion | None = None
    certificate_in: VaultCertificateVersion | None = None
    roles: tuple[str, ...]
    environments: tuple[str, ...]
    access: Mapping[str, EnvironmentOutputs] = {}


def invalid_keys(problem: ValidationError) -> str:
    """Return the key paths that are not as they have to be; pydantic's own text would quote values."""
    return ", ".join(".".join(map(str, each["loc"])) for each in problem.errors(include_input=False))
