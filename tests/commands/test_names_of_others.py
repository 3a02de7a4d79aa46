"""Names that others gave, with what a terminal obeys in them: shown printable, on one line, and written back as is."""

from __future__ import annotations

from pathlib import Path

from settings.yaml_reader import read_yaml
from tests.support.adopt import run_adopt
from tests.support.entra import EntraApplication, graph, tag
from tests.support.preflight import exported, run_preflight
from tests.support.tenant import Tenant
from tests.support.wizard import run_wizard

NAME = "ERP\x1b[8m \u202egnp"
SHOWN = "ERP\N{REPLACEMENT CHARACTER}[8m \N{REPLACEMENT CHARACTER}gnp"


def test_an_inventory_shows_them_printable_and_a_stack_file_says_them_as_they_are(
    tenant: Tenant, tmp_path: Path
) -> None:
    shop = run_wizard(tenant, NAME, secret=f"{NAME}\n# forged")
    run_wizard(tenant, f"{NAME}\nforged\tline")
    lines = run_adopt(tenant, tmp_path, asks=True).output.splitlines()
    assert all("".join(line.split("\t")).isprintable() and line.count("\t") == 8 for line in lines)
    assert sum(SHOWN in line for line in lines) == 2
    run = run_adopt(tenant, tmp_path, "--client-id", f"{shop.client_id}=shop")
    assert run.code == 0, run.said
    assert f"# Taken over: {SHOWN}, {shop.client_id}.\n" in run.stack_file
    assert f"  # {SHOWN} # forged, ends 2126-11-30\n" in run.stack_file
    written = read_yaml(run.stack_file)["config"]["entra-business-central:integrations"]["shop"]
    assert written["displayName"] == NAME


def test_preflight_shows_them_printable(tenant: Tenant, tmp_path: Path, application: EntraApplication) -> None:
    """A registration that is not this stack's, and a stranger's redirect address of an application that is."""
    run_wizard(tenant, NAME)
    tag(application, tenant)
    changes = {"displayName": NAME, "web": {"redirectUris": [f"https://evil.example/{NAME}"]}}
    graph(tenant, "PATCH", f"/applications/{application.object_id}", changes)
    found = [each["found"] for each in run_preflight(tenant, tmp_path, state=exported(application)).findings]
    assert all(each.isprintable() for each in found)
    assert any(each.startswith(f"enabled there and not this stack's: {SHOWN} (") for each in found)
    assert any(each.startswith(f"{SHOWN} (") and f"https://evil.example/{SHOWN}" in each for each in found)
