"""What is known of a secret in Azure Key Vault, but for its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a secret, without its value.

    Attributes:
        vault: the vault's name.
        name: the secret's name.
        version: its id, 32 hexadecimal digits.
        enabled: whether its value can be read.
        created: when it was set, to the second; None where the vault does not say.
        expires: when it is said to end, to the second; a vault hands it out all the same. None for never.
        tags: what it is marked with.
        content_type: what kind of value it is, "" for none.
    """

    vault: str
    name: str
    version: str
    enabled: bool
    created: datetime | None = None
    expires: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""


@dataclass(frozen=True)
class Deleted:
    """A deleted secret that the vault still keeps, with all of its versions: its name cannot be used for a new one.

    Attributes:
        name: the secret's name.
        purged_on: when the vault removes it for good, None where it does not say.
        tags: what its newest version is marked with; {} where that was not asked.
    """

    name: str
    purged_on: datetime | None
    tags: Mapping[str, str] = field(default_factory=dict)
