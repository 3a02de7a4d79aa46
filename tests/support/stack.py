"""A stack in a folder of its own, against the rehearsal tenant, on the real CLI: verbs in the words of the CLI."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from rehearsal import processes
from rehearsal.demo.folder import STACK, DemoFolder
from rehearsal.demo.pulumi import Pulumi
from rehearsal.pulumi_cli.find import PulumiCli, Search
from rehearsal.ready_file import Deployer
from tests.support.directory_objects import Caller
from tests.support.hashicorp_vault import SECRETS_PROVIDER, hashicorp_vault
from tests.support.tenant import REPOSITORY, Tenant
from tests.support.warm_interpreter import warm_interpreter

_NOW = datetime.now(UTC)
FIRST, SECOND = (_NOW.date().isoformat(), (_NOW + timedelta(days=30)).date().isoformat())
"""Labels of secrets, by which they end in the future on any day."""


def secrets(*issued: str) -> dict[str, Any]:
    """Credentials as a stack file has them: a secret for each label."""
    return {"secrets": {"issued": list(issued)}}


MAGENTO = {"preset": "magento", "environments": ["production", "sandbox"], "credentials": secrets(FIRST)}
VENDOR = {"preset": "job-queue-runner", "environments": ["production"]}
"""NaviPartner's job queue runner: an application of a vendor."""
ENVIRONMENTS = {"production": {"name": "Production"}, "sandbox": {"name": "Sandbox"}}
PROJECT = "entra-business-central"
MINUTES_4 = 240


class Run(NamedTuple):
    """A finished command.

    Attributes:
        code: exit code.
        output: what it printed, both streams.
        changes: the summary: {"create": 7} for "+ 7 to create" and for "+ 7 created"; "unchanged" among them.
    """

    code: int
    output: str
    changes: dict[str, int]

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.output}"


