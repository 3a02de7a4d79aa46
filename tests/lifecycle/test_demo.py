"""`make demo`: the tour, from a copy of the checkout, as a newcomer starts it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

LIMIT = 300  # seconds, for a machine that has other things to do
one_tour = pytest.mark.xdist_group("one tour")  # in one process, so that it is walked once for all of them
TOUR = (
    "1. ", "2. Preflight", "3. Preview", "4. Up", "5. The outside system", "6. Up again", "7. Custody",
    "8. Rotation", "9. Drift", "10. Repair", "11. The secrets",
)  # fmt: skip


class Checkout:
    """A copy of the checkout, with demos running in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.demo = folder / ".rehearsal" / "demo"
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start a demo; what it prints is in its stdout."""
        process = subprocess.Popen(
            [self.folder / ".venv" / "bin" / "python", "-m", "rehearsal", "demo", *options],
            cwd=self.folder,
            env={name: os.environ[name] for name in ("PATH", "HOME", "LANG", "XDG_CACHE_HOME") if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def walk(self, *options: str) -> tuple[int, str]:
        """Run a demo to its end and return exit code and output."""
        process = self.start(*options)
        output = process.communicate(timeout=LIMIT)[0]
        return process.returncode, output

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control port of the tenant that the demo has started, as soon as it is there."""
        ready_file = self.demo / "tenant.json"
        wait_for(ready_file.exists)
        found = re.search(r'"controlUrl": "([^"]+)"', ready_file.read_text())
        assert found
        answer = requests.request(method, found[1] + path, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def hold(self, path: str) -> None:
        """Keep the first request to this path open, and wait until it is there."""
        self.control("POST", "/faults", {"match": {"path": path, "method": "POST"}, "action": "hold"})
        wait_for(lambda: self.control("GET", "/faults")[0]["held"] == 1)

    def processes(self) -> list[str]:
        """Return the command lines of the processes that know of this folder, by command line or environment."""
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal() or int(folder.name) == os.getpid():
                continue
            try:
                command = (folder / "cmdline").read_bytes()
                if str(self.folder).encode() in command + (folder / "environ").read_bytes():
                    found.append(command.replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found

    def end(self) -> None:
        """End the demos and what they have started."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.communicate()
        self.walk("--stop")


def options_of(plugin: str) -> list[str]:
    return ["--plugin", plugin] if plugin else []


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def checkout(tmp_path: Path, project_folder: Path) -> Iterator[Checkout]:
    with copied(project_folder, tmp_path / "checkout") as made:
        yield made


@contextmanager
def copied(project: Path, to: Path) -> Iterator[Checkout]:
    left_out = shutil.ignore_patterns(".venv", ".rehearsal", ".git", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(project, to, ignore=left_out)
    (to / ".venv").symlink_to(project / ".venv")
    made = Checkout(to)
    try:
        yield made
    finally:
        made.end()


class Walked(NamedTuple):
    """A demo that has been walked to its end, and what was there before and after."""

    code: int
    output: str
    files_before: dict[Path, bytes]
    files_after: dict[Path, bytes]
    processes_after: list[str]
    rehearsal_after: set[str]


@pytest.fixture(scope="module")
def walked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, project_folder: Path) -> Walked:
    plugin: str = request.config.getoption("--plugin")
    with copied(project_folder, tmp_path_factory.mktemp("demo") / "checkout") as checkout:
        before = contents(checkout.folder)
        code, output = checkout.walk(*options_of(plugin))
        left = {path.relative_to(checkout.demo).as_posix() for path in checkout.demo.rglob("*")}
        return Walked(code, output, before, contents(checkout.folder), checkout.processes(), left)


def contents(folder: Path) -> dict[Path, bytes]:
    """Return the files of a checkout but Python's own cache, and what is below .rehearsal/ and .venv/."""
    ignored = {"__pycache__", ".rehearsal", ".venv"}
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not ignored & set(path.relative_to(folder).parts)
    }


@one_tour
def test_the_tour_is_green_and_takes_its_steps_in_order(walked: Walked) -> None:
    assert walked.code == 0, walked.output
    places = [walked.output.find(title) for title in (*TOUR, "12. Destroy", "Every claim holds")]
    assert places == sorted(places)
    assert -1 not in places
    assert "the token carries API.ReadWrite.All, Automation.ReadWrite.All" in walked.output
    assert "0 changes, and 0 requests from our providers" in walked.output
    assert "the 4 secrets are in none of" in walked.output
    assert "those of warehouse are not even there: the vault alone has them" in walked.output
    assert "where the first version is disabled" in walked.output
    assert "2 disabled versions in the vault demo-vault" in walked.output
    assert "Entra's deleted items" in walked.output
    assert "With a real tenant" in walked.output


@one_tour
def test_in_a_pipe_it_is_plain_text(walked: Walked) -> None:
    assert "\x1b" not in walked.output
    assert "\r" not in walked.output


@one_tour
def test_every_step_tells_its_time_and_its_requests(walked: Walked) -> None:
    measured = re.findall(r"^ +[\d.]+ s; requests: (.+)$", walked.output, re.MULTILINE)
    assert len(measured) == 11, walked.output
    preflight, preview, up, use, again, *_ = measured
    assert re.fullmatch(r"our providers \d+, sign-in \d+", preflight)
    assert "our providers" not in preview
    assert re.search(r"our providers \d+, azuread \d+, sign-in \d+", up)
    assert use == "sign-in 1, the outside system 2"
    assert "our providers" not in again


@one_tour
def test_it_writes_below_its_own_folder_only_and_leaves_no_process_and_nothing_to_sign_in_with(walked: Walked) -> None:
    assert walked.files_after == walked.files_before
    assert walked.processes_after == []
    assert {"logs", "state"} <= walked.rehearsal_after
    assert not {"passphrase", "tenant.json", "tenant.sh", "pulumi"} & walked.rehearsal_after


@pytest.mark.nightly
def test_a_killed_demo_is_cleaned_up_by_the_next_which_can_be_kept_looked_at_and_stopped(
    checkout: Checkout, plugin: str
) -> None:
    killed = checkout.start(*options_of(plugin))
    checkout.hold("entraApplications")
    killed.kill()
    killed.communicate()

    code, output = checkout.walk(*options_of(plugin), "--keep")
    assert code == 0, output
    assert "12. Destroy" not in output
    for command in re.findall(r"^ +\$ (\.rehearsal/demo/pulumi (?:preflight|preview|prove|output)\b.*)$", output, re.M):
        shown = subprocess.run(command.split(), cwd=checkout.folder, capture_output=True, text=True, check=True)
        assert re.search("clientSecret|17 unchanged|stands in the way|works", shown.stdout), shown.stdout
    for private in ("passphrase", "tenant.json", "tenant.sh", "pulumi"):
        assert (checkout.demo / private).stat().st_mode & 0o077 == 0, private

    code, refused = checkout.walk()
    assert code == 1
    assert refused.strip().endswith("A demo was kept, and its tenant is up; end it with `make demo ARGS=--stop`.")
    assert checkout.control("GET", "/state")["entra"]["appRoleAssignments"], "the kept one is as it was"

    assert checkout.walk("--stop")[0] == 0
    assert checkout.processes() == []
    assert not checkout.demo.exists()
    assert checkout.walk("--stop") == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.nightly)])
