"""Labels are edited in the text of a stack file, and nothing else in it changes."""

from __future__ import annotations

import difflib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.issued_labels import CannotEdit, with_labels
from settings.yaml_reader import read_yaml

PROJECT = "entra-business-central"


def stack_file(integration: str) -> str:
    indented = "".join(f"      {line}\n" if line else "\n" for line in integration.splitlines())
    return (
        "# ours\nconfig:\n"
        f"    azuread:tenantId:   00000000-0000-0000-0000-000000000000   # oddly spaced, and {'long ' * 30}\n"
        f"    {PROJECT}:integrations:\n"
        f"     magento:   # the shop\n{indented}"
        "     other: {preset: magento, credentials: {secrets: {issued: ['2026-01-01']}}}\n"
        "# the end\n"
    )


CASES = {
    "flow": ("credentials: {secrets: {issued: ['2026-11-15', \"2026-11-16\"], lifetimeDays: 90}}",
             "credentials: {secrets: {issued: [\"2026-11-16\", '2026-11-30'], lifetimeDays: 90}}"),
    "flow, empty": ("credentials: {secrets: {issued: []}}", "credentials: {secrets: {issued: ['2026-11-30']}}"),
    "flow over lines": (
        "credentials:\n  secrets:\n    issued: [\n      '2026-11-15',  # old\n      # new\n      '2026-11-16'   # b\n    ]",
        "credentials:\n  secrets:\n    issued: [\n      # new\n      '2026-11-16', '2026-11-30'   # b\n    ]"),
    "dates without quotes": ("credentials: {secrets: {issued: [2026-11-15, 2026-11-16]}}",
                             "credentials: {secrets: {issued: [2026-11-16, '2026-11-30']}}"),
    "as the CLI writes them": (
        "credentials:\n  secrets:\n    issued:\n    - 2026-11-15 00:00:00 +0000 UTC\n    - '2026-11-16' # b",
        "credentials:\n  secrets:\n    issued:\n    - '2026-11-16' # b\n    - '2026-11-30'"),
    "block": (
        "credentials:\n  secrets:\n    # of the shop\n    issued:\n      - '2026-11-15'  # old\n\n      # new\n      - '2026-11-16'\n    lifetimeDays: 90 # short",
        "credentials:\n  secrets:\n    # of the shop\n    issued:\n\n      # new\n      - '2026-11-16'\n      - '2026-11-30'\n    lifetimeDays: 90 # short"),
    "no list": ("credentials:\n  secrets:\n    lifetimeDays: 90\nnotes: |\n  two\n  lines",
                "credentials:\n  secrets:\n    lifetimeDays: 90\n    issued: ['2026-11-30']\nnotes: |\n  two\n  lines"),
    "no secrets, flow": ("credentials: {}", "credentials: {secrets: {issued: ['2026-11-30']}}"),
    "no credentials": ("preset: magento\nenvironments: [production]  # one",
                       "preset: magento\nenvironments: [production]  # one\ncredentials:\n  secrets:\n    issued: ['2026-11-30']"),
    "no credentials, behind a block of text": (
        "preset: magento\nnotes: |\n  two\n  lines",
        "preset: magento\nnotes: |\n  two\n  lines\ncredentials:\n  secrets:\n    issued: ['2026-11-30']"),
    "no credentials, behind a mapping": (
        "preset: magento\nenvironments:\n  sandbox:\n  production:\n    state: Disabled # for now\n",
        "preset: magento\nenvironments:\n  sandbox:\n  production:\n    state: Disabled # for now\ncredentials:\n  secrets:\n    issued: ['2026-11-30']\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_label_is_added_and_another_removed_and_every_other_character_stays(case: str, newline: str) -> None:
    before, after = (stack_file(text).replace("\n", newline) for text in CASES[case])
    remove = ["2026-11-15"] if "2026-11-15" in before else []
    edited = with_labels(before, PROJECT, "magento", ["2026-11-30"], remove)
    assert edited == after, "".join(difflib.unified_diff(after.splitlines(True), edited.splitlines(True)))


def test_a_flow_mapping_of_an_integration_gets_what_is_missing_within_it() -> None:
    before = f"config:\n  {PROJECT}:integrations: {{magento: {{preset: magento}}}}"
    edited = with_labels(before, PROJECT, "magento", ["2026-11-30"], [])
    assert edited == before[:-2] + ", credentials: {secrets: {issued: ['2026-11-30']}}}}"


def test_at_the_end_of_a_file_without_a_last_newline_a_line_is_added() -> None:
    before = f"config:\n  {PROJECT}:integrations:\n    magento:\n      credentials:\n        secrets:\n          issued:\n            - '2026-11-15'"
    edited = with_labels(before, PROJECT, "magento", ["2026-11-30"], [])
    assert edited == before + "\n            - '2026-11-30'"
    assert with_labels(edited, PROJECT, "magento", [], ["2026-11-30"]).rstrip() == before


@pytest.mark.parametrize(
    "text",
    [
        "config:\n  dates: &dates ['2026-11-15']\n  {}:integrations:\n    magento: {credentials: {secrets: {issued: *dates}}}",
        "config:\n  {}:integrations:\n    a: &a {credentials: {secrets: {issued: ['2026-11-15']}}}\n    magento: *a",
        "config:\n  {}:integrations:\n    a: &a {credentials: {secrets: {issued: ['2026-11-15']}}}\n    magento: {<<: *a}",
        "config:\n  {}:integrations: {other: {preset: magento}}",
        "config:\n  {}:integrations:\n    magento: {credentials: {secrets: {issued: none}}}",
        "config:\n  {}:integrations: '{\"magento\": {}}'",
        "config: [",
    ],
)
def test_what_cannot_be_edited_alone_is_refused_with_the_change_to_make_by_hand(text: str) -> None:
    with pytest.raises(CannotEdit, match=r"Nothing was written\. By hand: add '2026-11-30', remove '2026-11-15'"):
        with_labels(text.replace("{}:i", f"{PROJECT}:i"), PROJECT, "magento", ["2026-11-30"], ["2026-11-15"])


LABELS = st.dates(min_value=date(2025, 1, 1), max_value=date(2027, 1, 1)).map(str)


@given(labels=st.lists(LABELS, min_size=1, max_size=6, unique=True), remove=st.sets(st.integers(0, 5)),
       style=st.sampled_from(["flow", "block", "lines"]), comments=st.lists(st.booleans(), min_size=6, max_size=6))  # fmt: skip
def test_any_labels_go_and_the_others_stay_with_their_comments(
    labels: list[str], remove: set[int], style: str, comments: list[bool]
) -> None:
    said = [f"  # of {label}" if comments[number] else "" for number, label in enumerate(labels)]
    if style == "flow":
        issued = "issued: [" + ", ".join(f"'{label}'" for label in labels) + "]"
        said = [""] * len(labels)
    elif style == "block":
        issued = "issued:\n" + "\n".join(f"  - '{label}'{text}" for label, text in zip(labels, said, strict=True))
    else:
        issued = (
            "issued: [\n" + "\n".join(f"  '{label}',{text}" for label, text in zip(labels, said, strict=True)) + "\n]"
        )
    text = stack_file("credentials:\n  secrets:\n" + "\n".join(f"    {line}" for line in issued.splitlines()))
    gone = [label for number, label in enumerate(labels) if number in remove]
    edited = with_labels(text, PROJECT, "magento", ["2028-01-01"], gone)
    kept = [label for label in labels if label not in gone]
    integrations = read_yaml(edited)["config"][f"{PROJECT}:integrations"]
    assert integrations["magento"]["credentials"]["secrets"]["issued"] == [*kept, "2028-01-01"]
    assert all(f"# of {label}" in edited for number, label in enumerate(labels) if label in kept and said[number])
