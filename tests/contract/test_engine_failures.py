"""Failures, ^C and kill: what is lost (nothing), what is said (once), what the next run does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rehearsal.engine.events import Operation
from tests.support.engine import SECRET, Stage, thing

DEADLINE = 60.0  # seconds after which a test gives up; nothing here needs more than a few
REPOSITORY = Path(__file__).parents[2]


def until(condition: Callable[[], bool]) -> None:
    """Poll until it holds."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_failed_create_leaves_no_trace_in_the_state_and_siblings_are_kept(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b"), thing("c", {"ref": "$b.etag"})]
    order = stage.order("b", "create", "fail POST https://bc/api -> 403 Forbidden")
    result = stage.up()
    assert result.failed
    assert stage.witness.failures == [("b", "RuntimeError: POST https://bc/api -> 403 Forbidden")]
    assert "c" not in stage.state()
    assert "b" not in stage.state()
    assert set(stage.live()) == {name for name in stage.state() if name == "a"}
    assert "pending_operations" not in stage.latest()
    order.unlink()
    assert not stage.up().failed
    assert set(stage.live()) == {"a", "b", "c"}


def test_what_runs_beside_a_failure_finishes_and_is_saved(stage: Stage) -> None:
    stage.things = [thing("slow"), thing("bad")]
    gate = stage.order("slow", "create")
    hurdle = stage.order("bad", "create")
    with stage.up_beside(gate, hurdle):
        until(lambda: len(stage.begun()) == 2)
        hurdle.write_text("fail no")
        until(lambda: bool(stage.witness.failures))
    assert "slow" in stage.state()
    assert set(stage.live()) == {"slow"}


