"""The tour: its chapters, in their order."""

from __future__ import annotations

from rehearsal.demo.chapters import custody, destroy, drift, preview, rotation, secret_nowhere, up
from rehearsal.demo.walk import Walk


def walk_tour(walk: Walk, *, keep: bool) -> None:
    """Go through all chapters.

    Args:
        walk: what they share.
        keep: leave the stack as it is in the end, instead of destroying it.

    Raises:
        ClaimFailed: something claimed does not hold.
        DemoError: the tour cannot go on.
    """
    preview.look_for_missing_rights(walk)
    preview.preview(walk)
    up.deploy(walk)
    up.use(walk)
    up.deploy_again(walk)
    custody.deploy(walk)
    rotation.rotate(walk)
    drift.break_something(walk)
    drift.repair(walk)
    secret_nowhere.search(walk)
    if not keep:
        destroy.destroy(walk)
