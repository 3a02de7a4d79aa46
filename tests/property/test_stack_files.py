"""Stack files of any content: settings that everything else can use, or a list of problems, and no traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import find, given, settings
from hypothesis import strategies as st

from components.proof import declared_proof
from settings import logical_names
from settings.business_central_permissions import BUSINESS_CENTRAL_ROLES, BUSINESS_CENTRAL_SCOPES
from settings.loading import SettingsError, load
from settings.models import Settings

PRESETS = Path(__file__).parents[2] / "presets"

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["A", "a b", "x" * 20, "x" * 50, "x" * 51, "x" * 80, "ß" * 20])
short = st.sampled_from(["", " ", "A", "x" * 50])
role_ids = st.sampled_from(["A", "x" * 20, "ß" * 20])
keys = st.sampled_from(["a", "a-b", "b-c", "c"])
former = st.lists(st.sampled_from(["d", "e", "f"]), max_size=1)
additional = st.sampled_from(["remove", "keep"])
dates = st.sampled_from(["2026-11-23", "2026-11-23b", "2026-11-24 00:00:00 +0000 UTC", "2999-12-31"])
extreme_dates = st.sampled_from(["0001-01-01", "1999-12-31", "9999-12-31"])
permission_sets = st.lists(
    role_ids | st.fixed_dictionaries({"roleId": role_ids}, optional={"company": names, "scope": st.just("System")}),
    max_size=3,
)
accesses = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "permissionSets": permission_sets,
        "description": short,
        "contactInformation": short,
        "additionalPermissionSets": additional,
        "state": st.sampled_from(["Enabled", "Disabled"]),
    },
)
EITHER = {
    "displayName": names,
    "description": short,
    "contactInformation": short,
    "delegatedScopes": st.just(["user_impersonation"]),
    "otherPermissions": st.just({"Microsoft Graph": {"roles": ["User.Read.All"]}}),
    "permissionSets": permission_sets,
    "additionalPermissionSets": additional,
    "formerly": former,
    "proof": st.sampled_from(["on", "off", True, False]),
}
secrets = st.fixed_dictionaries(
    {"issued": st.lists(dates | extreme_dates, min_size=1, unique=True), "lifetimeDays": st.sampled_from([1, 3650])}
)
settings_of_application = {
    "redirectUris": st.fixed_dictionaries(
        {},
        optional={
            "web": st.sampled_from([[], ["https://a.example/"], ["http://a.example"], ["https://[", ""]]),
            "publicClient": st.sampled_from([[], ["http://localhost/a"], ["app://a"], ["a"]]),
        },
    ),
    "fallbackPublicClient": st.booleans(),
    "notes": short,
    "enabled": st.booleans(),
}
people = st.fixed_dictionaries({"preset": st.just("mcp-host")}, optional={**EITHER, **settings_of_application})
own = st.fixed_dictionaries(
    {"roles": st.just(["API.ReadWrite.All"])},
    optional={"credentials": st.fixed_dictionaries({"secrets": secrets}), **EITHER, **settings_of_application},
) | st.fixed_dictionaries({"preset": st.just("magento"), "credentials": st.fixed_dictionaries({"secrets": secrets})})
vendors = st.fixed_dictionaries({"preset": st.just("shopify-webhooks")}, optional=EITHER)
identities = st.fixed_dictionaries(
    {
        "clientId": st.sampled_from(["0badc0de-0000-4000-8000-000000000007", {"stack": "a/b/c", "output": "clientId"}]),
        "owner": st.sampled_from(["tenant", "tenant", "vendor"]),
        "roles": st.just(["API.ReadWrite.All"]),
    },
    optional=EITHER,
)
environments = st.fixed_dictionaries({}, optional={"baseUrl": st.just("https://bc.example/BC"), "formerly": former})


@st.composite
def stack_files(draw: st.DrawFn) -> dict[str, Any]:
    """A stack file that is often right: every key is one that may stand there, and every value is near one that may."""
    declared = draw(st.dictionaries(keys, environments, min_size=1, max_size=3))
    file: dict[str, Any] = {
        "environments": {key: {"name": key.upper(), **each} for key, each in declared.items()},
        "maximumSecretLifetimeDays": "3650",
    }
    among = st.sampled_from(sorted(declared))
    if draw(st.integers(0, 9)) == 0:
        companion = {"file": names, "environments": st.lists(among, min_size=1)}
        return {**file, "companionExtension": draw(st.fixed_dictionaries(companion))}
    integrations = draw(st.dictionaries(keys, own | vendors | identities | people, max_size=2))
    for key, each in integrations.items():
        each.setdefault("displayName", f"Integration {key}")
        each["environments"] = draw(st.lists(among, min_size=1) | st.dictionaries(among, accesses, min_size=1))
    return {**file, "integrations": integrations}


def loaded(values: dict[str, Any]) -> Settings | None:
    """What the values give; None where they are refused in words."""
    try:
        return load(values, presets=PRESETS, stack_file=Path("x.yaml"))
    except SettingsError as refused:
        assert "nothing was changed" in str(refused)
        return None


def use(stack: Settings) -> None:
    """Ask for everything that components ask for."""
    for integration in stack.integrations:
        assert all(name.startswith(integration.key) for name in logical_names.of_integration(integration, stack))
        assert (integration.owner == "own") == (integration.client_id is None)
        assert bool(integration.publisher) == (integration.owner == "vendor")
        assert all(role in BUSINESS_CENTRAL_ROLES for role in integration.roles)
        assert all(scope in BUSINESS_CENTRAL_SCOPES for scope in integration.delegated_scopes)
        for key in integration.environments:
            access = integration.access(key)
            assert stack.environments[key].name
            assert 0 < len(access.description or "") <= 50
            assert "" not in declared_proof(integration, key, stack, []).companies
        secrets = integration.credentials.secrets
        assert all(secrets.end_date(label)[:10] > label[:10] for label in secrets.issued) if secrets else True
    if companion := stack.companion_extension:
        assert all(key in stack.environments for key in companion.environments or ())


@settings(max_examples=300, deadline=None)
@given(stack_files())
def test_whatever_is_accepted_can_be_used(values: dict[str, Any]) -> None:
    if stack := loaded(values):
        use(stack)


@settings(deadline=None)
@given(stack_files(), st.lists(anything, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_wherever_something_else_stands_the_answer_is_settings_or_problems(
    values: dict[str, Any], strangers: list[Any], random: Any
) -> None:
    for stranger in strangers:
        put(values, stranger, random)
    if stack := loaded(values):
        use(stack)


@settings(deadline=None)
@given(anything)
def test_whatever_stands_in_the_file_the_answer_is_settings_or_problems(value: Any) -> None:
    loaded({"environments": value, "integrations": value, "companionExtension": value})
    loaded({"environments": {"a": {"name": "A"}}, "integrations": {"x": value}})


def test_the_stack_files_that_are_tried_are_not_all_refused() -> None:
    find(stack_files(), lambda values: bool((stack := loaded(values)) and stack.integrations))


def put(values: Any, stranger: Any, random: Any) -> None:
    """Put a stranger in the place of something in these values, at any depth."""
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], dict | list):
                walk(node[key])

    walk(values)
    node, key = random.choice(places)
    node[key] = stranger
