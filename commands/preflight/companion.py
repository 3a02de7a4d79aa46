"""Checks for a stack that installs the companion extension: whether the extensions of each environment can be read."""

from __future__ import annotations

from clients.business_central.routes import COMPANION_APP_ID
from clients.http.errors import UserFacingError
from commands.preflight.findings import Finding, finding_from
from commands.preflight.stack import Stack


def check(stack: Stack) -> list[Finding]:
    """Return whether the extensions of the environments can be seen, and which version is installed."""
    companion = stack.declared.companion_extension
    if companion is None:
        return []
    online = stack.declared.online
    found = []
    for key in companion.environments or online:
        name = stack.declared.environments[key].name
        try:
            installed = stack.session.extensions(name, companion.channel).installed(COMPANION_APP_ID)
        except UserFacingError as problem:
            found.append(finding_from(f"environment {name}", problem))
            continue
        version = (
            f"the companion extension is version {installed}" if installed else "the companion extension is absent"
        )
        found.append(Finding("ready", f"environment {name}", f"its extensions can be seen; {version}"))
    return found
