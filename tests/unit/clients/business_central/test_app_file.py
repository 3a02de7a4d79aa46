"""What is read from a .app file, and which files are none."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from clients.business_central.app_file import MAX_BYTES, AppFile, Version
from clients.http.errors import FailedPrecondition
from tests.support.app_file import COMPANION_APP_ID, app_content, write_app_file


def _write(folder: Path, content: bytes, name: str = "some.app") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _with_archive(files: dict[str, str]) -> bytes:
    zipped = BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return struct.pack("<4sII16sQ4s", b"NAVX", 40, 2, bytes(16), len(zipped.getvalue()), b"NAVX") + zipped.getvalue()


def test_the_manifest_says_what_it_is(tmp_path: Path) -> None:
    app = AppFile.read(
        write_app_file(tmp_path, "1.2.3.4", name="Kaffe & <Te>", publisher='"Ø"', app_id=COMPANION_APP_ID.upper())
    )
    assert (app.app_id, app.name, app.publisher, str(app.version)) == (COMPANION_APP_ID, "Kaffe & <Te>", '"Ø"', "1.2.3.4")  # fmt: skip


def test_the_same_file_has_the_same_digest_and_another_has_another(tmp_path: Path) -> None:
    one, other = app_content(), app_content(source="// other")
    digests = [AppFile.read(_write(tmp_path, content)).sha256 for content in (one, one, other)]
    assert digests[0] == digests[1] != digests[2]


def test_what_is_shown_of_it_is_not_its_content(tmp_path: Path) -> None:
    app = AppFile.read(write_app_file(tmp_path))
    assert str(app) == "Entra Business Central Registration 1.0.0.0"
    assert "NAVX" not in repr(app)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "does not begin with NAVX"),
        (b"PK\x03\x04 a package of another kind", "does not begin with NAVX"),
        (b"NAVX", "does not begin with NAVX"),
        (b"NAVX" + b"\xff" * 100, "no zip archive follows"),
        (struct.pack("<4sII16sQ4s", b"NAVX", 40, 2, bytes(16), 3, b"NAVX") + b".NEA", "as in a runtime package"),
        (app_content()[:-30], "zip"),
        (app_content("1.0"), "'1.0' is not a version of four numbers"),
        (app_content("1.0.0.x"), "'1.0.0.x' is not a version of four numbers"),
        (_with_archive({"src/Some.al": ""}), "NavxManifest.xml"),
        (_with_archive({"NavxManifest.xml": "<Package"}), "unclosed token"),
        (_with_archive({"NavxManifest.xml": "<Package/>"}), "names no App"),
        (_with_archive({"NavxManifest.xml": '<?xml version="1.0" encoding="klingon"?><a/>'}), "unknown encoding"),
        (_with_archive({"NavxManifest.xml": " " * 1024 * 1024 + "<Package/>"}), "too large"),
        (app_content() + bytes(MAX_BYTES), "takes 52428800 at most"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_extension_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(FailedPrecondition) as refusal:
        AppFile.read(_write(tmp_path, content))
    assert reason in str(refusal.value)
    assert "Name the .app file that `al compile` writes" in str(refusal.value)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    content = bytearray(app_content())
    content[content.index(b"<Package") + 5] ^= 0xFF  # the checksum no longer fits
    with pytest.raises(FailedPrecondition, match="CRC"):
        AppFile.read(_write(tmp_path, bytes(content)))


def test_another_ending_is_refused_as_the_admin_center_does(tmp_path: Path) -> None:
    with pytest.raises(FailedPrecondition, match=r"does not end in \.app"):
        AppFile.read(_write(tmp_path, app_content(), "companion.zip"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FailedPrecondition, match=r"read the extension .*missing\.app: No such file"):
        AppFile.read(tmp_path / "missing.app")


def test_versions_are_ordered_by_their_numbers() -> None:
    ordered = ["1.0.0.0", "1.0.0.9", "1.0.0.10", "1.2.0.0", "10.0.0.0"]
    assert sorted(sorted(ordered), key=Version.parse) == ordered != sorted(ordered)
