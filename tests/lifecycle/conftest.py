"""Stacks for the life cycle tests: `pytest --engine local|pulumi`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.stack import Stack
from tests.support.tenant import Tenant


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that was asked for on the command line."""
    name: str = request.config.getoption("--engine")
    if name == "pulumi" and not shutil.which("pulumi"):
        pytest.skip("the pulumi CLI is not on PATH: https://www.pulumi.com/docs/install/")
    return name


@pytest.fixture
def stack(tmp_path: Path, tenant: Tenant, engine: str) -> Stack:
    """A stack with the Magento integration in both environments, not deployed yet."""
    return Stack(tmp_path / "stack", tenant, engine)
