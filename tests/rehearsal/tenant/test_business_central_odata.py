"""Lists as Business Central answers them: docs/reference/facts-business-central.md, "Requests and answers"."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from tests.support.business_central import COMPANION, DEPLOYER, BusinessCentralClient, error


def ids(bc: BusinessCentralClient, **options: str) -> list[str]:
    answer = bc.automation("GET", "permissionSets", query={f"${name}": value for name, value in options.items()})
    assert answer.status == 200, answer.body
    return [row["id"] for row in answer.body["value"]]


def refusal(bc: BusinessCentralClient, **options: str) -> str:
    query = {f"${name}": value for name, value in options.items()}
    return error(bc.automation("GET", "permissionSets", query=query), 400, "BadRequest")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id eq 'SECURITY'", ["SECURITY"]),
        ("id eq 'security'", []),
        ("id eq 'LOGIN' and appId eq 63CA2FA4-4F03-4F2B-A480-172FEF340D3F", ["LOGIN"]),
        ("id eq 'LOGIN' and id eq 'SUPER'", []),
        ("displayName eq 'It''s'", []),
    ],
)
def test_a_filter_is_understood(bc: BusinessCentralClient, text: str, expected: list[str]) -> None:
    assert ids(bc, filter=text) == expected


def test_a_quoted_guid_is_refused_as_an_unlike_type(bc: BusinessCentralClient) -> None:
    text = refusal(bc, filter="appId eq '63ca2fa4-4f03-4f2b-a480-172fef340d3f'")
    assert "'Edm.Guid' and 'Edm.String' for operator kind 'Equal'" in text


@pytest.mark.parametrize(
    "text",
    [
        "id",
        "id eq 'x",
        "id ne 'x'",
        "id eq 'x' id",
        "id eq 'x' and ",
        "(id eq 'x')",
        "startswith(id,'x')",
        "id eq 'SUPER' or id eq 'LOGIN'",
    ],
)
def test_any_other_filter_is_refused_by_name(bc: BusinessCentralClient, text: str) -> None:
    answer = bc.automation("GET", "permissionSets", query={"$filter": text})
    assert text in error(answer, 501, "BadRequest_MethodNotImplemented")


@pytest.mark.parametrize("option", ["$select", "$skip", "$orderby", "$count", "$expand", "$schemaversion"])
def test_other_query_options_are_refused_by_name(bc: BusinessCentralClient, option: str) -> None:
    answer = bc.automation("GET", "permissionSets", query={option: "1"})
    assert f"'{option}'" in error(answer, 501, "BadRequest_MethodNotImplemented")


def test_top_shortens_a_list_across_its_pages(bc: BusinessCentralClient) -> None:
    bc.edit("set_switch", name="pageSize", value=2)
    first = bc.automation("GET", "permissionSets", query={"$top": "3"}).body
    assert len(first["value"]) == 2
    query = dict(parse_qsl(urlsplit(first["@odata.nextLink"]).query))
    second = bc.automation("GET", "permissionSets", query=query).body
    assert (len(second["value"]), "@odata.nextLink" in second) == (1, False)
    assert bc.automation("GET", "permissionSets", query={"$top": "x"}).status == 400


def test_a_variable_of_the_page_cannot_be_filtered_by(bc: BusinessCentralClient) -> None:
    path = f"{COMPANION}/companies({bc.company})/entraApplications"
    for query in ({"$filter": "userName eq 'X'"}, {"$filter": "state eq 'Enabled'"}):
        assert "not a field of the source table" in error(bc.api("GET", path, query=query), 400, "BadRequest")
    assert bc.api("GET", path, query={"$filter": f"clientId eq {DEPLOYER}"}).body["value"][0]["state"] == "Enabled"


def test_an_unknown_field_is_refused(bc: BusinessCentralClient) -> None:
    text = refusal(bc, filter="nix eq 'x'")
    assert text == "Could not find a property named 'nix' on type 'Microsoft.NAV.permissionSet'."


def test_pages_follow_each_other_and_hold_every_row_once(bc: BusinessCentralClient) -> None:
    everything = ids(bc)
    bc.edit("set_switch", name="pageSize", value=8)
    answer = bc.automation("GET", "permissionSets").body
    pages = [[row["id"] for row in answer["value"]]]
    while "@odata.nextLink" in answer:
        link = urlsplit(answer["@odata.nextLink"])
        assert link.geturl().startswith("https://127.0.0.1:1/bc/v2.0/")
        answer = bc.raw("GET", unquote(link.path), query=dict(parse_qsl(link.query))).body
        pages.append([row["id"] for row in answer["value"]])
    assert [len(page) for page in pages] == [8, 8, 6]
    assert [each for page in pages for each in page] == everything


def test_a_next_link_keeps_the_filter(bc: BusinessCentralClient) -> None:
    bc.edit("set_switch", name="pageSize", value=1)
    link = bc.automation("GET", "permissionSets", query={"$filter": "id eq 'WAREHOUSE API'"}).body["@odata.nextLink"]
    assert dict(parse_qsl(urlsplit(link).query))["$filter"] == "id eq 'WAREHOUSE API'"


@pytest.mark.parametrize("token", ["", "?", "AAAA", "/w=="])
def test_a_next_link_whose_row_is_gone_or_that_is_none_says_so(bc: BusinessCentralClient, token: str) -> None:
    bc.edit("set_switch", name="pageSize", value=3)
    link = bc.automation("GET", "permissionSets").body["@odata.nextLink"]
    bc.edit("remove_permission_set_definition", roleId=ids(bc)[2])
    query = {"$skiptoken": token} if token else dict(parse_qsl(urlsplit(link).query))
    error(bc.automation("GET", "permissionSets", query=query), 400, "SkipTokenIsNoLongerValid")


def test_the_context_names_the_entity_set(bc: BusinessCentralClient) -> None:
    body = bc.registrations("GET").body
    root = body["@odata.context"].split("$metadata#")
    assert root[0].endswith(f"/Production/api/{COMPANION}/")
    assert root[1] == f"companies({bc.company})/entraApplications"


@pytest.mark.parametrize("body", [None, b"", "text", []])
def test_a_body_that_is_no_object_is_refused(bc: BusinessCentralClient, body: Any) -> None:
    assert error(bc.registrations("POST", body=body), 400, "BadRequest") == "A non-empty request body is required."


@pytest.mark.parametrize(
    ("field", "value"), [("clientId", "no guid"), ("permissionGranted", "true"), ("description", 7)]
)
def test_a_value_of_the_wrong_type_is_refused(bc: BusinessCentralClient, field: str, value: Any) -> None:
    assert "to the expected type 'Edm." in error(bc.register(**{field: value}), 400, "BadRequest")
