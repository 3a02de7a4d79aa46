"""Stacks for the life cycle tests, on the real CLI: `pytest --plugin stand-in|real`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stack import Stack
from tests.support.tenant import Tenant


@pytest.fixture
def plugin(request: pytest.FixtureRequest) -> str:
    """The azuread plugin that was asked for on the command line; "" for the real one where there is one."""
    return str(request.config.getoption("--plugin"))


@pytest.fixture
def stack(tmp_path: Path, tenant: Tenant, plugin: str) -> Stack:
    """A stack with the Magento integration in both environments, not deployed yet."""
    made = Stack(tmp_path / "stack", tenant, plugin)
    made.settings["GOGC"] = "400"  # the CLI collects its garbage less often: a tenth less of the processor
    return made


@pytest.fixture
def deployed(stack: Stack) -> Stack:
    """The same, deployed."""
    stack.deploy()
    return stack
