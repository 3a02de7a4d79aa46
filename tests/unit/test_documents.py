"""What documents and comments point at is there: pages, sections, and the ids and actions in what people copy."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from clients.graph import permissions as graph_permissions
from clients.http.transport import USER_AGENT
from rehearsal.demo.next_steps import README_SECTION
from rehearsal.pulumi_cli.pin import VERSION as CLI_VERSION
from settings.business_central_permissions import BUSINESS_CENTRAL_ROLES
from tests.support.rights.catalogue import ADMIN_CENTER, EXTENSIONS, RIGHTS, VAULT_USER

PROJECT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(PROJECT).as_posix()
    for path in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("*/*.md")]
    if not path.relative_to(PROJECT).parts[0].startswith(".")
)
FACTS = sorted(PROJECT.glob("docs/reference/facts-*.md"))
_NOT_OURS = {"build", "dist", "node_modules"}
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


def test_the_files_that_contributors_are_sent_to_are_there() -> None:
    text = _text(PROJECT / "CONTRIBUTING.md")
    named = {each.rstrip("/") for each in re.findall(r"`((?:\w[\w.-]*/)+(?:[\w.-]+\.\w+)?)`", text)}
    named.remove("entra-business-central")  # the user agent
    assert {"settings/models.py", "companion_extension/Translations"} <= named
    assert sorted(each for each in named if not (PROJECT / each).exists()) == []


def test_a_link_to_a_section_that_is_gone_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n[good](#here) [bad](#there) [gone](other.md) [elsewhere](https://example.com/x)\n")
    assert _broken(page) == ["#there", "other.md"]


def test_the_section_that_the_demo_points_at_is_there() -> None:
    assert README_SECTION.lower().replace(" ", "-") in _anchors(PROJECT / "README.md")


def test_the_version_is_the_newest_of_the_changelog() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest, *_ = re.findall(
        r"^## \[(\d[^\]]*)\] - ", (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert newest == project["version"]
    assert newest.startswith(USER_AGENT.removeprefix("entra-business-central/"))


_DEPLOYER = {
    graph_permissions.MANAGE_ALL_APPLICATIONS.id,
    graph_permissions.GRANT_APP_ROLES.id,
    graph_permissions.GRANT_DELEGATED_PERMISSIONS.id,
    graph_permissions.READ_DELEGATED_GRANTS.id,
    BUSINESS_CENTRAL_ROLES["API.ReadWrite.All"],
    BUSINESS_CENTRAL_ROLES["Automation.ReadWrite.All"],
}


_READER = {graph_permissions.READ_APPLICATIONS.id}


def test_the_permissions_that_people_copy_are_those_that_the_program_names() -> None:
    text = (PROJECT / "docs" / "identities-by-hand.md").read_text(encoding="utf-8")
    assert set(re.findall(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})=Role", text)) == _DEPLOYER | _READER


def test_the_bootstrap_s_page_names_the_rights_outside_microsoft_graph_that_a_stack_can_take() -> None:
    text = (PROJECT / "docs" / "bootstrap.md").read_text(encoding="utf-8")
    on_vaults = [
        each.name for each in RIGHTS if each.where == "Key Vault" and each != VAULT_USER
    ]  # the officer's has it
    assert len(on_vaults) == 4
    assert [each for each in [*on_vaults, ADMIN_CENTER.name, EXTENSIONS.name] if each not in text] == []


_PIPELINES = [*(PROJECT / ".github" / "workflows").glob("*.yaml"), *PROJECT.glob("docs/pipeline*.md")]


def test_what_pipelines_run_is_pinned_actions_by_commit_and_tools_by_version() -> None:
    texts = {each.name: each.read_text(encoding="utf-8") for each in _PIPELINES}
    used = re.compile(r"^ *(?:- )?uses: (\S+)", re.MULTILINE)
    actions = {(name, each) for name, text in texts.items() for each in used.findall(text)}
    assert {name for name, _ in actions} >= {"pipeline.md", "rotate.yaml", "test.yaml", "companion-extension.yaml"}
    assert {(name, each) for name, each in actions if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each)} == set()
    tools = {(name, each) for name, text in texts.items() for each in re.findall(r"dotnet tool install (.*)", text)}
    assert {name for name, _ in tools} == {"companion-extension.yaml"}
    assert {each for each in tools if not re.search(r" --version \d", each[1])} == set()


def test_pipelines_run_the_cli_that_the_tests_run_on() -> None:
    version = re.compile(r"(?:pulumi-version:|sh -s -- --version) (\S+)")
    used = {each.name: set(version.findall(_text_of(each))) for each in _PIPELINES}
    wanted = {"pipeline.md", "pipeline-azure-devops.md", "rotate.yaml"}
    assert wanted <= {name for name, versions in used.items() if versions}
    assert set().union(*used.values()) == {CLI_VERSION.removeprefix("v")}


@pytest.mark.parametrize("event", ["push", "pull_request"])
def test_the_workflow_of_the_tests_runs_for_all_but_a_team_s_own_stack_files(event: str) -> None:
    patterns = YAML(typ="safe").load(PROJECT / ".github" / "workflows" / "test.yaml")["on"][event]["paths"]

    def runs_for(file: str) -> bool:
        """The last pattern that fits decides."""
        return not [each for each in patterns if fnmatch(file, each.removeprefix("!"))][-1].startswith("!")

    assert not runs_for("stacks/Pulumi.prod.yaml")
    examples = [f"stacks/{each.name}" for each in (PROJECT / "stacks").glob("Pulumi.example*.yaml")]
    others = ["settings/models.py", "presets/magento.yaml", "stacks/config.schema.json", ".github/workflows/test.yaml"]
    assert [each for each in [*examples, *others] if not runs_for(each)] == []


_CONTINUED = re.compile(r"\s*\n\s*(?:#|//)?\s*")  # a sentence goes on in the next line, of a comment too
_REFERENCE = re.compile(r'docs/reference/(facts-[\w-]+\.md)((?:(?:,| and) "[^"]+")*)')


def _files() -> Iterator[Path]:
    """Yield the files of this repository that have text."""
    for folder, folders, names in os.walk(PROJECT):
        hidden = {name for name in folders if name.startswith(".") and name not in {".github", ".ci"}}
        folders[:] = sorted(set(folders) - hidden - _NOT_OURS)
        for name in names:
            yield Path(folder, name)


def _text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def _headings(page: Path) -> set[str]:
    return set(re.findall(r"^#+ +(.+)$", _text(page), re.MULTILINE)) if page.exists() else set()


def _missing_facts(text: str, *, is_page: bool = False) -> list[str]:
    """Return the references to facts that name no page, or no heading that it has; a page may name another as a whole."""
    missing = []
    for page, quoted in _REFERENCE.findall(_CONTINUED.sub(" ", text)):
        named = re.findall(r'"([^"]+)"', quoted)
        if not named and not is_page:
            missing.append(f"{page}: without a heading")
        headings = _headings(PROJECT / "docs" / "reference" / page)
        missing += [f"{page}: {heading}" for heading in named if heading not in headings]
    return missing


def test_every_fact_that_a_comment_names_stands_on_its_page() -> None:
    missing = {
        file.relative_to(PROJECT).as_posix(): found
        for file in _files()
        if (found := _missing_facts(_text_of(file), is_page=file.suffix == ".md"))
    }
    assert missing == {}


def test_a_fact_that_is_not_there_is_noticed() -> None:
    page = "docs/reference/" + FACTS[0].name
    heading = sorted(_headings(FACTS[0]))[0]
    assert _missing_facts(f'# see {page},\n# "{heading}"') == []
    assert _missing_facts(f'{page}, "{heading}", "No such" and\n    "Nor this one".') == [
        f"{FACTS[0].name}: No such",
        f"{FACTS[0].name}: Nor this one",
    ]
    assert _missing_facts(f"{page} 3.3") == [f"{FACTS[0].name}: without a heading"]


def test_no_file_names_research_notes_that_a_clone_does_not_have() -> None:
    """They lay in a folder of that name; what rests on them says so in docs/reference/facts-*.md."""
    notes = re.compile(
        r"contracts[/]|\bcontracts? `|\bcontracts?,? (?:section )?\d|\((?:contract|section) ?\d"
        r"|(?<![\w/.-])(?:engine|graph|business-central|pulumi|pulumi-measured|real-engine|design-spike)[.]md\b"
    )
    assert [file for file in _files() if notes.search(_text_of(file))] == []


@pytest.mark.parametrize("page", FACTS, ids=lambda page: page.name)
def test_what_rests_on_a_fact_is_there(page: Path) -> None:
    used_by = re.findall(r"^- Used by: (.+?)(?=\n\n|\Z)", _text(page), re.MULTILINE | re.DOTALL)
    named = {name for each in used_by for name in re.findall(r"`([^`]+)`", each)}
    assert named
    assert sorted(name for name in named if not (PROJECT / name).exists()) == []
