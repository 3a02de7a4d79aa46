"""A small model of an application and a vault, and what has to hold of every plan for a secret carried out on them.

It reads plans, and shares no rule with what makes them. Unlike a plan it knows which text a version really has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from clients.graph.passwords import Password
from clients.key_vault.records import Version
from reconcilers.secrets.plan import Plan, Removal
from reconcilers.secrets.spec import Live, Recorded, SecretSpec

Planning = Callable[[SecretSpec, Live, Recorded | None], Plan]
Removing = Callable[[SecretSpec, Live, Recorded], Removal]

SPEC = SecretSpec(
    label="2026-10-01",
    ends="2027-01-29T00:00:00Z",
    key_vault="acme-vault",
    secret_name="magento",
    application_tag="entra-business-central:prod:magento",
    declared_at="integrations.magento.credentials.secrets.issued",
    application_object_id="0b1ec7",
    client_id="c11e47",
)
OTHER_LABELS = ("2026-09-01", "2026-10-01b", "2026-11-15")
_OURS = "entra-business-central:prod:magento:2026-10-01:custody:"
_NAMES_OF_OTHERS = (
    "",
    "NaviPartner Magento 2 integration - 2026-10-01",
    "entra-business-central:prod:magento:2026-10-01b:custody:00",
    "entra-business-central:prod:magento:2026-11-15:custody:00",
    "entra-business-central:test:magento:2026-10-01:custody:00",
    "by hand: entra-business-central:prod:magento:2026-10-01:custody:00",
)
_START = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass
class InVault:
    """A version.

    Attributes:
        id: its id.
        holds: key id of the credential whose text it has; "" for something else.
        label: what its tags say; "" without tags.
        says: the key id in its tags.
        owner: "ours", "anew" (ours, of an application before this one), or "theirs".
        enabled: whether it is.
        second: when it was created.
    """

    id: str
    holds: str
    label: str
    says: str
    owner: str
    enabled: bool
    second: int

    def listed(self) -> Version:
        """Return it as the vault lists it."""
        tags = {"label": self.label, "key-id": self.says} if self.label else {}
        if self.label and self.owner != "theirs":
            tags |= {"managed-by": "entra-business-central", "stack": "prod", "integration": "magento"}
            tags["client-id"] = "c11e47" if self.owner == "ours" else "01dc11e47"
        if self.owner == "theirs":
            tags |= {"managed-by": "entra-business-central", "stack": "prod", "integration": "warehouse"}
        return Version(
            vault="acme-vault",
            name="magento",
            version=self.id,
            enabled=self.enabled,
            created=_START + timedelta(seconds=self.second),
            tags=tags,
        )


@dataclass
class World:
    """What a plan is made of.

    Attributes:
        credentials: key id -> display name, of the application.
        versions: of the vault's secret, in the order in which they were created.
        recorded: what the state has.
    """

    credentials: dict[str, str]
    versions: list[InVault]
    recorded: Recorded | None = None
    removed: list[str] = field(default_factory=list)

    def live(self) -> Live:
        """Return what a look at it sees."""
        credentials = tuple(Password(key, name, "", "") for key, name in self.credentials.items())
        return Live(credentials, tuple(each.listed() for each in self.versions))

    def copy(self) -> World:
        """Return another one like it."""
        return World(dict(self.credentials), [replace(each) for each in self.versions], self.recorded)

    def version(self, number: str) -> InVault:
        """Return a version."""
        return next(each for each in self.versions if each.id == number)

    def put(self, holds: str, label: str, says: str) -> InVault:
        """Set the secret: a new version, which is the current one."""
        second = self.versions[-1].second + 1 if self.versions else 0
        made = InVault(f"v{len(self.versions) + 100}", holds, label, says, "ours", enabled=True, second=second)
        self.versions.append(made)
        return made

    def is_ours(self, key_id: str) -> bool:
        """Whether a credential is of this label."""
        return self.credentials[key_id].startswith(_OURS) or (
            self.recorded is not None and key_id == self.recorded.key_id
        )

    def is_of_label(self, version: InVault) -> bool:
        """Whether a version is of this label."""
        is_recorded = self.recorded is not None and version.id == self.recorded.version
        return is_recorded or (version.owner != "theirs" and version.label == SPEC.label)


def carry_out(world: World, plan: Plan) -> Recorded:
    """Do what a plan says, in its order, and return what is then to be recorded."""
    before = {key for key in world.credentials if world.is_ours(key)}
    for key in plan.lost:
        readable = [each for each in world.versions if each.holds == key and world.is_of_label(each)]
        assert not readable, "what a vault has is not lost"
        world.credentials.pop(key)
    if plan.adopt:
        kept = world.version(plan.adopt.version)
        assert kept.enabled != plan.enable
        kept.enabled = True
        key_id = plan.key_id
    else:
        key_id = "new"
        world.credentials[key_id] = f"{_OURS}new"
        kept = world.put(key_id, SPEC.label, key_id)
    for key in plan.superseded:
        assert key in before, "nobody else's is ever removed"
        world.credentials.pop(key)
    for version in plan.disable:
        assert world.version(version).enabled, "a request for nothing"
        world.version(version).enabled = False
    if plan.renew:
        old = world.version(plan.renew.version)
        assert old.enabled, "the value of a disabled version cannot be read"
        is_own = plan.adopt is not None and old.id == plan.adopt.version
        world.put(old.holds, SPEC.label if is_own else old.label, old.holds if is_own else old.says)
    return Recorded(key_id, kept.id, SPEC.ends)


def check(world: World, planning: Planning) -> None:
    """Carry out a plan and look at what comes of it.

    Raises:
        AssertionError: it is not as declared.
    """
    before = world.copy()
    plan = planning(SPEC, world.live(), world.recorded)
    held = [
        each
        for each in before.versions
        if before.is_of_label(each) and each.holds in before.credentials and before.is_ours(each.holds)
    ]
    is_taken = bool(before.versions) and before.versions[-1].owner == "theirs"
    assert bool(plan.refused) == (is_taken and not held), "refused where the vault's secret is somebody else's"
    if plan.refused:
        assert plan.refused.reason
        assert plan.refused.remedy
        assert plan == Plan(refused=plan.refused)
        return
    made = carry_out(world, plan)
    assert plan.makes == (not held), "a secret that is there and works is kept, and only such a one"
    _only_ours_changed(before, world)
    ours = [key for key in world.credentials if key == "new" or (key in before.credentials and before.is_ours(key))]
    assert ours == [made.key_id], "one credential of the label lives, and it is the recorded one"
    assert world.version(made.version).enabled
    assert world.version(made.version).holds == made.key_id, "and the vault has its text"
    if held and world.recorded and world.recorded.key_id in {each.holds for each in held}:
        assert made.key_id == world.recorded.key_id, "the recorded one is kept before another"
    stale = [each for each in world.versions if before.is_of_label(each) and each.enabled and each.holds != made.key_id]
    assert stale == [], "nobody reads a version whose credential is gone"
    _newest_is_current(before, world)
    world.recorded = made
    again = planning(SPEC, world.live(), world.recorded)
    assert again.adopt is not None
    assert again.adopt.version == made.version
    assert again == Plan(adopt=again.adopt, key_id=made.key_id), "nothing is left to do"


def check_removal(world: World, removing: Removing) -> None:
    """Carry out a removal and look at what is left.

    Raises:
        AssertionError: something works that should not, or of somebody else's something is gone.
    """
    before = world.copy()
    planned = removing(SPEC, world.live(), world.recorded or Recorded())
    for key in planned.remove:
        world.credentials.pop(key)
    for version in planned.disable:
        assert world.version(version).enabled
        world.version(version).enabled = False
    assert not [key for key in world.credentials if before.is_ours(key)]
    assert not [each for each in world.versions if before.is_of_label(each) and each.enabled]
    _only_ours_changed(before, world)


def _only_ours_changed(before: World, world: World) -> None:
    theirs = [key for key in before.credentials if not before.is_ours(key)]
    assert all(key in world.credentials for key in theirs), "credentials of others stay"
    for each in before.versions:
        if not before.is_of_label(each):
            assert world.version(each.id) == each, "versions of others stay as they are"


def _newest_is_current(before: World, world: World) -> None:
    """Whoever reads the vault's secret gets the newest label of those that work."""

    def label(version: InVault) -> str:
        return SPEC.label if before.is_of_label(version) else version.label

    working = [
        each
        for each in world.versions
        if (before.is_of_label(each) or (each.owner != "theirs" and each.label))
        and each.enabled
        and (each.holds if before.is_of_label(each) else each.says) in world.credentials
    ]
    newest = max(map(label, working))
    assert newest in {label(each) for each in working if each.second == world.versions[-1].second}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Anything that may be in Entra, in the vault and in the state."""
    keys = [f"k{number}" for number in range(draw(st.integers(0, 5)))]
    names = st.sampled_from([f"{_OURS}{number:02}" for number in range(3)] * 3 + list(_NAMES_OF_OTHERS))
    credentials = {key: draw(names) for key in keys if draw(st.integers(0, 4))}
    versions: list[InVault] = []
    second = 0
    for number, key in enumerate(draw(st.lists(st.sampled_from([*keys, "gone", ""]), max_size=6))):
        second += draw(st.sampled_from([0, 1, 1]))
        owner = draw(st.sampled_from(["ours"] * 6 + ["anew", "theirs"]))
        label = draw(st.sampled_from([SPEC.label] * 5 + [*OTHER_LABELS, *([""] if owner == "theirs" else [])]))
        # What is of another label has another label's credential, as its tags say.
        theirs = key in credentials and credentials[key].startswith(_OURS)
        holds = "" if label != SPEC.label and theirs else key
        versions.append(
            InVault(f"v{number}", holds, label, holds, owner, enabled=draw(st.integers(0, 3)) > 0, second=second)
        )
    recorded = None
    own = [each for each in versions if each.owner == "ours" and each.label == SPEC.label and each.holds]
    is_recorded: bool = draw(st.booleans())
    if own and is_recorded:
        known = draw(st.sampled_from(own))
        recorded = Recorded(known.holds, known.id, SPEC.ends)
        if draw(st.integers(0, 5)) == 0:  # purged: the vault has nothing any more
            versions = []
        elif draw(st.integers(0, 5)) == 0:  # somebody edited its tags
            known.says, known.label = "", ""
    return World(credentials, versions, recorded)
