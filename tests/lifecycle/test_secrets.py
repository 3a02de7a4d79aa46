"""The secret is in no file, no output and no log, in none of the forms in which it could stand there."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal.demo.secret_search import search_files, search_texts
from tests.support.stack import FIRST, MAGENTO, SECOND, Stack, secrets
from tests.support.tenant import Tenant


def test_no_secret_is_written_anywhere(tenant: Tenant, plugin: str, tmp_path: Path) -> None:
    stack = Stack(tmp_path / "stack", tenant, plugin, secrets_provider="passphrase")
    printed = {"preview": stack.preview("--diff").output, "up": stack.up("--diff", preview=True).output}
    first = stack.outputs()["integrations"]["magento"]["clientSecret"]
    stack.write(magento={**MAGENTO, "credentials": secrets(FIRST, SECOND)})
    printed["rotation"] = stack.up("--diff").output
    second = stack.outputs()["integrations"]["magento"]["clientSecret"]
    assert first != second
    printed["no-op"] = stack.up("--diff").output
    printed["drift"] = stack.drift().output
    printed["output"] = stack.run("output").output
    printed["preview --json"] = stack.preview("--json").output
    printed["request log"] = json.dumps(tenant.requests())
    printed["tenant"] = json.dumps(tenant.state())
    tenant.fault(match={"path": "/removePassword"}, action="status", status=400, code="x", message="y")
    printed["failure"] = stack.destroy().output
    for secret in (first, second):
        found, read = search_files(secret, stack.folder.root)
        assert read > 3, "state, stack file, ready-file"
        assert (found, search_texts(secret, printed)) == ([], [])
        planted = tmp_path / "planted"
        planted.mkdir(exist_ok=True)
        (planted / "file").write_text(secret)
        assert search_files(secret, planted)[0], "the search finds what is there"
    deployer = tenant.ready.deployer.clientSecret
    found, _ = search_files(deployer, stack.folder.state)
    assert (found, search_texts(deployer, printed)) == ([], []), "the caller's own secret enters no state"
