"""Stack files as the settings' tests write them: what they load to, and what is answered where something is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from settings import loading
from settings import models as settings

ROOT = Path(__file__).parents[2]
PRESETS = ROOT / "presets"
MAGENTO = {
    "preset": "magento",
    "environments": ["production", "sandbox"],
    "credentials": {"secrets": {"issued": ["2026-11-23"]}},
}
ENVIRONMENTS = {"production": {"name": "Production"}, "sandbox": {"name": "Sandbox"}}
RUNNER = {"preset": "job-queue-runner", "environments": ["production"]}


def load(stack_file: Path = Path("stacks/Pulumi.dev.yaml"), **integrations: Any) -> settings.Settings:
    values = {"environments": ENVIRONMENTS, "integrations": integrations or {"magento": MAGENTO}}
    return loading.load(values, presets=PRESETS, stack_file=stack_file)


def problem(**integrations: Any) -> str:
    with pytest.raises(loading.SettingsError) as refused:
        load(**integrations)
    return str(refused.value)
