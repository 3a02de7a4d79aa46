"""`python -m commands handover KEY`: prints what the team of an outside system needs, without the secret."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
from collections.abc import Iterator
from typing import Any

from clients.http.errors import UserFacingError
from clients.session import Session
from commands import pulumi_cli
from commands.handover.access import Handover, handover, read
from commands.handover.examples import examples
from commands.pulumi_cli import StackUnreadable
from commands.stack_outputs import OutputsUnusable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("key", metavar="KEY", help="the integration's key in the stack file")
    pulumi_cli.add_arguments(parser, piped="pulumi stack output --json")
    parser.add_argument("--env", action="store_true", help="print a .env file instead of a text")


def run(arguments: argparse.Namespace) -> int:
    """Print it.

    Returns:
        0; 2 where the outputs could not be had, or an address is not known.
    """
    if arguments.json and arguments.env:
        sys.stderr.write("Say either --json or --env.\n")
        return 2
    try:
        text = sys.stdin.read() if arguments.stdin else _outputs_of(arguments.stack, arguments.key)
        outputs = read(text, arguments.key)
        settings = pulumi_cli.cloud_settings(pulumi_cli.configuration(pulumi_cli.stack_file(arguments)))
        access = handover(arguments.key, outputs, lambda: Session({**settings, "azuread:tenantId": outputs.tenant_id}))
    except (OutputsUnusable, StackUnreadable, UserFacingError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    if arguments.json:
        sys.stdout.write(json.dumps(as_json(access), indent=2, ensure_ascii=False) + "\n")
    else:
        lines = as_environment(access) if arguments.env else as_text(access, arguments.stack)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def as_json(access: Handover) -> dict[str, Any]:
    """Return it for a program."""
    outputs = access.outputs
    said: dict[str, Any] = {
        "integration": access.key,
        "tenantId": outputs.tenant_id,
        "clientId": outputs.client_id,
        "tokenEndpoint": access.token_endpoint,
        "roles": list(outputs.roles),
        "delegatedScopes": list(outputs.delegated_scopes),
        "environments": {
            each.name: {"scope": each.scope, "apiUrl": each.api, "companies": dict(each.companies)}
            for each in access.environments
        },
        "signIn": access.kinds,
        "clientSecretExpires": outputs.client_secret_expires,
        "clientSecretIn": outputs.client_secret_in.model_dump(by_alias=True) if outputs.client_secret_in else None,
        "federatedCredentials": {
            name: each.model_dump(by_alias=True, exclude_defaults=True)
            for name, each in outputs.federated_credentials.items()
        },
        "certificates": {name: each.model_dump(by_alias=True) for name, each in outputs.certificates.items()},
        "certificateIn": (
            {**outputs.certificate_in.model_dump(by_alias=True), "keyId": access.key_id}
            if outputs.certificate_in
            else None
        ),
        "examples": {
            each.kind: {"needs": each.needs, "curl": each.curl, "python": each.python} for each in examples(access)
        },
    }
    return {key: value for key, value in said.items() if value not in ("", None, {}, [])}


def as_environment(access: Handover) -> Iterator[str]:
    """Yield the lines of a `.env` file, in the variables that Microsoft's libraries read; the secret is left to add."""
    outputs = access.outputs
    yield f"# {access.key}: access to Business Central"
    variables = {
        "AZURE_TENANT_ID": outputs.tenant_id,
        "AZURE_CLIENT_ID": outputs.client_id,
        "AZURE_AUTHORITY_HOST": access.login,
        "BUSINESS_CENTRAL_TOKEN_ENDPOINT": access.token_endpoint,
    }
    for each in access.environments:
        suffix = re.sub(r"\W", "_", each.name, flags=re.ASCII).upper()
        variables[f"BUSINESS_CENTRAL_SCOPE_{suffix}"] = each.scope
        variables[f"BUSINESS_CENTRAL_API_{suffix}"] = each.api
    for name, value in variables.items():
        yield f"{name}={shlex.quote(value)}"
    for line in _sign_in(access):
        yield f"# {line}"
    for kind, name in _VARIABLES.items():
        if kind in access.kinds:
            yield f"# {name}="


_VARIABLES = {
    "clientSecret": "AZURE_CLIENT_SECRET",
    "federatedCredential": "AZURE_FEDERATED_TOKEN_FILE",
    "certificate": "AZURE_CLIENT_CERTIFICATE_PATH",
}


def as_text(access: Handover, stack: str) -> Iterator[str]:
    """Yield the lines of a text for the outside system's team.

    Args:
        access: what is handed over.
        stack: the stack's name, for who has the secret.
    """
    outputs = access.outputs
    yield f"{access.key}: access to Business Central, from stack {stack}"
    yield ""
    yield f"Tenant          {outputs.tenant_id}"
    yield f"Client id       {outputs.client_id}"
    yield f"Token endpoint  {access.token_endpoint}"
    yield f"Roles           {', '.join(outputs.roles) or 'none of its own: those of whoever signs in'}"
    for each in access.environments:
        yield ""
        yield f"Environment     {each.name}"
        yield f"  scope         {each.scope}"
        yield f"  API           {each.api}"
        for name, address in each.companies.items():
            yield f"  company       {name}"
            yield f"                {address}"
    yield ""
    yield "Sign-in"
    yield from (f"  {line}" for line in _sign_in(access))
    for example in examples(access):
        for language, code in (("shell", example.curl), ("Python", example.python)):
            if code:
                yield ""
                yield f"{_WORDS[example.kind]}, {language}. {example.needs}"
                yield ""
                yield from (f"    {line}" for line in code.splitlines())


_WORDS = {
    "clientSecret": "With the client secret",
    "federatedCredential": "With a federated token",
    "managedIdentity": "As a managed identity",
    "certificate": "With the certificate",
    "vaultCertificate": "With the certificate in Key Vault",
}


def _sign_in(access: Handover) -> Iterator[str]:
    """Yield by what the outside system signs in: where the secret is, or what a token has to say."""
    outputs = access.outputs
    if access.kinds == ["people"]:
        yield "people sign in, with a public client: there is no secret"
    for name, trust in outputs.federated_credentials.items():
        yield f"federated credential {name}: {trust.sent_by}"
        said = {
            "issuer": trust.issuer,
            "subject": trust.subject,
            "claims": trust.claims_matching_expression,
            "audience": trust.audience,
        }
        yield from (f"  {word} {value}" for word, value in said.items() if value)
    for thumbprint, certificate in outputs.certificates.items():
        yield f"certificate with thumbprint {thumbprint}, until {certificate.expires}"
    if signs := outputs.certificate_in:
        yield f"certificate with thumbprint {signs.thumbprint}, until {signs.expires}"
        yield f"  in Azure Key Vault {signs.key_vault}; its key signs there, and never leaves it: {access.key_id}"
    if "clientSecret" in access.kinds:
        end = f", until {outputs.client_secret_expires}" if outputs.client_secret_expires else ""
        if vault := outputs.client_secret_in:
            version = f", version {vault.version}" if vault.version else ""
            yield f"client secret{end}: in Azure Key Vault {vault.key_vault}, secret {vault.secret_name}{version}"
        else:
            yield f"client secret{end}: whoever runs the stack has it, and gives it to you by a way of its own"
    if not access.kinds:
        yield "by what the application's owner has given it: this stack made no credential"


def _outputs_of(stack: str, key: str) -> str:
    command = f"pulumi stack output --json --stack {stack} | python -m commands handover {key} --stack {stack} --stdin"
    return pulumi_cli.run_pulumi("stack", "output", "--json", stack=stack, alternative=command)
