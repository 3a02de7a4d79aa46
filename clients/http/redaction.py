"""Nothing that looks like a token or a client secret stands in a text of ours."""

from __future__ import annotations

import re

# A token (JWT) or an Entra client secret, should a service ever echo one: https://learn.microsoft.com/purview/sit-defn-azure-ad-client-secret
_SECRETS = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}|(Bearer|Basic)\s+\S+")


def redact(text: str) -> str:
    """Return the text with everything that looks like a token or a client secret replaced."""
    return _SECRETS.sub(lambda found: f"{found[1]} [secret]" if found[1] else "[secret]", text)


def root_cause(problem: BaseException) -> str:
    """Return the root cause of a failed request, in a few words: requests wraps it three times."""
    while inner := (problem.__cause__ or problem.__context__):
        problem = inner
    return redact(f"{type(problem).__name__}: {problem}")
