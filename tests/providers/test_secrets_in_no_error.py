"""No error of a proof, a custody or a delivery has a secret in it: each request answered in each way that quotes one."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count

import pytest

from clients.http.errors import DEBUG_VARIABLE
from dynamic_providers.access_proof import AccessProofProvider
from dynamic_providers.base import Provider
from dynamic_providers.vault_delivery import VaultDeliveryProvider
from dynamic_providers.vault_secret import VaultSecretProvider
from rehearsal.demo.secret_search import search_texts
from tests.support.access_proofs import inputs
from tests.support.entra import EntraApplication, make_application
from tests.support.provider_host import ProviderError, ProviderHost
from tests.support.telltale_answers import answers_with
from tests.support.tenant import OURS, Tenant
from tests.support.vault_deliveries import SECRET, delivery
from tests.support.vault_secrets import declared_secret
from tests.support.vaults import AdministeredVault

AT = {"userAgent": OURS, "path": "/v1.0/|/bc/|secrets/|/oauth2/"}
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"


PROVIDERS: dict[str, type[Provider]] = {
    "proof": AccessProofProvider,
    "custody": VaultSecretProvider,
    "delivery": VaultDeliveryProvider,
}


def generated() -> str:
    """A text as Entra makes them, another one each time."""
    return "".join(random.choices(LETTERS[:62], k=3)) + "8Q~" + "".join(random.choices(LETTERS, k=34))


@pytest.mark.parametrize("what", PROVIDERS)
def test_no_secret_is_in_an_error(
    tenant: Tenant, vault: AdministeredVault, system: EntraApplication, start_host: Callable[..., ProviderHost],
    what: str,
) -> None:  # fmt: skip
    """Each request fails in one of the ways, the next in the next one; a fresh process each time, as for each run."""
    told = generated()
    secrets = [tenant.ready.deployer.clientSecret, system.secret, SECRET, told]
    answers = answers_with(told, *secrets)
    failed = []
    for number in count():
        host = start_host(PROVIDERS[what](), ENTRA_BC_LONGEST_WAIT="0", **{DEBUG_VARIABLE: "1"})
        ordered = tenant.fault(AT, skip=number, **next(answers))
        try:
            made = host.create(_inputs(tenant, what, system, number))
            said = str(made.outputs)
        except ProviderError as problem:
            said = str(problem)
            failed.append(said)
        hits = ordered.hits
        tenant.clear_faults()
        found = [each for secret in secrets for each in search_texts(secret, {f"request {number}": said})]
        assert found == [], "where it was found; the text is not shown"
        if not hits:
            break
    assert len(failed) >= 2
    assert number >= 2


def _inputs(tenant: Tenant, what: str, system: EntraApplication, number: int) -> dict[str, object]:
    if what == "proof":
        return inputs(system)
    if what == "custody":
        return declared_secret(make_application(tenant, f"Shop {number}"), secret_name=f"shop{number}")
    return delivery(secret_name=f"shop{number}", client_secret=SECRET)
