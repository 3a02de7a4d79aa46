"""People who sign in to a public client of this tenant, or to the Azure CLI: by a device code, or in a browser (PKCE).

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code and .../v2-oauth2-auth-code-flow . What a
person sees in the browser is ours: one page, which asks for name and password, and no second factor.
"""

from __future__ import annotations

import hashlib
import html
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from jwt.utils import base64url_encode

from rehearsal.tenant.directory.external_applications import AZURE_CLI, scopes_of_azure_cli
from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.directory.secrets import check_password
from rehearsal.tenant.directory.store import Directory
from rehearsal.tenant.messages import HttpRequest, HttpResponse
from rehearsal.tenant.refusals import Refusal
from rehearsal.tenant.sts.clients import application_of, principal_of
from rehearsal.tenant.sts.errors import refusal

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = frozenset({DEVICE_CODE, "authorization_code", "refresh_token"})

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # of a code that a person types; which ones Entra uses is not documented
_DEVICE_CODE_LASTS, _INTERVAL = timedelta(minutes=15), 5  # seconds between two polls: both documented
_CODE_LASTS = timedelta(minutes=10)  # documented as "about 10 minutes"

# Microsoft's own, in no tenant's directory and consented to by none.
AZURE_CLI_APPLICATION = DirectoryObject(
    "application",
    {
        "id": AZURE_CLI,
        "appId": AZURE_CLI,
        "displayName": "Microsoft Azure CLI",
        "isFallbackPublicClient": True,
        "publicClient": {"redirectUris": ["http://localhost"]},
    },
)


@dataclass
class _Pending:
    """A sign-in under way, until a token is got for it.

    Attributes:
        user: who signed in; None while nobody has.
        challenge: of PKCE, "" for a device code.
    """

    client_id: str
    scope: str
    ends: datetime
    user: DirectoryObject | None = None
    redirect_uri: str = ""
    challenge: str = ""
    nonce: str = ""


@dataclass(frozen=True)
class SignedIn:
    """Somebody who has signed in to a client.

    Attributes:
        scope: what a token was asked for, with OpenID's own scopes.
        nonce: belongs into the id token, "" for none.
    """

    client: DirectoryObject
    user: DirectoryObject
    scope: str
    nonce: str = ""


