"""What an administrator can do by hand to what azuread makes: applications, service principals and their secrets.

All of it at once, in one stack that has an integration for each case: an engine takes its time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.support.azuread_plugin import CERTIFICATE, FEDERATED
from tests.support.certificates import key_credential, make_certificate
from tests.support.entra import graph
from tests.support.stack import FIRST, Stack, secrets
from tests.support.tenant import Tenant

ADMINISTRATOR = "ad313157-8a70-4d3b-9c53-0c4f1e9b0001"
GRAPH = "00000003-0000-0000-c000-000000000000"
TYPES = {
    "azuread:index/application:Application": "the application",
    "azuread:index/servicePrincipal:ServicePrincipal": "the service principal",
    "azuread:index/applicationPassword:ApplicationPassword": "the secret",
    FEDERATED: "the federated credential",
    CERTIFICATE: "the certificate",
}
PEOPLE: dict[str, Any] = {"preset": "mcp-host"}
PROGRAM: dict[str, Any] = {
    "roles": ["API.ReadWrite.All"],
    "environments": ["production"],
    "proof": "off",
    "credentials": {"secrets": {**secrets(FIRST)["secrets"], "lifetimeDays": 90}},
}
WITHOUT_SECRET: dict[str, Any] = {
    **PROGRAM,
    "credentials": {
        "federated": [{"name": "robots", "github": {"repository": "acme/robots", "environment": "production"}}],
        "certificates": [{"pem": make_certificate()[0].decode()}],
    },
}
PORTAL = "https://portal.example/"


class Objects(NamedTuple):
    """The object ids of one integration's application and service principal."""

    tenant: Tenant
    application: str
    principal: str

    def change_application(self, **changes: Any) -> None:
        """Change the application by hand."""
        graph(self.tenant, "PATCH", f"/applications/{self.application}", changes)

    def change_principal(self, **changes: Any) -> None:
        """Change the service principal by hand."""
        graph(self.tenant, "PATCH", f"/servicePrincipals/{self.principal}", changes)

    def add(self, below: str, body: Mapping[str, Any]) -> Any:
        """Add something below an object by hand."""
        return graph(self.tenant, "POST", f"/{below}", dict(body))

    def add_owner(self, collection: str, object_id: str) -> None:
        """Make the administrator an owner."""
        reference = f"{self.tenant.ready.origin}/v1.0/directoryObjects/{ADMINISTRATOR}"
        self.add(f"{collection}/{object_id}/owners/$ref", {"@odata.id": reference})


class Case(NamedTuple):
    """Something that is done by hand.

    Attributes:
        about: what it is done to, a value of TYPES.
        done: in words.
        do: does it.
        declared: the integration's entry in the stack file, without a name.
    """

    about: str
    done: str
    do: Callable[[Objects], Any]
    declared: Mapping[str, Any] = PEOPLE


def _trust(it: Objects) -> None:
    issuer = "https://token.actions.githubusercontent.com"
    trusted = {"name": "robots", "issuer": issuer, "subject": "repo:acme/robots", "audiences": ["api://x"]}
    it.add(f"applications/{it.application}/federatedIdentityCredentials", trusted)


def _below_trusts(it: Objects) -> str:
    path = f"/applications/{it.application}/federatedIdentityCredentials"
    (trust,) = graph(it.tenant, "GET", path)["value"]
    return f"{path}/{trust['id']}"


def _remove_secret(it: Objects) -> None:
    (secret,) = graph(it.tenant, "GET", f"/applications/{it.application}")["passwordCredentials"]
    it.add(f"applications/{it.application}/removePassword", {"keyId": secret["keyId"]})


APPLICATION, PRINCIPAL, SECRET, TRUST, PUBLIC = TYPES.values()
TITLES = {
    (APPLICATION,): "An application of this stack",
    (PRINCIPAL,): "Its service principal",
    (SECRET,): "Its client secrets",
    (TRUST, PUBLIC): "Its federated credentials and certificates",
}
"""What it is done to -> heading of its table in the page."""

