"""The requests of the real azuread plugin (recordings/) are accepted, and answered with the fields that it reads.

A recording uses objects of another recording; those are made first, and the recorded ids are replaced by the real ones.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.support import recordings
from tests.support.certificates import key_credential, make_certificate
from tests.support.directory_objects import BUSINESS_CENTRAL, Graph

if TYPE_CHECKING:
    from requests import Response

    from tests.support.tenant import Tenant

RECORDINGS = sorted(each.stem for each in recordings.FOLDER.glob("http-*.jsonl"))

# What the recordings call things.
ORIGIN = "https://127.0.0.1:18443"
TENANT_ID = "22222222-2222-2222-2222-222222222222"
CLIENT_ID = "33333333-3333-3333-3333-333333333333"
CALLER_OBJECT_ID = "11111111-1111-1111-1111-111111111111"
APPLICATIONS = ("0f745712-b38f-48ad-99d5-af52cb7c7b99", "2233ae69-34f2-476f-86cd-e39778855069")
APP_ID = "8f4e2ed3-fe45-4982-9f90-5ce532dcef36"
PASSWORDS = ("3f3f86bc-223a-459e-8e4a-e1db5267b647", "0f56b7f3-6b54-440f-a332-7c088089a745")
SERVICE_PRINCIPAL = "977f5c95-fe7f-401c-853f-e1762c90d418"
BUSINESS_CENTRAL_OBJECT_ID = "68ff1324-f3f1-42a2-aa13-a34379902edf"
CERTIFICATE = "1bb1a895-a3b3-1c80-1505-2d55921e6165"
FEDERATED_CREDENTIAL = "94b6a6d7-eefe-4607-a23a-e35ee4a64dc6"
API_READ_WRITE_ALL = "a42b0b75-311e-488d-b67e-8fe84f924341"
ASSIGNMENT = "lVx_l3_-HECFP-F2LJDUGGaXnf2kMJ1J9zJlpEpOKTA"

HEADERS = {  # docs/reference/facts-graph.md, "Requests of the plugin"
    "Accept": "application/json; charset=utf-8; IEEE754Compatible=false",
    "Content-Type": "application/json; charset=utf-8",
    "Odata-Version": "4.0",
    "Odata-Maxversion": "4.0",
}
# The stub of the recordings adds the id to what was selected; Graph does not, and the plugin does not read it there.
NOT_READ_WHERE_SELECTED = {"id"}


class Replay:
    """One recording, replayed: knows what the recorded ids are called here."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._graph = Graph(tenant)
        self._token = tenant.token()
        self._certificate = make_certificate()[0]
        self.ids: dict[str, str] = {
            ORIGIN: tenant.ready.origin,
            TENANT_ID: tenant.ready.tenantId,
            CLIENT_ID: tenant.ready.deployer.clientId,
            CALLER_OBJECT_ID: tenant.ready.deployer.objectId,
            BUSINESS_CENTRAL_OBJECT_ID: self._graph.service_principal_of(BUSINESS_CENTRAL)["id"],
        }

    def make_what_it_begins_with(self, name: str) -> None:
        """Make, by real requests, what the recording found in place."""
        access = {"resourceAppId": BUSINESS_CENTRAL, "resourceAccess": [{"id": API_READ_WRITE_ALL, "type": "Role"}]}
        application = self._graph.application("bc app", requiredResourceAccess=[access])
        principal = self._graph.service_principal(application["appId"])
        password = self._graph.password(application["id"], displayName="pw", endDateTime=recordings.SECRETS_END)
        self.ids |= dict.fromkeys(APPLICATIONS, application["id"])
        self.ids |= dict.fromkeys(PASSWORDS, password["keyId"])
        self.ids |= {APP_ID: application["appId"], SERVICE_PRINCIPAL: principal["id"]}
        self.ids['"gh"'] = '"github"'  # what was recorded against would take a name of two letters, Entra does not
        path = f"/applications/{application['id']}"
        match name:
            case "http-cert-delete":
                credential = key_credential(self._certificate, keyId=CERTIFICATE)
                assert self._graph.ask("PATCH", path, json={"keyCredentials": [credential]}).status_code == 204
            case "http-fic-delete":
                wanted = {"name": "github", "issuer": "https://issuer.example", "subject": "s", "audiences": ["a"]}
                self.ids[FEDERATED_CREDENTIAL] = self._graph.made(f"{path}/federatedIdentityCredentials", wanted)["id"]
            case "http-role-delete":
                resource_id = self.ids[BUSINESS_CENTRAL_OBJECT_ID]
                wanted_role = {
                    "principalId": principal["id"],
                    "resourceId": resource_id,
                    "appRoleId": API_READ_WRITE_ALL,
                }
                made = self._graph.made(f"/servicePrincipals/{resource_id}/appRoleAssignedTo", wanted_role)
                self.ids[ASSIGNMENT] = made["id"]

    def send(self, recorded: dict[str, Any]) -> Response:
        """Send a recorded request, with the ids of this tenant."""
        path, body = self.translated(recorded["path"]), self.translated(recorded["body"])
        if path.endswith("/token"):
            return self._tenant.token_response({**body, "client_secret": self._tenant.ready.deployer.clientSecret})
        for credential in (body or {}).get("keyCredentials", []):
            credential["key"] = key_credential(self._certificate)["key"]  # the recording leaves it out
        query = urlencode(self.translated(recorded["query"]))  # as Go's url.Values.Encode: %24 and +
        return self._tenant.send(
            recorded["method"], path + (f"?{query}" if query else ""), self._token, json=body, headers=HEADERS
        )

    def translated(self, value: Any) -> Any:
        """Return a recorded value with the ids of this tenant."""
        text = json.dumps(value)
        for recorded, actual in self.ids.items():
            text = text.replace(recorded, actual)
        return json.loads(text)

    def learn(self, recorded: Any, actual: Any) -> None:
        """Take note of the ids that an answer brings."""
        if isinstance(recorded, dict) and isinstance(actual, dict):
            for name in recorded.keys() & actual.keys():
                if name in {"id", "appId", "keyId"} and re.fullmatch(r"[\w-]{30,}", str(recorded[name])):
                    self.ids[recorded[name]] = actual[name]
                self.learn(recorded[name], actual[name])
        elif isinstance(recorded, list) and isinstance(actual, list):
            for one, other in zip(recorded, actual, strict=False):
                self.learn(one, other)


