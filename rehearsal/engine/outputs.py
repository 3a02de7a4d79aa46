"""`output`: what the program exported, from the state."""

from __future__ import annotations

import argparse
import json

from rehearsal.engine.errors import EngineError
from rehearsal.engine.stack import Stack
from rehearsal.engine.values import masked, strip


def print_outputs(stack: Stack, arguments: argparse.Namespace) -> int:
    """Print one output or all, secrets as `[secret]` unless `--show-secrets`.

    Raises:
        EngineError: there is no output of that name.
    """
    found = next((state.outputs for state in stack.checkpoint.load(stack.codec).resources if state.is_stack), {})
    outputs = strip(found) if arguments.show_secrets else masked(found)
    if arguments.name and arguments.name not in outputs:
        raise EngineError(f"current stack does not have output property '{arguments.name}'")
    value = outputs[arguments.name] if arguments.name else outputs
    if arguments.json:
        print(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))  # noqa: T201
    else:
        print(_text(value) if arguments.name else _table(outputs))  # noqa: T201
    return 0


def _table(outputs: dict[str, object]) -> str:
    if not outputs:
        return "Current stack outputs (0):\n    No output values currently in this stack"
    width = max(len("OUTPUT"), *map(len, outputs))
    rows = [("OUTPUT", "VALUE"), *((key, _text(value)) for key, value in sorted(outputs.items()))]
    return "\n".join(
        [f"Current stack outputs ({len(outputs)}):", *(f"    {key:<{width}}  {text}" for key, text in rows)]
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
