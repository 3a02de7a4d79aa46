"""The labels of client secrets beside the calendar: those that have ended, or end soon. The program has no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from clients.graph.applications import Application
from clients.http.errors import UserFacingError
from commands.preflight.findings import Finding, finding_from
from commands.preflight.stack import Stack, all_keys
from settings import logical_names
from settings.credentials import Secrets
from settings.models import Integration
from settings.secret_labels import issued_path, remedy_for_ended_label

SOON = timedelta(days=30)
_NEW_SECRET = "Add today's date to the list, `pulumi up`, and hand the new secret over"  # noqa: S105 - a sentence


def check(stack: Stack, tagged: Collection[Application], now: datetime) -> list[Finding]:
    """Return what is to be said of labels.

    Args:
        stack: the stack.
        tagged: the applications in Entra that stacks of this project made.
        now: the time, with its zone.
    """
    found: list[Finding] = []
    for each in stack.declared.integrations:
        if each.client_id or each.credentials.secrets is None:
            continue
        try:
            found += _labels(stack, each, each.credentials.secrets, tagged, now)
        except UserFacingError as problem:
            found.append(finding_from(issued_path(each.key), problem))
    return found


def _labels(
    stack: Stack, integration: Integration, secrets: Secrets, tagged: Collection[Application], now: datetime
) -> Iterator[Finding]:
    where = issued_path(integration.key)
    ends = {label: _held_until(stack, integration, label) for label in secrets.issued}
    newest = max(secrets.issued, default="")
    is_gone: bool | None = None  # asked once, and only where a label has ended
    for label in sorted(secrets.issued):
        recorded = ends[label]
        end = _moment(recorded or secrets.end_date(label))
        if end > now + SOON:
            continue
        if end > now:
            found = f"the secret '{label}' ends {end:%Y-%m-%d}, {_days(end - now)}"
            yield Finding("note", where, found, _successor(label, newest))
            continue
        if recorded is not None and is_gone is None:
            is_gone = _is_to_be_made_anew(stack, integration, tagged)
        if recorded is None or is_gone:
            why = "its application is made anew, " if is_gone else "the state does not hold it, "
            found = f"the secret '{label}' would have ended {end:%Y-%m-%d}: {why}and Entra makes none that has ended"
            yield Finding("refused", where, found, remedy_for_ended_label(label))
        else:
            yield Finding(
                "note", where, f"the secret '{label}' ended {end:%Y-%m-%d}: nobody can sign in with it",
                _successor(label, newest),
            )  # fmt: skip


def _held_until(stack: Stack, integration: Integration, label: str) -> str | None:
    """Return when a secret ends by the state, "" where it does not say; None where the state does not hold it."""
    names = [logical_names.secret(key, label) for key in all_keys(integration)]
    return next((stack.state.secret_ends[name] for name in names if name in stack.state.secret_ends), None)


def _is_to_be_made_anew(stack: Stack, integration: Integration, tagged: Collection[Application]) -> bool:
    """Tell whether Entra has no application any more that the state has: then its secrets are gone as well."""
    for key in all_keys(integration):
        if known := stack.state.applications.get(key):
            listed = any(each.id == known[0] for each in tagged)
            return not (listed or stack.session.applications.exists(known[0]))
    return True


def _successor(label: str, newest: str) -> str:
    if label == newest:
        return f"{_NEW_SECRET}; remove '{label}' once nobody uses it any more."
    return f"'{newest}' is newer: once nobody uses '{label}' any more, remove it from the list."


def _days(left: timedelta) -> str:
    return {0: "today", 1: "in 1 day"}.get(left.days, f"in {left.days} days")


def _moment(written: str) -> datetime:
    """Return a time as a state or a stack file has it; azuread writes it in UTC."""
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