def lacking(recorded: Any, actual: Any, at: str = "") -> list[str]:
    """Return the places of a recorded answer that an actual one lacks, or has in another JSON type."""
    if recorded is None or actual is None or recorded == "<secret>":
        return []
    if type(recorded) is not type(actual):
        return [f"{at}: {type(recorded).__name__} recorded, {type(actual).__name__} answered"]
    if isinstance(recorded, dict):
        return [
            problem
            for name, value in recorded.items()
            for problem in (
                lacking(value, actual[name], f"{at}.{name}") if name in actual else [f"{at}.{name}: absent"]
            )
        ]
    if isinstance(recorded, list) and recorded and isinstance(recorded[0], dict):
        return lacking(recorded[0], actual[0], f"{at}[0]") if actual else [f"{at}: empty"]
    return []


@pytest.mark.parametrize("recording", RECORDINGS)
def test_every_request_of_the_plugin_is_answered_as_recorded(tenant: Tenant, recording: str) -> None:
    replay = Replay(tenant)
    replay.make_what_it_begins_with(recording)
    for recorded in recordings.read(recording):
        response = replay.send(recorded)
        what = f"{recorded['method']} {recorded['path']}"
        assert response.status_code == recorded["status"], f"{what}: {response.text}"
        if recorded["response"] is None:
            assert not response.content, what
            continue
        assert response.headers["content-type"].startswith("application/json"), what
        expected = recorded["response"]
        if "$select" in recorded["query"]:
            expected = {name: value for name, value in expected.items() if name not in NOT_READ_WHERE_SELECTED}
        assert lacking(expected, response.json()) == [], what
        replay.learn(recorded["response"], response.json())


def test_the_comparison_sees_a_field_that_is_absent_or_of_another_type() -> None:
    recorded = {"id": "a", "web": {"redirectUris": []}, "value": [{"appId": "b"}]}
    assert lacking(recorded, {"id": "a", "web": {"redirectUris": []}, "value": [{"appId": "c"}]}) == []
    assert lacking(recorded, {"id": 1, "web": {}, "value": []}) == [
        ".id: str recorded, int answered",
        ".web.redirectUris: absent",
        ".value: empty",
    ]


def test_there_are_recordings_of_every_kind() -> None:
    assert len(RECORDINGS) >= 15


def test_azuread_reads_back_what_it_wrote(tenant: Tenant) -> None:
    """Otherwise its next plan would show changes for ever."""
    up = recordings.read("http-up")
    for collection in ("/v1.0/applications", "/v1.0/servicePrincipals"):
        replay = Replay(tenant)
        replay.make_what_it_begins_with("http-up")
        recorded = next(item for item in up if item["method"] == "POST" and item["path"] == collection)
        if collection.endswith("servicePrincipals"):
            replay.ids["6f1a62be-ea48-49d1-a6f9-8b919b15ddb2"] = Graph(tenant).application()["appId"]
        made = replay.send(recorded).json()
        read = tenant.get(f"{collection}/{made['id']}", tenant.token()).json()
        for name, value in replay.translated(recorded["body"]).items():
            if "@" not in name:
                assert contains(read[name], value), f"{collection} {name}: wrote {value}, read {read[name]}"


def contains(read: Any, written: Any) -> bool:
    """Tell whether what was written is in what is read; Graph adds members of its own to complex properties."""
    if isinstance(written, dict) and isinstance(read, dict):
        return all(name in read and contains(read[name], value) for name, value in written.items())
    return bool(read == written)