class Stack:
    """One stack.

    Args:
        root: its folder.
        tenant: what it is deployed to.
        plugin: which azuread plugin, as in rehearsal.demo.pulumi.
        project: the folder of its program.
        secrets_provider: what keeps the key of its secrets, as `pulumi stack init` takes it.

    Attributes:
        pulumi: the CLI.
        patience: how many seconds a command may take.
        settings: what the CLI's environment has beside, or instead of, the rehearsal's.
    """

    patience = MINUTES_4

    def __init__(
        self,
        root: Path,
        tenant: Tenant,
        plugin: str = "",
        project: Path = REPOSITORY,
        secrets_provider: str = SECRETS_PROVIDER,
    ) -> None:
        self.tenant = tenant
        self.plugin = plugin
        self._secrets_provider = secrets_provider
        self.settings: dict[str, str] = {}
        self.folder = DemoFolder(project, root)
        self.folder.make_anew()
        self._ready = tenant.ready
        self.pulumi = Pulumi(self.folder, pulumi_cli(), plugin)
        self.write()
        self._init()
        self._ready.save(self.folder.ready_file)

    def _init(self) -> None:
        """Make the stack: the first of this test process with `pulumi stack init`, the others as copies of that."""
        key = (self.plugin, self.folder.project, self._secrets_provider)
        if key in _MADE:
            shutil.copytree(_MADE[key], self.folder.root, symlinks=True, dirs_exist_ok=True)
            return
        self.folder.passphrase_file.write_text("correct horse battery staple")
        subprocess.run(
            [*self.pulumi.setup(), "--secrets-provider", self._secrets_provider],
            env=self.environment(),
            cwd=self.folder.root,
            check=True,
            capture_output=True,
            timeout=MINUTES_4,
        )
        _MADE[key] = self._kept()

    def _kept(self) -> Path:
        """Return a copy of the folder as it is now, which nobody changes."""
        kept = Path(tempfile.mkdtemp(dir=self.folder.root.parent, prefix="kept-"))
        return shutil.copytree(self.folder.root, kept, symlinks=True, dirs_exist_ok=True)

    def write(self, environments: dict[str, Any] | None = None, **integrations: Any) -> None:
        """Write the stack file; without arguments the Magento integration in both environments."""
        config = {
            "azuread:tenantId": self.tenant.ready.tenantId,
            f"{PROJECT}:environments": ENVIRONMENTS if environments is None else environments,
            f"{PROJECT}:integrations": integrations or {"magento": MAGENTO},
        }
        self._declared = json.dumps(config, sort_keys=True)
        YAML().dump({"config": config}, self.folder.stack_file)

    def deploy(self) -> None:
        """Deploy what the stack file declares, in a tenant where nothing was done since its first day.

        Only the first stack with this stack file, in this test process, is deployed by an `up`. The others take a copy
        of what that left, in the folder and in the tenant: it is the same, and it takes no time.
        """
        assert not self.tenant.requests(), "something was done in this tenant"
        key = (self.tenant.ready.origin, self.plugin, self.folder.project, self._secrets_provider, self._declared)
        if key not in _DEPLOYED:
            done = self.up()
            assert done.code == 0, done
            _DEPLOYED[key] = self._kept(), self.tenant.keep_copy()
        else:
            kept, copy = _DEPLOYED[key]
            self.folder.remove()
            shutil.copytree(kept, self.folder.root, symlinks=True)
            self.tenant.reset(to=copy)

    def sign_in_as(self, caller: Caller) -> None:
        """Let another application than the deployer run what comes."""
        deployer = Deployer(caller.client_id, caller.secret, caller.object_id)
        self._ready = replace(self.tenant.ready, deployer=deployer)
        self._ready.save(self.folder.ready_file)

    def preview(self, *options: str) -> Run:
        """Show what up would do."""
        return self.run("preview", "--non-interactive", *options)

    def up(self, *options: str, preview: bool = False) -> Run:
        """Deploy, by default without the preview before it."""
        return self.run("up", "--yes", "--non-interactive", *([] if preview else ["--skip-preview"]), *options)

    def refresh(self, *options: str) -> Run:
        """Read what is really there into the state."""
        return self.run("refresh", "--yes", "--non-interactive", "--skip-preview", *options)

    def drift(self) -> Run:
        """Show what differs from the state; exit code 7 where anything does."""
        return self.run("refresh", "--preview-only", "--expect-no-changes", "--diff", "--non-interactive")

    def destroy(self, *options: str) -> Run:
        """Delete everything."""
        return self.run("destroy", "--yes", "--non-interactive", "--skip-preview", *options)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in clear."""
        found = self.run("output", "--json", "--show-secrets")
        assert found.code == 0, found
        values: dict[str, Any] = json.loads(found.output[found.output.index("{") :])
        return values

    def run(self, verb: str, *options: str) -> Run:
        """Run a command of the CLI to its end."""
        done = subprocess.run(
            self.pulumi.command(verb, *options),
            cwd=self.folder.project,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if verb == "output" else subprocess.STDOUT,
            text=True,
            timeout=self.patience,
            check=False,
        )
        return Run(done.returncode, done.stdout, _changes(done.stdout))

    def start(self, verb: str, *options: str) -> Running:
        """Start a command, to be killed."""
        process = processes.start(
            self.pulumi.command(verb, *options),
            self.environment(),
            mark=self.folder.root,
            cwd=self.folder.project,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return Running(process, self.folder.root)

    def unlock(self) -> None:
        """Do what docs/reference/interrupted-runs.md says for after a kill: `pulumi cancel`, in no time."""
        for lock in self.folder.state.glob(".pulumi/locks/**/*.json"):
            lock.unlink()
        for checksum in self.folder.state.glob(".pulumi/stacks/**/*.attrs"):
            if not checksum.stat().st_size:  # the kill came between the making and the writing of it
                checksum.unlink()

    def forget(self, urn: str) -> None:
        """Take a resource out of the state, and leave the object alone."""
        command = [str(self.pulumi.cli.executable), "state", "delete", "--stack", STACK, "--yes", urn]
        subprocess.run(
            command, cwd=self.folder.project, env=self.environment(), check=True, capture_output=True, timeout=MINUTES_4
        )

    def checkpoint(self) -> dict[str, Any]:
        """The state as it lies on disk."""
        text = (self.folder.state / ".pulumi" / "stacks" / self.folder.project_name / f"{STACK}.json").read_text()
        latest: dict[str, Any] = json.loads(text)["checkpoint"]["latest"]
        return latest

    def resources(self) -> list[dict[str, Any]]:
        """The resources in the state, without the engine's own providers."""
        return [
            each for each in self.checkpoint().get("resources", []) if not each["type"].startswith("pulumi:providers:")
        ]

    def client_id(self, key: str = "magento") -> str:
        """The client id of an own application, as the state has it."""
        kind = "azuread:index/application:Application"
        found = (each for each in self.resources() if each["type"] == kind and each["urn"].endswith(f"::{key}"))
        return str(next(found)["outputs"]["clientId"])

    def environment(self) -> dict[str, str]:
        """The whole environment of the CLI."""
        of_this_checkout = self.folder.project == REPOSITORY
        # `write` says nothing of the secrets provider: the state knows it.
        keeper = {"PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true", **hashicorp_vault()}
        warm = warm_interpreter() if of_this_checkout else {}
        return self.pulumi.environment(self._ready) | keeper | warm | self.settings


class Running:
    """A command under way."""

    def __init__(self, process: subprocess.Popen[str], mark: Path) -> None:
        self._process = process
        self._mark = mark

    def kill(self) -> None:
        """End it and everything it started, as a machine that loses its power does."""
        processes.kill(self._mark)
        self._process.wait(timeout=30)

    @property
    def is_over(self) -> bool:
        """Tell whether it ended by itself."""
        return self._process.poll() is not None


_MADE: dict[tuple[str, Path, str], Path] = {}
"""What `pulumi stack init` made: the plugin, project and secrets provider -> a copy of the folder."""

_DEPLOYED: dict[tuple[str, str, Path, str, str], tuple[Path, str]] = {}
"""What `Stack.deploy` deployed: the tenant, the same and the stack file -> the copies of folder and tenant."""


@cache
def pulumi_cli() -> PulumiCli:
    """The CLI that is on this machine; `make pulumi` brings one."""
    found = Search(os.environ).run()
    assert found, "There is no Pulumi CLI here: `make pulumi` brings one."
    return found


_VERBS = {
    "create": "create", "created": "create", "update": "update", "updated": "update", "delete": "delete",
    "deleted": "delete", "replace": "replace", "replaced": "replace", "unchanged": "unchanged", "errored": "errored",
}  # fmt: skip


def _changes(output: str) -> dict[str, int]:
    summary = output.rpartition("Resources:")[2]
    # After changes of several kinds the CLI writes "3 changes. 8 unchanged".
    found = re.findall(r"^\s+(?:[-+~=]+\s*|\d+ changes\. )?(\d+) (?:to )?(\w+)$", summary, re.MULTILINE)
    return {_VERBS[verb]: int(number) for number, verb in found if verb in _VERBS}