@dataclass
class PublicClients:
    """The sign-ins of people to applications of this tenant that have no credential of their own."""

    directory: Directory
    _devices: dict[str, _Pending] = field(default_factory=dict)
    _user_codes: dict[str, str] = field(default_factory=dict)
    _codes: dict[str, _Pending] = field(default_factory=dict)
    _refresh_tokens: dict[str, SignedIn] = field(default_factory=dict)

    def begin_with_device_code(self, form: Mapping[str, str]) -> HttpResponse:
        """Answer POST /devicecode."""
        client = self._client(form)
        device_code = secrets.token_urlsafe(48)
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(9))
        self._devices[device_code] = _Pending(client.app_id, form["scope"], self.directory.now() + _DEVICE_CODE_LASTS)
        self._user_codes[user_code] = device_code
        address = "https://microsoft.com/devicelogin"
        return HttpResponse(
            200,
            {
                "user_code": user_code,
                "device_code": device_code,
                "verification_uri": address,
                "expires_in": int(_DEVICE_CODE_LASTS.total_seconds()),
                "interval": _INTERVAL,
                "message": f"To sign in, use a web browser to open the page {address} and enter the code {user_code} "
                "to authenticate.",
            },
        )

    def enter_user_code(self, user_code: str, user: DirectoryObject) -> None:
        """Let a person enter a code at the address that belongs to it, and sign in.

        Raises:
            LookupError: there is no such code, or it has ended.
        """
        pending = self._devices.get(self._user_codes.get(user_code, ""))
        if pending is None or self.directory.now() >= pending.ends:
            raise LookupError(f"There is no code {user_code} that somebody waits for.")
        pending.user = user

    def authorize(self, request: HttpRequest) -> HttpResponse:
        """Answer GET and POST /authorize: the page where a person signs in, and what comes after it."""
        asked = dict(request.query)
        try:
            client = self._client(asked)
            if asked.get("response_type") != "code":
                raise refusal("response_type_unsupported", asked.get("response_type", ""))
            if not _is_registered(asked.get("redirect_uri", ""), client.body["publicClient"]["redirectUris"]):
                raise refusal("redirect_uri_not_registered", asked.get("redirect_uri", ""), client.app_id)
            if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
                raise refusal("pkce_missing")
        except Refusal as problem:  # Entra shows it to the person; nothing comes back to the program
            return _page(f"<p>AADSTS{problem.code}: {html.escape(problem.message)}</p>", 400)
        form = request.body if request.method == "POST" and isinstance(request.body, dict) else {}
        user = self.directory.find_user(str(form.get("login", "")))
        if user is None or not check_password(user, str(form.get("passwd", ""))):
            hint = html.escape(asked.get("login_hint", ""), quote=True)
            fields = f'<input name="login" value="{hint}"><input name="passwd" type="password">'
            return _page(f'<form method="post">{fields}<input type="submit" value="Sign in"></form>')
        code = secrets.token_urlsafe(48)
        self._codes[code] = _Pending(
            client.app_id,
            asked["scope"],
            self.directory.now() + _CODE_LASTS,
            user,
            asked["redirect_uri"],
            asked["code_challenge"],
            asked.get("nonce", ""),
        )
        back = {"code": code, "state": asked.get("state", "")}
        inputs = "".join(f'<input type="hidden" name="{name}" value="{html.escape(v)}">' for name, v in back.items())
        action = html.escape(asked["redirect_uri"], quote=True)
        return _page(
            f'<form method="post" action="{action}">{inputs}</form><script>document.forms[0].submit()</script>'
        )

    def redeem(self, form: Mapping[str, str]) -> SignedIn:
        """Return who has signed in, for a code or a refresh token in a token request."""
        client = self._client(form)
        match form["grant_type"]:
            case "authorization_code":
                signed_in = self._by_code(client, form)
            case "refresh_token":
                known = self._refresh_tokens.get(form.get("refresh_token", ""))
                if known is None or known.client.app_id != client.app_id:
                    raise refusal("refresh_token_invalid")
                signed_in = SignedIn(client, known.user, form.get("scope") or known.scope)
            case _:
                signed_in = self._by_device_code(client, form)
        if client.app_id == AZURE_CLI:
            return signed_in
        principal = principal_of(self.directory, client.app_id)
        if principal.body["appRoleAssignmentRequired"]:  # nobody is ever assigned here
            raise refusal("user_not_assigned", client.app_id, principal.display_name)
        return signed_in

    def refresh_token(self, signed_in: SignedIn) -> str:
        """Return a new refresh token."""
        token = secrets.token_urlsafe(48)
        self._refresh_tokens[token] = signed_in
        return token

    def consented(self, client: DirectoryObject, resource: DirectoryObject, wanted: str) -> list[str]:
        """Return the delegated permissions of a client on a resource, by a consent for all users, or by Microsoft's.

        Args:
            client: the client.
            resource: the resource.
            wanted: one that has to be among them, or `.default`.
        """
        if client.app_id == AZURE_CLI:
            is_closed = resource.app_id in self.directory.closed_to_azure_cli
            scopes = [] if is_closed else scopes_of_azure_cli(resource.app_id)
            if not scopes or wanted not in (".default", *scopes):
                raise refusal("not_preauthorized", AZURE_CLI, resource.app_id)
            return scopes
        principal = self.directory.find_by_app_id("servicePrincipal", client.app_id)
        grant = self.directory.find_grant(principal.id, resource.id) if principal else None
        if grant and not self.directory.replication.is_replicated(grant["id"]):
            grant = None
        scopes = grant["scope"].split() if grant else []
        if not grant or wanted not in (".default", *scopes):
            raise refusal("consent_missing", client.app_id, client.display_name)
        return scopes

    def _by_device_code(self, client: DirectoryObject, form: Mapping[str, str]) -> SignedIn:
        device_code = form.get("device_code", "")
        pending = self._devices.get(device_code)
        if pending is None or pending.client_id != client.app_id:
            raise refusal("device_code_invalid")
        if self.directory.now() >= pending.ends:
            raise refusal("device_code_expired")
        if pending.user is None:
            raise refusal("authorization_pending")
        if not client.body["isFallbackPublicClient"]:
            raise refusal("client_not_public")
        del self._devices[device_code]
        return SignedIn(client, pending.user, pending.scope)

    def _by_code(self, client: DirectoryObject, form: Mapping[str, str]) -> SignedIn:
        pending = self._codes.pop(form.get("code", ""), None)
        if pending is None or pending.user is None or pending.client_id != client.app_id:
            raise refusal("code_already_redeemed")
        if self.directory.now() >= pending.ends:
            raise refusal("code_expired")
        if form.get("redirect_uri") != pending.redirect_uri:
            raise refusal("redirect_uri_not_registered", form.get("redirect_uri", ""), client.app_id)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64url_encode(digest).decode() != pending.challenge:
            raise refusal("code_verifier_wrong")
        return SignedIn(client, pending.user, pending.scope, pending.nonce)

    def _client(self, form: Mapping[str, str]) -> DirectoryObject:
        for name in ("client_id", "scope"):
            if not form.get(name) and form.get("grant_type") != DEVICE_CODE:
                raise refusal("parameter_missing", name)
        if form.get("client_id", "").lower() == AZURE_CLI:
            return AZURE_CLI_APPLICATION
        return application_of(self.directory, form.get("client_id", ""))


def _is_registered(wanted: str, registered: list[str]) -> bool:
    """Compare as Entra does: on this machine the port does not count, the path does.

    https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions
    """

    def place(address: str) -> tuple[str, str, str]:
        parts = urlsplit(address)
        host = parts.hostname or ""
        return parts.scheme, host if host == "localhost" else parts.netloc, parts.path.rstrip("/")

    return any(place(wanted) == place(each) for each in registered)


def _page(body: str, status: int = 200) -> HttpResponse:
    headers = {"content-type": "text/html; charset=utf-8"}
    return HttpResponse(status, f"<!DOCTYPE html><html><body>{body}</body></html>".encode(), headers)
