"""Searches for a secret in the encodings in which it could have been written somewhere."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus


class Found(NamedTuple):
    """A place where a secret was found.

    Attributes:
        place: a file, or the name of a text.
        form: plain, base64, URL-encoded or JSON-escaped; never the secret itself.
    """

    place: str
    form: str


def forms(secret: str) -> dict[bytes, str]:
    """Return the encodings of a secret, each with the name of its form.

    Base64 is there in the three alignments in which it can stand inside the base64 of something longer (a basic
    authorization header, say), without the characters at the ends that depend on the neighbours.

    Args:
        secret: at least 8 characters; anything shorter would be found by chance.

    Raises:
        ValueError: it is shorter.
    """
    if len(secret) < 8:
        raise ValueError("a secret of less than 8 characters cannot be searched for")
    encodings = {secret: "plain"}
    raw = secret.encode()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode()
        first = (before * 8 + 5) // 6  # the first characters, which depend on the bytes before
        last = (before + len(raw)) * 8 // 6  # from here on they depend on the bytes after
        for text in (encoded[first:last], encoded[first:last].translate(str.maketrans("+/", "-_"))):
            encodings.setdefault(text, "base64")
    for text in (quote(secret, safe=""), quote_plus(secret), quote(secret)):
        encodings.setdefault(text, "URL-encoded")
        encodings.setdefault(_lower_case_escapes(text), "URL-encoded")
    for text in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        encodings.setdefault(text, "JSON-escaped")
        encodings.setdefault(_escaped_as_in_go(text), "JSON-escaped")
        encodings.setdefault(json.dumps(text)[1:-1], "JSON-escaped")  # JSON in JSON: Pulumi's structured values
    return {text.encode(): form for text, form in encodings.items()}


def search_texts(secret: str, texts: Mapping[str, str]) -> list[Found]:
    """Search texts, by name."""
    encodings = forms(secret)
    return [found for name, text in texts.items() for found in _search(encodings, name, text.encode())]


def search_files(secret: str, folder: Path) -> tuple[list[Found], int]:
    """Search every file below a folder, but for virtual environments; what a link leads to outside is not searched.

    Returns:
        Where it was found, and how many files were read.

    Raises:
        OSError: a file cannot be read, and might hold it.
    """
    encodings = forms(secret)
    found: list[Found] = []
    read = 0
    for path in _files(folder):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # removed meanwhile
        read += 1
        found += _search(encodings, path.relative_to(folder).as_posix(), content)
    return found, read


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, followlinks=False):
        if "pyvenv.cfg" in names:  # packages alone: those of the Azure CLI are 700 MB
            folders.clear()
            continue
        for name in names:
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():  # neither sockets nor pipes
                yield path


def _search(encodings: Mapping[bytes, str], place: str, content: bytes) -> list[Found]:
    return [Found(place, form) for form in sorted({form for text, form in encodings.items() if text in content})]


def _lower_case_escapes(text: str) -> str:
    """Spell %2F as %2f."""
    head, *rest = text.split("%")
    return "%".join([head, *(part[:2].lower() + part[2:] for part in rest)])


def _escaped_as_in_go(text: str) -> str:
    """Escape <, > and & too, as Go's encoding/json does by default."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
