"""What a stack file says of Business Central's environments, and of the companion extension in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from settings import loading
from settings.server_token_warnings import server_token_warnings
from tests.support.loaded_settings import ENVIRONMENTS, MAGENTO, PRESETS, RUNNER


def test_environments_are_compared_without_case() -> None:
    values = {"environments": {"a": {"name": "Live", "formerly": ["test"]}, "b": {"name": "Test"}}, "integrations": {}}
    with pytest.raises(loading.SettingsError, match=r"environments\.a\.formerly"):
        loading.load(values, presets=PRESETS, stack_file=Path("x.yaml"))


def test_two_keys_for_one_environment_are_refused() -> None:
    values = {"environments": {**ENVIRONMENTS, "prod": {"name": "PRODUCTION"}}, "integrations": {"magento": MAGENTO}}
    with pytest.raises(loading.SettingsError, match=r"environments\.prod: .*environments\.production"):
        loading.load(values, presets=PRESETS, stack_file=Path("x.yaml"))


COMPANION = {"file": "companion.app"}


def test_the_companion_extension_is_asked_for_in_a_stack_of_its_own() -> None:
    values = {"environments": ENVIRONMENTS, "companionExtension": COMPANION}
    declared = loading.load(values, presets=PRESETS, stack_file=Path("x.yaml"))
    assert declared.companion_extension is not None
    assert declared.integrations == ()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {"companionExtension": COMPANION, "integrations": {"magento": MAGENTO}},
            "companionExtension: belongs in a stack of its own",
        ),
        (
            {"companionExtension": {**COMPANION, "environments": ["prod"]}},
            r"companionExtension.environments\[0\]: .*'production'",
        ),
        ({"companionExtension": {**COMPANION, "chanel": "automation"}}, "companionExtension.chanel: .*'channel'"),
        ({"companionExtension": {}}, "companionExtension.file: is missing"),
    ],
)
def test_what_is_wrong_with_the_companion_extension_is_named(values: dict[str, Any], says: str) -> None:
    with pytest.raises(loading.SettingsError, match=says):
        loading.load({"environments": ENVIRONMENTS, **values}, presets=PRESETS, stack_file=Path("x.yaml"))


@pytest.mark.parametrize(
    ("environments", "says"),
    [
        ({"a": {"name": "A", "formerly": ["B"]}, "b": {"name": "B"}}, r"environments\.a\.formerly: names 'B'"),
        (
            {"a": {"name": "A", "formerly": ["Old"]}, "b": {"name": "B", "formerly": ["OLD"]}},
            r"environments\.b\.formerly: names 'OLD', as environments\.a\.formerly does",
        ),
        ({"a": {"name": "A", "baseUrl": "http://bc.example:7048/BC"}}, "in the clear"),
        ({"a": {"name": "A", "baseUrl": "https://[::1/BC"}}, "its host or its port cannot be right"),
        ({"a": {"name": "A", "baseUrl": "https://bc.example:99999/BC"}}, "its host or its port cannot be right"),
        ({"a": {"name": "A", "baseUrl": "https://bc example/BC"}}, "its host or its port cannot be right"),
        ({"a": {"name": "A", "baseUrl": "https://bc.example\n/BC"}}, "its host or its port cannot be right"),
        ({"a": {"name": "A", "baseUrl": "https://user:password@bc.example/BC"}}, "BUSINESS_CENTRAL_USER"),
        ({"a": {"name": "A", "scope": "api://bc/.default"}}, "environments.a.scope: is for a server or container"),
        ({"a": {"name": "A", "baseUrl": "https://bc.example/BC", "scope": "api://bc"}}, "api://bc.example/.default"),
        ({"a": {"name": "A", "baseUrl": "https://bc.example/BC", "scope": "a b/.default"}}, "Application ID URI"),
        ({"a": {"name": "A", "baseUrl": "https://bc.example/BC", "scope": "/.default"}}, "Application ID URI"),
    ],
)
def test_what_is_wrong_with_an_environment_is_named(environments: dict[str, Any], says: str) -> None:
    with pytest.raises(loading.SettingsError, match=says) as refused:
        loading.load({"environments": environments, "integrations": {}}, presets=PRESETS, stack_file=Path("x.yaml"))
    assert "user:password" not in str(refused.value)


SERVER = {"name": "Local", "baseUrl": "https://bc.example:7048/BC"}


@pytest.mark.parametrize(
    ("server", "used", "is_said"),
    [
        (SERVER, ["local", "production"], True),
        ({**SERVER, "scope": "api://bc.example/.default"}, ["local", "production"], False),
        (SERVER, ["local"], False),
        (SERVER, ["production"], False),
    ],
)
def test_a_server_that_gets_tokens_for_an_environment_online_of_the_stack_is_said(
    server: dict[str, str], used: list[str], is_said: bool
) -> None:
    values = {
        "environments": {"local": server, "production": {"name": "Production"}},
        "integrations": {"magento": {**MAGENTO, "environments": used}},
    }
    said = list(server_token_warnings(loading.load(values, presets=PRESETS, stack_file=Path("x.yaml")), {}))
    assert [text.partition(" gets tokens that are as good for Production")[0] for text in said] == [
        f"environments.local: whoever runs {SERVER['baseUrl']}"
    ] * is_said


@pytest.mark.parametrize(
    ("user", "declared", "whose"),
    [
        ("", MAGENTO, "the caller's, and in proofs those of magento"),
        ("", {**MAGENTO, "proof": "off"}, "the caller's"),
        ("", RUNNER, "the caller's"),
        ("admin", MAGENTO, "in proofs those of magento"),
        ("admin", {**MAGENTO, "proof": "off"}, None),
        ("admin", RUNNER, None),
    ],
)
def test_whose_tokens_a_server_gets_is_said_and_nothing_where_it_gets_none(
    user: str, declared: dict[str, Any], whose: str | None
) -> None:
    values = {
        "environments": {"local": SERVER, "production": {"name": "Production"}},
        "integrations": {"magento": {**declared, "environments": ["local", "production"]}},
    }
    settings = loading.load(values, presets=PRESETS, stack_file=Path("x.yaml"))
    password = {"BUSINESS_CENTRAL_USER": user, "BUSINESS_CENTRAL_PASSWORD": "x"}
    said = list(server_token_warnings(settings, password))
    assert [text.partition(" for Production: ")[2].partition(". ")[0] for text in said] == ([whose] if whose else [])