CASES = [
    Case(APPLICATION, "renames it", lambda it: it.change_application(displayName=f"By hand {it.application}")),
    Case(
        APPLICATION,
        "adds redirect addresses that the stack file does not manage",
        lambda it: it.change_application(web={"redirectUris": [PORTAL]}, spa={"redirectUris": [PORTAL]}),
    ),
    Case(
        APPLICATION,
        "adds a redirect address to a list of the stack file",
        lambda it: it.change_application(publicClient={"redirectUris": ["http://localhost:33418/callback", PORTAL]}),
    ),
    Case(
        APPLICATION,
        "turns an implicit grant on",
        lambda it: it.change_application(web={"implicitGrantSettings": {"enableIdTokenIssuance": True}}),
    ),
    Case(
        APPLICATION,
        "writes notes, a description and a number of the asset management",
        lambda it: it.change_application(notes="Ask Ann", description="Ours", serviceManagementReference="4711"),
    ),
    Case(
        APPLICATION,
        "writes other notes than the stack file",
        lambda it: it.change_application(notes="By hand"),
        {**PEOPLE, "notes": "From the stack file"},
    ),
    Case(
        APPLICATION,
        "lets public client flows in, where the stack file says `fallbackPublicClient: false`",
        lambda it: it.change_application(isFallbackPublicClient=True),
        {**PEOPLE, "fallbackPublicClient": False},
    ),
    Case(
        APPLICATION,
        "opens it to other tenants",
        lambda it: it.change_application(signInAudience="AzureADMultipleOrgs"),
    ),
    Case(
        APPLICATION,
        "has it request another permission",
        lambda it: it.change_application(
            requiredResourceAccess=[
                {
                    "resourceAppId": GRAPH,
                    "resourceAccess": [{"id": "df021288-bdef-4463-88db-98f22de89214", "type": "Role"}],
                }
            ]
        ),
    ),
    Case(APPLICATION, "takes this program's tag off", lambda it: it.change_application(tags=[])),
    Case(
        APPLICATION,
        "adds an owner, where the stack file lists none",
        lambda it: it.add_owner("applications", it.application),
    ),
    Case(
        APPLICATION,
        "adds a certificate",
        lambda it: it.change_application(keyCredentials=[key_credential(make_certificate()[0])]),
    ),
    Case(APPLICATION, "adds a federated credential", _trust),
    Case(APPLICATION, "deletes it", lambda it: graph(it.tenant, "DELETE", f"/applications/{it.application}")),
    Case(
        PRINCIPAL,
        "disables it, and the stack file says nothing",
        lambda it: it.change_principal(accountEnabled=False),
    ),
    Case(
        PRINCIPAL,
        "disables it, where the stack file says `enabled: true`",
        lambda it: it.change_principal(accountEnabled=False),
        {**PEOPLE, "enabled": True},
    ),
    Case(
        PRINCIPAL,
        "enables it, where the stack file says `enabled: false`",
        lambda it: it.change_principal(accountEnabled=True),
        {**PEOPLE, "enabled": False},
    ),
    Case(
        PRINCIPAL,
        "lets only those in who are assigned, hides it and writes notes",
        lambda it: it.change_principal(appRoleAssignmentRequired=True, tags=["HideApp"], notes="Ask Ann"),
    ),
    Case(
        PRINCIPAL,
        "adds an owner, where the stack file lists none",
        lambda it: it.add_owner("servicePrincipals", it.principal),
    ),
    Case(PRINCIPAL, "deletes it", lambda it: graph(it.tenant, "DELETE", f"/servicePrincipals/{it.principal}")),
    Case(SECRET, "removes it", _remove_secret, PROGRAM),
    Case(
        SECRET,
        "adds another one",
        lambda it: it.add(f"applications/{it.application}/addPassword", {"passwordCredential": {"displayName": "x"}}),
        PROGRAM,
    ),
    Case(
        TRUST,
        "changes the subject of a federated credential",
        lambda it: graph(it.tenant, "PATCH", _below_trusts(it), {"subject": "repo:evil/robots:pull_request"}),
        WITHOUT_SECRET,
    ),
    Case(
        TRUST,
        "describes a federated credential, and the stack file says nothing",
        lambda it: graph(it.tenant, "PATCH", _below_trusts(it), {"description": "Ask Ann"}),
        WITHOUT_SECRET,
    ),
    Case(
        TRUST,
        "removes a federated credential",
        lambda it: graph(it.tenant, "DELETE", _below_trusts(it)),
        WITHOUT_SECRET,
    ),
    Case(TRUST, "adds another federated credential", _trust, {**WITHOUT_SECRET, "credentials": {"federated": []}}),
    Case(
        PUBLIC,
        "puts another certificate in the place of ours",
        lambda it: it.change_application(keyCredentials=[key_credential(make_certificate()[0])]),
        WITHOUT_SECRET,
    ),
]


