"""The client ids that other stacks' outputs have: Pulumi is asked for them, as `up` asks it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from commands.preflight.findings import Finding, Kind
from commands.preflight.stack import all_keys, key_path
from commands.preflight.state import State
from commands.pulumi_cli import CliNotFound, StackUnreadable, run_pulumi
from settings.client_ids import StackOutput
from settings.cross_checks import repeated_client_ids
from settings.models import Integration, Settings

_HIDDEN = "[secret]"
"""What the CLI prints in the place of a secret."""


def with_client_ids(declared: Settings, state: State) -> tuple[Settings, list[Finding]]:
    """Return the settings with the client ids that other stacks have in the place of their outputs' names.

    Where preflight cannot look, though `up` may be able to, that of the last `up` is taken. An integration whose client
    id cannot be had is left out. Both with a finding that says why.

    Args:
        declared: what the stack file says.
        state: this stack's state.
    """
    asked: dict[str, Mapping[str, Any]] = {}
    integrations: list[Integration] = []
    findings: list[Finding] = []
    for each in declared.integrations:
        if not isinstance(each.client_id, StackOutput):
            integrations.append(each)
            continue
        client_id, unseen = "", ""
        try:
            client_id = _ask(each.client_id, asked)
            unseen = "" if client_id else f"{each.client_id} is a secret there"
        except CliNotFound as problem:
            unseen = str(problem)
        except StackUnreadable as problem:
            found = f"could not read {each.client_id}, which has the client id: {problem}"
            findings.append(Finding("refused", key_path(each), found, "Correct `clientId.stack`, or sign in there."))
        except ValueError as problem:
            is_there = each.client_id.found_in(asked[each.client_id.stack]) is not None
            kind: Kind = "refused" if is_there else "missing"
            findings.append(Finding(kind, f"{key_path(each)}.clientId", str(problem)))
        if unseen:
            client_id = next((state.client_ids[key] for key in all_keys(each) if key in state.client_ids), "")
            then = f"taken is that of the last `up`, {client_id}" if client_id else "it is not looked at"
            found = f"which application it is cannot be seen ({unseen}); {then}"
            findings.append(Finding("note", key_path(each), found))
        if client_id:
            integrations.append(each.model_copy(update={"client_id": client_id}))
    repeated = list(repeated_client_ids({each.key: str(each.client_id) for each in integrations if each.client_id}))
    findings += [Finding("refused", each.path, each.text) for each in repeated]
    return declared.model_copy(update={"integrations": tuple(integrations)}), findings


def _ask(wanted: StackOutput, asked: dict[str, Mapping[str, Any]]) -> str:
    """Return the client id in an output, "" where it is a secret; each stack is asked once.

    Raises:
        StackUnreadable: the stack cannot be read.
        ValueError: it has no such output, or it is no client id.
    """
    if wanted.stack not in asked:
        answer = run_pulumi("stack", "output", "--json", stack=wanted.stack)
        try:
            outputs = json.loads(answer)
        except ValueError:
            outputs = None
        if not isinstance(outputs, dict):
            raise StackUnreadable("`pulumi stack output --json` did not print a mapping of outputs")
        asked[wanted.stack] = outputs
    value = wanted.found_in(asked[wanted.stack])
    return "" if value == _HIDDEN else wanted.client_id(value)
