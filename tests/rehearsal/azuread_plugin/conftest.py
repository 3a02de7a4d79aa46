"""What the tests of the azuread stand-in share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.azuread_plugin import AzureadPlugin, Bench, plugin_bench
from tests.support.tenant import Tenant


@pytest.fixture(scope="module")
def shared_bench(tenant_process: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with plugin_bench(tenant_process, tmp_path_factory.mktemp("bench")) as bench:
        yield bench


@pytest.fixture(scope="module")
def shared_plugin(shared_bench: Bench) -> AzureadPlugin:
    """One process for all tests: a plugin keeps no state of a resource."""
    return shared_bench.signed_in()


@pytest.fixture
def bench(shared_bench: Bench, tenant: Tenant) -> Bench:
    """The tenant is in its initial state, and the proxy has seen no requests."""
    shared_bench.proxy.taken()
    return shared_bench


@pytest.fixture
def plugin(shared_plugin: AzureadPlugin, bench: Bench) -> AzureadPlugin:
    bench.proxy.taken()
    return shared_plugin
