"""Where the Pulumi CLI comes from: named by hand, on PATH, kept by an earlier run, Pulumi's release, or built here."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from argparse import Namespace
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from rich.console import Console

from rehearsal.pulumi_cli import build, command, go, obtain, prebuild, release
from rehearsal.pulumi_cli.cache import Cache
from rehearsal.pulumi_cli.find import PulumiError, Search
from rehearsal.pulumi_cli.pin import OLDEST, VERSION
from rehearsal.pulumi_cli.progress import Progress, ProgressFile
from tests.support.fake_go import PACKAGES, FakeGo
from tests.support.tenant import REPOSITORY, wait_for


class Got(NamedTuple):
    """What `python -m rehearsal pulumi` answered."""

    code: int
    output: str


@pytest.fixture
def fake_go(tmp_path: Path) -> FakeGo:
    return FakeGo(tmp_path)


def start(fake_go: FakeGo, *options: str, clone: Path = REPOSITORY, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rehearsal", "pulumi", *options], cwd=clone,
        env=fake_go.environment | environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def get(fake_go: FakeGo, *options: str, clone: Path = REPOSITORY, **environment: str) -> Got:
    process = start(fake_go, *options, clone=clone, **environment)
    output = process.communicate(timeout=120)[0]
    assert "Traceback" not in output
    return Got(process.returncode, output)


def cli(folder: Path, version: str, host: bool = True) -> Path:
    """Write a program that answers like a CLI of this version, and like one that has its language host beside it."""
    folder.mkdir(parents=True)
    for name in ("pulumi", *(["pulumi-language-python"] if host else [])):
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)
    return folder / "pulumi"


def our_bin(fake_go: FakeGo) -> Path:
    """Return the folder with the CLI and the language host of this clone."""
    (folder,) = (fake_go.cache / VERSION).glob("bin-*")
    return folder


def test_one_that_is_named_by_hand_comes_first_then_path_then_what_was_kept(fake_go: FakeGo, tmp_path: Path) -> None:
    assert get(fake_go).code == 0
    kept = Search(fake_go.environment).run()
    assert kept
    assert kept.executable == our_bin(fake_go) / "pulumi"
    on_path = cli(tmp_path / "on-path", "v3.999.0")
    environment = fake_go.environment | {"PATH": f"{on_path.parent}:{fake_go.environment['PATH']}"}
    found = Search(environment).run()
    assert found
    assert (found.executable, found.version) == (on_path, "v3.999.0")
    by_hand = cli(tmp_path / "by-hand", VERSION)
    for search in (Search(environment, str(by_hand)), Search(environment | {"PULUMI_CLI": str(by_hand)})):
        named = search.run()
        assert named
        assert named.executable == by_hand


@pytest.mark.parametrize(
    ("version", "host", "because"),
    [
        ("v3.100.0", True, f"it is v3.100.0, and {OLDEST} or newer is needed"),
        ("", True, "it names no version"),
        (VERSION, False, "its language host, is neither on PATH nor beside it"),
    ],
)
def test_one_that_will_not_do_is_passed_over_on_path_and_refused_where_it_is_named(
    fake_go: FakeGo, tmp_path: Path, version: str, host: bool, because: str
) -> None:
    folder = cli(tmp_path / "other", version, host).parent
    got = get(fake_go, PATH=f"{folder}:{fake_go.environment['PATH']}")
    assert got.code == 0
    assert f"Passed over: {folder}/pulumi on PATH: " in got.output
    assert because in got.output
    assert f"{VERSION}, built here" in got.output
    shutil.rmtree(fake_go.cache)  # with what is kept there it gets our language host
    with pytest.raises(PulumiError, match=because.split(",")[0]):
        Search(fake_go.environment, str(folder / "pulumi")).run()


def test_one_that_is_named_and_has_no_language_host_gets_ours_where_it_is_kept(fake_go: FakeGo, tmp_path: Path) -> None:
    assert get(fake_go).code == 0
    bare = cli(tmp_path / "bare", "v3.999.0", host=False)
    found = Search(fake_go.environment, str(bare)).run()
    assert found
    assert found.path({}).split(os.pathsep)[:2] == [str(bare.parent), str(our_bin(fake_go))]


def test_what_is_to_be_fetched_is_said_first_and_can_be_refused(fake_go: FakeGo) -> None:
    refused = get(fake_go, "--no-fetch")
    assert refused.code == 1
    assert "--no-fetch refuses to fetch one" in refused.output
    assert "Ways out: " in refused.output
    assert not fake_go.asked("build")
    got = get(fake_go)
    said, _, rest = got.output.partition("--no-fetch")
    assert "by its installer (https://get.pulumi.com/install.sh)" in said
    assert "Go module proxy" in said
    assert str(fake_go.cache) in said
    assert "export PATH=" in rest


def test_it_is_built_once_and_nothing_of_the_build_stays(fake_go: FakeGo) -> None:
    assert get(fake_go).code == 0
    (line,) = fake_go.asked("build")
    assert f"version.Version={VERSION}" in line
    assert "-N" not in line, "with optimisation"
    assert sorted(each.name for each in fake_go.cache.iterdir()) == ["lock", "progress", VERSION]
    again = get(fake_go, "--quiet")
    assert again == (0, "")
    assert len(fake_go.asked("build")) == 1


def test_two_that_ask_at_once_build_once_and_both_get_it(fake_go: FakeGo) -> None:
    hold = fake_go.folder / "hold"
    hold.touch()
    both = [start(fake_go), start(fake_go)]
    wait_for(lambda: fake_go.asked("build"), 60, "a build")
    hold.unlink()
    for process in both:
        output = process.communicate(timeout=60)[0]
        assert process.returncode == 0, output
        assert f"{VERSION}, built here from its Go module by go1.27.3, with optimisation" in output
    assert len(fake_go.asked("build")) == 1


def test_two_that_ask_at_once_download_once_and_both_get_it(
    fake_go: FakeGo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    downloads, asked_too = [], threading.Event()

    def install(cache: Cache, environment: object) -> str:
        downloads.append(cache)
        asked_too.wait(30)
        cli(tmp_path / f"draft{len(downloads)}" / "bin", VERSION)
        cache.keep(tmp_path / f"draft{len(downloads)}", VERSION, "Pulumi's release")
        return ""

    class Witness(ProgressFile):
        """What whoever waits looks at."""

        def read(self) -> Progress | None:
            asked_too.set()
            return super().read()

    monkeypatch.setattr(release, "install", install)
    monkeypatch.setattr(obtain, "ProgressFile", Witness)
    with ThreadPoolExecutor() as threads:
        both = [threads.submit(obtain.obtain, fake_go.environment, console=Console(quiet=True)) for _ in range(2)]
        found = [each.result() for each in both]
    assert [each.origin for each in found] == ["Pulumi's release"] * 2
    assert len(downloads) == 1
    assert not fake_go.asked("build")


def test_a_failure_of_an_earlier_day_is_not_that_of_a_build_that_another_process_kept_from_beginning(
    fake_go: FakeGo, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(fake_go.environment)
    cache.root.mkdir(parents=True)
    ProgressFile(cache.progress).write(Progress("", failure="no network, that day"))
    builds, begin = [], prebuild.start_build

    def start_build(environment: Mapping[str, str], process: int) -> subprocess.Popen[bytes]:
        builds.append(process)
        return begin(environment, process) if len(builds) > 1 else subprocess.Popen(["true"])

    monkeypatch.setattr(prebuild, "start_build", start_build)
    monkeypatch.setattr(release, "install", lambda *_: "")
    assert obtain.obtain(fake_go.environment, console=Console(quiet=True)).fetched
    assert len(builds) == 2


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (VERSION.removeprefix("v"), ""),
        ("3.0.0", f"what https://get.pulumi.com installed is damaged: it says '3.0.0' and not {VERSION}"),
    ],
)
def test_a_release_is_what_it_says_of_itself_whatever_warnings_stand_before_it(
    fake_go: FakeGo, monkeypatch: pytest.MonkeyPatch, said: str, why: str
) -> None:
    script = "import os, sys; os.mkdir(sys.argv[1] + '/bin'); open(sys.argv[1] + '/bin/pulumi', 'w')"
    monkeypatch.setattr(release, "_INSTALL", f"{script}; print('a.py:1: DeprecationWarning: x'); print('{said}')")
    cache = Cache(fake_go.environment)
    assert release.install(cache, fake_go.environment) == why
    found = cache.find()
    assert (found and found.version) == (None if why else VERSION)
    assert not (cache.root / "release").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_ends_with_whoever_waits_and_is_taken_up_where_it_was(
    fake_go: FakeGo, number: signal.Signals
) -> None:
    hold = fake_go.folder / "hold"
    hold.touch()
    process = start(fake_go)
    work = fake_go.cache / "work"
    wait_for(lambda: (work / "compiled").exists() and len((work / "compiled").read_text().split()) == 2, 60, "two")
    process.send_signal(number)
    process.communicate(timeout=30)
    wait_for(lambda: not Cache(fake_go.environment).is_locked, 30, "the build to end")
    hold.unlink()
    assert get(fake_go).code == 0
    assert len(fake_go.asked("build")) == 2
    assert (fake_go.cache / VERSION / "bin" / "pulumi").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_ended_while_its_cli_is_built_says_so_and_leaves_no_build(
    fake_go: FakeGo, tmp_path: Path, number: signal.Signals
) -> None:
    (fake_go.folder / "hold").touch()
    clone = tmp_path / "clone"
    shutil.copytree(REPOSITORY / "rehearsal", clone / "rehearsal", ignore=shutil.ignore_patterns("__pycache__"))
    demo = subprocess.Popen(
        [sys.executable, "-m", "rehearsal", "demo", "--plain"], cwd=clone, env=fake_go.environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    wait_for(lambda: fake_go.asked("build"), 60, "the build to begin")
    demo.send_signal(number)
    said = demo.communicate(timeout=30)[0]
    assert demo.returncode == 130, said
    assert "Interrupted; everything that was started has been ended." in said
    assert "Traceback" not in said
    wait_for(lambda: not Cache(fake_go.environment).is_locked, 30, "the build to end")


def test_progress_counts_what_an_earlier_build_has_done(fake_go: FakeGo) -> None:
    cache = Cache(fake_go.environment)
    cache.work.mkdir(parents=True)
    (cache.work / "compiled").write_text("".join(f"{each}\n" for each in PACKAGES[:2]))
    (cache.work / "build").mkdir()
    (cache.work / "build" / "built").write_text(" ".join(PACKAGES[:2]))
    seen = []

    class Witness(ProgressFile):
        def write(self, progress: object) -> None:
            seen.append(str(progress))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "ProgressFile", Witness)
        patch.setattr("rehearsal.pulumi_cli.progress.WRITE_INTERVAL", 0.0)
        build.Build(cache, fake_go.environment).run()
    assert [each for each in seen if "compiling" in each] == [
        "compiling the CLI, packages: 3 of 4, about a minute left",
        "compiling the CLI, packages: 4 of 4, about a minute left",
    ]


@pytest.mark.parametrize("name", ["pulumi", "pulumi-language-python-exec"])
def test_a_damaged_one_is_noticed_and_made_anew(fake_go: FakeGo, name: str) -> None:
    assert get(fake_go).code == 0
    (fake_go.cache / VERSION / "bin" / name).write_text("#!/bin/sh\necho v3.0.0\n")
    assert Search(fake_go.environment).run() is None
    got = get(fake_go)
    assert got.code == 0
    assert "its files are not as they were kept, it is made anew" in got.output
    assert len(fake_go.asked("build")) == 2


def test_one_of_which_only_a_part_was_kept_counts_as_damaged(fake_go: FakeGo, tmp_path: Path) -> None:
    cache = Cache(fake_go.environment)
    cache.root.mkdir(parents=True)
    cli(tmp_path / "draft" / "bin", VERSION).unlink()
    cache.keep(tmp_path / "draft", VERSION, "Pulumi's release")
    assert cache.find() is None


@pytest.mark.parametrize(("content", "code"), [(None, 0), ("damaged", 1)])
def test_what_is_kept_is_read_once(
    fake_go: FakeGo, monkeypatch: pytest.MonkeyPatch, content: str | None, code: int
) -> None:
    assert get(fake_go).code == 0
    executable = fake_go.cache / VERSION / "bin" / "pulumi"
    if content:
        executable.write_text(content)
    read, digest = [], hashlib.file_digest

    def counted(file: BufferedReader, name: str) -> object:
        read.append(Path(file.name))
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    for name, value in fake_go.environment.items():
        monkeypatch.setenv(name, value)
    assert command.run(Namespace(pulumi="", no_fetch=True, quiet=True)) == code
    assert read.count(executable) == 1


def test_clones_with_other_language_hosts_share_the_cli_and_leave_each_other_theirs(
    fake_go: FakeGo, tmp_path: Path
) -> None:
    assert get(fake_go).code == 0
    ours = our_bin(fake_go)
    before = {each: each.stat().st_mtime_ns for each in ours.iterdir()}
    clone = tmp_path / "clone"
    shutil.copytree(REPOSITORY / "rehearsal", clone / "rehearsal", ignore=shutil.ignore_patterns("__pycache__"))
    host = clone / "rehearsal" / "pulumi_cli" / "language_host" / "language_host.py"
    host.write_text("# of a newer clone\n")
    assert get(fake_go, clone=clone).code == 0
    (theirs,) = {*(fake_go.cache / VERSION).glob("bin-*")} - {ours}
    assert (theirs / "language_host.py").read_text() == "# of a newer clone\n"
    assert (theirs / "pulumi").samefile(ours / "pulumi")
    assert {each: each.stat().st_mtime_ns for each in ours.iterdir()} == before
    assert len(fake_go.asked("build")) == 1


def test_where_nothing_can_be_reached_one_paragraph_says_what_was_tried_and_the_ways_out(fake_go: FakeGo) -> None:
    (fake_go.folder / "fail").write_text("dial tcp: lookup the-module-proxy: no such host")
    got = get(fake_go)
    assert got.code == 1
    last = got.output.strip().splitlines()[-1]
    assert last.startswith("The Pulumi CLI could not be had. Tried: ")
    assert "https://get.pulumi.com" in last
    assert "no such host" in last
    assert last.endswith("goes on where this one stopped.")


def test_a_cache_folder_that_cannot_be_made_is_said_with_the_way_out_and_stops_no_make(fake_go: FakeGo) -> None:
    (fake_go.folder / "file").touch()
    folder = str(fake_go.folder / "file")  # nobody can make a folder in a file, root neither
    got = get(fake_go, XDG_CACHE_HOME=folder)
    assert got.code == 1
    assert "Set XDG_CACHE_HOME to a folder that can be written. Ways out: " in got.output
    prebuild = [sys.executable, "-m", "rehearsal.pulumi_cli.prebuild", "--with", str(os.getpid())]
    subprocess.run(prebuild, cwd=REPOSITORY, env=fake_go.environment | {"XDG_CACHE_HOME": folder}, check=True)


def test_too_little_space_is_said_before_anything_is_fetched(fake_go: FakeGo, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(fake_go.environment)
    cache.work.mkdir(parents=True)
    monkeypatch.setattr(build, "REQUIRED_SPACE", 1 << 62)
    with pytest.raises(build.BuildError, match=r"GB are free\. Make room, or set XDG_CACHE_HOME"):
        build.Build(cache, fake_go.environment).run()
    assert not fake_go.asked("")


def test_an_older_go_does_not_build_it(fake_go: FakeGo) -> None:
    assert go.on_path(fake_go.environment)
    (fake_go.folder / "version").write_text("go1.25.9")
    assert go.on_path(fake_go.environment) is None


def test_a_silent_site_is_given_up_and_what_was_started_ends(fake_go: FakeGo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never says a word
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        why = release.install(Cache(fake_go.environment), fake_go.environment | {"HTTPS_PROXY": address}, timeout=1.0)
    assert why == "https://get.pulumi.com sent nothing for 1 s"
    assert not any("PulumiCommand" in " ".join(each.cmdline()) for each in psutil.Process().children(recursive=True))
    assert not (fake_go.cache / "release").exists()


def test_somebody_who_looks_whether_it_is_locked_keeps_nobody_out(tmp_path: Path) -> None:
    cache = Cache({"XDG_CACHE_HOME": str(tmp_path)})
    with ExitStack() as look:
        look.enter_context(cache.locked())  # a look takes the lock, for a moment
        threading.Timer(0.1, look.close).start()
        with cache.locked():
            assert Cache({"XDG_CACHE_HOME": str(tmp_path)}).is_locked


def test_a_build_begins_beside_the_making_of_the_virtual_environment_and_ends_with_make(fake_go: FakeGo) -> None:
    (fake_go.folder / "hold").touch()
    make = subprocess.Popen(["/bin/sleep", "600"])
    prebuild = [sys.executable, "-m", "rehearsal.pulumi_cli.prebuild", "--with", str(make.pid), "--keep"]
    said = subprocess.run(prebuild, cwd=REPOSITORY, env=fake_go.environment, capture_output=True, text=True, check=True)
    assert "There is no Pulumi CLI here" in said.stdout
    assert Cache(fake_go.environment).is_locked, "else the command after it would try Pulumi's site once more"
    wait_for(lambda: fake_go.asked("build"), 60, "the build to begin")
    make.kill()
    make.wait()
    wait_for(lambda: not Cache(fake_go.environment).is_locked, 30, "the build to end")


@pytest.mark.parametrize("option", ["--no-fetch", "--stop"])
def test_nothing_begins_where_it_is_refused_or_not_needed(fake_go: FakeGo, option: str) -> None:
    prebuild = [sys.executable, "-m", "rehearsal.pulumi_cli.prebuild", "--with", str(os.getpid()), option]
    said = subprocess.run(prebuild, cwd=REPOSITORY, env=fake_go.environment, capture_output=True, text=True, check=True)
    assert said.stdout == ""
    assert not fake_go.cache.exists() or not Cache(fake_go.environment).is_locked