def test_an_interrupted_demo_says_so_and_leaves_no_process(
    checkout: Checkout, plugin: str, number: signal.Signals
) -> None:
    demo = checkout.start(*options_of(plugin))
    checkout.hold("appRoleAssignedTo|appRoleAssignments")
    demo.send_signal(number)
    output = demo.communicate(timeout=LIMIT)[0]
    assert demo.returncode == 130, output
    assert output.rstrip().endswith("Interrupted; everything that was started has been ended.")
    assert "Traceback" not in output
    assert checkout.processes() == []


@pytest.mark.nightly
def test_a_second_demo_at_the_same_time_is_refused_in_one_sentence_and_the_first_goes_on(
    checkout: Checkout, plugin: str
) -> None:
    first = checkout.start(*options_of(plugin))
    checkout.hold("appRoleAssignedTo|appRoleAssignments")
    for options in ((), ("--stop",)):
        code, output = checkout.walk(*options)
        assert code == 1
        assert re.fullmatch(r"\S+ Another demo is under way here \(process \d+\); .+\.", output.strip())
    assert first.poll() is None
    assert checkout.control("GET", "/faults")[0]["held"] == 1


@pytest.mark.nightly
def test_a_claim_that_does_not_hold_ends_the_tour_with_the_service_s_own_words(checkout: Checkout, plugin: str) -> None:
    demo = checkout.start(*options_of(plugin))
    fault = {"match": {"path": "Sandbox.*/companies$", "userAgent": "rehearsal-demo-shop"}, "action": "status"}
    checkout.control(
        "POST", "/faults", {**fault, "status": 403, "code": "Authentication_InvalidCredentials", "times": 0}
    )
    output = demo.communicate(timeout=LIMIT)[0]
    assert demo.returncode == 1
    last = output.strip().splitlines()[-1]
    assert "the companies request to Sandbox: 403 Authentication_InvalidCredentials" in last
    assert "6. Up again" not in output
    assert checkout.processes() == []


