"""What commands read of a stack file that need not be complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import pulumi_cli
from commands.adopt.command import _maximum_lifetime_days
from commands.remains.vaults import named_vaults
from commands.stack_file import StackFile

PRESET = "credentials: {secrets: {custody: {keyVault: kv-preset, secretName: a}}}\n"
CONFIG = """\
config:
  entra-business-central:integrations:
    one: {preset: shop}
    two: {preset: shop, credentials: {secrets: {custody: {keyVault: KV-own}}}}
    three: {preset: nowhere, credentials: {secrets: {deliver: {keyVault: kv-three}}}}
"""


def test_a_vault_that_a_preset_names_is_looked_into_unless_the_stack_file_names_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "shop.yaml").write_text(PRESET)
    (tmp_path / "Pulumi.demo.yaml").write_text(CONFIG)
    monkeypatch.setattr(pulumi_cli, "ROOT", tmp_path)
    one, two, three = StackFile.read(tmp_path / "Pulumi.demo.yaml").merged_integrations
    assert (named_vaults(one), named_vaults(two), named_vaults(three)) == ({"kv-preset"}, {"kv-own"}, {"kv-three"})


@pytest.mark.parametrize(("said", "days"), [(90, 90), ("90", 90), (None, 180), ("soon", 180)])
def test_the_longest_lifetime_is_read_as_pulumi_config_set_writes_it(said: object, days: int) -> None:
    assert _maximum_lifetime_days({"entra-business-central:maximumSecretLifetimeDays": said}) == days
