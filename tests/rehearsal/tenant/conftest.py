"""What the tests of the tenant share; a module whose Business Central begins otherwise has a `bc` of its own."""

from __future__ import annotations

import pytest

from tests.support.business_central import BusinessCentralClient, new_business_central
from tests.support.directory_objects import Graph
from tests.support.tenant import Tenant


@pytest.fixture
def bc() -> BusinessCentralClient:
    return new_business_central()


@pytest.fixture
def graph(tenant: Tenant) -> Graph:
    return Graph(tenant)
