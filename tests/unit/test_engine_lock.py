"""The lock on a stack."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.engine.errors import EngineError
from rehearsal.engine.lock import locked

HOLDER = """
import sys
from pathlib import Path
from rehearsal.engine.lock import locked
with locked(Path(sys.argv[1]), "p", "s"):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_process_is_refused_and_told_who_works_on_it(tmp_path: Path) -> None:
    with hold(tmp_path) as holder:
        with pytest.raises(EngineError, match=f"locked by 1 lock.*process {holder.pid} "), locked(tmp_path, "p", "s"):
            pass
        with locked(tmp_path, "p", "another"):
            pass
        holder.kill()


def test_the_lock_of_a_killed_process_is_gone_with_it(tmp_path: Path) -> None:
    with hold(tmp_path) as holder:
        holder.kill()
        holder.wait()
    with locked(tmp_path, "p", "s"):
        pass


def test_a_lock_of_the_real_cli_is_honoured(tmp_path: Path) -> None:
    theirs = tmp_path / "locks/organization/p/s/uuid.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("{}")
    with pytest.raises(EngineError, match="pulumi cancel"), locked(tmp_path, "p", "s"):
        pass
