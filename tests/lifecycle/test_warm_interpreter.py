"""That a process which is forked with its imports done is, for whoever started it, the one that was started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.warm_interpreter import warm_interpreter


def _start(folder: Path, program: str) -> subprocess.Popen[str]:
    script = folder / "pulumi-language-python-exec"
    script.write_text(f"import os, sys, time\nprint(os.getpid(), flush=True)\n{program}\n")
    return subprocess.Popen(
        [sys.executable, str(script), "--stack", "demo"], env={"KEPT": "yes", **warm_interpreter()}, cwd=folder, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _forked(process: subprocess.Popen[str]) -> psutil.Process:
    assert process.stdout is not None
    return psutil.Process(int(process.stdout.readline()))


def test_it_has_the_arguments_environment_folder_streams_and_exit_code(tmp_path: Path) -> None:
    told = (
        "print(sys.argv[1:], os.environ['KEPT'], os.getcwd(), 'pulumi_azuread' in sys.modules, sys.stdin.read())\n"
        "print('an error', file=sys.stderr)\nsys.exit(32)"
    )

    process = _start(tmp_path, told)
    assert _forked(process).pid != process.pid
    out, err = process.communicate("asked")

    assert out.split("\n")[0] == f"['--stack', 'demo'] yes {tmp_path} True asked"
    assert (err, process.returncode) == ("an error\n", 32)


def test_what_nobody_catches_is_told_and_ends_it_with_1(tmp_path: Path) -> None:
    process = _start(tmp_path, "raise LookupError('nobody')")

    assert "LookupError: nobody" in process.communicate()[1]
    assert process.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_both(tmp_path: Path, number: signal.Signals) -> None:
    with _start(tmp_path, "time.sleep(60)") as process:
        forked = _forked(process)

        process.send_signal(number)

        assert process.wait(10) == -number
    psutil.wait_procs([forked], timeout=10)
    assert not forked.is_running()


def test_others_are_not_forked(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os, sys; print(os.getppid(), 'pulumi' in sys.modules)"]

    done = subprocess.run(command, env=warm_interpreter(), capture_output=True, text=True, check=True)

    assert done.stdout == f"{os.getpid()} False\n"


def test_many_at_once(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(20)]
    for folder in folders:
        folder.mkdir()

    processes = [_start(folder, f"sys.exit({number})") for number, folder in enumerate(folders)]
    for process in processes:
        process.communicate()

    assert [process.returncode for process in processes] == list(range(20))
