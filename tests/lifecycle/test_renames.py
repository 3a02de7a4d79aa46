"""What is called otherwise and is still the same: nothing is made, nothing is deleted, access goes on."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.support.registrations import SETS, registrations
from tests.support.stack import ENVIRONMENTS, FIRST, MAGENTO, Stack
from tests.support.tenant import OURS, REPOSITORY, Tenant

RENAMED = {**ENVIRONMENTS, "production": {"name": "Live", "formerly": ["Production"]}}


def test_an_environment_renamed_in_business_central_is_updated_under_its_new_name(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    client_id = stack.client_id()
    tenant.edit("rename_environment", environment="Production", to="Live")
    stack.write(environments=RENAMED)
    done = stack.up()
    assert done.code == 0, done
    assert done.changes == {"update": 2, "unchanged": 8}, "the registration and its proof"
    assert registrations(tenant, client_id) == {"Live": ("Enabled", SETS), "Sandbox": ("Enabled", SETS)}
    stack.write(environments={**ENVIRONMENTS, "production": {"name": "Live"}})
    assert stack.up().changes == {"unchanged": 10}, "`formerly` has done its work"
    assert stack.drift().code == 0
    assert stack.destroy().code == 0
    assert registrations(tenant, client_id) == {}


def test_an_integration_with_another_key_keeps_everything_but_its_tag(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    before = stack.outputs()["integrations"]["magento"]
    stack.write(shop={**MAGENTO, "formerly": ["magento"]})
    done = stack.up()
    assert done.code == 0, done
    assert done.changes == {"update": 1, "unchanged": 9}, done
    after = stack.outputs()["integrations"]["shop"]
    assert (after["clientId"], after["clientSecret"]) == (before["clientId"], before["clientSecret"])
    stack.write(shop=MAGENTO)
    assert stack.up().changes == {"unchanged": 10}
    assert all(
        "magento" not in each["urn"].rpartition("::")[2]
        for each in stack.resources()
        if each["type"] != "pulumi:pulumi:Stack"
    )


PAGE = (REPOSITORY / "docs/names.md").read_text(encoding="utf-8")


class Change(NamedTuple):
    """A section of the page.

    Attributes:
        title: its heading.
        text: the stack file after its change, from `config:` on.
        starts_anew: whether it starts from the page's first file; else from the section before it, deployed.
        plan: what the preview says, as the page does.
    """

    title: str
    text: str
    starts_anew: bool
    plan: str


def changes() -> list[Change]:
    """The changes of the page, each made in the file that it starts from."""
    first = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0].replace("2026-11-23", FIRST)
    found: list[Change] = []
    for section in PAGE.split("\n## ")[1:]:
        starts_anew = "After that change and `pulumi up`" not in section
        text = first if starts_anew else found[-1].text
        for patch in re.findall(r"^```diff\n(.*?)^```", section, re.MULTILINE | re.DOTALL):
            lines = patch.replace("2026-11-23", FIRST).splitlines(keepends=True)
            old, new = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
            assert text.count(old) == 1, f"{old!r} stands once in {text}"
            text = text.replace(old, new)
        (plan,) = re.findall(r"^\*\*Plan:\*\* (.*)$", section, re.MULTILINE)
        found.append(Change(section.splitlines()[0], text, starts_anew, plan))
    return found


def test_each_change_on_the_page_about_names_is_planned_as_it_says(tenant: Tenant, stack: Stack) -> None:
    stack.deploy()
    head = f"config:\n  azuread:tenantId: {tenant.ready.tenantId}\n"
    wrong = []
    before = ""
    for change in changes():
        if not change.starts_anew:
            stack.folder.stack_file.write_text(head + before)
            assert stack.up().code == 0
        stack.folder.stack_file.write_text(head + change.text)
        tenant.clear_requests()
        shown = stack.preview()
        refused = re.fullmatch("refused: `(.*)`", change.plan)
        planned = {verb: int(number) for number, verb in re.findall(r"(\d+) (?:to )?(\w+)", change.plan)}
        if (refused and refused[1] not in " ".join(shown.output.split())) or (not refused and shown.changes != planned):
            wrong.append(f"{change.title}: {shown}")
        assert tenant.requests(user_agent=OURS) == [], "a preview asks no service"
        before = change.text
    assert not wrong, "\n\n".join(wrong)
