"""The example of the bootstrap stack, with what people take the `#` away from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from settings.yaml_reader import read_yaml

EXAMPLE = Path(__file__).parents[2] / "stacks" / "Pulumi.example-bootstrap.yaml"


def bootstrap_identities() -> dict[str, Any]:
    """Return `integrations` of the example by key: with the deployer for `consent: manual`, and rotation on a schedule."""
    text = EXAMPLE.read_text(encoding="utf-8")
    whole = re.sub(r"^( +)# (\w+:|- \w+: .*|  .*)$", r"\1\2", text, flags=re.MULTILINE)
    integrations = read_yaml(whole)["config"]["entra-business-central:integrations"]
    assert "deployerManualConsent" in integrations
    assert [each["name"] for each in integrations["reader"]["credentials"]["federated"]] == [
        "github-preview", "github-rotation",
    ]  # fmt: skip
    return dict(integrations)
