"""How the azuread stand-in is found, installed, started and ended."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as messages

from rehearsal.azuread_plugin.location import EXECUTABLE, find_plugin, install
from rehearsal.azuread_plugin.polling import ABSENCES_TOLERATED, NEEDED, Poller, PollingError
from rehearsal.azuread_plugin.provider import version
from tests.support.azuread_plugin import APPLICATION, STAND_IN, AzureadPlugin, Bench, PluginError
from tests.support.tenant import Tenant, wait_for


def put_real_plugin(folder: Path) -> Path:
    """Make something that looks as the real plugin does from outside."""
    folder.mkdir(parents=True)
    executable = folder / EXECUTABLE
    executable.write_bytes(b"\x7fELF")
    executable.chmod(0o755)
    return executable


def cache(home: Path) -> Path:
    return home / "plugins" / f"resource-azuread-v{version()}"


# -- which plugin


def test_the_real_plugin_in_pulumis_cache_comes_first(tmp_path: Path) -> None:
    on_path = put_real_plugin(tmp_path / "bin")
    cached = put_real_plugin(cache(tmp_path / "home"))
    environment = {"PULUMI_HOME": str(tmp_path / "home"), "PATH": str(on_path.parent)}
    assert find_plugin(environment).command == [str(cached)]
    assert find_plugin(environment).is_real


def test_the_cache_is_looked_for_in_the_home_folder_too(tmp_path: Path) -> None:
    cached = put_real_plugin(cache(tmp_path / ".pulumi"))
    assert find_plugin({"HOME": str(tmp_path)}).command == [str(cached)]


def test_the_real_plugin_on_path_comes_second(tmp_path: Path) -> None:
    on_path = put_real_plugin(tmp_path / "bin")
    plugin = find_plugin({"HOME": str(tmp_path), "PATH": str(on_path.parent)})
    assert (plugin.command, plugin.is_real) == ([str(on_path)], True)


@pytest.mark.parametrize("broken", ["another version", "half installed", "empty"])
def test_a_cache_that_does_not_hold_the_plugin_is_passed_over(tmp_path: Path, broken: str) -> None:
    folder = cache(tmp_path)
    if broken == "another version":
        put_real_plugin(folder.with_name("resource-azuread-v0.0.1"))
    elif broken == "half installed":  # the CLI keeps the .partial file beside the folder until all is there
        put_real_plugin(folder)
        folder.with_name(f"{folder.name}.partial").touch()
    else:
        folder.mkdir(parents=True)
    plugin = find_plugin({"PULUMI_HOME": str(tmp_path), "PATH": ""})
    assert (plugin.command, plugin.is_real) == (STAND_IN, False)


def test_an_installed_stand_in_is_not_taken_for_the_real_plugin(tmp_path: Path) -> None:
    executable = install(tmp_path)
    environment = {"PULUMI_HOME": str(tmp_path), "PATH": str(executable.parent)}
    assert not find_plugin(environment).is_real


def test_a_real_plugin_is_never_overwritten(tmp_path: Path) -> None:
    cached = put_real_plugin(cache(tmp_path))
    assert install(tmp_path) == cached
    assert cached.read_bytes() == b"\x7fELF"


def test_the_installed_stand_in_works_from_any_folder_and_with_an_empty_environment(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable = install(tmp_path / "home")
    assert install(tmp_path / "home") == executable  # again
    assert executable == cache(tmp_path / "home") / EXECUTABLE
    assert stat.S_IMODE(executable.stat().st_mode) == 0o755
    monkeypatch.chdir(tmp_path)
    with AzureadPlugin([str(executable)], {**bench.environment, "PYTHONPATH": ""}) as plugin:
        plugin.configure()
        assert plugin.preview(APPLICATION, {"displayName": "A"})["displayName"] == "A"


# -- its life


def test_it_ends_with_0_on_an_interrupt_in_the_middle_of_a_request(bench: Bench, tenant: Tenant) -> None:
    plugin = bench.signed_in()
    fault = tenant.fault({"method": "POST", "path": "applications"}, action="hold")
    inputs = plugin.check(APPLICATION, {"displayName": "A"}).inputs
    urn = f"urn:pulumi:s::p::{APPLICATION}::a"
    pending = plugin.stub.Create.future(messages.CreateRequest(urn=urn, properties=inputs))
    fault.wait_until_held()
    assert plugin.stop() == 0
    assert pending.exception() is not None
    tenant.clear_faults()


def test_a_cancellation_ends_a_wait(bench: Bench, tenant: Tenant) -> None:
    plugin = bench.signed_in()
    fault = tenant.fault({"method": "POST", "path": "applications"}, status=503, retryAfter=500)
    request = messages.CreateRequest(
        urn=f"urn:pulumi:s::p::{APPLICATION}::a", properties=plugin.check(APPLICATION, {"displayName": "A"}).inputs
    )
    pending = plugin.stub.Create.future(request, timeout=60)
    wait_for(lambda: fault.hits == 1, 30, "the request")
    plugin.stub.Cancel(empty_pb2.Empty())
    assert "context canceled" in str(pending.exception())


def test_an_unconfigured_plugin_says_so(bench: Bench) -> None:
    with pytest.raises(PluginError, match="has not been configured"):
        bench.start().create(APPLICATION, {"displayName": "A"})


# -- its waits


class Clock(Poller):
    """Does not pause, but records for how long it would have."""

    def __init__(self, *, fixed_waits: bool) -> None:
        super().__init__(fixed_waits)
        self.pauses: list[float] = []

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


def test_the_fixed_waits_are_those_of_the_real_plugin_where_they_are_asked_for() -> None:
    clock = Clock(fixed_waits=True)
    clock.wait_until_stable(lambda: True, interval=5, deadline=time.monotonic() + 600)
    # 20 s after a delete: docs/reference/facts-graph.md, "Fixed waits".
    assert clock.pauses == [5] * (NEEDED - 1)


def test_without_them_it_asks_as_often_but_does_not_pause() -> None:
    answers = iter([True] * 100)
    clock = Clock(fixed_waits=False)
    clock.wait_until_stable(lambda: next(answers), interval=5, deadline=time.monotonic() + 600)
    assert len(list(answers)) == 100 - NEEDED
    assert sum(clock.pauses) == 0


def test_the_waits_are_asked_for_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REHEARSAL_PLUGIN_WAITS", raising=False)
    assert not Poller().fixed_waits
    monkeypatch.setenv("REHEARSAL_PLUGIN_WAITS", "1")
    assert Poller().fixed_waits


def test_one_disagreeing_answer_begins_the_count_of_a_deletion_again() -> None:
    answers = iter([True, True, False, True, True, True, True, True])
    clock = Clock(fixed_waits=False)
    clock.wait_until_stable(lambda: next(answers), interval=1, deadline=time.monotonic() + 600)
    assert list(answers) == []
    assert sum(clock.pauses) > 0  # a wrong answer is waited out in either case


def test_something_new_may_be_absent_between_the_answers_that_show_it() -> None:
    """As in `helper/retry/state.go`: an absence raises the count of absences alone, and leaves that of the finds."""
    answers = iter([False] * 3 + [True, True, False, True, True, True])
    clock = Clock(fixed_waits=True)
    clock.wait_until_stable(lambda: next(answers), 1, time.monotonic() + 600, ABSENCES_TOLERATED)
    assert list(answers) == []
    assert clock.pauses == [1, 2, 4, 4, 4, 4, 4, 4]


def test_it_gives_up_after_twenty_one_absences_or_at_the_deadline() -> None:
    answers = iter([False] * 100)
    with pytest.raises(PollingError, match=r"couldn't find resource \(21 retries\)"):
        Clock(fixed_waits=False).wait_until_stable(
            lambda: next(answers), interval=1, deadline=time.monotonic() + 600, absences_tolerated=20
        )
    assert len(list(answers)) == 100 - 21
    with pytest.raises(PollingError, match="timeout"):
        Clock(fixed_waits=False).wait_until_stable(lambda: False, interval=1, deadline=time.monotonic() - 1)
