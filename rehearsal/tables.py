"""Tables that are data: YAML files beside the modules that read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def read(module: str, name: str) -> Any:
    """Return what the file of this name beside a module (its `__file__`) holds."""
    return YAML(typ="safe").load(Path(module).with_name(name))
