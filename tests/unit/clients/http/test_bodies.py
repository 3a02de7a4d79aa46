"""Bodies of answers: whatever comes is decoded or described on one line; nothing makes that fail."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clients.http.bodies import EXCERPT_CHARACTERS, Body, printable

HEADERS = st.sampled_from(["", "application/json", "text/html; charset=klingon", "text/xml; charset=utf-16"])


@given(st.binary(max_size=200), HEADERS, st.sampled_from(["", "IncompleteRead: x"]))
@example(b"{}", "", "IncompleteRead: x")
def test_whatever_comes_can_be_told_on_one_printable_line(content: bytes, header: str, defect: str) -> None:
    body = Body(content, header, defect)
    shown = body.excerpt()
    assert len(shown) <= EXCERPT_CHARACTERS + 3
    assert shown.isprintable()
    shown.encode()
    body.error_element()
    try:
        decoded = body.decode()
    except ValueError:
        assert body.form
    else:
        assert isinstance(decoded, dict) is (body.form == "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_is_read_in_each_encoding_that_json_may_have(encoding: str) -> None:
    assert Body('{"a": "ø"}'.encode(encoding)).decode() == {"a": "ø"}


def test_json_in_an_encoding_that_the_header_names_is_read() -> None:
    assert Body('{"a": "ø"}'.encode("latin-1"), "application/json; charset=iso-8859-1").decode() == {"a": "ø"}


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100000,
        b"1" * 5000,
        b'{"a": "\\ud800"}',
        '{"a": "\\ud800"}'.encode("utf-16-le"),
        b'{"a": "\xed\xa0\x80"}',
        b'{"a"',
        b"\xff\xfe\x00",
    ],
)
def test_what_cannot_be_read_or_written_again_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError):
        Body(content).decode()


@pytest.mark.parametrize("secret", [f"abc8Q~{'x' * 34}", f"eyJhbGci.{'x' * 60}.{'y' * 60}"])
@pytest.mark.parametrize("before", range(EXCERPT_CHARACTERS - 60, EXCERPT_CHARACTERS, 7))
def test_a_secret_that_the_end_of_an_excerpt_would_cut_is_not_shown(secret: str, before: int) -> None:
    shown = Body(f"{'-' * before} {secret}".encode()).excerpt()
    assert not set("xy") & set(shown)


@pytest.mark.parametrize(
    "body",
    [
        "<html><tr><td>Authorization</td><td>Basic</td><td>dXNlcjp3ZWJrZXk=</td></tr></html>",
        "authorization: Basic\t dXNlcjp3ZWJrZXk=",
        "Bearer\r\n  dXNlcjp3ZWJrZXk=",
    ],
)
def test_what_a_page_shows_of_our_own_request_is_not_shown(body: str) -> None:
    assert "dXNlc" not in Body(body.encode()).excerpt()


@given(st.text())
@example("a\x1b[8m\u202e\n\t\u2028 b")
def test_a_name_is_one_printable_line_and_what_was_printable_is_as_it_was(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)
    assert all(now == was for now, was in zip(shown, text, strict=True) if was.isprintable())
