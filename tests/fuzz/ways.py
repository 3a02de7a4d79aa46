"""Fifty ways to answer a request that no documentation of Graph, Entra or Business Central shows, as faults."""

from __future__ import annotations

from typing import Any

PAGE = (
    "<!DOCTYPE html><html><head><title>Sign in</title><script>var a;</script></head><body><h1>Proxy</h1></body></html>"
)
XML = '<?xml version="1.0"?><m:error xmlns:m="x"><m:code>{}</m:code><m:message>{}</m:message></m:error>'
JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html"}


def _raw(status: int, body: str = "", headers: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    return {"action": "raw", "status": status, "body": body, "headers": headers or {}, **fields}


def _json(status: int, body: str, **fields: Any) -> dict[str, Any]:
    return _raw(status, body, JSON, **fields)


WAYS: dict[str, dict[str, Any]] = {
    # --- success, and not the service's
    "200 HTML": _raw(200, PAGE, HTML),
    "200 HTML as JSON": _json(200, PAGE),
    "200 XML": _raw(200, "<ok/>", {"content-type": "application/xml"}),
    "200 plain text": _raw(200, "OK"),
    "200 empty": _raw(200),
    "200 blanks": _json(200, "  \n "),
    "202 empty": _raw(202),
    "204": _raw(204),
    "204 after it was done": _raw(204, when="after"),
    "200 HTML after it was done": _raw(200, PAGE, HTML, when="after"),
    "200 list": _json(200, "[]"),
    "200 list of lists": _json(200, "[[], [[]]]"),
    "200 number": _json(200, "7"),
    "200 text": _json(200, '"yes"'),
    "200 null": _json(200, "null"),
    "200 true": _json(200, "true"),
    "200 empty object": _json(200, "{}"),
    "200 value null": _json(200, '{"value": null}'),
    "200 value number": _json(200, '{"value": 7}'),
    "200 value of numbers": _json(200, '{"value": [1, 2]}'),
    "200 value of empty objects": _json(200, '{"value": [{}]}'),
    "200 value of nulls": _json(200, '{"value": [{"id": null, "name": null, "appId": null, "clientId": null}]}'),
    "200 an error": _json(200, '{"error": {"code": "Unknown", "message": "no"}}'),
    "200 next link in a circle": _json(200, '{"value": [], "@odata.nextLink": 7}'),
    "200 cut short": _json(200, '{"value": [{"id": "1", "name": "a"}]}', cutShort=True),
    "200 UTF-16 that is half": _json(200, "\x00\xd8", encoding="latin-1"),
    "200 half a character": _json(200, '{"value": [{"id": "\\ud800", "name": "\\ud800"}], "id": "\\ud800"}'),
    "200 nested deep": _json(200, "[" * 50_000),
    "200 a long number": _json(200, "1" * 5_000),
    "200 not gzip": _raw(200, "no gzip", {"content-encoding": "gzip", **JSON}),
    "200 token of another kind": _json(200, '{"access_token": 5, "expires_in": "soon", "token_type": []}'),
    # --- errors, and not in the service's shape
    "302": _raw(302, "", {"location": "http://["}),
    "400 list": _json(400, "[1]"),
    "400 error is a text": _json(400, '{"error": "invalid"}'),
    "400 error is a list": _json(400, '{"error": [{"code": 1}], "code": {}, "message": []}'),
    "401 HTML": _raw(401, PAGE, HTML),
    "403 HTML": _raw(403, PAGE, HTML),
    "403 XML": _raw(403, XML.format("Nobody", "knows")),
    "404 HTML": _raw(404, PAGE, HTML),
    "404 empty": _raw(404),
    "407 HTML": _raw(407, PAGE, HTML),
    "409 empty": _raw(409),
    "409 that asks for a wait": {"action": "status", "status": 409, "code": "Directory_ConcurrencyViolation"},
    "409 that asks for a wait, though done": {
        "action": "status", "status": 409, "code": "Directory_ConcurrencyViolation", "when": "after"
    },
    "418 control characters": _raw(418, "\x00\x1b[31m\u202e\ufffe"),
    "429 with a date that is none": _raw(429, "", {"retry-after": "soon"}),
    "500 Latin-1": _raw(500, "fejl: æøå", {"content-type": "text/plain; charset=klingon"}, encoding="latin-1"),
    "503 empty": _raw(503),
    "503 that asks for a wait, though done": _raw(503, PAGE, HTML, when="after", retryAfter=0),
    "the connection breaks, though done": {"action": "drop", "when": "after"},
}  # fmt: skip
