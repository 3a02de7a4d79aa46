"""Makes .app files, as the AL compiler would lay them out, with a manifest and next to nothing else."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid5
from xml.sax.saxutils import quoteattr

COMPANION_APP_ID = "a944837a-e3c7-4266-a7fc-97f21c0d0b95"
COMPANION_NAME, COMPANION_PUBLISHER = "Entra Business Central Registration", "Entra Business Central"

_MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<Package xmlns="http://schemas.microsoft.com/navx/2015/manifest">
  <App Id={id} Name={name} Publisher={publisher} Version={version} Platform="24.0.0.0" Application="24.0.0.0" \
Runtime="13.0" Target="Cloud" />
</Package>
"""


def app_content(
    version: str = "1.0.0.0",
    *,
    app_id: str = COMPANION_APP_ID,
    name: str = COMPANION_NAME,
    publisher: str = COMPANION_PUBLISHER,
    source: str = "// nothing",
) -> bytes:
    """Return the bytes of a .app file; the same for the same arguments.

    Args:
        version: four numbers.
        app_id: the extension's id.
        name: its name.
        publisher: its publisher.
        source: the text of its one source file, to have another file of the same version.
    """
    attributes = {"id": app_id, "name": name, "publisher": publisher, "version": version}
    manifest = _MANIFEST.format(**{key: quoteattr(value) for key, value in attributes.items()})
    zipped = BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr(zipfile.ZipInfo("NavxManifest.xml"), manifest)
        archive.writestr(zipfile.ZipInfo("src/Nothing.al"), source)
    content = zipped.getvalue()
    package_id = uuid5(UUID(app_id), version)
    # NAVX, length of the header, version of the format, package id, length of the archive, NAVX: 40 bytes.
    header = struct.pack("<4sII16sQ4s", b"NAVX", 40, 2, package_id.bytes_le, len(content), b"NAVX")
    return header + content


def write_app_file(folder: Path, version: str = "1.0.0.0", **manifest: str) -> Path:
    """Write a .app file and return where it is; `manifest` as in `app_content`."""
    path = folder / f"companion_{version}.app"
    path.write_bytes(app_content(version, **manifest))
    return path
