"""No secret of the tour is in a file, an output or a log; those in the vault are not in the decrypted state either."""

from __future__ import annotations

import json

from rehearsal.demo import secret_search
from rehearsal.demo.declaration import INTEGRATION, WAREHOUSE
from rehearsal.demo.walk import Walk

_DECRYPTED = "the decrypted state"


def search(walk: Walk) -> None:
    """Search everything, the state with its secrets decrypted too, in which the search can show that it finds."""
    with walk.step("The secrets: in no file, no output, no request log"):
        claim_no_secret(walk)
        decrypted = {_DECRYPTED: walk.runner.decrypted_state()}
        walk.claim(
            bool(secret_search.search_texts(walk.handed_over[-1], decrypted)),
            f"who can decrypt the state has the secret of {INTEGRATION}: the search finds it there",
            f"The search does not find the secret of {INTEGRATION} in the decrypted state, where it is.",
        )
        _claim_not_in(
            walk, walk.in_vault, decrypted, f"those of {WAREHOUSE} are not even there: the vault alone has them"
        )


def claim_no_secret(walk: Walk) -> None:
    """Claim that no secret of the tour is in any file, output or log.

    Raises:
        ClaimFailed: one is; the message says where and in which form.
    """
    walk.collect_requests()
    texts = {
        "the output of the tour": walk.narration.text,
        "the request log": "\n".join(map(json.dumps, walk.log)),
        "the tenant's state": json.dumps(walk.control.state()),
    }
    secrets = [*walk.handed_over, *walk.in_vault]
    searched = [secret_search.search_files(each, walk.folder.rehearsal) for each in secrets]
    found = [each for places, _ in searched for each in places]
    files = searched[0][1]
    said = (
        f"the {len(secrets)} secrets are in none of {files} files below "
        f"{walk.folder.relative(walk.folder.rehearsal)}/, in no output, and in none of {len(walk.log)} logged requests"
    )
    _claim_not_in(walk, secrets, texts, said, found)


def _claim_not_in(
    walk: Walk, secrets: list[str], texts: dict[str, str], said: str, found: list[secret_search.Found] | None = None
) -> None:
    places = [*(found or ()), *(each for secret in secrets for each in secret_search.search_texts(secret, texts))]
    where = "; ".join(dict.fromkeys(f"{each.place} ({each.form})" for each in places))
    walk.claim(not places, said, f"The secret stands in {where}.")
