"""What every test can ask for: a rehearsal tenant, in its initial state."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.tenant import Tenant, start_tenant

pytest_plugins = ["tests.support.provider_fixtures"]

# An example may take long on a busy machine: what a test says does not depend on how fast it is.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the life cycle tests run with either azuread plugin."""
    parser.addoption(
        "--kills", action="store_true", help="interrupt every request in every way, and run what is marked as nightly"
    )
    parser.addoption(
        "--plugin", choices=["stand-in", "real"], default="", help="the azuread plugin of the life cycle tests"
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let the collector of garbage leave alone what lives as long as the tests do: their modules, and what is imported.

    It would look through all of it again and again, which is a tenth of what the quick tests take.
    """
    gc.disable()
    result = yield
    gc.collect()
    gc.freeze()
    gc.enable()
    return result


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what is nightly to `make kills`, unless it is asked for by its name."""
    if config.getoption("--kills") or any("::" in each for each in config.args):
        return
    nightly = [each for each in items if each.get_closest_marker("nightly")]
    items[:] = [each for each in items if each not in nightly]
    config.hook.pytest_deselected(items=nightly)


def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: three for each processor, since a test mostly waits for processes that it has started.

    At most eight: each has a tenant and, at times, an engine with three children, of some 70 MB each.
    """
    return min(3 * (os.cpu_count() or 1), 8)


@pytest.fixture(scope="session")
def tenant_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    """One tenant process for each test process."""
    with start_tenant(tmp_path_factory.mktemp("tenant")) as tenant:
        yield tenant


@pytest.fixture
def tenant(tenant_process: Tenant) -> Tenant:
    """The tenant as it is on the first day: nothing made, no faults, an empty request log."""
    tenant_process.reset()
    return tenant_process


@pytest.fixture(scope="session")
def project_folder() -> Path:
    """The checkout."""
    return Path(__file__).parents[1]
