"""A small model of Business Central's registrations, and what has to hold of every plan that is carried out on it.

It reads plans, and shares no rule with what makes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from clients.business_central.records import Assignment, PermissionSet, Registration
from reconcilers.registration.plan import Plan
from reconcilers.registration.spec import Live, PermissionSetSpec, Recorded, RegistrationSpec

CLIENT_ID = "11111111-1111-1111-1111-111111111111"
APPS = ("437dbf0e-84ff-417a-965d-ed2bb9650972", "992c2309-cca4-43cb-9e41-911f482ec088")
COMPANIES = ("CRONUS DK", "CRONUS SE")
Held = tuple[str, str, str, str]
"""Role id, scope, app id and company."""
Planning = Callable[[RegistrationSpec, Live, Recorded | None], Plan]


@dataclass
class Row:
    """A row of table 9012."""

    description: str
    contact_information: str
    permission_granted: bool
    state: str


@dataclass
class Service:
    """An environment, of one application.

    Attributes:
        definitions: role id, scope and app id of what can be assigned.
        row: the registration.
        user: "Enabled" or "Disabled"; "" where it has none, None before there ever was one.
        held: what its user holds; or what a user that was left behind without a row still holds.
    """

    definitions: tuple[tuple[str, str, str], ...]
    row: Row | None
    user: str | None
    held: set[Held]

    def live(self) -> Live:
        """Return what a look at it sees; what a user without row holds is not listed."""
        registration = None
        if self.row:
            user_id = None if self.user is None else "the user"
            registration = Registration(CLIENT_ID, **vars(self.row), user_id=user_id, user_state=self.user or "")
        held = sorted(self.held) if self.row and self.user else []
        return Live(
            registration,
            tuple(Assignment("/".join(each), each[0], each[3], each[1], each[2]) for each in held),
            COMPANIES,
            tuple(PermissionSet(role_id, scope, app_id, "x") for role_id, scope, app_id in self.definitions),
        )

    def create_user(self, plan: Plan) -> None:
        """Register or enable, so that there is a user."""
        assert (plan.user_creation == "register") == (self.row is None), "never a second row"
        assert plan.user_creation != "enable" or self.user is None, "a row whose user was deleted cannot be enabled"
        if plan.user_creation == "register again":
            assert self.user == "", "a working row is never deleted"
            self.held = set()
        fields = dict(plan.user_creation_fields)
        assert fields["state"] == "Enabled", "only enabling makes a user"
        self.row, self.user = Row(**fields), "Enabled"

    def carry_out(self, plan: Plan) -> None:
        """Change fields, assign and unassign permission sets."""
        for change in plan.changes:
            assert self.row
            setattr(self.row, change.name, change.new)
            if change.name == "state":
                self.user = change.new
        for wanted in plan.assign:
            given = (wanted.permission_set.role_id, wanted.permission_set.scope, wanted.permission_set.app_id)
            assert given in self.definitions, "only what is defined can be given"
            assert (*given, wanted.company) not in self.held, "a request for what it holds already"
            self.held.add((*given, wanted.company))
        for taken in plan.unassign:
            self.held.remove((taken.role_id, taken.scope, taken.app_id, taken.company))


@dataclass
class World:
    """What a plan is made of."""

    spec: RegistrationSpec
    service: Service
    recorded: Recorded | None


def meant(item: PermissionSetSpec, service: Service) -> list[Held]:
    """Return what an item of the stack file can mean there."""
    return [
        (*each, item.company)
        for each in service.definitions
        if each[0] == item.role_id and (item.scope or each[1]) == each[1] and (item.app_id or each[2]) == each[2]
    ]


def sets_can_be_given(world: World) -> bool:
    """Whether each permission set is there, means one thing, and is listed once, and each company is there."""
    means = [meant(each, world.service) for each in world.spec.permission_sets]
    return (
        all(len(each) == 1 for each in means)
        and len({each[0] for each in means}) == len(means)
        and all(each.company in {"", *COMPANIES} for each in world.spec.permission_sets)
    )


def may_be_touched(world: World) -> bool:
    """Whether what is registered there, if anything, is the stack's own or shall be adopted."""
    known = world.recorded is not None and world.recorded.spec.base_url == world.spec.base_url
    return world.service.row is None or world.spec.adopt or known


