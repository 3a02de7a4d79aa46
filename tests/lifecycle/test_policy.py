"""A policy pack of the company's, in Python and in a virtual environment of its own, stops an up."""

from __future__ import annotations

import re
import site
import subprocess
import sys
from pathlib import Path

from tests.support.stack import MAGENTO, Stack
from tests.support.tenant import Tenant

PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

REGISTRATION = "pulumi-python:dynamic/entra-business-central:BusinessCentralRegistration"

def no_full_access(args, report):
    if args.resource_type != REGISTRATION:
        return
    if any(each["role_id"] == "D365 BUS FULL ACCESS" for each in args.props["permission_sets"]):
        report(f"{args.name} may do everything")

PolicyPack("company", policies=[ResourceValidationPolicy(
    name="no-full-access", description="No integration has full access.",
    enforcement_level=EnforcementLevel.MANDATORY, validate=no_full_access,
)])
"""


def write_pack(folder: Path) -> Path:
    """Write the pack, whose virtual environment sees the packages of ours."""
    folder.mkdir()
    (folder / "PulumiPolicy.yaml").write_text(
        "runtime:\n  name: python\n  options:\n    virtualenv: venv\nversion: 0.0.1\n"
    )
    (folder / "__main__.py").write_text(PACK)
    (folder / "requirements.txt").write_text("pulumi-policy\n")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "ours.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return folder


def test_what_a_mandatory_policy_forbids_is_not_made(tenant: Tenant, stack: Stack, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack")
    before = tenant.state()
    for options in ({"preview": True}, {"preview": False}):
        refused = stack.up("--policy-pack", str(pack), **options)
        assert refused.code != 0, refused
        assert "no-full-access" in refused.output, refused
        # Whichever registration comes first ends the update.
        assert re.search("magento-(production|sandbox) may do everything", refused.output), refused
        assert "Traceback" not in refused.output
    assert tenant.state()["businessCentral"] == before["businessCentral"]
    stack.write(magento={**MAGENTO, "permissionSets": ["NPR NP RETAIL"]})
    allowed = stack.up("--policy-pack", str(pack))
    assert allowed.code == 0, allowed
