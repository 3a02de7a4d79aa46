"""Holds the companion extension's AL source, its translation and the rehearsal tenant's model of it together.

The AL compiler is not at hand here, so the source is read as text, in the layout that it is written in. The client's own
names are compared too: three independent spellings of one API.
"""

from __future__ import annotations

import inspect
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clients.business_central import registrations, routes, users
from rehearsal.tenant.business_central import companion, permissions
from rehearsal.tenant.business_central.companion import ApplicationPermissionSets, EntraApplications
from rehearsal.tenant.business_central.page import Page

EXTENSION = Path(__file__).parents[3] / "companion_extension"
SOURCES = sorted((EXTENSION / "src").glob("*.al"))
APP: dict[str, Any] = json.loads((EXTENSION / "app.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Field:
    name: str
    source: str
    caption: str
    editable: bool


@dataclass(frozen=True)
class AlObject:
    kind: str
    id: int
    name: str
    text: str

    def setting(self, name: str) -> str:
        """A property of the object itself, without quotes."""
        match = re.search(rf"^    {name} = (.+);", self.text, re.MULTILINE)
        assert match, f"{self.name} has no {name}"
        return match[1].strip("'")

    @property
    def fields(self) -> list[Field]:
        """Fields of a page or columns of a query."""
        found = re.finditer(
            r"^ +(?:field|column)\((\w+); ([^\n]+)\)\n( +)\{\n(.*?)^\3\}", self.text, re.MULTILINE | re.DOTALL
        )
        return [
            Field(
                name=match[1],
                source=match[2],
                caption=re.findall(r"Caption = '(.+)';", match[4])[0],
                editable="Editable = false;" not in match[4],
            )
            for match in found
        ]


def read(path: Path) -> AlObject:
    text = path.read_text(encoding="utf-8")
    match = re.search(r'^(page|query|enum|permissionset) (\d+) "(.+)"$', text, re.MULTILINE)
    assert match, f"{path.name} declares no object"
    return AlObject(match[1], int(match[2]), match[3], text)


OBJECTS = [read(path) for path in SOURCES]
PAGE, QUERY, ENUM, PERMISSION_SET = (
    next(each for each in OBJECTS if each.kind == kind) for kind in ("page", "query", "enum", "permissionset")
)
API = [(PAGE, EntraApplications), (QUERY, ApplicationPermissionSets)]


def test_the_extension_is_these_four_objects_with_ids_in_its_range_and_one_prefix() -> None:
    (id_range,) = APP["idRanges"]
    assert id_range == {"from": 88450, "to": 88459}
    assert [(each.kind, each.id, each.name) for each in OBJECTS] == [
        ("query", 88451, "EBC Appl. Permission Sets API"),
        ("page", 88450, "EBC Entra Applications API"),
        ("permissionset", 88450, "EBC REGISTRATION"),
        ("enum", 88450, "EBC Registration State"),
    ]
    for each in OBJECTS:
        assert id_range["from"] <= each.id <= id_range["to"]
        assert each.name.startswith("EBC ")
        assert len(each.name) <= (20 if each.kind == "permissionset" else 30)


def test_the_manifest_is_what_an_administrator_was_told() -> None:
    assert (APP["target"], APP["dependencies"], APP["application"], APP["runtime"]) == ("Cloud", [], "24.0.0.0", "13.0")
    model = companion.EXTENSION
    version = ".".join(str(part) for part in model.version)
    assert (APP["id"], APP["name"], APP["publisher"], APP["version"]) == (
        model.app_id,
        model.name,
        model.publisher,
        version,
    )


@pytest.mark.parametrize(("source", "model"), API)
def test_route_and_entity_names_are_the_models_and_the_clients(source: AlObject, model: type[Page]) -> None:
    route = "/".join(source.setting(name) for name in ("APIPublisher", "APIGroup", "APIVersion"))
    assert route == companion.ROUTE == routes.COMPANION_ROUTE == "entraBusinessCentral/registration/v1.0"
    assert source.setting("EntityName") == model.entity_name
    assert source.setting("EntitySetName") == model.entity_set_name
    requested = "".join(map(inspect.getsource, (registrations, users)))
    assert f'"{model.entity_set_name}"' in requested


@pytest.mark.parametrize(("source", "model"), API)
def test_fields_are_the_models_in_name_and_order(source: AlObject, model: type[Page]) -> None:
    assert [field.name for field in source.fields] == [field.name for field in model.fields]
    assert source.fields


def test_what_can_be_written_is_the_same_in_source_and_model() -> None:
    assert {field.name for field in PAGE.fields if field.editable} == {
        field.name for field in EntraApplications.fields if field.editable
    }
    assert QUERY.setting("QueryType") == "API"
    assert {"POST", "PATCH", "DELETE"}.isdisjoint(ApplicationPermissionSets.methods)
    assert not any(field.editable for field in ApplicationPermissionSets.fields)


def test_what_is_a_variable_of_the_page_is_known_to_the_model() -> None:
    variables = {field.name for field in PAGE.fields if not field.source.startswith("Rec.")}
    assert variables == {field.name for field in EntraApplications.fields if not field.in_table}
    assert variables == {"state", "userName", "userState"}


def test_the_keys_are_the_same() -> None:
    assert PAGE.setting("ODataKeyFields") == f'"{EntraApplications.key}"'
    assert "ODataKeyFields" not in QUERY.text
    assert ApplicationPermissionSets.key is None


def test_reads_ask_the_primary_database() -> None:
    for source in (PAGE, QUERY):
        assert source.setting("DataAccessIntent") == "ReadWrite"


def test_the_states_are_the_same_words_with_the_tables_numbers() -> None:
    values = re.findall(r"value\((\d); (\w+)\)", ENUM.text)
    assert values == [("0", "Enabled"), ("1", "Disabled")]  # table 9012, field 2
    state = next(field for field in EntraApplications.fields if field.name == "state")
    assert tuple(name for _, name in values) == state.options
    assert dict(re.findall(r"(\w+)Tok: Label '(\w+)', Locked = true;", PAGE.text)) == {
        "Enabled": "Enabled",
        "Disabled": "Disabled",
    }


def trigger(name: str) -> str:
    match = re.search(rf"^    trigger {name}\(.*?^    end;", PAGE.text, re.MULTILINE | re.DOTALL)
    assert match, name
    return match[0]


def test_the_row_is_inserted_before_its_state_is_validated_and_the_state_comes_last() -> None:
    insert = trigger("OnInsertRecord")
    assert insert.index("Rec.Insert(true)") < insert.index("ValidateState()") < insert.index("Rec.Modify(true)")
    assert insert.index("Rec.Modify(true)") < insert.index("ShowStateAndUser()") < insert.index("exit(false)")
    modify = trigger("OnModifyRecord")
    assert modify.index("ValidateState()") < modify.index("Rec.Modify(true)") < modify.index("exit(false)")
    assert "Commit" not in PAGE.text  # or an error would leave half of it


def test_the_query_shows_applications_only() -> None:
    assert 'DataItemTableFilter = "License Type" = const(Application);' in QUERY.text
    assert "SqlJoinType = InnerJoin;" in QUERY.text


def test_the_permission_set_gives_what_the_model_gives_and_no_security() -> None:
    assert PERMISSION_SET.name == permissions.COMPANION_PERMISSION_SET == companion.DEFINITION.role_id
    assert PERMISSION_SET.setting("Assignable") == "true"
    assert PERMISSION_SET.setting("IncludedPermissionSets") == '"D365 AUTOMATION"'
    granted = dict(re.findall(r'tabledata "?([^"=]+?)"? = (\w+)', PERMISSION_SET.text))
    assert granted == {"AAD Application": "RIMD", "User": "RMD", "Access Control": "R"}
    effective = permissions.TABLE_RIGHTS[PERMISSION_SET.name]
    included = permissions.TABLE_RIGHTS["D365 AUTOMATION"]
    for table, rights in effective.items():
        assert set(rights) == set(granted.get(table, "")) | set(included[table])
    executable = {
        f"{kind.capitalize()} {name}" for kind, name in re.findall(r'(page|query) "(.+)" = X', PERMISSION_SET.text)
    }
    assert executable == {f"{each.kind.capitalize()} {each.name}" for each in (PAGE, QUERY)}
    assert {re.sub(r" \d+", "", name, count=1) for name in permissions.EXECUTE_RIGHTS} == executable


def al_hash(name: str) -> int:
    """The compiler's hash of a name in translation ids: signed FNV-1a over UTF-16LE, plus 2147483647."""
    value = 2166136261
    for byte in name.encode("utf-16-le"):
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return (value - 2**32 if value >= 2**31 else value) + 2147483647


def captions(source: AlObject) -> dict[str, str]:
    """Translation id -> English text, as the compiler would write them to the .g.xlf file."""
    kind = {"permissionset": "PermissionSet"}.get(source.kind, source.kind.capitalize())
    begin, end = f"{kind} {al_hash(source.name)}", f"Property {al_hash('Caption')}"
    member = {"page": "Control", "query": "QueryColumn"}.get(source.kind, "")
    own = re.findall(r"^    (Caption|EntityCaption|EntitySetCaption) = '(.+)';", source.text, re.MULTILINE)
    values = re.findall(r"value\(\d; (\w+)\)\s+\{\s+Caption = '(.+)';", source.text)
    return (
        {f"{begin} - Property {al_hash(name)}": text for name, text in own}
        | {f"{begin} - {member} {al_hash(field.name)} - {end}": field.caption for field in source.fields}
        | {f"{begin} - EnumValue {al_hash(name)} - {end}": text for name, text in values}
    )


def test_the_hash_is_the_compilers() -> None:
    # Vectors from xlf files that the compiler wrote, as the tests of jwikman/nab-al-tools have them.
    known = {"Caption": 2879900210, "ToolTip": 1295455071, "MyTable": 2328808854, "NAB Test Query": 3258925707}
    assert {name: al_hash(name) for name in known} == known


def test_every_caption_is_in_the_danish_translation_and_nothing_else() -> None:
    assert "TranslationFile" in APP["features"]
    assert {"en-US", "da-DK"} <= set(APP["supportedLocales"])
    (path,) = (EXTENSION / "Translations").iterdir()
    assert path.name == f"{APP['name']}.da-DK.xlf"
    root = ET.parse(path).getroot()
    space = {"x": "urn:oasis:names:tc:xliff:document:1.2"}
    file = root.find("x:file", space)
    assert file is not None
    assert (file.get("target-language"), file.get("original")) == ("da-DK", APP["name"])
    units = {unit.get("id"): unit for unit in root.iterfind(".//x:trans-unit", space)}
    expected = {key: text for source in OBJECTS for key, text in captions(source).items()}
    assert {key: unit.findtext("x:source", namespaces=space) for key, unit in units.items()} == expected
    assert all(unit.findtext("x:target", namespaces=space) for unit in units.values())
    assert len(units) >= 24
