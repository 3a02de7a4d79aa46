"""docs/reference/stack-file.md and credentials.md, held against the models that validate stack files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from settings import federated_subjects, loading
from settings import models as settings
from settings.business_central_permissions import RESOURCES
from settings.certificates import Certificate
from settings.client_ids import StackOutput
from settings.credentials import Credentials, Custody, Secrets, VaultPlace
from settings.defaults import DefaultAccess, DefaultCredentials, Defaults, DefaultSecrets
from settings.federated_credentials import FederatedCredential
from settings.permission_models import OtherPermissions, PermissionSet
from settings.strict_model import StrictModel
from settings.vault_certificates import VaultCertificate
from settings.yaml_reader import read_yaml

ROOT = Path(__file__).parents[3]
PAGES = ("stack-file.md", "credentials.md")
PAGE = "\n".join((ROOT / "docs/reference" / name).read_text(encoding="utf-8") for name in PAGES)
SECTIONS: dict[str, type[BaseModel]] = {
    "Top level": settings.Settings,
    "environments": settings.Environment,
    "defaults": Defaults,
    "default access": DefaultAccess,
    "default credentials": DefaultCredentials,
    "default secrets": DefaultSecrets,
    "companionExtension": settings.CompanionExtension,
    "integrations": settings.Integration,
    "client id": StackOutput,
    "publisher": settings.Publisher,
    "other permissions": OtherPermissions,
    "redirect addresses": settings.RedirectUris,
    "access": settings.Access,
    "permission sets": PermissionSet,
    "credentials": Credentials,
    "secrets": Secrets,
    "federated credentials": FederatedCredential,
    "github": federated_subjects.GitHub,
    "azure devops": federated_subjects.AzureDevOps,
    "gitlab": federated_subjects.GitLab,
    "kubernetes": federated_subjects.Kubernetes,
    "managed identity": federated_subjects.ManagedIdentity,
    "certificates": Certificate,
    "vault certificate": VaultCertificate,
    "place in a vault": VaultPlace,
    "custody": Custody,
}
NOT_WRITTEN = {"Integration": {"(key)"}}
"""`key` is what an integration stands under, not a key in it."""
REQUIRED_ELSEWHERE = {("Top level", "integrations")}
"""A default that `loading.load` does not use: it wants the mapping to be there."""


def rows(section: str) -> dict[str, str]:
    """The keys of a section's table, each with the cell that says its default."""
    start = PAGE.index(f"\n## {section}\n")
    text = PAGE[start : PAGE.find("\n## ", start + 1)]
    return {key: default.strip() for key, default in re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|", text, re.MULTILINE)}


def keys(model: type[BaseModel]) -> dict[str, Any]:
    """The keys of a model as a stack file spells them, each with the model's field."""
    hidden = NOT_WRITTEN.get(model.__name__, set())
    return {
        field.alias or name: field for name, field in model.model_fields.items() if (field.alias or name) not in hidden
    }


def test_every_model_has_a_section() -> None:
    assert set(SECTIONS.values()) == set(StrictModel.__subclasses__())


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_has_the_keys_of_the_model_and_no_other(section: str) -> None:
    assert list(rows(section)) == list(keys(SECTIONS[section]))


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_says_which_keys_are_required_and_what_the_others_default_to(section: str) -> None:
    for key, field in keys(SECTIONS[section]).items():
        said = rows(section)[key]
        if field.is_required() or (section, key) in REQUIRED_ELSEWHERE:
            assert said.startswith("required"), f"{section}, {key}: {said}"
            continue
        assert not said.startswith("required"), f"{section}, {key}: {said}"
        if key == "redirectUris":
            assert said == "`{}`"
        elif field.default is not None and field.default is not PydanticUndefined:
            default = field.default
            if isinstance(default, BaseModel):
                default = default.model_dump(exclude_defaults=True)
            expected = list(default) if isinstance(default, tuple) else default
            assert read_yaml(said.strip("`")) == expected, f"{section}, {key}: {said}"


def test_the_examples_are_valid_and_use_every_key() -> None:
    examples = re.findall(r"^```yaml\n(config:.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    prefix = f"{settings.PROJECT}:"
    declared = []
    for example in examples:
        config = read_yaml(example)["config"]
        values = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
        declared.append(loading.load(values, presets=ROOT / "presets", stack_file=Path("stacks/Pulumi.example.yaml")))
    assert [each.key for each in declared[0].integrations] == [
        "magento", "warehouse", "assistant", "shopifyWebhooks", "turnstile", "kitchen", "bookkeeping",
    ]  # fmt: skip
    assert any(each.companion_extension for each in declared[1:])
    unused = {
        key
        for model in SECTIONS.values()
        for key in keys(model)
        if not re.search(rf"(?<![\w]){key}:(?=[\s{{]|$)", "".join(examples), re.MULTILINE)
    }
    assert unused == set()


def test_the_page_lists_the_presets_that_there_are() -> None:
    (listed,) = re.findall(r"^Presets of this version: (.*?)\.$", PAGE, re.MULTILINE | re.DOTALL)
    assert sorted(re.findall(r"`([\w-]+)`", listed)) == sorted(path.stem for path in (ROOT / "presets").glob("*.yaml"))


def test_the_page_lists_the_resources_that_have_a_name() -> None:
    (row,) = re.findall(r"^\| `otherPermissions` \|.*$", PAGE, re.MULTILINE)
    (listed,) = re.findall(r"a client id \(GUID\), or ([^|]*?) \|", row)
    assert re.findall(r"`([^`]+)`", listed) == list(RESOURCES)