def test_the_failure_is_said_once_and_without_any_traceback(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b", {"ref": "$a.etag"})]
    stage.order("a", "create", "fail POST -> 403")
    stage.up()
    assert len(stage.witness.failures) == 1
    assert stage.witness.messages == []


def test_a_failed_update_keeps_the_old_state_and_deletes_nothing(stage: Stage) -> None:
    stage.things = [thing("a", {"size": 1}), thing("gone")]
    stage.up()
    stage.things = [thing("a", {"size": 2})]
    stage.order("a", "update", "fail PATCH -> 500")
    assert stage.up().failed
    assert stage.state()["a"]["inputs"]["size"] == 1
    assert set(stage.live()) == {"a", "gone"}


def test_a_failed_delete_stays_and_so_does_what_it_depends_on(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b", {"ref": "$a.etag"}), thing("other")]
    stage.up()
    order = stage.order("b", "delete", "fail DELETE -> 500")
    assert stage.destroy().failed
    assert stage.state().keys() == {"dyn-dev", "default", "a", "b"}
    order.unlink()
    assert not stage.destroy().failed
    assert stage.live() == {}


def test_a_program_that_raises_deletes_nothing_and_keeps_what_it_made(stage: Stage) -> None:
    stage.things = [thing("a"), thing("b")]
    stage.up()
    stage.things = [thing("a"), thing("c")]
    stage.config["dyn:raise"] = "the program is unhappy"
    result = stage.up()
    assert result.failed
    assert "ValueError: the program is unhappy" in stage.witness.texts("error")
    assert "b" in stage.live()
    del stage.config["dyn:raise"]
    assert not stage.up().failed
    assert set(stage.live()) == {"a", "c"}


def test_a_plugin_that_dies_is_said(stage: Stage) -> None:
    stage.things = [thing("a")]
    gate = stage.order("a", "create")
    with stage.up_beside(gate):
        until(lambda: bool(stage.begun()))
        os.kill(stage.begun()[0]["pid"], signal.SIGKILL)
    assert "the plugin pulumi-python has died" in str(stage.witness.failures)


def test_an_interrupted_operation_is_warned_of_and_only_a_refresh_forgets_it(stage: Stage) -> None:
    stage.things = [thing("a")]
    stage.up()
    content = json.loads(stage.checkpoint.path.read_text())
    latest = content["checkpoint"]["latest"]
    lost = {**stage.state()["a"], "urn": stage.state()["a"]["urn"].replace("::a", "::lost")}
    del lost["id"], lost["outputs"]
    deleting = {"resource": stage.state()["a"], "type": "deleting"}
    latest["pending_operations"] = [{"resource": lost, "type": "creating"}, deleting]
    stage.checkpoint.path.write_text(json.dumps(content))
    stage.refresh()
    assert "2 pending operations" in stage.witness.texts("warning")
    for act in (stage.preview, stage.up, stage.refresh):
        assert not act().failed
        assert "1 pending operations" in stage.witness.texts("warning")
        assert "lost, interrupted while creating" in stage.witness.texts("warning")
    assert len(stage.latest()["pending_operations"]) == 1
    stage.refresh(clear_pending_creates=True)
    assert "pending_operations" not in stage.latest()


class Child:
    """The engine as a process of its own, in the middle of a create."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.gate = stage.order("slow", "create")
        script = stage.folder / "engine.py"
        script.write_text(
            "import json, signal, sys\n"
            "from pathlib import Path\n"
            "from tests.support.engine import Stage\n"
            "from rehearsal.engine.command import _interruptible\n"
            "stage = Stage(Path(sys.argv[1]))\n"
            "stage.things = json.loads(sys.argv[2])\n"
            "deployment = stage.deployment()\n"
            "with _interruptible(deployment):\n"
            "    result = deployment.up(stage.witness)\n"
            "print(json.dumps([result.cancelled, result.failed, stage.witness.messages]))\n"
        )
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(stage.folder), json.dumps(stage.things)],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: any(each["name"] == "slow" for each in stage.begun()))
        self.provider = stage.begun()[-1]["pid"]

    def descendants(self) -> list[int]:
        """Return the live processes that this one started."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if fields[1] == str(self.process.pid) and fields[0] != "Z":
                    found.append(int(entry.name))
        return found


@pytest.fixture
def child(stage: Stage) -> Iterator[Child]:
    stage.things = [thing("slow", {"tok": "$secret.pw"}), thing("next", {"ref": "$slow.etag"})]
    made = Child(stage)
    yield made
    made.gate.unlink(missing_ok=True)
    if made.process.poll() is None:
        made.process.kill()
    made.process.communicate()


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_a_killed_engine_takes_its_children_along_and_the_next_up_goes_on(stage: Stage, child: Child) -> None:
    started = child.descendants()
    assert len(started) == 2  # the program, and the dynamic host
    child.process.kill()
    child.process.wait()
    until(lambda: not any(alive(pid) for pid in started))
    assert stage.latest()["pending_operations"][0]["type"] == "creating"
    assert "id" not in stage.latest()["pending_operations"][0]["resource"]
    assert SECRET not in stage.checkpoint.path.read_text()
    child.gate.unlink()
    assert stage.live() == {}
    result = stage.up()
    assert result.changes[Operation.CREATE] == 2
    assert "interrupted while creating" in stage.witness.texts("warning")
    assert set(stage.live()) == {"slow", "next"}


def test_one_interrupt_lets_the_running_step_finish_and_starts_no_other(stage: Stage, child: Child) -> None:
    child.process.send_signal(signal.SIGINT)
    assert child.process.stderr is not None
    assert "cancelling" in child.process.stderr.readline()
    child.gate.unlink()
    out, err = child.process.communicate()
    cancelled, failed, messages = json.loads(out)
    assert (cancelled, failed, messages) == (True, True, [])
    assert "Traceback" not in err
    assert "KeyboardInterrupt" not in err
    assert set(stage.live()) == {"slow"}
    assert "slow" in stage.state()
    assert "next" not in stage.state()
    assert "pending_operations" not in stage.latest()


def test_two_interrupts_end_it_at_once_and_the_step_stays_pending(stage: Stage, child: Child) -> None:
    started = child.descendants()
    assert child.process.stderr is not None
    child.process.send_signal(signal.SIGINT)
    assert "cancelling" in child.process.stderr.readline()
    child.process.send_signal(signal.SIGINT)
    child.process.wait(DEADLINE)
    assert child.process.returncode == 8
    until(lambda: not any(alive(pid) for pid in started))
    assert stage.latest()["pending_operations"][0]["type"] == "creating"


def test_a_plugin_that_does_not_start_is_said_with_its_last_words(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: dyn\nruntime: python\n")
    (program / "__main__.py").write_text("import pulumi\npulumi.CustomResource('azuread:a/b:B', 'b', {})\n")
    monkeypatch.setattr("tests.support.engine.PROGRAM", program)
    assert stage.up().failed
    said = str(stage.witness.failures)
    assert "the plugin azuread did not say its port within 10 s" in said
    assert "no-azuread-here" in said or "No such file" in said
