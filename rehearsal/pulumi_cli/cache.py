"""Where a CLI that was fetched or built stays: the user's cache folder, shared by all clones.

    <cache>/entra-business-central/pulumi/
        v3.274.1/bin/        the CLI as it came: one that was built has no language host
        v3.274.1/bin-<digest>/   the same with our language host; one for each state of its files, and never changed
        v3.274.1/receipt     what each file's checksum is, and how they came to be
        release/, work/      an unfinished download, and an unfinished build, which the next one continues
        lock, progress       which process is getting it, and how far it is

It needs the standard library only, since a build begins before there is a `.venv`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rehearsal.file_lock import AlreadyLockedError, lock
from rehearsal.pulumi_cli.pin import LANGUAGE_HOST, VERSION

LANGUAGE_HOST_FILES = ("pulumi-language-python", "sdk_messages.py", "language_host.py")


@dataclass(frozen=True)
class Receipt:
    """What is known of a CLI in the cache.

    Attributes:
        version: what `pulumi version` printed.
        origin: how it came to be, in words: benches print them.
        checksums: file in `bin/` -> SHA-256, in hexadecimal.
    """

    version: str
    origin: str
    checksums: Mapping[str, str]


class Cache:
    """The folder.

    Args:
        environment: XDG_CACHE_HOME and HOME are taken from it.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        home = Path(environment.get("HOME") or Path.home())
        usual = home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
        self.root = Path(environment.get("XDG_CACHE_HOME") or usual) / "entra-business-central" / "pulumi"
        self.kept = self.root / VERSION
        self.work = self.root / "work"
        self.progress = self.root / "progress"

    @property
    def bin(self) -> Path:
        """The folder of what was fetched or built."""
        return self.kept / "bin"

    def find(self) -> Receipt | None:
        """Return the receipt of the CLI, None where there is none or a file has changed since."""
        try:
            receipt = Receipt(**json.loads((self.kept / "receipt").read_text(encoding="utf-8")))
            intact = all(_checksum(self.bin / name) == checksum for name, checksum in receipt.checksums.items())
        except (OSError, ValueError, TypeError):
            return None
        return receipt if intact and "pulumi" in receipt.checksums else None

    def executables(self, receipt: Receipt) -> Path:
        """Return the folder to run it from: `bin`, or one with the language host of this clone where it has none.

        The CLI warns of a language host that is not beside itself. Another clone's runs may last: so what is in such a
        folder never changes.

        Args:
            receipt: of the CLI, as `find` returned it.
        """
        if LANGUAGE_HOST_FILES[0] in receipt.checksums:
            return self.bin
        sources = [LANGUAGE_HOST / name for name in LANGUAGE_HOST_FILES]
        digest = hashlib.sha256(b"\0".join(each.read_bytes() for each in sources)).hexdigest()
        folder = self.kept / f"bin-{digest[:16]}"
        if not folder.exists():
            draft = Path(tempfile.mkdtemp(dir=self.kept))
            for name in receipt.checksums:
                (draft / name).hardlink_to(self.bin / name)
            for each in sources:
                shutil.copyfile(each, draft / each.name)
                (draft / each.name).chmod(0o755)
            try:
                draft.rename(folder)
            except OSError:
                shutil.rmtree(draft)
                if not folder.exists():  # else another process made it first
                    raise
        return folder

    def keep(self, draft: Path, version: str, origin: str) -> None:
        """Move a finished CLI to its place in the cache, while it is locked.

        Args:
            draft: a folder in this cache with `bin/`; it is gone afterwards.
            version: what its `pulumi version` printed.
            origin: how it came to be.
        """
        files = [each for each in sorted((draft / "bin").iterdir()) if each.is_file()]
        receipt = Receipt(version, origin, {each.name: _checksum(each) for each in files})
        (draft / "receipt").write_text(json.dumps(asdict(receipt), indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(self.kept, ignore_errors=True)
        draft.rename(self.kept)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from getting a CLI at the same time.

        It is tried for a second: `is_locked` of another process has the lock too, for a moment.

        Raises:
            AlreadyLockedError: another process is getting one.
        """
        deadline = time.monotonic() + 1
        with ExitStack() as held:
            while True:
                try:
                    held.enter_context(self._lock())
                    break
                except AlreadyLockedError:
                    if time.monotonic() > deadline:
                        raise
                time.sleep(0.01)
            yield

    @property
    def is_locked(self) -> bool:
        """Tell whether a process is getting one."""
        try:
            with self._lock():
                return False
        except AlreadyLockedError:
            return True

    def _lock(self) -> AbstractContextManager[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        return lock(self.root / "lock")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
