"""The scale benchmark: many integrations in two environments with latency, beside other programs on the same engine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.bench.critical_path import requests_in_a_row
from tests.support.stack import FIRST, MAGENTO, Run, Stack
from tests.support.tenant import OURS, REPOSITORY, Tenant
from tests.support.vaults import VAULT, AdministeredVault

REFRESH_COSTS_AT_MOST = 20
CUSTODY_COSTS_AT_MOST = 6
"""Further requests of a refresh with custody, beside the pages of the vault's list: the vault's challenge, a token for it,
the list of applications, and up to three applications one by one."""
SECRETS_IN_A_PAGE = 25  # of a vault's list, at most: https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets
AT_ONCE_AT_MOST = 2 * 5  # Business Central takes five of one caller in an environment: decision 23; there are two
MINUTES_30 = 1800
VERBS = ("up", "up again", "refresh", "destroy")
NOTHING = Path(__file__).parent / "nothing"


@dataclass(frozen=True)
class Measured:
    """One run of the CLI.

    Attributes:
        verb: which.
        seconds: how long it took.
        ours: the requests of our providers.
        all: all requests, signing in and the azuread plugin's included.
        in_a_row: how many of them followed one another (tests.bench.critical_path).
        state: bytes of the state after it.
        resources: how many resources that has.
        failure: what went wrong, "" for nothing.
    """

    verb: str
    seconds: float
    ours: int = 0
    all: int = 0
    in_a_row: int = 0
    state: int = 0
    resources: int = 0
    failure: str = ""


class Bench:
    """A tenant and stacks in it, one after the other.

    Args:
        tenant: the tenant.
        plugin: which azuread plugin, as in rehearsal.demo.pulumi.
        latency: of every answer, in seconds.
        parallel: how many resources the CLI works on at once.
        folder: where stacks lie.
    """

    def __init__(self, tenant: Tenant, plugin: str, latency: float, parallel: int, folder: Path) -> None:
        self._tenant = tenant
        self._plugin = plugin
        self._latency = latency
        self._parallel = parallel
        self._folder = folder

    def integrations(self, number: int, project: Path = REPOSITORY, *, tuned: bool = False) -> Iterator[Measured]:
        """Make a stack of so many integrations in two environments, look at it twice, and take it away.

        Args:
            number: how many.
            project: the folder of the program.
            tuned: with the settings that docs/reference/pulumi-commands.md recommends for large stacks.
        """
        self._tenant.reset()
        self._tenant.latency(self._latency)
        before = self._remaining()
        stack = self._stack(project)
        if tuned:
            stack.settings = {"GOGC": "400", "PULUMI_BACKEND_URL": f"{stack.folder.state.as_uri()}?metadata=skip"}
        stack.write(**{f"system{each}": {**MAGENTO, "displayName": f"System {each}"} for each in range(number)})
        yield from self._verbs(stack)
        if different := [kind for kind, left in self._remaining().items() if left != before[kind]]:
            yield Measured("remains", 0, failure=f"not as they were before: {', '.join(different)}")

    def in_custody(self, number: int) -> Iterator[Measured]:
        """Do the same with the secret of each integration in the custody of one vault.

        A refresh reads the vault's list, which has pages; nothing else of it grows with the number.
        """
        self._tenant.reset()
        self._tenant.latency(self._latency)
        AdministeredVault(self._tenant)
        stack = self._stack(REPOSITORY)
        stack.write(**{f"system{each}": _in_custody(each) for each in range(number)})
        yield from self._verbs(stack, further=CUSTODY_COSTS_AT_MOST + -(-number // SECRETS_IN_A_PAGE))

    def nothing(self, resources: int) -> Iterator[Measured]:
        """Do the same with as many resources of a provider that does nothing."""
        project = self._folder / "nothing"
        shutil.copytree(NOTHING, project)
        (project / ".venv").symlink_to(sys.prefix)
        stack = self._stack(project)
        YAML().dump({"config": {"nothing:resources": resources}}, stack.folder.stack_file)
        yield from self._verbs(stack)

    def _verbs(self, stack: Stack, further: int = 0) -> Iterator[Measured]:
        yield self._measured(stack, "up", stack.up)
        yield self._measured(stack, "up again", stack.up, ours_at_most=0)
        yield self._measured(stack, "refresh", stack.refresh, ours_at_most=REFRESH_COSTS_AT_MOST + further)
        yield self._measured(stack, "destroy", stack.destroy)
        shutil.rmtree(stack.folder.root)

    def _remaining(self) -> dict[str, Any]:
        """Return what the tenant holds, by kind; without Entra's recycle bin, which keeps what was deleted."""
        state = self._tenant.state()
        entra = {kind: held for kind, held in state["entra"].items() if kind != "deletedItems"}
        return {**entra, "Business Central": state["businessCentral"]}

    def _stack(self, project: Path) -> Stack:
        stack = Stack(self._folder / "stack", self._tenant, self._plugin, project)
        stack.patience = MINUTES_30
        return stack

    def _measured(self, stack: Stack, verb: str, run: Any, ours_at_most: int | None = None) -> Measured:
        self._tenant.clear_requests()
        began = time.monotonic()
        done: Run = run("--parallel", str(self._parallel))
        seconds = time.monotonic() - began
        log = self._tenant.requests()
        ours = [entry for entry in log if OURS in entry["userAgent"]]
        failure = "" if done.code == 0 else str(done)[-2000:]
        if ours_at_most is not None and len(ours) > ours_at_most:
            failure += f"our providers asked {len(ours)} times; {ours_at_most} are allowed"
        at_once = max((each["inFlight"] for each in log if each["path"].startswith("/bc/")), default=0)
        if at_once > AT_ONCE_AT_MOST:
            failure += f"{at_once} requests of one caller at once at Business Central; {AT_ONCE_AT_MOST} are allowed"
        if verb in ("up again", "refresh") and set(done.changes) != {"unchanged"}:
            failure += f"changes where nothing had changed: {done.changes}"
        resources = stack.resources()
        state = len(json.dumps(resources, separators=(",", ":")))
        in_a_row = requests_in_a_row(log, self._latency)
        return Measured(verb, seconds, len(ours), len(log), in_a_row, state, len(resources), failure)


def _in_custody(number: int) -> dict[str, Any]:
    secrets = {"issued": [FIRST], "custody": {"keyVault": VAULT, "secretName": f"system{number}"}}
    return {**MAGENTO, "displayName": f"System {number}", "credentials": {"secrets": secrets}}


@contextmanager
def program_of(revision: str, folder: Path) -> Iterator[Path]:
    """Check a revision of this repository out, with the packages of now."""
    place = folder / revision
    git = ["git", "-C", str(REPOSITORY), "worktree"]
    subprocess.run([*git, "add", "--detach", str(place), revision], check=True, capture_output=True)
    try:
        (place / ".venv").symlink_to(sys.prefix)
        yield place
    finally:
        subprocess.run([*git, "remove", "--force", str(place)], check=True, capture_output=True)
