"""What to do about an environment that is a server or a container: at its own address, by its own settings.

The remedies for Business Central online name pages that only online has. Each of those has its counterpart here, or
names no place. Settings: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/configure-server-instance
"""

from __future__ import annotations

from dataclasses import dataclass

from clients.entra.sign_in import BUSINESS_CENTRAL_SCOPE


@dataclass(frozen=True)
class Server:
    """A server or container, as far as remedies name it.

    Attributes:
        base_url: its address, perhaps with a query.
        scope: what tokens for it are asked for; "" for what Business Central online accepts.
    """

    base_url: str
    scope: str = ""

    @property
    def address(self) -> str:
        """Its address without a query."""
        return self.base_url.partition("?")[0]

    @property
    def audience(self) -> str:
        """What the tokens for it are for."""
        return (self.scope or BUSINESS_CENTRAL_SCOPE).removesuffix("/.default")

    def remedy(self, text: str) -> str:
        """Return one of the texts below with this server filled in, where it names nothing else."""
        return text.format(address=self.address, audience=self.audience)


def server_at(base_url: str, scope: str = "") -> Server | None:
    """Return the server at an address; None where there is none, which is Business Central online."""
    return Server(base_url, scope) if base_url else None


ENTRA_APPLICATIONS = "Microsoft Entra Applications (page 9860 in the web client of the server at {address})"

ACCEPT_AUDIENCE = (
    "The tokens are for {audience}: the setting ValidAudiences of the server at {address} has to contain that; or set "
    "`scope` of the environment to the Application ID URI that it does contain, with /.default. A server that accepts "
    "no tokens at all is reached with BUSINESS_CENTRAL_USER and BUSINESS_CENTRAL_PASSWORD, and with `proof: off`."
)
CHECK_SCOPE = (
    "No application with the Application ID URI {audience} is in this tenant: check `scope` of the environment in the "
    "stack file, and that the application of the server at {address} has a service principal here."
)
INSTALL_COMPANION = (
    "The companion extension 'Entra Business Central Registration' (API {route}) is not installed on the server at "
    "{address}, or is older than this program: an administrator of the server publishes and installs it there "
    "(Publish-NAVApp, Sync-NAVApp, Install-NAVApp; its settings ODataServicesEnabled and ApiServicesEnabled have to be "
    "on), as docs/reference/companion-extension.md describes."
)
CHECK_ENVIRONMENT = (
    "Check `baseUrl` of environment {environment} in the stack file, now {address}: it goes up to and with the name of "
    "the server instance, perhaps with ?tenant=."
)
UNAVAILABLE = (
    "The server at {address} does not have this tenant mounted, or is busy with it: check `?tenant=` of `baseUrl`, "
    "look at the server instance (Get-NAVTenant), and run the same command again when it is Operational."
)
BUSY = "Look at the server instance at {address}, then run the same command again."
REGISTER_CALLER = (
    "The application (or user) that runs this is not registered and enabled on the server at {address}, or the server "
    "does not accept its tokens. An administrator with SUPER adds it under {entra_applications} with the permission "
    "sets D365 AUTOMATION, SECURITY, EBC REGISTRATION (these three for all companies) and every set that it hands out. "
    + ACCEPT_AUDIENCE
)
GRANT_CALLER_ROLES = (
    "The application that runs this needs the application roles API.ReadWrite.All and Automation.ReadWrite.All of "
    "{audience}: a Privileged Role Administrator grants them to it. " + ACCEPT_AUDIENCE
)
SIGN_IN_FULL_USER = (
    "Business Central wants one enabled user with a full licence first: sign in to the web client of the server at "
    "{address} once as one."
)
