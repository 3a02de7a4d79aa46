"""Names that others gave: printable for people, and as they are for comparing and writing back."""

from __future__ import annotations

import pytest

from clients.business_central.records import registration_of
from clients.graph.applications import Application, Certificate, FederatedCredential, Principal
from clients.graph.objects import ServicePrincipal
from clients.graph.passwords import Password

NAME = "ERP\x1b[8m\u202egnp\n\tforged"
SHOWN = "ERP\N{REPLACEMENT CHARACTER}[8m\N{REPLACEMENT CHARACTER}gnp  forged"
_CREDENTIAL = {"keyId": "K", "displayName": NAME}


@pytest.mark.parametrize(
    "said",
    [
        str(Password.from_graph(_CREDENTIAL)),
        str(Certificate.from_graph(_CREDENTIAL)),
        str(FederatedCredential.from_graph({"name": "robots", "issuer": NAME})),
        *Principal.from_graph({"keyCredentials": [_CREDENTIAL]}).credentials,
        ServicePrincipal.from_graph({"id": "", "appId": "", "displayName": NAME}).display_name,
        *Application.from_graph({"id": "", "appId": "", "displayName": "", "tags": [NAME]}).tags,
    ],
)
def test_what_is_shown_is_printable(said: str) -> None:
    assert SHOWN in said
    assert said.isprintable()


def test_a_name_that_is_compared_or_written_back_is_also_there_as_it_is() -> None:
    application = Application.from_graph({"id": "", "appId": "", "displayName": NAME})
    assert (application.display_name, application.name) == (NAME, SHOWN)
    row = {
        "clientId": "",
        "contactInformation": "",
        "permissionGranted": True,
        "state": "",
        "userId": "",
        "userState": "",
    }
    registration = registration_of({**row, "description": NAME})
    assert (registration.description, registration.name) == (NAME, SHOWN)
    assert Password.from_graph(_CREDENTIAL).display_name == NAME
