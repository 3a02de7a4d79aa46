"""What can end a run of the engine, each with the exit code that the CLI gives it."""

from __future__ import annotations


class EngineError(Exception):
    """Ends a run; the text is shown as it stands, in one sentence or a few, and names no secret."""

    exit_code = 1


class Unsupported(EngineError):
    """The real CLI does this and the local engine does not: said by name, never ignored."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: the local engine does not do this; use the pulumi CLI.")


class StackNotFound(EngineError):
    """There is neither a stack file nor a state of that name (exit code 6, contracts/engine.md 5.3)."""

    exit_code = 6


class ChangesNotExpected(EngineError):
    """`--expect-no-changes` and there were changes (exit code 7)."""

    exit_code = 7

    def __init__(self, operation: str) -> None:
        super().__init__(f"no changes were expected for {operation} but changes were proposed")
