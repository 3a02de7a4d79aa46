"""Writes a file of a stack as a whole: it is the old one or the new one at any moment, whatever happens.

A file that was not there is empty for an instant: a process that is killed just then leaves it so.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


class NotWritten(Exception):
    """The file was not read or not written; the text says why."""


def read(file: Path) -> str:
    """Return the text of a stack file, with its line ends as they are.

    Raises:
        NotWritten: it cannot be read.
    """
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as problem:
        raise NotWritten(f"{file} cannot be read: {problem.strerror}") from None
    except ValueError:
        raise NotWritten(f"{file} is not UTF-8") from None


def replace(file: Path, old: str, new: str) -> None:
    """Write a stack file beside the old one, and put it in its place; its mode stays, and a link stays one.

    Args:
        file: the file.
        old: its text when it was read.
        new: its text from now on.

    Raises:
        NotWritten: it has changed since, or cannot be written.
    """
    file = Path(os.path.realpath(file))

    def put(beside: Path) -> None:
        beside.chmod(file.stat().st_mode & 0o7777)
        if file.read_bytes() != old.encode("utf-8"):
            raise NotWritten(f"{file} was changed by somebody else meanwhile: nothing was written. Run it again.")
        beside.replace(file)

    _write(file, new, put)


def create(file: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        NotWritten: it is there, or cannot be written.
    """

    def put(beside: Path) -> None:
        try:
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))  # nobody else makes it from here on
        except FileExistsError:
            raise NotWritten(f"{file} is there already, and stays as it is.") from None
        try:
            beside.chmod(file.stat().st_mode & 0o7777)
            beside.replace(file)
        except OSError:
            file.unlink(missing_ok=True)
            raise

    _write(file, text, put)


def _write(file: Path, text: str, put: Callable[[Path], None]) -> None:
    """Write a file beside another one, and have it put in its place."""
    beside = None
    try:
        number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        beside = Path(name)
        with os.fdopen(number, "wb") as written:
            written.write(text.encode("utf-8"))
            written.flush()
            os.fsync(written.fileno())
        put(beside)
    except OSError as problem:
        raise NotWritten(f"{file} cannot be written: {problem.strerror}. Nothing was changed.") from None
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)
