"""Lists as Business Central answers them: contracts/business-central.md 2.2."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from tests.support.business_central import COMPANION, DEPLOYER, Asker, a_business_central, error


@pytest.fixture
def bc() -> Asker:
    return a_business_central()


def ids(bc: Asker, **options: str) -> list[str]:
    answer = bc.automation("GET", "permissionSets", query={f"${name}": value for name, value in options.items()})
    assert answer.status == 200, answer.body
    return [row["id"] for row in answer.body["value"]]


def refusal(bc: Asker, **options: str) -> str:
    query = {f"${name}": value for name, value in options.items()}
    return error(bc.automation("GET", "permissionSets", query=query), 400, "BadRequest")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id eq 'SECURITY'", ["SECURITY"]),
        ("id eq 'security'", []),
        ("id eq 'SUPER' or id eq 'LOGIN'", ["SUPER", "LOGIN"]),
        ("startswith(id,'NPR ') and endswith(id,'WEBHOOK')", ["NPR ADYEN WEBHOOK", "NPR SPFY WEBHOOK"]),
        ("contains(id, 'JQ')", ["NPR EXT JQ REFRESHER"]),
        ("scope ne 'System'", ["SHOP FLOOR"]),
        ("(id eq 'LOGIN') and (appId eq 63CA2FA4-4F03-4F2B-A480-172FEF340D3F)", ["LOGIN"]),
        ("id gt 'SUPER'", ["SUPER (DATA)", "TROUBLESHOOT TOOLS", "WAREHOUSE API", "WAREHOUSE API"]),
        ("displayName eq 'It''s'", []),
    ],
)
def test_a_filter_is_understood(bc: Asker, text: str, expected: list[str]) -> None:
    assert ids(bc, filter=text) == expected


def test_or_across_fields_is_refused_with_the_documented_sentence(bc: Asker) -> None:
    text = refusal(bc, filter="id eq 'SUPER' or scope eq 'Tenant'")
    assert text == "The 'OR' operator is not supported on distinct fields on an OData filter."
    assert ids(bc, filter="scope eq 'System' and (id eq 'SUPER' or id eq 'LOGIN')") == ["SUPER", "LOGIN"]


def test_a_quoted_guid_is_refused_as_an_unlike_type(bc: Asker) -> None:
    text = refusal(bc, filter="appId eq '63ca2fa4-4f03-4f2b-a480-172fef340d3f'")
    assert "'Edm.Guid' and 'Edm.String' for operator kind 'Equal'" in text


@pytest.mark.parametrize(
    "text", ["id", "id eq", "id eq 'x", "id like 'x'", "id eq 'x' id", "(id eq 'x'", "startswith id"]
)
def test_a_filter_that_cannot_be_parsed_is_refused(bc: Asker, text: str) -> None:
    refusal(bc, filter=text)


def test_in_wants_the_newer_schema_version(bc: Asker) -> None:
    refusal(bc, filter="id in ('SUPER', 'LOGIN')")
    assert ids(bc, filter="id in ('SUPER', 'LOGIN')", schemaversion="2.1") == ["SUPER", "LOGIN"]


def test_a_variable_of_the_page_can_be_neither_filtered_nor_sorted_by(bc: Asker) -> None:
    path = f"{COMPANION}/companies({bc.company})/entraApplications"
    for query in ({"$filter": "userName eq 'X'"}, {"$filter": "state eq 'Enabled'"}, {"$orderby": "userState"}):
        assert "not a field of the source table" in error(bc.api("GET", path, query=query), 400, "BadRequest")
    assert bc.api("GET", path, query={"$filter": f"clientId eq {DEPLOYER}"}).body["value"][0]["state"] == "Enabled"


def test_unknown_fields_are_refused_wherever_they_stand(bc: Asker) -> None:
    for option in ({"filter": "nix eq 'x'"}, {"select": "id,nix"}, {"orderby": "nix desc"}):
        assert refusal(bc, **option) == "Could not find a property named 'nix' on type 'Microsoft.NAV.permissionSet'."


@pytest.mark.parametrize("options", [{"top": "-1"}, {"skip": "many"}, {"orderby": " "}, {"orderby": "id sideways"}])
def test_options_that_make_no_sense_are_refused(bc: Asker, options: dict[str, str]) -> None:
    answer = bc.automation("GET", "permissionSets", query={f"${name}": value for name, value in options.items()})
    assert (answer.status, answer.body["error"]["code"].split("_")[0]) == (400, "BadRequest")


def test_select_orderby_skip_top_and_count_work_together(bc: Asker) -> None:
    query = {"$select": "id", "$orderby": "scope desc,id desc", "$skip": "1", "$top": "2", "$count": "true"}
    body = bc.automation("GET", "permissionSets", query=query).body
    everything = sorted(row["roleId"] for row in bc.state["permissionSets"] if row["scope"] == "System")
    assert [row["id"] for row in body["value"]] == everything[::-1][:2]
    assert set(body["value"][0]) == {"@odata.etag", "id"}
    assert body["@odata.count"] == len(everything) + 1


def follow(bc: Asker, first: Any, headers: dict[str, str]) -> list[list[str]]:
    pages = [[row["id"] for row in first["value"]]]
    while "@odata.nextLink" in first:
        link = urlsplit(first["@odata.nextLink"])
        query = dict(parse_qsl(link.query))
        first = bc.raw("GET", unquote(link.path), query=query, headers=headers).body
        pages.append([row["id"] for row in first["value"]])
    return pages


def test_pages_follow_each_other_and_hold_every_row_once(bc: Asker) -> None:
    headers = {"prefer": "odata.maxpagesize=8"}
    first = bc.automation("GET", "permissionSets", headers=headers).body
    assert first["@odata.nextLink"].startswith("https://127.0.0.1:1/bc/v2.0/")
    pages = follow(bc, first, headers)
    assert [len(page) for page in pages] == [8, 8, 6]
    assert [each for page in pages for each in page] == ids(bc)


def test_top_counts_over_all_pages_and_the_server_may_page_by_itself(bc: Asker) -> None:
    bc.edit("set_switch", name="pageSize", value=2)
    first = bc.automation("GET", "permissionSets", query={"$top": "5"}).body
    assert [len(page) for page in follow(bc, first, {})] == [2, 2, 1]


def test_a_next_link_whose_row_is_gone_says_so(bc: Asker) -> None:
    headers = {"prefer": "odata.maxpagesize=3"}
    query = dict(
        parse_qsl(urlsplit(bc.automation("GET", "permissionSets", headers=headers).body["@odata.nextLink"]).query)
    )
    bc.edit("remove_permission_set_definition", roleId=ids(bc)[2])
    error(bc.automation("GET", "permissionSets", query=query), 400, "SkipTokenIsNoLongerValid")


def test_the_context_names_the_entity_set(bc: Asker) -> None:
    body = bc.registrations("GET").body
    root = body["@odata.context"].split("$metadata#")
    assert root[0].endswith(f"/Production/api/{COMPANION}/")
    assert root[1] == f"companies({bc.company})/entraApplications"


@pytest.mark.parametrize("body", [None, b"", "text", []])
def test_a_body_that_is_no_object_is_refused(bc: Asker, body: Any) -> None:
    assert error(bc.registrations("POST", body=body), 400, "BadRequest") == "A non-empty request body is required."


@pytest.mark.parametrize(
    ("field", "value"), [("clientId", "no guid"), ("permissionGranted", "true"), ("description", 7)]
)
def test_a_value_of_the_wrong_type_is_refused(bc: Asker, field: str, value: Any) -> None:
    assert "to the expected type 'Edm." in error(bc.register(**{field: value}), 400, "BadRequest")
