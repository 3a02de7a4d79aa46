"""The engine's children: forked or started anew, they find the same, and they die with the engine.

The engine of these tests is a process of its own, since only one without threads can have children that stand by.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.tenant import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing stands by elsewhere")

ENGINE = """
import json, os, pathlib, sys
from rehearsal.engine import processes
launcher = processes.Launcher(standing_by=int(sys.argv[1]))
command, environment, folder = json.loads(sys.argv[2])
child = launcher.start([sys.executable, *command], environment, pathlib.Path(folder))
"""
TELL = """
with child.stdout, child.stderr:
    print(json.dumps([child.stdout.read(), child.stderr.read(), child.wait(60), child.poll()]))
"""
DIE = """
idle = [each.pid for each in launcher._standing_by]
child.stdout.readline()
print(*idle, child.pid, flush=True)
os.kill(os.getpid(), 9)
"""
WITNESS = """
import json, os, signal, sys
print(json.dumps({
    "name": __name__,
    "arguments": sys.argv[1:],
    "folder": os.getcwd(),
    "first in path": [os.getcwd() in sys.path, os.path.dirname(__file__) in sys.path],
    "environment": dict(os.environ),
    "input": sys.stdin.read(),
    "leads": os.getpid() == os.getsid(0) == os.getpgid(0),
    "heeds ^C": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "encodings": [sys.stdout.encoding, sys.stderr.encoding],
}))
os.write(1, b"said without a buffer\\n")
print("and an error", file=sys.stderr)
sys.exit(7)
"""


def engine(project: Path, code: str, standing_by: int, order: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ENGINE + code, str(standing_by), json.dumps(order)],
        cwd=project,
        env={"PATH": os.environ["PATH"], "ENGINES": "own"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("how", [["-I", "-u", "{file}"], ["-u", "-m", "witness"]], ids=["a file", "a module"])
def test_a_child_finds_the_same_whether_it_stood_by_or_was_started_anew(
    project_folder: Path, tmp_path: Path, how: list[str]
) -> None:
    file = tmp_path / "witness.py"
    file.write_text(WITNESS)
    command = [*(word.format(file=file) for word in how), "one", "two words"]
    order = (command, {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "ONLY": "this"}, str(tmp_path))
    anew, forked = (engine(project_folder, TELL, standing_by, order) for standing_by in (0, 1))
    assert anew.stdout == forked.stdout
    assert (anew.stderr, forked.stderr) == ("", "")
    printed, error, code, again = json.loads(forked.stdout)
    first, second = printed.splitlines()
    found = json.loads(first)
    assert found["arguments"] == ["one", "two words"]
    assert found["environment"]["ONLY"] == "this"
    assert "ENGINES" not in found["environment"]
    assert found["leads"]
    assert second == "said without a buffer"
    assert (error, code, again) == ("and an error\n", 7, 7)


@pytest.mark.parametrize("standing_by", [0, 3])
def test_children_die_with_a_killed_engine_also_those_that_still_stand_by(
    project_folder: Path, tmp_path: Path, standing_by: int
) -> None:
    file = tmp_path / "patient.py"
    file.write_text("import time\nprint('here', flush=True)\ntime.sleep(600)\n")
    order = (["-I", "-u", str(file)], {"PATH": os.environ["PATH"]}, str(tmp_path))
    killed = engine(project_folder, DIE, standing_by, order)
    children = [int(word) for word in killed.stdout.split()]
    assert len(children) == max(1, standing_by), killed.stderr
    wait_for(lambda: not any(runs(child) for child in children), 30, "the children to be gone")


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
