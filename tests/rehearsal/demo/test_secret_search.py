"""The search of the demo finds a secret in every form in which it could have been written down."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.demo.secret_search import Found, forms, search_files, search_texts

SECRET = 'a~B8Q/+x"\\<ø&> =_.-9'
SPELLINGS = {
    "plain": SECRET,
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "URL-encoded": quote(SECRET, safe=""),
    "JSON-escaped": json.dumps(SECRET),
}


@pytest.mark.parametrize("form", SPELLINGS)
def test_each_form_is_found_and_named(form: str) -> None:
    found = search_texts(SECRET, {"a log": f"before{SPELLINGS[form]}after"})
    assert Found("a log", form) in found


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("URL-encoded", quote(SECRET)),
        ("URL-encoded", quote_plus(SECRET)),
        ("URL-encoded", quote(SECRET, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3C", "%3c")
            .replace("%3E", "%3e").replace("%3D", "%3d").replace("%5C", "%5c").replace("%C3%B8", "%c3%b8")),
        ("JSON-escaped", json.dumps(SECRET, ensure_ascii=False)),
        ("JSON-escaped", json.dumps(SECRET, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")),
        ("JSON-escaped", json.dumps(json.dumps({"secret": SECRET}))),
        ("base64", base64.urlsafe_b64encode(SECRET.encode()).decode()),
        ("base64", base64.b64encode(SECRET.encode()).decode().rstrip("=")),
    ],
)  # fmt: skip
def test_other_spellings_of_a_form_are_found(form: str, text: str) -> None:
    assert Found("x", form) in search_texts(SECRET, {"x": text})


@given(before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_base64_of_something_longer_is_found_wherever_the_secret_stands_in_it(before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + SECRET.encode() + after).decode()
    assert Found("x", "base64") in search_texts(SECRET, {"x": text})


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=8), st.text(alphabet="abc\n", max_size=40))
def test_nothing_is_found_where_nothing_is(secret: str, text: str) -> None:
    assert not search_texts(f"{secret}?", {"x": text})


def test_files_in_folders_below_are_found_and_counted(tmp_path: Path) -> None:
    (tmp_path / "state" / ".pulumi").mkdir(parents=True)
    (tmp_path / "state" / ".pulumi" / "stack.json").write_bytes(b"\xff\x00" + SECRET.encode())
    (tmp_path / "clean.log").write_text("nothing")
    (tmp_path / "azure-cli" / "lib").mkdir(parents=True)
    (tmp_path / "azure-cli" / "pyvenv.cfg").touch()
    (tmp_path / "azure-cli" / "lib" / "a.py").write_text(SECRET)
    assert search_files(SECRET, tmp_path) == ([Found("state/.pulumi/stack.json", "plain")], 2)


def test_what_a_link_leads_to_outside_is_not_searched(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(SECRET)
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    assert search_files(SECRET, folder) == ([], 0)


def test_a_finding_does_not_repeat_the_secret() -> None:
    assert SECRET not in repr(search_texts(SECRET, {"x": SECRET}))


def test_a_secret_too_short_to_be_searched_for_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 8"):
        forms("short")