def check(world: World, planning: Planning) -> None:
    """Carry out a plan and compare what comes of it with what was declared.

    Raises:
        AssertionError: it is not that.
    """
    service, spec, recorded = world.service, world.spec, world.recorded
    before = set(service.held)
    plan = planning(spec, service.live(), recorded)
    assert bool(plan.refusals) == (not sets_can_be_given(world) or not may_be_touched(world))
    if plan.refusals:
        assert all(str(each).strip() and each.reason and each.remedy for each in plan.refusals), "it says why"
        assert all(spec.environment in each.attempted for each in plan.refusals), "and where"
        return
    if plan.user_creation:
        planned_before = {(each.permission_set, each.company) for each in plan.assign}
        service.create_user(plan)
        before = set(service.held)
        plan = planning(spec, service.live(), recorded)
        assert not plan.user_creation, "there is a user now"
        assert {(each.permission_set, each.company) for each in plan.assign} <= planned_before
    service.carry_out(plan)
    _is_as_declared(world, before)
    assert planning(spec, service.live(), recorded).is_empty, "nothing is left to do"


def _is_as_declared(world: World, before: set[Held]) -> None:
    spec, service = world.spec, world.service
    assert service.row
    assert service.row == Row(spec.description, spec.contact_information, spec.permission_granted, service.row.state)
    can_sign_in = service.row.state == service.user == "Enabled"
    assert can_sign_in == (spec.state == "Enabled")
    wanted = {each for item in spec.permission_sets for each in meant(item, service)}
    if spec.additional_permission_sets == "remove":
        assert service.held == wanted
        return
    was_declared = {
        held
        for held in before
        for item in (world.recorded.spec.permission_sets if world.recorded else ())
        if held[0] == item.role_id
        and (item.scope or held[1], item.app_id or held[2], item.company) == (held[1], held[2], held[3])
    }
    assert service.held == wanted | (before - was_declared), "what others gave is theirs"


_roles = st.sampled_from(["D365 READ", "NPR NP RETAIL", "LOGIN"])
_scopes = st.sampled_from(["System", "Tenant"])
_held = st.tuples(_roles, _scopes, st.sampled_from(APPS), st.sampled_from(["", *COMPANIES]))
_states = st.sampled_from(["Enabled", "Disabled"])
_texts = st.sampled_from(["A shop", "A till"])
_rows = st.builds(Row, _texts, _texts, st.booleans(), _states)


@st.composite
def _services(draw: st.DrawFn) -> Service:
    definitions = tuple(draw(st.lists(st.tuples(_roles, _scopes, st.sampled_from(APPS)), min_size=1, unique=True)))
    row = draw(st.none() | _rows)
    if row is None:  # a user may have been left behind, with what it held
        return Service(definitions, None, None, draw(st.just(set()) | st.sets(_held)))
    user = draw(st.sampled_from([None, "", "Enabled", "Enabled", "Disabled"]))
    if user in {None, ""}:
        row = replace(row, state="Disabled" if user is None else row.state)
        return Service(definitions, row, user, set())
    return Service(definitions, row, user, draw(st.sets(_held)))


@st.composite
def _items(draw: st.DrawFn, service: Service) -> tuple[PermissionSetSpec, ...]:
    """Permission sets of a stack file: mostly those that are there, in words that are clear, and sometimes not."""
    items = []
    for role_id, scope, app_id in draw(st.lists(st.sampled_from(service.definitions), max_size=3, unique=True)):
        exact = draw(st.sampled_from([True, True, True, False]))
        company = draw(st.sampled_from(["", *COMPANIES]))
        items.append(PermissionSetSpec(role_id, company, scope, app_id) if exact else PermissionSetSpec(role_id))
    if draw(st.integers(0, 9)) == 0:
        items.append(draw(st.sampled_from([PermissionSetSpec("NOBODY"), PermissionSetSpec("LOGIN", "CRONUS NO")])))
    return tuple(dict.fromkeys(items))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Anything that may be declared, be there and be recorded."""
    service = draw(_services())
    spec = RegistrationSpec(
        environment="Production",
        client_id=CLIENT_ID,
        description=draw(_texts),
        contact_information=draw(_texts),
        permission_granted=draw(st.booleans()),
        permission_sets=draw(_items(service)),
        additional_permission_sets=draw(st.sampled_from(["remove", "keep"])),
        state=draw(_states),
        adopt=draw(st.booleans()),
        declared_at="integrations.magento.environments.production",
    )
    if draw(st.booleans()):
        return World(spec, service, None)
    was = replace(spec, permission_sets=draw(_items(service)), base_url=draw(st.sampled_from(["", "", "https://bc"])))
    return World(spec, service, Recorded(was, "the user"))
