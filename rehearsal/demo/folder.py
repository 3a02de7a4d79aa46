"""Where the tour keeps things: one folder below `.rehearsal/`, and a lock beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ruamel.yaml import YAML

from rehearsal.demo.errors import DemoError
from rehearsal.file_lock import AlreadyLockedError, lock

PROJECT = Path(__file__).resolve().parents[2]
STACK = "demo"


class DemoFolder:
    """The paths of one tour.

    Args:
        project: the checkout.
        root: the folder itself; the lifecycle tests have one for each stack.
    """

    def __init__(self, project: Path = PROJECT, root: Path | None = None) -> None:
        self.project = project
        self.rehearsal = project / ".rehearsal"
        self.root = root or self.rehearsal / "demo"
        self.ready_file = self.root / "tenant.json"
        self.env_file = self.root / "tenant.sh"
        self.stack_file = self.root / f"Pulumi.{STACK}.yaml"
        self.passphrase_file = self.root / "passphrase"
        self.state = self.root / "state"
        self.logs = self.root / "logs"
        self.pulumi_home = self.root / "pulumi-home"
        self.script = self.root / "pulumi"
        """Written for `--keep` only; that it exists says that a tour was kept."""

    @property
    def project_name(self) -> str:
        """The project's name, which a backend's paths have."""
        return str(YAML().load((self.project / "Pulumi.yaml").read_text(encoding="utf-8"))["name"])

    def relative(self, path: Path) -> str:
        """Spell a path as seen from the checkout."""
        return path.relative_to(self.project).as_posix()

    def make_anew(self) -> None:
        """Remove what an earlier tour left, and make the folders."""
        self.remove()
        for each in (self.root, self.state, self.logs):
            each.mkdir(parents=True, mode=0o700)

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.root, ignore_errors=True)
        if self.root.exists():
            raise DemoError(f"{self.relative(self.root)} cannot be removed; remove it by hand.")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other tours out; the kernel releases the lock when this process ends, however it ends.

        Raises:
            DemoError: another tour is under way.
        """
        self.rehearsal.mkdir(exist_ok=True)
        try:
            with lock(self.rehearsal / "demo.lock"):
                yield
        except AlreadyLockedError as problem:
            raise DemoError(
                f"Another demo is under way here (process {problem.holder}); wait for it, or end it."
            ) from None
