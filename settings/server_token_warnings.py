"""What a preview says of servers that get tokens which Business Central online takes as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from settings.models import Integration, Settings


def server_token_warnings(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield each server that gets tokens which are good for this stack's environments online too: a sentence or two.

    It is no problem: a server may accept no other tokens, and both may be run by the same people.

    Args:
        settings: the stack file's.
        environ: environment variables: with a user and a password the caller sends no token to a server.
    """
    by_password = environ.get("BUSINESS_CENTRAL_USER") and environ.get("BUSINESS_CENTRAL_PASSWORD")
    used = {key for each in settings.integrations for key in each.environments}
    online = [settings.environments[key].name for key in settings.online if key in used]
    for key, environment in settings.environments.items():
        proved = ", ".join(each.key for each in settings.integrations if _signs_in_to_prove(each, key))
        whose = ["the caller's"] * (not by_password) + [f"in proofs those of {proved}"] * bool(proved)
        if online and key in used and environment.base_url and not environment.scope and whose:
            yield (
                f"environments.{key}: whoever runs {environment.base_url} gets tokens that are as good for "
                f"{online[0]}: {', and '.join(whose)}. Set `scope` to what that server alone accepts, or keep it in a "
                "stack that another caller deploys."
            )


def _signs_in_to_prove(integration: Integration, environment: str) -> bool:
    """Tell whether `up` signs in as an integration, to prove that it has access to an environment, given by its key."""
    if environment not in integration.environments or integration.access(environment).proof == "off":
        return False
    credentials = integration.credentials
    return bool(credentials.vault_certificate or (credentials.secrets and credentials.secrets.issued))