class Outcome(NamedTuple):
    """What came of a case: what a refresh shows, and what `up --refresh` does, both in words."""

    shown: str
    done: str


def play_all(stack: Stack) -> list[Outcome]:
    """Make everything, do everything by hand, refresh, and bring it back; one outcome for each of CASES."""
    tenant = stack.tenant
    keys = [f"case{number}" for number in range(len(CASES))]
    stack.write(**{key: {**case.declared, "displayName": f"Case {key}"} for key, case in zip(keys, CASES, strict=True)})
    made = stack.up()
    assert made.code == 0, made
    ids = {(_type(each), each["urn"].rpartition("::")[2]): each.get("id", "") for each in stack.resources()}
    application, principal, *_ = TYPES
    for key, case in zip(keys, CASES, strict=True):
        found = (ids[kind, key].rpartition("/")[2] for kind in (application, principal))
        case.do(Objects(tenant, *found))
    shown = _changes(stack)
    done = stack.up("--refresh", "--continue-on-error")  # one is refused, and the others are put right all the same
    return [Outcome(_all_shown(key, shown), _done(key, done.output)) for key in keys]


def drifts(stack: Stack) -> bool:
    """Tell whether a refresh shows anything of what azuread makes."""
    return bool(_changes(stack))


def row(case: Case, outcome: Outcome) -> str:
    """Return a case's row in the page."""
    return f"| {case.done} | {outcome.shown} | {outcome.done} |"


def _changes(stack: Stack) -> list[Mapping[str, Any]]:
    """Return the steps of a refresh that show something of what azuread makes."""
    done = stack.run("refresh", "--preview-only", "--json", "--non-interactive")
    plan = json.JSONDecoder().raw_decode(done.output[done.output.index("{\n") :])[0]
    return [
        step
        for step in plan.get("steps", [])
        if _type(step) in TYPES and (step["op"] not in ("same", "refresh") or step.get("detailedDiff"))
    ]


def _type(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"].split("::")[2].rpartition("$")[2])


def _all_shown(key: str, steps: Sequence[Mapping[str, Any]]) -> str:
    of_case = [step for step in steps if re.search(rf"::{key}(-|$)", step["urn"])]
    return "<br>".join(map(_shown, of_case)) or "nothing"


def _shown(step: Mapping[str, Any]) -> str:
    if step["op"] == "delete":
        return f"{TYPES[_type(step)]} is gone (`- delete`)"
    # The real plugin names members too: `publicClient.redirectUris[1]`.
    return "<br>".join(f"`~ {name}`" for name in sorted({re.split(r"[.\[]", path)[0] for path in step["detailedDiff"]}))


def _done(key: str, output: str) -> str:
    if refused := re.search(rf"integrations\.{key}: (could not [^.]*)\.", output):
        said = re.sub(r"(/servicePrincipals/)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", refused[1])
        return f"an error: “{said}.”"
    words = {"created": "makes", "updated": "changes", "deleted": "deletes"}
    found = re.findall(rf"azuread:index:(\w+) {key}(?:-\S+)? (created|updated|deleted) ", output)
    names = {kind.rpartition(":")[2]: what for kind, what in TYPES.items()}
    return ", ".join(dict.fromkeys(f"{words[verb]} {names[kind]}" for kind, verb in found)) or "nothing"
