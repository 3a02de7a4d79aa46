"""A person who signs in to a public client of the rehearsal tenant: with a code on another device, or in a browser."""

from __future__ import annotations

import re
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tests.support.directory_objects import BUSINESS_CENTRAL
from tests.support.entra import EntraApplication, graph, make_application
from tests.support.tenant import Tenant, wait_for

_BROWSER = """#!{python} -I
import html, json, re, ssl, sys, urllib.parse, urllib.request

opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({{}}),
    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile={ca_file!r})),
)
page = lambda address, form=None: opener.open(address, form and urllib.parse.urlencode(form).encode()).read().decode()
address = sys.argv[1]
user = json.loads(page({control_url!r} + "/users"))[0]
assert 'name="passwd"' in page(address)
answer = page(address, {{"login": user["userPrincipalName"], "passwd": user["password"]}})
fields = dict(re.findall('type="hidden" name="([^"]*)" value="([^"]*)"', answer))
back = re.search('action="([^"]*)"', answer)[1]
page(html.unescape(back), {{name: html.unescape(value) for name, value in fields.items()}})
"""


def write_browser(folder: Path, tenant: Tenant) -> dict[str, str]:
    """Write a browser in which the administrator signs in, and return the variable that has programs open it."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "browser"
    ready = tenant.ready
    script.write_text(
        _BROWSER.format(python=sys.executable, ca_file=ready.caFile, control_url=ready.controlUrl), encoding="utf-8"
    )
    script.chmod(stat.S_IRWXU)
    return {"BROWSER": f"{script} %s &"}


def make_public_client(tenant: Tenant, **settings: object) -> EntraApplication:
    """Make a public client that may act in Business Central for whoever signs in."""
    made = make_application(tenant, "Business Central for administrators")
    kept = {"isFallbackPublicClient": True, "publicClient": {"redirectUris": ["http://localhost"]}, **settings}
    graph(tenant, "PATCH", f"/applications/{made.object_id}", kept)
    wanted = {"clientId": made.client_id, "resourceAppId": BUSINESS_CENTRAL, "scope": "user_impersonation"}
    tenant.edit("set_delegated_permissions", **wanted)
    tenant.clear_requests()
    return made


class CodeEntered:
    """Waits until a program shows a code, and enters it as the administrator.

    Args:
        tenant: where the code is from.
        said: what the program has said so far.
        after: how many polls of the program to wait for before that.
    """

    def __init__(self, tenant: Tenant, said: Callable[[], str], after: int = 0) -> None:
        self._tenant, self._said, self._after = tenant, said, after
        self._thread = threading.Thread(target=self._enter, daemon=True)

    def __enter__(self) -> CodeEntered:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(timeout=60)

    def _enter(self) -> None:
        wait_for(lambda: self._codes(), 60, "a code")
        wait_for(lambda: len(self._polls()) >= self._after, 60, "polls")
        user = self._tenant.control("GET", "/users")[0]["userPrincipalName"]
        self._tenant.edit("enter_user_code", userCode=self._codes()[0], userPrincipalName=user)

    def _codes(self) -> list[str]:
        return re.findall(r"Business Central: code ([A-Z]{9}),", self._said())

    def _polls(self) -> list[dict[str, object]]:
        asked = self._tenant.requests(method="POST")
        codes = [number for number, each in enumerate(asked) if each["path"].endswith("/devicecode")]
        return [each for each in asked[codes[0] :] if each["path"].endswith("/token") and each["status"] == 400]
