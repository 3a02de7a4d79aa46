"""Nothing that looks like a token, a client secret or a password in an address stands in a text of ours."""

from __future__ import annotations

import re

# A token (JWT) or an Entra client secret, should a service ever echo one: https://learn.microsoft.com/purview/sit-defn-azure-ad-client-secret
# And what stands before the host of an address, such as a proxy's: a user without ":", whatever the password has in it.
_SECRETS = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}|(Bearer|Basic)\s+\S+|(?<=://)[^\s/@:\"<>]*:[^\s/]*(?=@)"
)


def redact(text: str) -> str:
    """Return the text with everything that looks like a token, a client secret or a password in an address replaced."""
    return _SECRETS.sub(lambda found: f"{found[1]} [secret]" if found[1] else "[secret]", text)


def root_cause(problem: BaseException) -> str:
    """Return the root cause of a failed request, in a few words: requests wraps it three times."""
    while inner := (problem.__cause__ or problem.__context__):
        problem = inner
    return redact(f"{type(problem).__name__}: {problem}")
