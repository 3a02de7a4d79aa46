"""In which ways each request of an operation is interrupted."""

from __future__ import annotations

from itertools import product

import pytest

from tests.support.interruptions import FAULTS, WHEN


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Interrupt each request in half of the ways in every run of the tests, and in each way with `--kills`."""
    if metafunc.definition.get_closest_marker("parametrize"):
        return
    everything = metafunc.config.getoption("--kills")
    if "fault" in metafunc.fixturenames:
        ways = [*product(FAULTS, WHEN)] if everything else [*zip(FAULTS, reversed(WHEN), strict=True)]
        metafunc.parametrize(("fault", "when"), ways, indirect=True)
    elif "when" in metafunc.fixturenames:
        metafunc.parametrize("when", WHEN if everything else WHEN[1:], indirect=True)


@pytest.fixture
def when(request: pytest.FixtureRequest) -> str:
    """Before a service does it, or after."""
    return str(request.param)


@pytest.fixture
def fault(request: pytest.FixtureRequest, when: str) -> dict[str, object]:
    """A fault of one request of ours of those that the test module names as `INTERRUPTED`."""
    return {**FAULTS[request.param], "when": when, "match": request.module.INTERRUPTED}
