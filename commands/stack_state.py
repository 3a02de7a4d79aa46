"""A stack's state, from the Pulumi CLI or piped in; another stack's is refused."""

from __future__ import annotations

from commands import pulumi_cli
from commands.preflight.state import State, StateUnusable
from commands.pulumi_cli import StackUnreadable


def exported_state(full_name: str, piped: str | None, *, command: str) -> State:
    """Return the state of a stack; an empty one where there is no such stack yet.

    Args:
        full_name: the stack, as `--stack` of the CLI takes it.
        piped: what `pulumi stack export` printed, None to ask the CLI.
        command: our command that asks, for the error message.

    Raises:
        StackUnreadable: the CLI is not there, or fails.
        StateUnusable: it is no state, or another stack's: with that, what is in use would look left over.
    """
    if piped is None:
        ours = f"python -m commands {command} --stack {full_name} --stdin"
        alternative = f"pulumi stack export --stack {full_name} | {ours}"
        try:
            piped = pulumi_cli.run_pulumi("stack", "export", stack=full_name, alternative=alternative)
        except StackUnreadable as problem:
            if "no stack named" in str(problem):
                return State.empty()
            raise
    state = State.read(piped)
    others = state.stacks - {pulumi_cli.short_name(full_name)}
    if others:
        raise StateUnusable(f"This is the state of stack {', '.join(sorted(others))}, and not of {full_name}.")
    return state
