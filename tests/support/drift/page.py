"""Everything that an administrator can do by hand to what a stack made, and the page that tells what comes of it.

With a Pulumi CLI, `python -m tests.support.drift.page` writes docs/reference/drift.md anew, from what really happens.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.support.drift import azuread_drifts
from tests.support.drift.case import Drift, Outcome, Subject, play
from tests.support.drift.certificate_drifts import CERTIFICATE
from tests.support.drift.certificate_drifts import DRIFTS as CERTIFICATE_DRIFTS
from tests.support.drift.consent_drifts import OWN_CONSENT, OWN_DRIFTS, VENDOR_DRIFTS, VENDORS_CONSENT
from tests.support.drift.custody_drifts import CUSTODY
from tests.support.drift.custody_drifts import DRIFTS as CUSTODY_DRIFTS
from tests.support.drift.delivery_drifts import DELIVERY
from tests.support.drift.delivery_drifts import DRIFTS as DELIVERY_DRIFTS
from tests.support.drift.registration_drifts import DRIFTS, REGISTRATION
from tests.support.stack import Stack
from tests.support.tenant import Tenant, start_tenant

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "drift.md"

CASES: list[tuple[Subject, list[Drift]]] = [
    (REGISTRATION, DRIFTS),
    (OWN_CONSENT, OWN_DRIFTS),
    (VENDORS_CONSENT, VENDOR_DRIFTS),
    (DELIVERY, DELIVERY_DRIFTS),
    (CUSTODY, CUSTODY_DRIFTS),
    (CERTIFICATE, CERTIFICATE_DRIFTS),
]


def page(tenant: Tenant, folder: Path) -> str:
    """Return the page, made of what happens to each of the cases."""
    sections = [_section(subject, cases, tenant) for subject, cases in CASES]
    tenant.reset()
    return "\n".join([HEAD, *sections, *_azuread_sections(Stack(folder / "stack", tenant, "stand-in")), TAIL])


def row(drift: Drift, outcome: Outcome) -> str:
    """Return a case's row in the page."""
    text = f"| {drift.done} | {'<br>'.join(outcome.shown)} | {outcome.done} |"
    return text.replace(outcome.inputs["client_id"], "<client id>")


def _section(subject: Subject, cases: list[Drift], tenant: Tenant) -> str:
    rows = []
    for drift in cases:
        tenant.reset()
        rows.append(row(drift, play(drift, subject, tenant)))
    return "\n".join([f"## {subject.title}", "", COLUMNS, *rows, ""])


def _azuread_sections(stack: Stack) -> list[str]:
    outcomes = azuread_drifts.play_all(stack)
    rows = [azuread_drifts.row(*each) for each in zip(azuread_drifts.CASES, outcomes, strict=True)]
    return [
        "\n".join(
            [
                f"## {title}",
                "",
                COLUMNS,
                *(each for each, case in zip(rows, azuread_drifts.CASES, strict=True) if case.about in about),
                "",
                AZUREAD[about],
            ]
        )
        for about, title in azuread_drifts.TITLES.items()
    ]


AZUREAD = {
    (
        azuread_drifts.APPLICATION,
    ): """What the [stack file](stack-file.md#integrations) does not manage is no drift, and others may set it: redirect addresses,
notes, owners and all else without a key or without a value. `python -m commands preflight` lists it, since
not drift is not unseen. Lists in the stack file are exact.

**A plain `up` that changes the application for another reason loses what others set since the last refresh**: azuread
sends all of it as the state has it. Where others edit, use `pulumi up --refresh`, which reads it into the state first.
An application that is made anew has another client id, and nothing of what others had set.
""",
    (
        azuread_drifts.PRINCIPAL,
    ): """A disabled service principal can mean that somebody stopped an attack. So `up` enables it only where the stack file
says `enabled: true`, and otherwise stops until it says `true` or `false`: after a refresh, and also where it changes the
owners without one, since azuread sends the whole service principal, enabled as the state has it.
""",
    (
        azuread_drifts.SECRET,
    ): """A secret that somebody added is nobody's here: preflight lists it. One that is made anew has another text, to be handed
over again.
""",
    (
        azuread_drifts.TRUST,
        azuread_drifts.PUBLIC,
    ): """A federated credential or a certificate that somebody added is nobody's here either, and preflight lists it.

**Where the application itself was deleted by hand**, azuread cannot read its certificates any more, and `refresh` ends
with `Retrieving Application … Request_ResourceNotFound`. Have the state forget them, then go on:

```sh
pulumi state delete --stack prod --yes 'urn:…:ApplicationCertificate::robots-certificate-…'     # the error names it
pulumi up --stack prod --refresh
```
""",
}

COLUMNS = """| an administrator | `refresh` shows | `up --refresh` |
|---|---|---|"""

HEAD = """# Drift: what is changed by hand, and what comes of it

<!-- Written by `python -m tests.support.drift.page`, from what happens in the rehearsal tenant; a test holds it. -->

A plain `pulumi up` compares the stack file with the state, and asks no service. `pulumi refresh` reads what is really
there; `refresh --preview-only --expect-no-changes` exits with 7 where anything differs. `pulumi up --refresh` brings it
back to what is declared.
"""

TAIL = """What cannot be read is never taken for gone: a missing extension, a renamed environment or a caller that lost its rights
is an error, and neither the state nor the registration is touched.

An environment copied from another one carries its registrations along. Those that this stack does not declare for the
copy are nobody's here: `refresh` and `up` do not look at them; `python -m commands preflight` does.

An identity of this tenant that others made (`owner: tenant`) is as a vendor's application here, without a publisher.
Where its client id is another stack's output, `refresh` shows each output of that stack that has changed since the last
`up`, also another one.

A deleted service principal of an application of this stack is made anew by azuread, in the same `up`. With Business
Central's service principal goes also what the application that runs this may do there: grant it that again first.

## Shortly after an `up`

Entra does not show everywhere at once what is new. An assignment that no list shows yet cannot be told from one that
somebody withdrew: `refresh` shows `roles: [...] => []`, or `delegated_scopes`; the next `up` finds it, waits until it is
seen, and makes nothing twice. After an `up` that ended with a proof, roles have been seen already. A service principal is
gone only when it is not found by its object id either. A vendor's delegated permissions that were taken for withdrawn in this way
may count as somebody else's from then on, and then stay at the end. Registrations and permission sets are read from the
database that they were written to, and are not late.
"""


def main() -> None:
    """Write the page."""
    folder = Path(tempfile.mkdtemp())
    with start_tenant(folder) as tenant:
        PAGE.write_text(page(tenant, folder), encoding="utf-8")


if __name__ == "__main__":
    main()
