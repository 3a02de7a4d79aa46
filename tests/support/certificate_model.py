"""A small model of a vault's certificate, and what has to hold of every plan for it carried out there.

It reads plans, and shares no rule with what makes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from clients.key_vault.records import CertificateVersion
from reconcilers.certificates.plan import Plan
from reconcilers.certificates.spec import CertificateSpec, Live, Recorded

Planning = Callable[[CertificateSpec, Live, Recorded | None], Plan]
Removing = Callable[[CertificateSpec, Live, Recorded], tuple[str, ...]]

SPEC = CertificateSpec(
    label="2026-10-01",
    key_vault="acme-vault",
    certificate_name="robots",
    application_tag="entra-business-central:prod:robots",
    declared_at="integrations.robots.credentials.vaultCertificate.issued",
    client_id="c11e47",
)
OWNERS = {
    "ours": {"managed-by": "entra-business-central", "stack": "prod", "integration": "robots", "client-id": "c11e47"},
    "anew": {"managed-by": "entra-business-central", "stack": "prod", "integration": "robots", "client-id": "01d"},
    "renamed": {"managed-by": "entra-business-central", "stack": "prod", "integration": "bots", "client-id": "c11e47"},
    "theirs": {"managed-by": "entra-business-central", "stack": "prod", "integration": "shop", "client-id": "5h09"},
    "nobody's": {},
}
"""Whose a version is -> its tags: ours, of an application before this one, of a key before this one, somebody else's."""
_START = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass
class World:
    """What a plan is made of.

    Attributes:
        versions: of the vault's certificate, in the order in which they were made.
        owners: whose each is, by its id.
        recorded: what the state has.
        is_deleted: whether the certificate is deleted.
    """

    versions: list[CertificateVersion]
    owners: dict[str, str]
    recorded: Recorded | None = None
    is_deleted: bool = False

    def live(self) -> Live:
        """Return what a look at it sees."""
        if self.is_deleted:
            return Live((), self.versions[-1])
        return Live(tuple(self.versions))

    def is_ours(self, version: CertificateVersion) -> bool:
        """Whether a version is of this integration."""
        return self.owners[version.version] in {"ours", "anew", "renamed"}

    def is_of_label(self, version: CertificateVersion) -> bool:
        """Whether a version is of this label."""
        is_recorded = self.recorded is not None and version.version == self.recorded.version
        return is_recorded or (self.is_ours(version) and version.tags.get("label") == SPEC.label)

    def set_enabled(self, version: str, *, enabled: bool) -> None:
        """Enable or disable a version, which was the other."""
        (number,) = [index for index, each in enumerate(self.versions) if each.version == version]
        assert self.versions[number].enabled != enabled, "a request for nothing"
        self.versions[number] = replace(self.versions[number], enabled=enabled)

    def copy(self) -> World:
        """Return another one like it."""
        return World(list(self.versions), dict(self.owners), self.recorded, self.is_deleted)


def check(world: World, planning: Planning) -> None:
    """Carry out a plan and look at what comes of it.

    Raises:
        AssertionError: it is not as declared.
    """
    before = world.copy()
    plan = planning(SPEC, world.live(), world.recorded)
    if world.is_deleted:
        newest = world.versions[-1]
        assert (plan.recover, bool(plan.refused)) == (world.is_ours(newest), not world.is_ours(newest))
        if plan.refused:
            return
        world.is_deleted = False
        plan = planning(SPEC, world.live(), world.recorded)
    own = [each for each in world.versions if world.is_of_label(each)]
    is_taken = bool(world.versions) and not world.is_ours(world.versions[-1]) and not own
    assert bool(plan.refused) == is_taken, "refused where the vault's certificate is somebody else's"
    if plan.refused:
        assert plan == Plan(refused=plan.refused)
        return
    assert plan.makes == (not own), "a version that is there is kept"
    if plan.adopt:
        kept = plan.adopt.version
        assert kept in {each.version for each in own}
        if world.recorded and world.recorded.version in {each.version for each in own}:
            assert kept == world.recorded.version, "the recorded one before another: Entra knows it"
        if plan.enable:
            world.set_enabled(kept, enabled=True)
    else:
        kept = "new"
        world.owners["new"] = "ours"
        world.versions.append(_version("new", len(world.versions), SPEC.label, "ours", enabled=True))
    for version in plan.disable:
        world.set_enabled(version, enabled=False)
    alive = [each.version for each in world.versions if each.enabled and world.is_of_label(each)]
    assert alive == [kept], "one version of the label signs"
    _others_are_as_they_were(before, world)
    world.recorded = Recorded(kept)
    again = planning(SPEC, world.live(), world.recorded)
    assert again == Plan(adopt=again.adopt), "nothing is left to do"
    assert again.adopt
    assert again.adopt.version == kept


def check_removal(world: World, removing: Removing) -> None:
    """Carry out a removal and look at what is left.

    Raises:
        AssertionError: a key signs that should not, or something of others has changed.
    """
    before = world.copy()
    for version in removing(SPEC, world.live(), world.recorded or Recorded()):
        world.set_enabled(version, enabled=False)
    if not world.is_deleted:
        assert not [each for each in world.versions if each.enabled and before.is_of_label(each)]
    _others_are_as_they_were(before, world)


def _others_are_as_they_were(before: World, world: World) -> None:
    others = [each for each in before.versions if not before.is_of_label(each)]
    assert all(each in world.versions for each in others)


def _version(id_: str, second: int, label: str, owner: str, *, enabled: bool) -> CertificateVersion:
    return CertificateVersion(
        vault="acme-vault",
        name="robots",
        version=id_,
        enabled=enabled,
        thumbprint=f"{id_:0>40}".upper(),
        created=_START + timedelta(seconds=second),
        tags={**OWNERS[owner], **({"label": label} if owner != "nobody's" else {})},
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Anything that may be in a vault and in the state."""
    count = draw(st.integers(0, 5))
    owners = {f"v{number}": draw(st.sampled_from(["ours"] * 5 + list(OWNERS))) for number in range(count)}
    labels = st.sampled_from([SPEC.label] * 3 + ["2026-09-01", "2026-10-01b", "2026-11-15"])
    versions = [
        _version(id_, number, draw(labels), owner, enabled=draw(st.booleans()))
        for number, (id_, owner) in enumerate(owners.items())
    ]
    world = World(versions, owners, is_deleted=bool(versions) and draw(st.integers(0, 4)) == 0)
    own = [each.version for each in versions if world.is_of_label(each)]
    if draw(st.booleans()):
        world.recorded = Recorded(draw(st.sampled_from([*own, "purged"])))
    return world
