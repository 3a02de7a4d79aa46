"""What every request to Business Central says of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from clients.business_central import application_client
from clients.business_central.application_client import ApplicationClient
from clients.business_central.environment import BusinessCentral, Environment
from clients.business_central.extension_upload import ExtensionUpload
from clients.entra.cloud import CLOUDS
from clients.entra.kept_tokens import KeptTokens
from clients.http.transport import Transport

ID = "11111111-2222-4333-8444-555555555555"


class Sent(Exception):
    """A request was sent."""


class Wire:
    """A way to Business Central that keeps the headers of a request and ends there."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    def items(self, *_: Any, headers: dict[str, str], **__: Any) -> list[Any]:
        self.headers = headers
        raise Sent

    read = items


def application() -> ApplicationClient:
    return ApplicationClient(ID, "", ID, CLOUDS["public"], lambda: pytest.fail("no sign-in"), KeptTokens())


@pytest.mark.parametrize(
    "ask",
    [
        lambda environment, _: environment.companies,
        lambda environment, _: environment.register(ID, {}),
        lambda environment, _: environment.deregister(ID),
        lambda _, transport: ExtensionUpload(transport, ID, BusinessCentral(transport, ID).environment("x")).installed(
            ID
        ),
        lambda *_: application().companies("Bearer x", "v2.0", "Production"),
        lambda *_: application().open_company("Bearer x", "v2.0", ID, "Production"),
    ],
)
def test_it_asks_for_the_language_in_which_we_recognise_errors(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[Environment, Transport], Any]
) -> None:
    """`KNOWN_ANSWERS` matches English texts; without the header they follow the user's settings (documented)."""
    wire = Wire()
    transport = cast(Transport, wire)
    monkeypatch.setattr(application_client, "Transport", lambda *_, **__: wire)
    with pytest.raises(Sent):
        ask(BusinessCentral(transport, ID).environment("Production"), transport)
    assert wire.headers["Accept-Language"] == "en-US"
