"""What a delivery writes, and what it takes for drift: for whatever a vault may have of a name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clients.key_vault.records import Deleted, Version
from reconcilers.delivery.plan import Plan, is_current_copy, plan, refusal, retirement, status
from reconcilers.delivery.spec import DELETED, DISABLED, NOT_CURRENT, PRESENT, DeliverySpec, Live

START = datetime(2026, 1, 1, tzinfo=UTC)
LABELS = ("2026-01-01", "2026-02-01", "2026-03-01")


def spec_of(label: str, key_id: str = "1") -> DeliverySpec:
    return DeliverySpec(
        key_vault="integrations", secret_name="shop", stack="prod", integration="magento", label=label,
        declared_at="integrations.magento", client_id="c", mark=f"mark-{label}", key_id=key_id,
        expires="2026-06-01T00:00:00Z",
    )  # fmt: skip


def version(number: int, tags: dict[str, str], enabled: bool = True, second: int | None = None) -> Version:
    created = START + timedelta(seconds=number if second is None else second)
    return Version(vault="integrations", name="shop", version=str(number), enabled=enabled, created=created, tags=tags)


FOREIGN = {"by": "somebody"}
TAGS = st.sampled_from([FOREIGN, *(spec_of(label, key_id).tags for label in LABELS for key_id in ("1", "2"))])
LIVE = st.lists(st.tuples(TAGS, st.booleans()), max_size=6).map(
    lambda rows: Live([version(number, tags, enabled) for number, (tags, enabled) in enumerate(rows)])
)
SPECS = st.sampled_from([spec_of(label) for label in LABELS])


def carried_out(spec: DeliverySpec, live: Live, planned: Plan) -> Live:
    versions = [
        replace(each, enabled=(each.enabled or (planned.enable and each.version == planned.adopt)) and each.version not in planned.disable)
        for each in live.versions
    ]  # fmt: skip
    return Live(versions if planned.adopt else [*versions, version(len(versions), spec.tags)])


@given(spec=SPECS, live=LIVE)
def test_after_a_plan_the_copy_is_as_it_should_be_and_a_second_plan_writes_nothing(
    spec: DeliverySpec, live: Live
) -> None:
    planned = plan(spec, live)
    if planned.refusal:
        assert not planned.adopt
        return
    after = carried_out(spec, live, planned)
    assert status(spec, after) == PRESENT
    again = plan(spec, after)
    assert (bool(again.adopt), again.enable, again.disable, again.refusal) == (True, False, (), None)
    assert not [each for each in after.versions if spec.has_mark(each) and not spec.is_copy(each) and each.enabled]


@given(spec=SPECS, live=LIVE)
def test_what_is_as_it_should_be_needs_no_write(spec: DeliverySpec, live: Live) -> None:
    """An empty diff is an empty plan, but for what a replaced secret left."""
    planned = plan(spec, live)
    assert (status(spec, live) == PRESENT) == (bool(planned.adopt) and not planned.enable)
    if live.versions and is_current_copy(spec, live.versions[-1]):
        assert status(spec, live) == PRESENT, "what the list of a vault tells is what the versions tell"


@given(spec=SPECS, live=LIVE)
def test_nobody_who_reads_the_newest_gets_an_older_label(spec: DeliverySpec, live: Live) -> None:
    newer = [each for each in live.versions if each.tags.get("label", "") > spec.label and each.enabled]
    if newer:
        assert plan(spec, live).refusal or plan(spec, live).adopt


@given(spec=SPECS, live=LIVE)
def test_a_label_that_ends_leaves_nothing_enabled_and_the_current_version_readable(
    spec: DeliverySpec, live: Live
) -> None:
    planned = retirement(spec, spec.mark, live)
    versions = [replace(each, enabled=each.enabled and each.version not in planned.disable) for each in live.versions]
    if planned.restore:
        assert planned.restore.enabled
        versions.append(version(len(versions), dict(planned.restore.tags)))
    assert not [each for each in versions if spec.has_mark(each) and each.enabled]
    if live.versions and spec.has_mark(live.versions[-1]):
        others = [each for each in live.versions if spec.is_of_another_label(each) and each.enabled]
        assert versions[-1].enabled == bool(others)
    else:
        assert planned.restore is None, "another version is the current one already"
    foreign = [each for each in live.versions if each.tags == FOREIGN]
    assert [each for each in versions if each.tags == FOREIGN] == foreign


def test_each_state_has_its_word() -> None:
    spec = spec_of(LABELS[0])
    own = version(0, spec.tags)
    assert status(spec, Live([own])) == PRESENT
    assert status(spec, Live([replace(own, enabled=False)])) == DISABLED
    assert status(spec, Live([own, version(1, FOREIGN)])) == NOT_CURRENT
    assert status(spec, Live([own, version(1, FOREIGN, second=0)])) == PRESENT, "within one second nobody can tell"
    later = version(1, spec_of(LABELS[1]).tags)
    assert status(spec, Live([own, later])) == PRESENT
    ended = replace(later, enabled=False)
    assert status(spec, Live([own, ended])) == NOT_CURRENT, "whoever reads the secret gets what is disabled"
    assert status(spec, Live([], Deleted("shop", None))) == DELETED
    assert status(spec, Live([])) is None


def test_a_deleted_name_and_a_later_label_are_refused_with_what_to_do() -> None:
    spec = spec_of(LABELS[0])
    kept = refusal(spec, Live([], Deleted("shop", START)))
    assert "purges it on 2026-01-01" in str(kept)
    assert "az keyvault secret recover --vault-name integrations --name shop" in str(kept)
    late = refusal(spec, Live([version(0, spec_of(LABELS[2]).tags)]))
    assert "Give the new secret a later label than '2026-03-01'" in str(late)
    assert refusal(spec, Live([version(0, spec_of(LABELS[2]).tags, enabled=False)])) is None, "it has ended"
