"""Certificates as `rotate` sees them: those in a vault rotate as secrets do; of those from PEM it says the end.

The private key of a certificate from PEM is with the outside system, so that nothing can be made for it here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any, ClassVar

from clients.graph.applications import Application
from clients.graph.times import moment
from clients.key_vault.records import CertificateVersion
from clients.session import Session
from commands.preflight.findings import SOON
from commands.preflight.stack import all_keys
from commands.preflight.state import State
from commands.rotate.outcome import Line, rotation_lines
from reconcilers.secrets.rotation import Note, Rotation, plan, plan_after_leak
from reconcilers.secrets.rotation_spec import LiveSecret, Terms
from reconcilers.vault_versions import label_of
from settings import logical_names
from settings.models import Integration
from settings.vault_certificates import VaultCertificate, issued_path


@dataclass(frozen=True)
class CertificateTerms(Terms):
    """What the stack file says of the certificates of one application in a vault.

    Attributes:
        declared: the same, as the stack file has it: it counts in months of the calendar.
    """

    what: ClassVar[str] = "certificate"

    declared: VaultCertificate

    @classmethod
    def of(cls, declared: VaultCertificate) -> CertificateTerms:
        """Return what the rule of rotation is told."""
        return cls(declared.issued, declared.shortest_life, declared.overlap, declared.maximum_live, declared)

    def end(self, label: str) -> datetime:
        """Return when a certificate ends that is made on the day of a label."""
        return datetime.combine(self.declared.end(label), time(), UTC)


@dataclass(frozen=True)
class CertificateOutcome:
    """What came of the certificates of one integration.

    Attributes:
        integration: what the stack file says of it.
        rotation: what was planned for those in a vault, and, unless it was only checked, written.
        recorded: the labels that the state has.
        ends: when each certificate ends: by label, of one from PEM by thumbprint.
        from_pem: what is to be said of those from PEM, each under its key path.
        checked: whether it was only looked at.
        reason: of `--now`, "" without it.
    """

    integration: Integration
    rotation: Rotation
    recorded: frozenset[str]
    ends: Mapping[str, datetime]
    from_pem: tuple[tuple[str, Note], ...] = field(default=())
    checked: bool = False
    reason: str = ""

    @property
    def edits(self) -> bool:
        """Whether the stack file is to change, or would."""
        return bool(self.rotation.add or self.rotation.remove)

    @property
    def is_to_decide(self) -> bool:
        """Whether a person has to decide something, or to hurry."""
        return any(each.is_to_decide for each in self._notes)

    @property
    def _notes(self) -> list[Note]:
        return [*self.rotation.notes, *(note for _, note in self.from_pem)]

    def _next_up(self) -> Iterator[str]:
        place = self.integration.credentials.vault_certificate
        if (add := self.rotation.add) and place:
            ends = f"{CertificateTerms.of(place).end(add):%Y-%m-%d}"
            yield (
                f"The next `pulumi up` has vault {place.key_vault} make the certificate '{add}' of "
                f"{place.certificate_name}, which ends about {ends}, and registers it."
            )
        if made := [label for label in self.rotation.remove if label in self.recorded]:
            names = ", ".join(f"'{label}'" for label in made)
            yield f"The next `pulumi up` removes {names} from Entra, and disables the version: its key signs no more."

    def lines(self) -> Iterator[Line]:
        """Yield what to print."""
        where = issued_path(self.integration.key)
        yield from rotation_lines(self.rotation, where, checked=self.checked, reason=self.reason)
        for text in self._next_up():
            yield Line("next up", where, text)
        for there, note in self.from_pem:
            yield Line(note.kind, there, note.text)

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "key": self.integration.key,
            "add": self.rotation.add,
            "remove": list(self.rotation.remove),
            "reason": self.reason,
            "toDecide": self.is_to_decide,
            "notes": [{"kind": each.kind, "label": each.label, "text": each.text} for each in self._notes],
            "nextUp": list(self._next_up()),
            "expires": {name: f"{end:%Y-%m-%dT%H:%M:%SZ}" for name, end in self.ends.items()},
        }


def outcome(
    integration: Integration,
    state: State,
    applications: Collection[Application],
    session: Session,
    now: datetime,
    *,
    checked: bool,
    leak: str,
) -> CertificateOutcome:
    """Return what is to be done about the certificates of an integration.

    Args:
        integration: the integration.
        state: the stack's state.
        applications: the applications in Entra that stacks of this project made.
        session: whose vaults are listed; nothing is asked where there is no certificate in one.
        now: the time, in UTC.
        checked: whether it is only looked at.
        leak: why those in a vault are to be replaced at once, "" where they are not.

    Raises:
        UserFacingError: the vault cannot be listed; it needs Key Vault Reader.
    """
    notes = tuple(pem_notes(integration, now))
    ends = {each.public.thumbprint: moment(each.public.ends) for each in integration.credentials.certificates}
    declared = integration.credentials.vault_certificate
    if declared is None:
        return CertificateOutcome(integration, Rotation(), frozenset(), ends, notes, checked)
    recorded = {
        label: key_id
        for key, label, key_id in (
            (*logical_names.key_and_certificate_label(name), key_id) for name, key_id in state.certificate_keys.items()
        )
        if key in all_keys(integration) and "-" in label  # else it is a thumbprint
    }
    ids = {state.applications[key][0] for key in all_keys(integration) if key in state.applications}
    application = next((each for each in applications if each.id in ids), None)
    versions = session.vault(declared.key_vault).certificates.versions(declared.certificate_name)
    live = live_certificates(recorded, application, versions)
    rule = plan_after_leak if leak else plan
    rotation = rule(CertificateTerms.of(declared), live, recorded, now)
    ends |= {label: each.ends for label, each in live.items()}
    return CertificateOutcome(integration, rotation, frozenset(recorded), ends, notes, checked, leak)


def live_certificates(
    recorded: Mapping[str, str], application: Application | None, versions: Collection[CertificateVersion]
) -> dict[str, LiveSecret]:
    """Return the certificates of labels that Entra knows.

    One is available since the vault has an enabled version of it, and Entra takes it.

    Args:
        recorded: label -> key id in the state.
        application: as Entra has it, None where it has none.
        versions: of the vault's certificate.
    """
    known = {each.key_id: each for each in (application.certificates if application else ())}
    made = {label_of(each): each.created for each in versions if each.enabled}
    found = {}
    for label, key_id in recorded.items():
        if (there := known.get(key_id)) and there.ends:
            starts, created = moment(there.starts) if there.starts else None, made.get(label)
            available = max(starts, created) if starts and created else None
            found[label] = LiveSecret(key_id, available, moment(there.ends))
    return found


def pem_notes(integration: Integration, now: datetime) -> Iterator[tuple[str, Note]]:
    """Yield what is to be said of the certificates from PEM, each under its key path.

    A person has to hurry where one ends soon and the stack file has none that ends later.
    """
    declared = integration.credentials.certificates
    last = max((moment(each.public.ends) for each in declared), default=now)
    for index, each in enumerate(declared):
        end, where = moment(each.public.ends), f"integrations.{integration.key}.credentials.certificates[{index}]"
        what = f"The certificate {each.public.thumbprint} {'ended' if end <= now else 'ends'} {end:%Y-%m-%d}"
        if end > now + SOON:
            yield where, Note("note", each.public.thumbprint, f"{what}.")
        elif last > now + SOON:
            text = f"{what}, and another one ends later: take this one out when nobody uses it."
            yield where, Note("note", each.public.thumbprint, text)
        else:
            text = (
                f"{what}, and its private key is with the outside system, so that nothing can be made here: its team "
                "makes another key and certificate; add the public part beside this one, `pulumi up`, and take this "
                "one out when they have switched over."
            )
            yield where, Note("expiring", each.public.thumbprint, text)
