"""A person signs in to Business Central through a public client of the tenant, where `az login` is not let in there.

Microsoft's own clients need Microsoft's approval for each resource (AADSTS65002). That the Azure CLI has none for
Business Central is a guess; for Azure PowerShell it was reported: github.com/microsoft/navcontainerhelper/issues/4183.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from copy import copy
from typing import Any

from clients.entra.caller import Caller, caller_of
from clients.entra.credential import AccessToken, Credential
from clients.entra.refusals import KnownRefusal
from clients.http.errors import FailedPrecondition, SignInFailed

CLIENT_ID = "BUSINESS_CENTRAL_CLIENT_ID"
DEVICE_CODE = "BUSINESS_CENTRAL_DEVICE_CODE"
WAIT_SECONDS = 300  # how long a person has, for the browser and for a device code; Entra ends the latter after 900
_ATTEMPTING = "sign in to Business Central as a person"


def public_client() -> str:
    """Return the client id of the application through which a person signs in to Business Central; "" for none.

    Raises:
        FailedPrecondition: BUSINESS_CENTRAL_CLIENT_ID is no client id.
    """
    given = os.environ.get(CLIENT_ID, "").strip().lower()
    if given and not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", given):
        raise FailedPrecondition(
            _ATTEMPTING, f"{CLIENT_ID} is {given!r}, which is no client id", "Write the GUID of the public client."
        )
    return given


class Person:
    """The credential of whoever ran `az login`, for Business Central only.

    A person signs in once in this process, in the browser, or where none opens, with a code that another device takes.
    Nothing is kept on disk. A program that ran `az login` (a service principal) goes on without this.

    Args:
        tenant_id: the directory.
        client_id: the public client.
        azure_cli: what `az login` gives.
        at_graph: who that is, as Microsoft Graph's token says; None where it does not.
        options: what every credential of azure-identity is made with.
    """

    def __init__(
        self,
        tenant_id: str,
        client_id: str,
        azure_cli: Credential,
        at_graph: Callable[[], Caller | None],
        options: dict[str, Any],
    ) -> None:
        self._tenant_id = tenant_id
        self._client_id = client_id
        self._azure_cli = azure_cli
        self._at_graph = at_graph
        self._options = options
        self._signing_in: Credential | None = None
        self._failed: Exception | None = None

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token; a sign-in that failed is not begun again for the next resource.

        Raises:
            SignInFailed: somebody else signed in than the person of `az login`.
            AzureError: nobody signed in, or Entra refused.
        """
        if self._failed:
            raise _anew(self._failed)
        caller = self._at_graph()
        if caller and not caller.is_person:
            return self._azure_cli.get_token(*scopes, **options)
        if self._signing_in is None:
            self._signing_in = self._interactive(caller.user if caller else "")
        try:
            token = self._signing_in.get_token(*scopes, **options)
            self._refuse_another(caller, caller_of(f"Bearer {token.token}"))
        except Exception as problem:
            self._failed = _anew(problem)
            raise
        return token

    def _interactive(self, user: str) -> Credential:
        """Return the credential that asks: browser first, since Conditional Access often forbids device codes."""
        from azure import identity

        known = {"tenant_id": self._tenant_id, "client_id": self._client_id, "timeout": WAIT_SECONDS, **self._options}
        device_code = identity.DeviceCodeCredential(prompt_callback=_show_code, **known)
        if os.environ.get(DEVICE_CODE, "").lower() in {"1", "t", "true"}:
            return device_code
        _print_now(f"Business Central: sign in{f' as {user}' if user else ''} in the browser that opens. {_WITHIN}")
        browser = identity.InteractiveBrowserCredential(login_hint=user or None, **known)
        return identity.ChainedTokenCredential(browser, device_code)

    @staticmethod
    def _refuse_another(at_graph: Caller | None, there: Caller | None) -> None:
        if at_graph and there and at_graph.object_id != there.object_id:
            raise SignInFailed(
                _ATTEMPTING,
                f"{there.user} signed in, and `az login` was {at_graph.user}: one run would be two callers",
                f"Sign in as {at_graph.user}, or run `az login` as {there.user}.",
            )


_WITHIN = f"This waits {WAIT_SECONDS // 60} minutes."


def _show_code(address: str, code: str, _ends: object) -> None:
    # The code comes first: Pulumi's progress display shows the beginning of a line as far as it has room.
    _print_now(f"Business Central: code {code}, to be entered at {address}. {_WITHIN}")


def _print_now(line: str) -> None:
    """Print a line at once; of a provider's process, Pulumi shows what it writes here."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


KNOWN_REFUSALS = (
    KnownRefusal(
        "AADSTS50105",
        "the person is not assigned to the public client, which wants that",
        f"Assign the person to the application in {CLIENT_ID} (Enterprise applications, Users and groups), or "
        "switch *Assignment required* off there.",
    ),
    KnownRefusal(
        "AADSTS53003",
        "Conditional Access refuses it",
        "A policy of Conditional Access refuses this sign-in; the sign-in log in the Entra admin center names it. "
        f"Such policies often forbid device codes: then sign in in a browser on this machine, without {DEVICE_CODE}.",
    ),
    KnownRefusal(
        "AADSTS65001",
        "nobody has consented for the public client",
        f"Let an administrator consent for the application in {CLIENT_ID} to user_impersonation on Business "
        "Central: an `up` of the stack that makes it does.",
    ),
    KnownRefusal(
        "AADSTS700016",
        "the directory has no such public client",
        f"Set {CLIENT_ID} to an application of the directory that azuread:tenantId or ARM_TENANT_ID names.",
    ),
    KnownRefusal(
        "AADSTS7000218",
        "the public client takes no device code",
        f"The application in {CLIENT_ID} takes no device code: write `fallbackPublicClient: true` in the stack "
        "file of the stack that makes it, or sign in in a browser on this machine.",
    ),
)


def remedy(said: str) -> str:
    """Return what to do where a person's sign-in to Business Central fails.

    Args:
        said: what Entra said, with its code, or azure-identity.
    """
    remedies = {each.code: each.remedy for each in KNOWN_REFUSALS}
    for code in re.findall(r"AADSTS\d+", said):
        if code in remedies:
            return remedies[code]
    return (
        f"Run the command again, and sign in within {WAIT_SECONDS // 60} minutes. Where no browser can open on this "
        f"machine, set {DEVICE_CODE}=true. Where the browser showed AADSTS50011, the application in {CLIENT_ID} lacks "
        "`redirectUris: {publicClient: [http://localhost]}`."
    )


def _anew(problem: Exception) -> Exception:
    """Return a failure anew, with what led to it: whoever catches it adds its own place in the stack file."""
    another = copy(problem)
    another.__cause__ = problem.__cause__
    return another
