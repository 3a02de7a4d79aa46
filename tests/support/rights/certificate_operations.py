"""What a certificate takes that Azure Key Vault makes and keeps: in the vault alone, since azuread puts it onto Entra."""

from __future__ import annotations

from dynamic_providers.access_proof import AccessProofProvider
from dynamic_providers.vault_certificate import VaultCertificateProvider
from tests.support.access_proofs import inputs as proof_inputs
from tests.support.entra import graph
from tests.support.rights.business_central_operations import make_usable
from tests.support.rights.case import NotDone, Operation, World
from tests.support.rights.catalogue import CERTIFICATES_OFFICER, CRYPTO_USER, VAULT_READER
from tests.support.vault_certificates import NAME, declared_certificate
from tests.support.vaults import VAULT

_SECTION = "`vaultCertificate`: a certificate whose key never leaves a vault"
_NOTE = (
    "With access policies in place of Azure roles these are not tried: certificates take Get, List, Create, Update and "
    "Recover, and a signature takes Get and Sign for keys."
)


def _make(world: World) -> None:
    made = world.create(VaultCertificateProvider, declared_certificate(world.application))
    world.made["certificate"] = (made.id, made.outs)


def _made(world: World) -> None:
    world.edit("grant_vault_role", vault=VAULT, role=CERTIFICATES_OFFICER.name)  # the rehearsal's deployer
    _make(world)


def _read(world: World) -> None:
    read = world.provider(VaultCertificateProvider).read(*world.made["certificate"])
    if not read.id or (read.outs or {}).get("state", "Enabled") != "Enabled":
        raise NotDone("it is taken for gone, or for another one")


def _delete(world: World) -> None:
    world.provider(VaultCertificateProvider).delete(*world.made["certificate"])


def _made_and_usable(world: World) -> None:
    _made(world)
    _, outputs = world.made["certificate"]
    der = "".join(line for line in outputs["certificate"].splitlines() if not line.startswith("-----"))
    credential = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": der}
    graph(world.tenant, "PATCH", f"/applications/{world.application.object_id}", {"keyCredentials": [credential]})
    make_usable(world)


def _prove(world: World) -> None:
    _, outputs = world.made["certificate"]
    place = {"key_vault": VAULT, "certificate_name": NAME, "version": outputs["version"]}
    inputs = {**proof_inputs(world.application), "roles": ["API.ReadWrite.All"], "certificate_in_vault": place}
    world.create(AccessProofProvider, {name: value for name, value in inputs.items() if name != "client_secret"})


OPERATIONS = [
    Operation(_SECTION, "`up`: made in the vault", (CERTIFICATES_OFFICER,), _make, note=_NOTE),
    Operation(_SECTION, "`up`: the proof, signed in the vault", (VAULT_READER, CRYPTO_USER), _prove, _made_and_usable),
    Operation(_SECTION, "`refresh`", (VAULT_READER,), _read, _made),
    Operation(_SECTION, "`destroy`: the version is disabled", (CERTIFICATES_OFFICER,), _delete, _made),
]
