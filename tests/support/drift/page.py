"""Everything that an administrator can do by hand to what our resources made, and the page that tells what comes of it.

`python -m tests.support.drift.page` writes docs/reference/drift.md anew, from what really happens.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.support.drift.case import Drift, Outcome, Subject, play
from tests.support.drift.consent_drifts import OWN_CONSENT, OWN_DRIFTS, VENDOR_DRIFTS, VENDORS_CONSENT
from tests.support.drift.registration_drifts import DRIFTS, REGISTRATION
from tests.support.tenant import Tenant, start_tenant

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "drift.md"

CASES: list[tuple[Subject, list[Drift]]] = [
    (REGISTRATION, DRIFTS),
    (OWN_CONSENT, OWN_DRIFTS),
    (VENDORS_CONSENT, VENDOR_DRIFTS),
]


def page(tenant: Tenant) -> str:
    """Return the page, made of what happens to each of the cases."""
    return "\n".join([HEAD, *(_section(subject, cases, tenant) for subject, cases in CASES), TAIL])


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
    with start_tenant(Path(tempfile.mkdtemp())) as tenant:
        PAGE.write_text(page(tenant), encoding="utf-8")


if __name__ == "__main__":
    main()
