"""A project of another name, as `pulumi new` offers to give it, is refused at preview with the reason."""

from __future__ import annotations

from pathlib import Path

from tests.support.stack import Stack
from tests.support.tenant import REPOSITORY, Tenant


def test_a_project_of_another_name_is_refused_before_anything_is_asked(
    tenant: Tenant, tmp_path: Path, plugin: str
) -> None:
    renamed = tmp_path / "renamed"
    renamed.mkdir()
    for each in REPOSITORY.iterdir():
        if each.name not in {"Pulumi.yaml", ".git", ".rehearsal"}:
            (renamed / each.name).symlink_to(each)
    text = (REPOSITORY / "Pulumi.yaml").read_text(encoding="utf-8")
    (renamed / "Pulumi.yaml").write_text(text.replace("name: entra-business-central\n", "name: shop-access\n"))
    stack = Stack(tmp_path / "stack", tenant, plugin, project=renamed)
    tenant.clear_requests()
    refused = stack.preview()
    assert refused.code != 0
    assert "called 'shop-access' in Pulumi.yaml" in refused.output
    assert "Write `name: entra-business-central`" in refused.output
    assert "Traceback" not in refused.output
    assert not tenant.requests()
