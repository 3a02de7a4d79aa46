"""What `python -m commands rotate --json` prints is what docs/rotation.md says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.certificates import make_certificate
from tests.support.rotate import TODAY, RotatingStack, ago
from tests.support.tenant import REPOSITORY, Tenant

PAGE = (REPOSITORY / "docs" / "rotation.md").read_text(encoding="utf-8")


def keys(found: Any) -> Iterator[str]:
    """Yield every key; not those below `expires`, which are labels and thumbprints."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield key
            yield from keys(value) if key != "expires" else ()
    elif isinstance(found, list):
        for each in found:
            yield from keys(each)


def test_the_page_names_every_key_of_the_json_and_no_other(tenant: Tenant, tmp_path: Path) -> None:
    stack = RotatingStack(tenant, tmp_path)
    stack.make(TODAY, out=ago(0.1))
    known = stack.make(TODAY, out=ago(9), name="a person's")
    stack.make(TODAY, out=ago(9), name="by hand")
    pem, _ = make_certificate()
    (tmp_path / "robots.pem").write_bytes(pem)
    secrets = json.dumps({"issued": [TODAY], "known": [known]})
    stack.write_integration(f"credentials: {{secrets: {secrets}, certificates: [{{file: robots.pem}}]}}")
    printed = set(keys(stack.rotate("--check", "--json").json))
    printed |= set(keys(stack.rotate("--now", "magento", "--reason", "printed in a log", "--check", "--json").json))
    assert {"keyId", "action", "expires", "toDecide"} <= printed
    said = PAGE.partition("`--json` prints")[2].partition("| kind of note |")[0]
    assert set(re.findall(r"`(\w+)`", said)) == printed
