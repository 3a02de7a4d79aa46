"""Replaces a stack file as a whole: it is the old one or the new one at any moment, whatever happens."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class NotWritten(Exception):
    """The stack file was not written; the text says why."""


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
    beside = None
    try:
        mode = file.stat().st_mode & 0o7777
        number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        beside = Path(name)
        with os.fdopen(number, "wb") as written:
            written.write(new.encode("utf-8"))
            written.flush()
            os.fsync(written.fileno())
        beside.chmod(mode)
        if file.read_bytes() != old.encode("utf-8"):
            raise NotWritten(f"{file} was changed by somebody else meanwhile: nothing was written. Run it again.")
        beside.replace(file)
    except OSError as problem:
        raise NotWritten(f"{file} cannot be written: {problem.strerror}. Nothing was changed.") from None
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)