@pytest.mark.nightly
def test_a_program_that_gives_less_than_is_declared_is_found_out(checkout: Checkout, plugin: str) -> None:
    fields = checkout.folder / "settings" / "registrations.py"
    text = fields.read_text()
    last_field = '        "environment": environment.name,'
    assert last_field in text
    less = '        "permission_sets": integration.access(key).model_dump()["permission_sets"][:1],'
    fields.write_text(text.replace(last_field, f"{less}\n{last_field}"))
    code, output = checkout.walk(*options_of(plugin))
    assert code == 1
    last = output.strip().splitlines()[-1]
    assert "Production is not as declared: it has D365 BUS FULL ACCESS instead of D365 BUS FULL ACCESS, NPR NP" in last


def test_a_preset_that_the_tenant_cannot_satisfy_ends_the_tour_before_anything_is_made(
    checkout: Checkout, plugin: str
) -> None:
    preset = checkout.folder / "presets" / "magento.yaml"
    preset.write_text(preset.read_text().replace("NPR NP RETAIL", "NPR NO SUCH SET"))
    code, output = checkout.walk(*options_of(plugin))
    assert code == 1
    last = output.strip().splitlines()[-1]
    assert last.startswith("✗ Preflight finds")
    assert "permission set 'NPR NO SUCH SET' does not exist" in last
    assert "3. Preview" not in output


@pytest.mark.nightly
def test_a_program_that_writes_the_secret_down_is_found_out(checkout: Checkout, plugin: str) -> None:
    stack_outputs = checkout.folder / "components" / "stack_outputs.py"
    text = stack_outputs.read_text()
    line = '        values["clientSecretExpires"]'
    assert line in text
    header = "__import__('base64').b64encode(f'user:{secret}'.encode()).decode()"
    leak = f"open('.rehearsal/leak.txt', 'w').write({header}) and None"
    stack_outputs.write_text(
        text.replace(line, f"        newest.password and newest.password.value.apply(lambda secret: {leak})\n{line}")
    )
    code, output = checkout.walk(*options_of(plugin))
    assert code == 1
    assert output.strip().splitlines()[-1].endswith("The secret stands in leak.txt (base64).")
    assert (checkout.folder / ".rehearsal" / "leak.txt").read_text() not in output


@pytest.mark.nightly
def test_a_program_that_asks_when_nothing_changed_is_found_out(checkout: Checkout, plugin: str) -> None:
    """A claim about requests can fail, too: a program whose second `up` talks to Graph is told from azuread."""
    main = checkout.folder / "__main__.py"
    main.write_text(
        main.read_text()
        + "\nimport os, requests\n"
        + "requests.get(os.environ['BUSINESS_CENTRAL_URL'] + '/v2.0/x', headers={'User-Agent': 'entra-business-central/0'})\n"
    )
    code, output = checkout.walk(*options_of(plugin))
    assert code == 1
    assert "our providers 1 in all" in output.strip().splitlines()[-1]
