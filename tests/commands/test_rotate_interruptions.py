"""`rotate` with a fault at, and killed at, each of its requests; then again: the file is the old or the new one, and ends right."""

from __future__ import annotations

import json
import os
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.rotate import LIFETIME, OVERLAP, RotatingStack, ago, label
from tests.support.tenant import OURS, Tenant, wait_for
from tests.support.vaults import READER, AdministeredVault
from tests.support.warm_process import WarmProcess

AT = {"userAgent": OURS, "path": "/v1.0/|secrets/|/oauth2/"}
"""Every request but those for addresses."""
OLD, NEW = label(LIFETIME - OVERLAP), label(OVERLAP + 1)


@pytest.fixture
def stack(tenant: Tenant, tmp_path: Path) -> RotatingStack:
    """A stack whose first secret may go, with a foreign one that is to be removed."""
    return RotatingStack(tenant, tmp_path)


def begin(stack: RotatingStack, number: int) -> tuple[str, str]:
    """Write the stack file; return it, and the key id of a new foreign secret."""
    place = {"keyVault": "integrations", "secretName": "magento"}
    stack.write(OLD, NEW, deliver=place, foreignSecrets="remove")
    return stack.file.read_text(), stack.make(NEW, out=ago(2), name=f"by hand {number}")


def prepare(stack: RotatingStack) -> None:
    vault = AdministeredVault(stack.tenant, READER)
    stack.grant("Policy.Read.All")
    for each in (OLD, NEW):
        stack.make(each, out=ago(LIFETIME - OVERLAP if each == OLD else OVERLAP + 1))
        # Two minutes from now a successor that is out since then would be too young: its time is that of the clock.
        vault.edit(
            "set_vault_secret", secret="magento", value="x", tags={"label": each}, laterBy=-(OVERLAP + 1) * 86400
        )


def rotated_once_more(stack: RotatingStack, before: str, foreign: str) -> None:
    """Claim that the file is the old or the new one, and that another run brings everything to its end."""
    now = stack.file.read_text()
    assert now in (before, before.replace(f'"{OLD}", ', "")), "never half of it"
    done = stack.rotate()
    assert done.code in ((3,) if now == before else (0, 3)), done
    assert f'["{NEW}"]' in done.file
    assert foreign not in {each["keyId"] for each in stack.listed()}
    assert set(stack.key_ids.values()) <= {each["keyId"] for each in stack.listed()}, "of ours none is removed here"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broken_connection_at_each_request(stack: RotatingStack, when: str) -> None:
    prepare(stack)
    for number in count():
        before, foreign = begin(stack, number)
        ordered = stack.tenant.fault(AT, action="drop", skip=number, when=when)
        done = stack.rotate()
        hits = ordered.hits
        stack.tenant.clear_faults()
        if not hits:
            break
        if done.code == 2:
            assert "could not" in done.said
        rotated_once_more(stack, before, foreign)
    assert number >= 5, "tokens, applications, policy, versions, the removal"


def test_a_kill_at_each_request(stack: RotatingStack) -> None:
    """After the service did it; before, it is as after a connection that broke before, and `rotate` has written nothing."""
    prepare(stack)
    for number in count():
        before, foreign = begin(stack, number)
        ordered = stack.tenant.fault(AT, action="hold", skip=number, when="after")
        held = _killed(stack, ordered)
        stack.tenant.clear_faults()
        if not held:
            break
        rotated_once_more(stack, before, foreign)
    assert number >= 5, "tokens, applications, policy, versions, the removal"


def _killed(stack: RotatingStack, ordered: Any) -> bool:
    arguments = ["rotate", "--stack", "demo", "--config-file", str(stack.file), "--stdin"]
    signed_in = {"PATH": os.environ["PATH"], **stack.tenant.ready.environment()}
    with WarmProcess("commands", arguments, signed_in, json.dumps(stack.state())) as process:
        wait_for(lambda: ordered.held > 0 or process.is_over, 60, "the request, or the end")
        was_held = bool(ordered.held)
        process.kill()
    wait_for(lambda: not ordered.held, 30, "the tenant to see that the client has gone")
    return was_held
