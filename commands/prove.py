"""`python -m commands prove`: tries out, as the outside systems would, the access that a stack handed over.

Secrets come from the stack's outputs, out of a pipe, or with custody from the vault that alone has them; a copy in a
vault (`deliver`) is not read. They go nowhere: not to a file, not on the screen. The key of a certificate in a vault
signs there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import Field, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clients.http.errors import UserFacingError
from clients.http.replication import read_seconds
from clients.session import Session
from commands import pulumi_cli
from commands.output import Output
from commands.pulumi_cli import StackUnreadable
from commands.stack_outputs import UNKNOWN_OUTPUT, CommonOutputs, EnvironmentOutputs, OutputsUnusable, invalid_keys
from reconcilers.proof.causes import NotProven
from reconcilers.proof.prove import prove
from reconcilers.proof.spec import NO_SECRET, CertificateInVault, InVault, ProofSpec

MAX_PARALLEL_PROOFS = 4
NOT_SHOWN = "[secret]"


class IntegrationOutputs(CommonOutputs):
    """The outputs of one integration, as far as they are needed, the secret among them."""

    client_secret: str = Field(default="", repr=False)
    not_provable: str = ""


@dataclass(frozen=True)
class Result:
    """What came of one proof.

    Attributes:
        integration: its key in the stack file.
        environment: name of the environment, "" where the integration names none.
        result: what came of it.
        cause: why it failed, one of `reconcilers.proof.causes.Cause`; "" where it is none of them, or did not fail.
        message: a paragraph about it, "" where it was proved.
    """

    integration: str
    environment: str
    result: Literal["proven", "failed", "notProvable"]
    cause: str = ""
    message: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    pulumi_cli.add_arguments(parser, piped="pulumi stack output --json --show-secrets")
    parser.add_argument(
        "--wait", type=_seconds, default=10.0, metavar="SECONDS", help="how long to wait for replication (default: 10)"
    )


def _seconds(text: str) -> float:
    try:
        if (seconds := read_seconds(text)) >= 0:
            return seconds
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")


def run(arguments: argparse.Namespace) -> int:
    """Prove everything that the stack handed over.

    Returns:
        0 where all that can be proved was; 1 where something failed; 2 where the outputs could not be had.
    """
    try:
        text = sys.stdin.read() if arguments.stdin else _outputs_of(arguments.stack)
        integrations = read_outputs(text)
        settings = pulumi_cli.cloud_settings(pulumi_cli.configuration(pulumi_cli.stack_file(arguments)))
    except (OutputsUnusable, StackUnreadable) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    results = prove_all(integrations, settings, arguments.wait)
    if arguments.json:
        found = {"stack": arguments.stack, "proofs": [asdict(each) for each in results]}
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    else:
        show(results, Output())
    return 1 if any(each.result == "failed" for each in results) else 0


def read_outputs(text: str) -> dict[str, IntegrationOutputs]:
    """Take what is needed out of a stack's outputs.

    Args:
        text: what `pulumi stack output --json --show-secrets` prints.

    Raises:
        OutputsUnusable: it is something else. The text never quotes any of it.
    """
    try:
        outputs = json.loads(text)
        if "integrations" not in outputs and "companionExtension" in outputs:
            return {}  # a stack of its own for the companion extension
        found = {key: IntegrationOutputs.model_validate(value) for key, value in outputs["integrations"].items()}
    except (ValueError, LookupError, TypeError, AttributeError) as problem:
        where = ""
        if isinstance(problem, ValidationError):
            where = f" ({invalid_keys(problem)})"
        raise OutputsUnusable(
            f"These are not the outputs of a deployed stack of this project{where}: run `pulumi up` first, and give "
            "what `pulumi stack output --json --show-secrets` prints."
        ) from None
    if any(each.client_secret == NOT_SHOWN for each in found.values()):
        raise OutputsUnusable("The secrets are not among the outputs: add --show-secrets to `pulumi stack output`.")
    return found


def prove_all(
    integrations: Mapping[str, IntegrationOutputs], settings: Mapping[str, str], seconds: float
) -> list[Result]:
    """Prove every integration in each of its environments.

    Args:
        integrations: the outputs, by the integrations' keys.
        settings: the stack's settings of azuread, as `clients.session.Session` takes them.
        seconds: how long to wait at most for what is not seen everywhere yet.

    Returns:
        A result for each, in the order of the outputs.
    """
    sessions = {
        tenant: Session({**settings, "azuread:tenantId": tenant})
        for tenant in {each.tenant_id for each in integrations.values()}
    }
    wanted = [(key, environment) for key, each in integrations.items() for environment in each.environments or ("",)]

    def one(pair: tuple[str, str]) -> Result:
        key, environment = pair
        handed_over = integrations[key]
        return _prove(sessions[handed_over.tenant_id], key, environment, handed_over, seconds)

    with ThreadPoolExecutor(MAX_PARALLEL_PROOFS) as pool:
        return list(pool.map(one, wanted))


def show(results: Sequence[Result], console: Console) -> None:
    """Print a table, with one paragraph for each proof that is not there below it; without a terminal, plain lines."""
    words = {"proven": "works", "failed": "does not work", "notProvable": "cannot be proved from here"}
    messages = [each.message for each in results if each.message]
    if not results:
        messages = ["The stack has no integrations."]
    elif not console.is_terminal:
        lines = [f"{each.integration}\t{each.environment}\t{words[each.result]}\t{each.cause}" for each in results]
        console.file.write("".join(f"{line.rstrip()}\n" for line in [*lines, *messages]))  # not wrapped, for grep
        return
    else:
        table = Table("integration", "environment", "access", "cause")
        colours = {"proven": "green", "failed": "red", "notProvable": "yellow"}
        for each in results:
            result = Text(words[each.result], style=colours[each.result])
            table.add_row(each.integration, each.environment, result, each.cause)
        console.print(table)
    for message in messages:
        console.print(message, markup=False, highlight=False)


def _prove(session: Session, key: str, environment: str, handed_over: IntegrationOutputs, seconds: float) -> Result:
    if not environment:
        why = handed_over.not_provable or "the stack file gives it no environment"
        return Result(key, environment, "notProvable", message=f"integrations.{key}: {why}.")
    place = f"integrations.{key}, environment {environment}"
    spec = _spec(environment, handed_over, place)
    if spec.not_provable:
        return Result(key, environment, "notProvable", message=f"{place}: {spec.not_provable}.")
    secret, known = _credential(handed_over)
    if UNKNOWN_OUTPUT in (known, handed_over.client_id):
        message = f"{place}: the last `pulumi up` failed before it had a secret or a certificate; run it again."
        return Result(key, environment, "failed", "secret", message)
    try:
        prove(session, spec, secret, seconds=seconds)
    except UserFacingError as problem:
        problem.where = place
        cause = problem.cause if isinstance(problem, NotProven) else ""
        return Result(key, environment, "failed", cause, str(problem))
    return Result(key, environment, "proven")


def _credential(handed_over: IntegrationOutputs) -> tuple[str | InVault | CertificateInVault, str]:
    """Return what it signs in with, as `up` chooses it, and what is unknown where the last `up` did not make it."""
    if handed_over.client_secret:  # beside it `clientSecretIn` names a copy
        return handed_over.client_secret, handed_over.client_secret
    if at := handed_over.client_secret_in:
        return InVault(at.key_vault, at.secret_name, at.version), at.version
    if signs := handed_over.certificate_in:
        return CertificateInVault(signs.key_vault, signs.certificate_name, signs.version), signs.version
    return "", ""


def _spec(environment: str, handed_over: IntegrationOutputs, place: str) -> ProofSpec:
    particulars = handed_over.access.get(environment, EnvironmentOutputs())
    has_secret = bool(handed_over.client_secret or handed_over.client_secret_in or handed_over.certificate_in)
    return ProofSpec(
        client_id=handed_over.client_id,
        roles=handed_over.roles,
        environment=environment,
        base_url=particulars.base_url,
        scope=particulars.scope,
        companies=particulars.companies,
        not_provable=particulars.not_provable or ("" if has_secret else NO_SECRET),
        declared_at=place,
    )


def _outputs_of(stack: str) -> str:
    ask = ["stack", "output", "--json", "--show-secrets"]
    command = f"pulumi {' '.join(ask)} --stack {stack} | python -m commands prove --stack {stack} --stdin"
    return pulumi_cli.run_pulumi(*ask, stack=stack, alternative=command)
