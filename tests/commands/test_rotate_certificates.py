"""`python -m commands rotate`, and preflight, of certificates: in a vault, and from PEM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import make_certificate
from tests.support.entra import graph
from tests.support.preflight import PreflightRun, run_preflight
from tests.support.rotate import TODAY, RotateRun, RotatingStack
from tests.support.stack import MAGENTO
from tests.support.tenant import Tenant
from tests.support.vault_client import Client
from tests.support.vaults import READER, VAULT, AdministeredVault

NAME = "robots"
WHERE = "integrations.magento.credentials.vaultCertificate"
NOTHING_DUE, TO_DECIDE, CHANGED = 0, 1, 3
_NOW = datetime.now(UTC)


def in_days(days: int) -> str:
    return (_NOW + timedelta(days=days)).date().isoformat()


class StackWithCertificate(RotatingStack):
    """The Magento integration with certificates in a vault, as `up` makes them, and no secret."""

    def __init__(self, tenant: Tenant, folder: Path) -> None:
        super().__init__(tenant, folder)
        self.vault = AdministeredVault(tenant, READER)
        self._resources: list[dict[str, Any]] = []

    def has_made(self, label: str, *, registered: bool = True) -> None:
        """Make a version for a label, and let Entra know it."""
        self.vault.edit("create_vault_certificate", certificate=NAME)
        tags = {
            "managed-by": "entra-business-central", "stack": "demo", "integration": "magento",
            "client-id": self.application.client_id, "label": label,
        }  # fmt: skip
        self.vault.edit("update_vault_certificate", certificate=NAME, tags=tags)
        path = f"/applications/{self.application.object_id}"
        public = Client(self.tenant).ask("GET", f"/certificates/{NAME}").json()
        if registered:
            new = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": public["cer"]}
            there = graph(self.tenant, "GET", path)["keyCredentials"]
            graph(self.tenant, "PATCH", path, {"keyCredentials": [*there, new]})
            made = graph(self.tenant, "GET", path)["keyCredentials"][-1]
            urn = "urn:pulumi:demo::entra-business-central::entra-business-central:index:Integration"
            for type_, outputs in (
                ("azuread:index/applicationCertificate:ApplicationCertificate", {"keyId": made["keyId"]}),
                (
                    "pulumi-python:dynamic/entra-business-central:VaultCertificate",
                    {"thumbprint": made["customKeyIdentifier"]},
                ),
            ):
                name = f"magento-certificate-{label}"
                self._resources.append({"urn": f"{urn}${type_}::{name}", "type": type_, "id": name, "outputs": outputs})

    def state(self, *, pending: bool = False) -> dict[str, Any]:
        state = super().state(pending=pending)
        state["deployment"]["resources"] += self._resources
        return state

    def write_certificates(self, *issued: str, pem: str = "") -> None:
        listed = ", ".join(f"'{each}'" for each in issued)
        lines = [f"  certificates: [{{file: {pem}}}]"] if pem else []
        if issued or not pem:
            place = f"keyVault: {VAULT}, certificateName: {NAME}"
            lines.append(f"  vaultCertificate: {{{place}, issued: [{listed}]}}  # of the robots")
        self.write_integration("credentials:\n  secrets: null\n" + "\n".join(lines))

    def check(self, *options: str) -> RotateRun:
        return self.rotate("--check", "--json", *options)

    def preflight(self, folder: Path, *issued: str) -> PreflightRun:
        place = {"keyVault": VAULT, "certificateName": NAME, "issued": list(issued)}
        magento = {**MAGENTO, "credentials": {"secrets": None, "vaultCertificate": place}}
        return run_preflight(self.tenant, folder, integrations={"magento": magento}, state=self.state())


@pytest.fixture
def stack(tenant: Tenant, tmp_path: Path) -> StackWithCertificate:
    return StackWithCertificate(tenant, tmp_path)


def certificate(run: RotateRun) -> dict[str, Any]:
    (found,) = run.json["certificates"]
    return dict(found)


def kinds(run: RotateRun) -> list[str]:
    return [each["kind"] for each in certificate(run)["notes"]]


def test_a_certificate_in_a_vault_rotates_by_the_rule_of_secrets(stack: StackWithCertificate) -> None:
    stack.write_certificates()
    first = stack.rotate()
    assert (first.code, f"issued: ['{TODAY}']" in first.file) == (CHANGED, True), first
    assert f"the certificate '{TODAY}' of {NAME}" in first.output
    stack.has_made(TODAY)
    fresh = stack.check()
    assert (fresh.code, certificate(fresh)["add"]) == (NOTHING_DUE, None)
    end = datetime.fromisoformat(certificate(fresh)["expires"][TODAY])
    assert 364 <= (end - _NOW).days <= 366
    assert fresh.json["integrations"] == [], "there is no secret"

    late = in_days(320)
    due = stack.check("--today", late)
    assert (due.code, certificate(due)["add"], kinds(due)) == (CHANGED, late, ["due"])
    assert "has vault integrations make the certificate" in certificate(due)["nextUp"][0]
    successor = in_days(1)
    stack.has_made(successor)
    stack.write_certificates(TODAY, successor)
    assert stack.check("--today", in_days(20)).code == NOTHING_DUE, "within the overlap of 30 days"
    before = stack.file.read_text()
    done = stack.rotate("--today", in_days(32))
    assert (done.code, done.file) == (CHANGED, before.replace(f"'{TODAY}', ", "")), done
    assert "disables the version: its key signs no more" in done.output
    merged = stack.check("--today", in_days(32))
    assert (merged.code, kinds(merged)) == (NOTHING_DUE, ["pending"]), "the next `up` removes it"
    early = stack.check("--today", in_days(20))
    assert (early.code, kinds(early)) == (TO_DECIDE, ["still valid"]), "it went without the overlap, as after a leak"


def test_what_the_vault_or_entra_lacks_is_no_successor(stack: StackWithCertificate) -> None:
    successor = in_days(1)
    stack.has_made(TODAY)
    stack.has_made(successor, registered=False)
    stack.write_certificates(TODAY, successor)
    assert certificate(stack.check("--today", in_days(100)))["remove"] == [], "Entra does not know it"
    stack.has_made(successor)
    stack.vault.edit("update_vault_certificate", certificate=NAME, enabled=False)
    for each in stack.vault.certificates(NAME)[1:]:
        stack.vault.edit("update_vault_certificate", certificate=NAME, version=each["version"], enabled=False)
    disabled = stack.check("--today", in_days(100))
    assert certificate(disabled)["remove"] == [], "its key does not sign"
    assert "pending" in kinds(disabled)


def test_a_leak_replaces_it_at_once_and_names_why(stack: StackWithCertificate) -> None:
    stack.has_made(in_days(-1))
    stack.write_certificates(in_days(-1))
    done = stack.rotate("--now", "magento", "--reason", "somebody signed", "--json")
    assert done.code == CHANGED, done
    assert (certificate(done)["add"], certificate(done)["remove"]) == (TODAY, [in_days(-1)])
    assert certificate(done)["reason"] == "somebody signed"
    assert f"issued: ['{TODAY}']" in done.file


@pytest.mark.parametrize(("days", "code", "kind"), [(200, NOTHING_DUE, "note"), (20, TO_DECIDE, "expiring")])
def test_of_a_certificate_from_pem_the_end_is_said_and_what_a_person_has_to_do(
    stack: StackWithCertificate, days: int, code: int, kind: str
) -> None:
    pem, _ = make_certificate(days=days)
    (stack.file.parent / "robots.pem").write_bytes(pem)
    stack.write_certificates(pem="robots.pem")
    run = stack.check()
    assert (run.code, kinds(run)) == (code, [kind]), run
    text = certificate(run)["notes"][0]["text"]
    assert f"ends {in_days(days)}" in text
    assert ("its team makes another key and certificate" in text) == (kind == "expiring")
    assert stack.tenant.requests() == [], "the file tells it all"
    assert "robots.pem" in stack.file.read_text()


def test_preflight_looks_at_the_vault_and_knows_its_certificates_in_entra(
    stack: StackWithCertificate, tmp_path: Path
) -> None:
    ready = stack.preflight(tmp_path, TODAY).only("ready", WHERE)
    assert ready["found"] == f"certificate {NAME} in vault {VAULT} can be looked at, and has no version yet"
    assert "Key Vault Certificates Officer there, and Key Vault Crypto User for the proof" in ready["remedy"]
    stack.has_made(TODAY)
    found = stack.preflight(tmp_path, TODAY)
    assert "has 1 version" in found.only("ready", WHERE)["found"]
    assert "has certificates that no stack file names" not in found.output
    stack.vault.edit("update_vault_certificate", certificate=NAME, tags={"integration": "shop"})
    stack.tenant.clear_requests()
    taken = stack.preflight(tmp_path, TODAY).only("refused", WHERE)
    assert "is not of this integration, but of shop" in taken["found"]
    stack.vault.edit("revoke_vault_roles")
    missing = stack.preflight(tmp_path, TODAY).only("missing", WHERE)
    assert "Key Vault Certificates Officer" in missing["remedy"]
