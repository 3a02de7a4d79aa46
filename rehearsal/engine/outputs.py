"""`output`: what the program exported, from the state."""

from __future__ import annotations

import argparse
import json

from rehearsal.engine.difference_text import masked
from rehearsal.engine.errors import EngineError
from rehearsal.engine.stack import Stack, stack_outputs
from rehearsal.engine.values import strip


def print_outputs(stack: Stack, arguments: argparse.Namespace) -> int:
    """Print one output or all, secrets as `[secret]` unless `--show-secrets`.

    Raises:
        EngineError: there is no output of that name.
    """
    found = stack_outputs(stack.checkpoint, stack.codec)
    outputs = strip(found) if arguments.show_secrets else masked(found)
    if arguments.name:
        if arguments.name not in outputs:
            raise EngineError(f"current stack does not have output property '{arguments.name}'")
        value = outputs[arguments.name]
        print(_json(value) if arguments.json or not isinstance(value, str) else value)  # noqa: T201
    elif arguments.json:
        print(json.dumps(outputs, indent=2, ensure_ascii=False, sort_keys=True))  # noqa: T201
    else:
        print(_table(outputs))  # noqa: T201
    return 0


def _table(outputs: dict[str, object]) -> str:
    if not outputs:
        return "Current stack outputs (0):\n    No output values currently in this stack"
    width = max(len("OUTPUT"), *map(len, outputs))
    rows = [(key, value if isinstance(value, str) else _json(value)) for key, value in sorted(outputs.items())]
    lines = [f"    {key:<{width}}  {value}" for key, value in [("OUTPUT", "VALUE"), *rows]]
    return "\n".join([f"Current stack outputs ({len(outputs)}):", *lines])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
