"""What an administrator can do to a vault, whatever lies in it: nobody is let in, and nothing of it is taken for gone."""

from __future__ import annotations

from rehearsal.tenant.directory.seed import DEPLOYER_CLIENT_ID
from tests.support.drift.case import Drift

NOT_LET_IN = [
    Drift("closes the vault's firewall", ({"do": "set_vault", "network": "firewall"},), ends="refused"),
    Drift(
        "takes the role from the caller",
        ({"do": "revoke_vault_roles", "clientId": DEPLOYER_CLIENT_ID},),
        ends="refused",
    ),
    Drift("deletes the vault", ({"do": "remove_vault"},), ends="refused"),
]
