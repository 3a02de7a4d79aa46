"""What the documents point at is there: pages, sections, and the ids and actions in what people copy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clients.graph import rights as graph_rights
from rehearsal.demo.farewell import README_SECTION
from settings.models import BUSINESS_CENTRAL_ROLES

PROJECT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(PROJECT).as_posix()
    for path in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("*/*.md")]
    if not path.relative_to(PROJECT).parts[0].startswith(".")
)
_FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _text(page: Path) -> str:
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+)$", _text(page), re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        repeated = [anchor, *(f"{anchor}-{number}" for number in range(1, 100))]
        found.add(next(each for each in repeated if each not in found))
    return found


def _broken(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere in this repository."""
    broken = []
    for link in _LINK.findall(_text(page)):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_page_and_a_section_that_exist(page: str) -> None:
    assert _broken(PROJECT / page) == []


def test_a_link_to_a_section_that_is_gone_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n[good](#here) [bad](#there) [gone](other.md) [elsewhere](https://example.com/x)\n")
    assert _broken(page) == ["#there", "other.md"]


def test_the_section_that_the_demo_points_at_is_there() -> None:
    assert README_SECTION.lower().replace(" ", "-") in _anchors(PROJECT / "README.md")


_DEPLOYER = {
    graph_rights.CREATES.id,
    graph_rights.CONSENTS.id,
    graph_rights.CONSENTS_DELEGATED.id,
    graph_rights.READS_GRANTS.id,
    BUSINESS_CENTRAL_ROLES["API.ReadWrite.All"],
    BUSINESS_CENTRAL_ROLES["Automation.ReadWrite.All"],
}


@pytest.mark.parametrize(("page", "ids"), [("README.md", _DEPLOYER), ("docs/pipeline.md", {graph_rights.READS.id})])
def test_the_permissions_that_people_copy_are_those_that_the_program_names(page: str, ids: set[str]) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    assert set(re.findall(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})=Role", text)) == ids


@pytest.mark.parametrize(
    "page", ["docs/pipeline.md", ".github/workflows/test.yaml", ".github/workflows/companion-extension.yaml"]
)
def test_actions_are_pinned_by_commit(page: str) -> None:
    actions = re.findall(r"uses: (\S+)", (PROJECT / page).read_text(encoding="utf-8"))
    assert actions
    assert [each for each in actions if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each)] == []
