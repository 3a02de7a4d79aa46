"""Stack files that are nearly valid: an example with something dropped, renamed, retyped, doubled, nested or oddly written.

What comes of one: settings from which everything that `up` declares can be worked out, or a list of problems.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml
from hypothesis import strategies as st

from commands.adopt.entries import entry
from commands.adopt.stack_file import with_entries
from commands.pulumi_cli import StackUnreadable, configuration
from commands.schema import stack_file_schema
from commands.stack_file import StackFile
from components.proof import declared_proof
from reconcilers.registration.plan import plan
from reconcilers.registration.spec import DeclaredRegistration, Live, RegistrationSpec
from settings import logical_names
from settings.explain import explained
from settings.first_stack_file import CannotAdd, FirstStackFile, is_only_begun
from settings.issued_labels import CannotEdit, with_labels
from settings.loading import SettingsError, decode_configuration_value, load, project_configuration
from settings.models import PROJECT, Settings
from settings.registrations import declared_registration
from settings.rotation_warnings import rotation_warnings
from settings.server_token_warnings import server_token_warnings
from settings.yaml_reader import read_yaml
from tests.support.found import own

ROOT = Path(__file__).parents[2]
PRESETS = ROOT / "presets"
_PAGES = "".join(
    (ROOT / "docs/reference" / name).read_text(encoding="utf-8") for name in ("stack-file.md", "credentials.md")
)
BASES = [
    *(read_yaml(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "stacks").glob("Pulumi.example*.yaml"))),
    *(read_yaml(each) for each in re.findall(r"^```yaml\n(config:.*?)^```", _PAGES, re.MULTILINE | re.DOTALL)),
]
"""Valid stack files, which together have every key."""
_KEYS = sorted(
    {key for model in stack_file_schema()["$defs"].values() for key in model["properties"]}
    | set(stack_file_schema()["properties"]["config"]["properties"])
)
_TAKEN_OVER = entry(own(), "k-9", environments=["production"])
_FIRST = FirstStackFile("t", ["Production"], "magento", "magento", {}, "", [], "2026-11-15")
_ODD_TEXTS = [
    "",
    " ",
    "null",
    "~",
    "a" * 300,
    "x\ny",
    "\t",
    "\x07",
    "\u2028",
    "ß" * 25,
    "😀",
    "'",
    "{",
    "- a",
    "#",
    "SUPER",
]
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(_ODD_TEXTS)
    | st.text(max_size=8)
    | st.dates(date(1, 1, 1), date(9999, 12, 31))
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*_KEYS, "", "1"]), inner, max_size=2),
    max_leaves=5,
)
_new_keys = (
    st.sampled_from(_KEYS) | st.sampled_from([*_ODD_TEXTS, "1", "on"]) | st.integers() | st.booleans() | st.none()
)
_LISTED = re.compile(
    r"\d+ problems? in [^\n]+; nothing was changed:\n(  .+)+|.+ (cannot be read|is not valid YAML): ", re.DOTALL
)
Place = tuple[Any, Any]
"""A mapping or list, and a key or index in it."""


class Case(NamedTuple):
    """One stack file.

    Attributes:
        text: the file.
        kinds: what was done to it.
    """

    text: str
    kinds: tuple[str, ...]


class Outcome(NamedTuple):
    """What came of a case.

    Attributes:
        is_valid: whether it can be used.
        said: the problems, where it cannot.
    """

    is_valid: bool
    said: str = ""


def _drop(draw: st.DrawFn, node: Any, key: Any) -> None:
    del node[key]


def _rename(draw: st.DrawFn, node: Any, key: Any) -> None:
    if not isinstance(node, dict):
        node[key] = draw(_new_keys)
        return
    letters = str(key)
    misspelt = [letters[1:], letters[:-1], letters.upper(), letters + "s", letters.replace("e", "", 1)]
    new = draw(_new_keys | st.sampled_from(misspelt))
    entries = [(new if each == key else each, value) for each, value in node.items()]
    node.clear()
    node.update(entries)


def _retype(draw: st.DrawFn, node: Any, key: Any) -> None:
    node[key] = draw(_values)


def _duplicate(draw: st.DrawFn, node: Any, key: Any) -> None:
    if isinstance(node, dict):
        node[draw(st.sampled_from([f"{key}2", f"{key}-2", "a"]) | _new_keys)] = copy.deepcopy(node[key])
    else:
        node.insert(key, copy.deepcopy(node[key]))


def _nest(draw: st.DrawFn, node: Any, key: Any) -> None:
    value = node[key]
    inner = (
        [value[0]] if isinstance(value, list) and value else list(value.values())[:1] if isinstance(value, dict) else []
    )
    node[key] = draw(st.sampled_from([[value], {key: value}, {"roleId": value}, [[value, value]], *inner]))


def _move(draw: st.DrawFn, node: Any, key: Any) -> None:
    node[key] = copy.deepcopy(
        draw(st.sampled_from([each[where] for each, where in _places(draw(st.sampled_from(BASES)))]))
    )


KINDS: dict[str, Callable[[st.DrawFn, Any, Any], None]] = {
    "drop": _drop, "rename": _rename, "retype": _retype, "duplicate": _duplicate, "nest": _nest, "move": _move,
}  # fmt: skip
_ODD_LINES = [
    "\t", "---", "...", "%YAML 9.9", "%TAG ! x", "? [a, b]\n: c", "<<: *a", "a: &a [*a]", "a: *nothing", "!!python/object:os.system x",
    "x: !!binary aGk=", "x: !!set {a, b}", "x: 'unclosed", "x: \"\\q\"", "x: [", "}", "- x", "x: |\n y", "x: >-", "=: =", "1: 2", "~: ~",
    "\ufeff", "x: \x00", "x: \x85", "x: 1_000", "x: 0b11", "x: 1e999", "x: 12:30:45", "x: .nan", "[a]: b", "{a: b}: c", "x: y: z",
    "x: " + "[" * 2000, "x: " + "{a: " * 300, "config: {}", "config:", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
    "\n".join(["l0: &l0 [x, x, x, x, x, x, x, x, x]", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))]),
]  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A valid stack file with one to three things done to it."""
    file = copy.deepcopy(draw(st.sampled_from(BASES)))
    kinds = draw(st.lists(st.sampled_from([*KINDS, "odd YAML"]), min_size=1, max_size=3))
    for kind in kinds:
        places = list(_places(file))
        if kind in KINDS and places:
            KINDS[kind](draw, *draw(st.sampled_from(places)))
    text = str(yaml.safe_dump(file, sort_keys=False, allow_unicode=True))
    if "odd YAML" in kinds:
        lines = text.splitlines()
        at = draw(st.integers(0, len(lines)))
        before = lines[at - 1] if at else ""
        indent = before[: len(before) - len(before.lstrip())]
        odd = draw(st.sampled_from(_ODD_LINES) | st.sampled_from(lines or [""]) | st.text(max_size=12))
        lines[at:at] = [f"{draw(st.sampled_from([indent, indent + '  ', '']))}{line}" for line in odd.split("\n")]
        text = "\n".join(lines)
    return Case(text, tuple(kinds))


