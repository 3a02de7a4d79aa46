"""What the tour says last: what to try next."""

from __future__ import annotations

import json

from rehearsal.demo.declaration import Declaration
from rehearsal.demo.folder import DemoFolder
from rehearsal.demo.narration import Narration
from rehearsal.ready_file import ReadyFile

README_SECTION = "With a real tenant"


def say_next_steps(narration: Narration, folder: DemoFolder) -> None:
    """Point to a real tenant."""
    narration.say(f"The logs stay in {folder.relative(folder.logs)}/; no process is left.")
    narration.say(f'Next, a real tenant: README.md, "{README_SECTION}"; begin with stacks/Pulumi.example.yaml.')
    narration.say("To look round in this one: python -m rehearsal demo --keep (or make demo ARGS=--keep).")


def say_how_to_explore(
    narration: Narration, folder: DemoFolder, ready: ReadyFile, client_id: str, declared: Declaration
) -> None:
    """Give the commands to try on what `--keep` left."""
    pulumi = folder.relative(folder.script)
    environment = next(iter(declared.access.permission_sets))
    edits = [
        {"do": "disable_registration", "environment": environment, "clientId": client_id},
        {"do": "remove_app_role_assignment", "clientId": client_id, "role": declared.role},
    ]
    narration.title("Kept: the tenant and the stack are up (nothing was destroyed yet). To try, from this folder:")
    narration.say(f"Change {folder.relative(folder.stack_file)}, or nothing, and:")
    for line in ("preflight", "preview --diff", "up", "prove", "output --json --show-secrets", "destroy"):
        narration.command(f"{pulumi} {line}")
    narration.say("Break something, as an administrator would:")
    for edit in edits:
        narration.command(f"curl -d '{json.dumps(edit)}' {ready.controlUrl}/edit")
    narration.say("See it, and repair it:")
    narration.command(f"{pulumi} refresh --preview-only --diff")
    narration.command(f"{pulumi} up --refresh")
    narration.say("What the tenant holds, and what it was asked:")
    narration.command(f"curl {ready.controlUrl}/state")
    narration.command(f"curl {ready.controlUrl}/requests")
    narration.say("End it, with everything that it left:")
    narration.command("make demo ARGS=--stop")
