"""Entries are added to a stack file, and every line that was there stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.adopt.entries import entry
from commands.adopt.stack_file import with_entries
from settings.yaml_reader import read_yaml
from tests.support.found import own, secret

ROOT = Path(__file__).parents[4]
PREFIX = "entra-business-central"


def added(text: str, environments: dict[str, str] | None = None) -> str:
    made = entry(own(secrets=[secret()]), "shop", environments=["production"])
    return with_entries(text, [made], environments=environments or {}, tenant_id="t")


@pytest.mark.parametrize(
    "text",
    [
        (ROOT / "stacks" / "Pulumi.example.yaml").read_text(),
        f"config:\n  azuread:tenantId: t\n  {PREFIX}:integrations:\n    a: {{b: 1}}\n\n  # about the next\n  {PREFIX}:environments:\n    production: {{name: P}}\n",
        f"config:\n    {PREFIX}:integrations:\n        a:\n            roles:\n            - x\n    azuread:tenantId: t",
        f"# head\nencryptionsalt: v1:x\nconfig:\n  # who\n  azuread:tenantId: t\n  {PREFIX}:environments:\n    production: {{name: P}}  # live\n# foot\n",
        f"config:\n  {PREFIX}:environments:\n    production: {{name: P}}\n",
        "",
        "encryptionsalt: v1:x\n",
    ],
    ids=["example", "section before another", "indented by four", "no integrations", "no tenant", "empty", "no config"],
)  # fmt: skip
def test_every_line_stays_and_the_new_ones_stand_together(text: str) -> None:
    new = added(text, {"test": "Test"})
    lines = iter(new.splitlines())
    assert all(each in lines for each in text.splitlines()), "in their order, with others between them"
    before, after = (read_yaml(each) or {} for each in (text, new))
    config = after.pop("config")
    assert {**before, "config": None} == {**after, "config": None}
    was = before.get("config", {})
    assert config["azuread:tenantId"] == was.get("azuread:tenantId", "t")
    integrations = config[f"{PREFIX}:integrations"]
    assert integrations.pop("shop")["displayName"] == "Shop"
    assert integrations == was.get(f"{PREFIX}:integrations", {})
    environments = config[f"{PREFIX}:environments"]
    assert environments.pop("test") == {"name": "Test"}
    assert environments == was.get(f"{PREFIX}:environments", {})


def test_what_follows_a_section_keeps_its_comment() -> None:
    text = f"config:\n  azuread:tenantId: t\n  {PREFIX}:integrations:\n    a: {{b: 1}}\n\n  # about the next\n  {PREFIX}:environments: {{}}\n"
    assert added(text).endswith(f"\n\n  # about the next\n  {PREFIX}:environments: {{}}\n")


@pytest.mark.parametrize("empty", ["", " {}", " ~", " null  # none yet", "  # none yet"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_empty_section_is_filled_below_its_name_and_the_rest_stays(empty: str, end: str) -> None:
    lines = [
        "config:", "    azuread:tenantId: t", f"    {PREFIX}:integrations:{empty}", "    # about the next",
        f"    {PREFIX}:environments:", "        production: {name: 'P'}", "    x:list:", "    - a",
    ]  # fmt: skip
    text = end.join(lines)
    new = added(text)
    name = f"    {PREFIX}:integrations:" + ("  # none yet" if "#" in empty else "")
    assert new.startswith(end.join([*lines[:2], name, "      shop:", ""]))
    assert new.endswith(end.join([*lines[3:], ""]))
    assert new.count("\n") == new.count(end)


def test_what_cannot_be_added_to_without_a_change_of_the_rest_is_refused() -> None:
    several = f"config:\n  azuread:tenantId: t\n  {PREFIX}:integrations: &all\n    a: {{b: 1}}\n  x:y: *all\n"
    with pytest.raises(ValueError, match="without a change of the rest"):
        added(several)
    with pytest.raises(ValueError, match="is empty; write t there"):
        added("config:\n  azuread:tenantId:\n")
    with pytest.raises(ValueError, match="is not a mapping"):
        added(f"config:\n  azuread:tenantId: t\n  {PREFIX}:integrations: [a]\n")


@pytest.mark.parametrize("section", ["{a: {b: 1}}", "{}"])
def test_a_section_in_flow_style_is_extended_too(section: str) -> None:
    text = f"config:\n  azuread:tenantId: t # ours\n  {PREFIX}:integrations: {section}\n"
    new = read_yaml(added(text))["config"][f"{PREFIX}:integrations"]
    assert list(new) == (["a", "shop"] if "a" in section else ["shop"])
    assert "# ours" in added(text)


@pytest.mark.parametrize("text", ["config: [", "config:\n", "- a\n", "config: text\n"])
def test_what_is_no_stack_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not valid YAML|is not a mapping"):
        added(text)