def is_listed(said: str) -> bool:
    """Tell whether something that was said is a list of problems, or why the file is no YAML."""
    return _LISTED.match(said) is not None


def outcome(case: Case) -> Outcome:
    """Return what comes of a stack file, read as our commands read it, and as the program gets it from Pulumi.

    Whatever else is raised is a traceback that a user would see.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder, "Pulumi.x.yaml")
        file.write_text(case.text, encoding="utf-8", errors="surrogatepass")
        try:
            config = configuration(file)
        except StackUnreadable as refused:
            return Outcome(False, str(refused))
        _edit(file, case.text)
        by_commands = _loaded(config, file)
        # Pulumi hands over each value as a text: structured ones as JSON, all others as they stand.
        handed_over = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in config.items()
            if value is not None
        }
        by_program = _loaded({key: decode_configuration_value(text) for key, text in handed_over.items()}, file)
        if isinstance(by_program, Settings):
            list(rotation_warnings(by_program))
            list(server_token_warnings(by_program, {}))
            _declare(by_program)
        if isinstance(by_commands, Settings):
            _declare(by_commands)
            for each in by_commands.integrations:
                rows = explained(
                    each.key, project_configuration(config), presets=PRESETS, stack_file=file, configuration=config
                )
                assert len({row.keys for row in rows}) == len(rows)
            return Outcome(True)
        return Outcome(False, by_commands)


def _loaded(config: dict[str, Any], file: Path) -> Settings | str:
    try:
        return load(project_configuration(config), presets=PRESETS, stack_file=file, configuration=config)
    except SettingsError as refused:
        return str(refused)


def _edit(file: Path, text: str) -> None:
    """Have each command that writes stack files edit this one, or refuse to, as it does before it asks a service."""
    read = StackFile.read(file)
    assert isinstance(read.keys, set)
    assert isinstance(read.client_ids, set)
    with suppress(SettingsError):
        assert isinstance(read.environments, dict)
    with suppress(ValueError):
        assert "k-9" in with_entries(text, [_TAKEN_OVER], environments={"k-8": "Other"}, tenant_id="t")
    if is_only_begun(text):
        with suppress(CannotAdd):
            assert "magento" in _FIRST.added_to(text)
    for key in read.section("integrations"):
        with suppress(CannotEdit):
            with_labels(text, PROJECT, key, ["2027-01-01"], [])


def _declare(settings: Settings) -> None:
    """Work out what `up` would declare and write where nothing is there yet."""
    for integration in settings.integrations:
        assert len(logical_names.of_integration(integration, settings)) > 0
        assert integration.permissions
        for key in integration.environments:
            fields = declared_registration(integration, key, settings.environments[key])
            declared = DeclaredRegistration.from_mapping(fields)
            spec = RegistrationSpec(**vars(declared), client_id="11111111-2222-3333-4444-555555555555")
            assert not plan(spec, Live(), None).is_empty
            assert declared_proof(integration, key, settings, []).environment == settings.environments[key].name


def _places(node: Any) -> Iterator[Place]:
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _places(node[key])
