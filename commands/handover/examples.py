"""Examples of a sign-in and one call, for the outside system's team: a shell's and Python's. Both run as they stand.

Secrets are named by environment variables alone, and are in no argument of a process.
"""

from __future__ import annotations

import base64
from typing import NamedTuple

from clients.entra.cloud import CLOUDS
from commands.handover.access import MANAGED_IDENTITY, Handover, Kind

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Example(NamedTuple):
    """How to sign in by one kind of credential.

    Attributes:
        kind: of credential.
        needs: what has to be there before, a sentence.
        curl: for a POSIX shell, "" where a shell cannot sign in like this.
        python: with `requests`, and where that is not enough with a library of Microsoft's.
    """

    kind: Kind
    needs: str
    curl: str
    python: str


def examples(access: Handover) -> list[Example]:
    """Return an example for each kind of credential that an integration has; [] where it has no environment."""
    if not access.environments:
        return []
    return [_EXAMPLES[kind](access) for kind in access.kinds if kind in _EXAMPLES]


def _with_secret(access: Handover) -> Example:
    return Example(
        "clientSecret",
        "AZURE_CLIENT_SECRET has the client secret.",
        _curl(access, 'printf %s "$AZURE_CLIENT_SECRET" | ', '--data-urlencode "client_secret@-"'),
        _python(access, "import os, requests", ['"client_secret": os.environ["AZURE_CLIENT_SECRET"],']),
    )


def _with_token_file(access: Handover) -> Example:
    return Example(
        "federatedCredential",
        "AZURE_FEDERATED_TOKEN_FILE names a file with a token of your platform, for the audience above.",
        _curl(
            access,
            "",
            f'--data-urlencode "client_assertion_type={_ASSERTION}" \\\n'
            '  --data-urlencode "client_assertion@$AZURE_FEDERATED_TOKEN_FILE"',
        ),
        _python(
            access,
            "import os, pathlib, requests",
            [
                f'"client_assertion_type": "{_ASSERTION}",',
                '"client_assertion": pathlib.Path(os.environ["AZURE_FEDERATED_TOKEN_FILE"]).read_text(),',
            ],
        ),
    )


def _with_managed_identity(access: Handover) -> Example:
    trusts = access.outputs.federated_credentials.values()
    audience = next(each.audience for each in trusts if each.platform == MANAGED_IDENTITY)
    return Example(
        "managedIdentity",
        "It runs in Azure, as the managed identity above; pip install azure-identity requests.",
        "",
        "\n".join(
            [
                "import requests",
                "from azure.identity import ClientAssertionCredential, ManagedIdentityCredential",
                'identity = ManagedIdentityCredential()  # client_id="..." for a user-assigned one',
                "credential = ClientAssertionCredential(",
                f'    "{access.outputs.tenant_id}", "{access.outputs.client_id}",',
                f'    lambda: identity.get_token("{audience}/.default").token,{_elsewhere(access)}',
                ")",
                f'token = credential.get_token("{access.environments[0].scope}").token',
                *_call(access, "token"),
            ]
        ),
    )


def _with_certificate(access: Handover) -> Example:
    authority = access.token_endpoint.removesuffix("/oauth2/v2.0/token")
    discovery = "" if access.login in _KNOWN_LOGINS else " instance_discovery=False,"
    return Example(
        "certificate",
        "AZURE_CLIENT_CERTIFICATE_PATH names a PEM file with the certificate and its private key; "
        "pip install msal requests.",
        "",
        "\n".join(
            [
                "import msal, os, pathlib, requests",
                'pem = pathlib.Path(os.environ["AZURE_CLIENT_CERTIFICATE_PATH"]).read_text()',
                "client = msal.ConfidentialClientApplication(",
                f'    "{access.outputs.client_id}", authority="{authority}",{discovery}',
                '    client_credential={"private_key": pem, "public_certificate": pem[pem.index("-----BEGIN CERT"):]},',
                ")",
                f'answer = client.acquire_token_for_client(["{access.environments[0].scope}"])',
                *_call(access, 'answer["access_token"]'),
            ]
        ),
    )


