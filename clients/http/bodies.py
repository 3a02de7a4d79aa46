"""The body of an answer: decoded where it is what an API answers, and else described, so that a person can read it.

A proxy, a gateway or a sign-in page answers in place of a service now and then, with HTML, XML, plain text or nothing.
"""

from __future__ import annotations

import codecs
import html
import json
import re
from dataclasses import dataclass
from typing import Any

from clients.http.redaction import redact

EXCERPT_CHARACTERS = 200
"""How much of an odd body is shown."""

_DECODED_AT_MOST = 4000  # bytes: what an excerpt is taken from
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Body:
    """The body of an answer, as it came.

    Attributes:
        content: its bytes, as far as they came; decompressed.
        content_type: the header, "" for none.
        defect: why it could not be read to its end, "" where it was.
    """

    content: bytes
    content_type: str = ""
    defect: str = ""

    def decode(self) -> Any:
        """Return what it says as JSON, in whichever encoding; None where it is empty.

        Raises:
            ValueError: it is no JSON, or not all of it came, or it has text that cannot be written anywhere.
        """
        if self.defect:
            raise ValueError(self.defect)
        if not self.content.strip():
            return None
        try:
            text = self._text(self.content, "strict")
            decoded = json.loads(text)
            if "\\ud" in text.lower():  # half a character of UTF-16 can be read, and not be written again
                json.dumps(decoded, ensure_ascii=False).encode()
        except RecursionError:
            raise ValueError("nested too deep") from None
        return decoded

    @property
    def form(self) -> str:
        """What it is, in a word or two; "" for a JSON object, which is what an API answers."""
        cut = "cut short" if self.defect else ""
        if not self.content.strip():
            return cut or "no body"
        try:
            decoded = Body(self.content, self.content_type).decode()
        except ValueError:
            return ", ".join(filter(None, [self._markup(), cut]))
        kind = {dict: "", list: "a JSON list", str: "a JSON text", bool: "a JSON truth value", type(None): "JSON null"}
        return ", ".join(filter(None, [kind.get(type(decoded), "a JSON number"), cut]))

    def excerpt(self) -> str:
        """Return the beginning of what it says, on one line, without markup, control characters and secrets."""
        text = self._text(self.content[:_DECODED_AT_MOST], "replace")
        if self._markup() in {"HTML", "XML"}:
            text = re.sub(r"(?is)<!--.*?-->|<(script|style|svg)\b.*?(</\1\s*>|$)|<\?.*?\?>|<[^>]*(>|$)", " ", text)
            text = html.unescape(text)
        return shortened(text)

    def error_element(self) -> tuple[str, str]:
        """Return code and message of an OData error in XML, "" each where it is none.

        http://docs.oasis-open.org/odata/odata-atom-format/v4.0 , "Error response"; Business Central's older pages and
        gateways answer so.
        """
        if self._markup() != "XML":
            return "", ""
        text = self._text(self.content[:_DECODED_AT_MOST], "replace")
        found = (re.search(rf"(?is)<(?:\w+:)?{name}\b[^>]*>(.*?)</", text) for name in ("code", "message"))
        code, message = (html.unescape(each[1]).strip() if each else "" for each in found)
        return (code, message) if re.fullmatch(r"[\w.]{1,100}", code) else ("", "")

    def _markup(self) -> str:
        start = self._text(self.content[:_DECODED_AT_MOST], "replace").lstrip().lower()
        if re.match(r"<!doctype html|<html|<head|<body", start) or "<html" in start or "text/html" in self.content_type:
            return "HTML"
        if start.startswith("<"):
            return "XML"
        return "no JSON" if start[:1] in {"{", "["} else "plain text"

    def _text(self, content: bytes, errors: str) -> str:
        """Decode by byte order mark, else as JSON's encoding is found, else by the header; UTF-8 where none knows."""
        for mark, encoding in _BYTE_ORDER_MARKS:
            if content.startswith(mark):
                return content.decode(encoding, errors)
        named = re.search(r"charset=\"?([\w.:-]+)", self.content_type, re.IGNORECASE)
        for encoding in (json.detect_encoding(content), named[1] if named else "", "utf-8"):
            try:
                return content.decode(encoding or "utf-8", "strict")
            except (UnicodeDecodeError, LookupError):
                continue
        try:
            return content.decode(named[1] if named else "utf-8", errors)
        except LookupError:  # an encoding that Python does not know
            return content.decode("utf-8", errors)


def printable(text: str) -> str:
    """Return a text in one line, without what a terminal obeys and what hides or turns the text around it.

    It is for people: what has such characters is not equal to it, so that names are compared and written back as they
    are.
    """
    return "".join(
        each if each.isprintable() else " " if each.isspace() else "\N{REPLACEMENT CHARACTER}" for each in text
    )


def shortened(text: str, characters: int = EXCERPT_CHARACTERS) -> str:
    """Return a text on one line and printable, without secrets, cut after so many characters."""
    line = redact(" ".join(printable(text).split()))  # before the cut: of a secret that is cut, it would see no secret
    return line if len(line) <= characters else f"{line[:characters].rstrip()}..."
