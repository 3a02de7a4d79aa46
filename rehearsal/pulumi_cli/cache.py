"""Where a CLI that was fetched or built stays: the user's cache folder, shared by all clones.

    <cache>/entra-business-central/pulumi/
        v3.274.1/bin/        the CLI, its language host and the launcher of dynamic providers
        v3.274.1/receipt     what each file's checksum is, and how they came to be
        work/                an unfinished build, which the next one continues
        lock, progress       which process is getting it, and how far it is

It needs the standard library only, since a build begins before there is a `.venv`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
        """The folder of the executables."""
        return self.kept / "bin"

    def find(self) -> Receipt | None:
        """Return the receipt of the CLI, None where there is none or a file has changed since."""
        try:
            receipt = Receipt(**json.loads((self.kept / "receipt").read_text(encoding="utf-8")))
            intact = all(_checksum(self.bin / name) == checksum for name, checksum in receipt.checksums.items())
        except (OSError, ValueError, TypeError):
            return None
        if not intact:
            return None
        if (self.bin / LANGUAGE_HOST_FILES[0]).exists() and "pulumi-language-python" not in receipt.checksums:
            self._copy_language_host(self.bin)  # that of another clone may be older or newer
        return receipt

    def keep(self, draft: Path, version: str, origin: str) -> None:
        """Move a finished CLI to its place in the cache.

        Args:
            draft: a folder in this cache with `bin/`; it is gone afterwards.
            version: what its `pulumi version` printed.
            origin: how it came to be.
        """
        files = [each for each in sorted((draft / "bin").iterdir()) if each.is_file()]
        receipt = Receipt(version, origin, {each.name: _checksum(each) for each in files})
        if "pulumi-language-python" not in receipt.checksums:
            self._copy_language_host(draft / "bin")
        (draft / "receipt").write_text(json.dumps(asdict(receipt), indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(self.kept, ignore_errors=True)
        draft.rename(self.kept)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from getting a CLI at the same time.

        Raises:
            AlreadyLockedError: another process is getting one.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with lock(self.root / "lock"):
            yield

    @property
    def is_locked(self) -> bool:
        """Tell whether a process is getting one."""
        try:
            with self.locked():
                return False
        except AlreadyLockedError:
            return True

    @staticmethod
    def _copy_language_host(folder: Path) -> None:
        """Copy it, each file in one step: a CLI of another clone may be starting it."""
        for name in LANGUAGE_HOST_FILES:
            source, target = LANGUAGE_HOST / name, folder / name
            if target.exists() and target.read_bytes() == source.read_bytes():
                continue
            draft = folder / f"{name}.{os.getpid()}"
            shutil.copyfile(source, draft)
            draft.chmod(0o755)
            draft.replace(target)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