def _with_vault_certificate(access: Handover) -> Example:
    signs = access.outputs.certificate_in
    named = base64.urlsafe_b64encode(bytes.fromhex(signs.sha256 if signs else "")).decode().rstrip("=")
    client_id = access.outputs.client_id
    return Example(
        "vaultCertificate",
        "It runs with an identity that may sign with that key (role Key Vault Crypto User on it); pip install "
        "azure-identity azure-keyvault-keys requests.",
        "",
        "\n".join(
            [
                "import base64, hashlib, json, requests, time, uuid",
                "from azure.identity import DefaultAzureCredential",
                "from azure.keyvault.keys.crypto import CryptographyClient, SignatureAlgorithm",
                f"identity = DefaultAzureCredential({_elsewhere(access).strip().rstrip(',')})",
                f'key = CryptographyClient("{access.key_id}", identity)',
                "def encoded(value):",
                '    return base64.urlsafe_b64encode(value).decode().rstrip("=")',
                f'header = {{"alg": "PS256", "typ": "JWT", "x5t#S256": "{named}"}}',
                f'claims = {{"aud": "{access.token_endpoint}", "iss": "{client_id}", "sub": "{client_id}",',
                '    "jti": str(uuid.uuid4()), "nbf": int(time.time()), "exp": int(time.time()) + 300}',
                'text = ".".join(encoded(json.dumps(each).encode()) for each in (header, claims))',
                "signed = key.sign(SignatureAlgorithm.ps256, hashlib.sha256(text.encode()).digest())",
                *_python(
                    access,
                    "",
                    [
                        f'"client_assertion_type": "{_ASSERTION}",',
                        '"client_assertion": text + "." + encoded(signed.signature),',
                    ],
                ).splitlines()[1:],
            ]
        ),
    )


_EXAMPLES = {
    "clientSecret": _with_secret,
    "federatedCredential": _with_token_file,
    "managedIdentity": _with_managed_identity,
    "certificate": _with_certificate,
    "vaultCertificate": _with_vault_certificate,
}


_KNOWN_LOGINS = {each.login for each in CLOUDS.values()}


def _elsewhere(access: Handover) -> str:
    """Return the arguments with which azure-identity finds another cloud than the public one."""
    if access.login == CLOUDS["public"].login:
        return ""
    discovery = "" if access.login in _KNOWN_LOGINS else " disable_instance_discovery=True,"
    return f'\n    authority="{access.login}",{discovery}'


def _curl(access: Handover, before: str, credential: str) -> str:
    """Return a sign-in and the list of companies, or what Entra refused.

    The token goes by standard input, as the arguments of a process can be seen.
    """
    first = access.environments[0]
    return "\n".join(
        [
            f"answer=$({before}curl --silent --show-error '{access.token_endpoint}' \\",
            f"  --data-urlencode 'client_id={access.outputs.client_id}' \\",
            f"  --data-urlencode 'scope={first.scope}' --data-urlencode 'grant_type=client_credentials' \\",
            f"  {credential})",
            """token=$(printf %s "$answer" | sed -n 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/p')""",
            """if [ -n "$token" ]; then printf 'Authorization: Bearer %s' "$token" \\""",
            f"  | curl --silent --show-error --fail-with-body --header @- '{first.companies_url}'",
            """else printf '%s\\n' "$answer" >&2; false; fi""",
        ]
    )


def _python(access: Handover, imports: str, credential: list[str]) -> str:
    first = access.environments[0]
    return "\n".join(
        [
            imports,
            f'answer = requests.post("{access.token_endpoint}", timeout=60, data={{',
            f'    "grant_type": "client_credentials", "client_id": "{access.outputs.client_id}",',
            f'    "scope": "{first.scope}",',
            *(f"    {line}" for line in credential),
            "})",
            "answer.raise_for_status()",
            *_call(access, 'answer.json()["access_token"]'),
        ]
    )


def _call(access: Handover, token: str) -> list[str]:
    return [
        f'headers = {{"Authorization": "Bearer " + {token}}}',
        f'companies = requests.get("{access.environments[0].companies_url}", headers=headers, timeout=60)',
        'print([each["name"] for each in companies.json()["value"]])',
    ]
