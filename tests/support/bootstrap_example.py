"""The example of the bootstrap stack, with what people take the `#` away from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from settings.yaml_reader import read_yaml

EXAMPLE = Path(__file__).parents[2] / "stacks" / "Pulumi.example-bootstrap.yaml"


def bootstrap_identities() -> dict[str, Any]:
    """Return `integrations` of the example by key, the deployer for `consent: manual` among them."""
    text = EXAMPLE.read_text(encoding="utf-8")
    whole = re.sub(r"^    # (deployerManualConsent:|  .*)$", r"    \1", text, flags=re.MULTILINE)
    integrations = read_yaml(whole)["config"]["entra-business-central:integrations"]
    assert "deployerManualConsent" in integrations
    return dict(integrations)
