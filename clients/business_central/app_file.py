"""An extension's .app file: what it says of itself.

A .app file is a 40-byte header (`NAVX`, the header's length, ..., `NAVX`) before a zip archive that holds
NavxManifest.xml. Microsoft documents none of this; it is how public tools read the files that the AL compiler writes.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Self
from uuid import UUID
from xml.etree import ElementTree

from clients.http.errors import FailedPrecondition

MAX_BYTES = 50 * 1024 * 1024
"""What the admin center accepts."""

_MAGIC = b"NAVX"
_MANIFEST = "NavxManifest.xml"
_MAX_MANIFEST_BYTES = 1024 * 1024  # a manifest is a few kB; anything larger is not one
_NAMESPACE = "{http://schemas.microsoft.com/navx/2015/manifest}"
# LookupError: an encoding of XML that Python does not know, or no manifest; EOFError: an archive that is cut short.
_UNREADABLE = (
    ValueError,
    LookupError,
    EOFError,
    RuntimeError,
    zlib.error,
    zipfile.BadZipFile,
    ElementTree.ParseError,
)


class Version(tuple[int, int, int, int]):
    """An extension's version, `major.minor.build.revision`, in its own order."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a version.

        Raises:
            ValueError: it has not four numbers.
        """
        parts = text.split(".")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError(f"{text!r} is not a version of four numbers")
        return cls(int(part) for part in parts)

    def __str__(self) -> str:
        return ".".join(map(str, self))


@dataclass(frozen=True)
class App:
    """A version of an extension.

    Attributes:
        app_id: the extension's id, a GUID in lower case.
        name: the extension's name.
        publisher: the extension's publisher.
        version: which version.
    """

    app_id: str
    name: str
    publisher: str
    version: Version

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class AppFile(App):
    """A .app file, read once.

    Attributes:
        path: where it was read.
        content: the whole file.
    """

    path: Path
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """The file's digest, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a file and its manifest.

        Raises:
            FailedPrecondition: there is no such file, or it is not an extension that the admin center would take.
        """
        path = Path(path)
        try:
            if path.suffix.lower() != ".app":
                raise ValueError("its name does not end in .app")
            content = path.read_bytes()
            manifest = _manifest(content)
            return cls(
                app_id=str(UUID(manifest["Id"])),
                name=manifest["Name"],
                publisher=manifest["Publisher"],
                version=Version.parse(manifest["Version"]),
                path=path,
                content=content,
            )
        except OSError as problem:
            raise FailedPrecondition(
                f"read the extension {path}", problem.strerror or "it cannot be read", "Check the path of `file`."
            ) from None
        except _UNREADABLE as problem:
            raise FailedPrecondition(
                f"read the extension {path}",
                f"it is not an extension that the AL compiler made ({problem})",
                "Name the .app file that `al compile` writes; not a runtime package, a .zip or a .nupkg.",
            ) from None


def _manifest(content: bytes) -> dict[str, str]:
    """Return the attributes of the manifest's App element."""
    if content[:4] != _MAGIC or len(content) < 40:
        raise ValueError("it does not begin with NAVX")
    if len(content) > MAX_BYTES:
        raise ValueError(f"it has {len(content)} bytes, and the admin center takes {MAX_BYTES} at most")
    (header_length,) = struct.unpack_from("<I", content, 4)
    if content[header_length : header_length + 2] != b"PK":
        raise ValueError("no zip archive follows its header, as in a runtime package")
    with zipfile.ZipFile(BytesIO(content[header_length:])) as archive:
        if archive.getinfo(_MANIFEST).file_size > _MAX_MANIFEST_BYTES:
            raise ValueError(f"its {_MANIFEST} is too large")
        # The file is the user's own, and expat (2.4.1 and later) stops entities that grow without end.
        package = ElementTree.fromstring(archive.read(_MANIFEST))  # noqa: S314
    app = package.find(f"{_NAMESPACE}App")
    if app is None:
        raise ValueError(f"its {_MANIFEST} names no App")
    return dict(app.attrib)
