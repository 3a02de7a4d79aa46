"""A rotation, of a secret that is handed over and of one in a vault: a second date, both work, the first is removed."""

from __future__ import annotations

from datetime import timedelta

from rehearsal.demo.chapters.custody import learn_newest, versions
from rehearsal.demo.declaration import INTEGRATION, WAREHOUSE
from rehearsal.demo.walk import QUIETLY, Walk

_OVERLAP = 14  # days; overlapDays of a stack file that says nothing of it
_CHANGED = 3  # exit code of rotate


def rotate(walk: Walk) -> None:
    """Rotate the secrets of both integrations.

    Raises:
        ClaimFailed: something claimed does not hold.
    """
    with walk.step("Rotation: a second date, both secrets work, the first is removed; in the outputs and in the vault"):
        _add_the_second(walk)
        _remove_the_first(walk)


def _add_the_second(walk: Walk) -> None:
    due = walk.declared.issued + timedelta(days=walk.declared.lifetime_days - 2 * _OVERLAP)
    found = walk.runner.rotate(due, expected=_CHANGED)
    walk.claim(
        all(found[key]["add"] == due.isoformat() and not found[key]["remove"] for key in (INTEGRATION, WAREHOUSE)),
        f"on {due}, when the secrets live for {2 * _OVERLAP} days more, that date is added for both integrations",
        f"On {due} rotate adds and removes something else: {_changes(found)}.",
    )
    walk.runner.run("up", *QUIETLY)
    outputs = walk.runner.outputs()["integrations"]
    walk.handed_over.append(str(outputs[INTEGRATION]["clientSecret"]))
    learn_newest(walk, outputs)
    walk.claim(
        _which_work(walk, walk.client_id, walk.handed_over) == [True, True],
        "a second secret is handed over, and both work",
        "There are not two secrets that work.",
    )
    walk.claim(
        _which_work(walk, walk.warehouse_id, walk.in_vault) == [True, True],
        "the vault has a second version, which is the current one, and the secrets of both work",
        "There are not two secrets in the vault that work.",
    )


def _remove_the_first(walk: Walk) -> None:
    first = walk.declared.issued.isoformat()
    overlapped = walk.declared.issued + timedelta(days=_OVERLAP + 1)
    found = walk.runner.rotate(overlapped, expected=_CHANGED)
    walk.claim(
        all(found[key]["remove"] == [first] for key in (INTEGRATION, WAREHOUSE)),
        f"once the second has been out for {_OVERLAP} days, by the word of Entra and the vault, the first date is "
        "removed",
        f"On {overlapped} rotate adds and removes something else: {_changes(found)}.",
    )
    walk.runner.run("up", *QUIETLY)
    walk.claim(
        _which_work(walk, walk.client_id, walk.handed_over) == [False, True],
        "the second works, and the first does not any more",
        "Not the second secret alone works.",
    )
    enabled = [each["enabled"] for each in versions(walk)]
    walk.claim(
        _which_work(walk, walk.warehouse_id, walk.in_vault) == enabled == [False, True],
        "so it is with those in the vault, where the first version is disabled",
        f"Not the second secret in the vault alone works, or its versions are not the same: {enabled}.",
    )


def _which_work(walk: Walk, client_id: str, secrets: list[str]) -> list[bool]:
    """Tell of each secret whether it gets a token; two that are the same are none."""
    return [walk.works(client_id, each) for each in secrets] if len(set(secrets)) == len(secrets) else []


def _changes(found: dict[str, dict[str, object]]) -> str:
    return "; ".join(f"{key}: +{each['add']} -{each['remove']}" for key, each in found.items())
