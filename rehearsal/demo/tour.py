"""The tour's steps, and what each of them claims."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rehearsal.control_port import ControlPort
from rehearsal.demo import outside_system, secret_search, tenant_state
from rehearsal.demo.declaration import INTEGRATION, Declaration
from rehearsal.demo.errors import ClaimFailed
from rehearsal.demo.folder import DemoFolder
from rehearsal.demo.narration import Narration
from rehearsal.demo.outside_system import OutsideSystem
from rehearsal.demo.pulumi_runner import PulumiRunner
from rehearsal.demo.request_counts import Counts
from rehearsal.demo.rotation import rotate_once
from rehearsal.ready_file import ReadyFile

_DRIFT = 7  # exit code of --expect-no-changes where there are some (docs/reference/drift.md)
_QUIETLY = ("--yes", "--skip-preview")


class Tour:
    """One tour.

    Args:
        declared: what the stack file says.
        runner: runs Pulumi.
        ready: the tenant.
        folder: searched for the secret.
        narration: shows it.
    """

    def __init__(
        self, declared: Declaration, runner: PulumiRunner, ready: ReadyFile, folder: DemoFolder, narration: Narration
    ) -> None:
        self._declared = declared
        self._runner = runner
        self._ready = ready
        self._folder = folder
        self._narration = narration
        self._control = ControlPort(ready.controlUrl)
        self._before = self._control.state()
        self._log: list[dict[str, Any]] = []  # every request of the tour
        self._number = 1
        self.client_id = ""
        self._secret = ""
        self._old_secret = ""

    def walk(self, *, keep: bool) -> None:
        """Go through all steps.

        Args:
            keep: leave the stack as it is in the end, instead of destroying it.

        Raises:
            ClaimFailed: something claimed does not hold.
            DemoError: the tour cannot go on.
        """
        self._preflight()
        self._preview()
        self._up()
        self._use()
        self._up_again()
        self._rotate()
        self._drift()
        self._search()
        if not keep:
            self._destroy()

    def _preflight(self) -> None:
        deployer, role_id = self._ready.deployer.clientId, "SECURITY"
        environment = next(iter(self._declared.access.permission_sets))
        with self._step("Preflight: what whoever deploys lacks, before anything is made") as counts:
            where = {"environment": environment, "clientId": deployer, "roleId": role_id}
            self._control.edit("remove_permission_set", **where)
            self._narration.say(f"By hand: {role_id} taken from whoever deploys, in {environment}.")
            found = [each for each in self._runner.preflight(expected=1) if each["stopsUp"]]
            self._claim(
                [each["where"] for each in found] == [f"environment {environment}"] and role_id in found[0]["found"],
                f"it is found, and nothing else, with who gives {role_id} back and where",
                f"Preflight finds {[each['found'] for each in found]}, and {role_id} is missing in {environment}.",
            )
            self._control.edit("add_permission_set", **where)
            found = self._runner.preflight()
            self._claim(
                {each["kind"] for each in found} == {"ready"},
                "given back, nothing stands in the way",
                f"Preflight still finds {[each['found'] for each in found if each['kind'] != 'ready']}.",
            )
            requests = counts()
            self._claim(requests.writes == 0, "no request that writes", f"{requests.writes} requests wrote something.")
        self._before = self._control.state()

    def _preview(self) -> None:
        with self._step("Preview: what would be made, and nothing is made") as counts:
            self._runner.run("preview")
            self._claim(
                not tenant_state.difference(self._before, self._control.state()),
                "nothing was made: the tenant is as it was",
                "The preview changed the tenant.",
            )
            requests = counts()
            self._claim(
                requests.writes == 0 and requests.ours == 0,
                "no request of ours, none that writes",
                f"The preview made {requests.writes} writing requests, and our providers {requests.ours} in all.",
            )

    def _up(self) -> None:
        with self._step("Up: application, service principal, secret, consent, registrations, and a proof of each"):
            self._runner.run("up", *_QUIETLY)
            try:
                handed_over = self._runner.outputs()["integrations"][INTEGRATION]
                self.client_id, self._secret = handed_over["clientId"], handed_over["clientSecret"]
                expires = handed_over["clientSecretExpires"]
            except (KeyError, TypeError) as problem:
                raise ClaimFailed(f"The stack's outputs do not hand over {problem} of {INTEGRATION}.") from None
            self._narration.passed("the stack's outputs hand over the client id and, encrypted, the secret")
            self._claim_objects(expires)
            self._claim_access()

    def _claim_objects(self, expires: str) -> None:
        state = self._control.state()
        found = tenant_state.applications(state, self._declared.display_name)
        self._claim(
            [each["appId"] for each in found] == [self.client_id],
            f'Entra has one application "{self._declared.display_name}", {self.client_id}',
            f'Entra has {len(found)} applications named "{self._declared.display_name}", or another client id.',
        )
        self._claim(
            len(tenant_state.service_principals(state, self.client_id)) == 1,
            "and one service principal of it",
            "Entra does not have exactly one service principal of it.",
        )
        ends = [each["endDateTime"] for each in found[0]["passwordCredentials"]]
        self._claim(ends == [expires], f"and one secret, valid until {expires}", f"Its secrets end at {ends}.")

    def _claim_access(self) -> None:
        """Claim that the application has exactly the access that is declared."""
        state = self._control.state()
        declared, real = self._declared.access, tenant_state.access(state, self.client_id)
        self._claim(
            real.roles == declared.roles,
            f"consent: {_listed(declared.roles)}",
            f"Entra grants {_listed(real.roles)}, and declared is {_listed(declared.roles)}.",
        )
        for name, declared_sets in declared.permission_sets.items():
            sets = real.permission_sets.get(name)
            self._claim(
                sets == declared_sets,
                f"{name}: registered, with {_listed(declared_sets)}",
                f"{name} is not as declared: it has "
                + ("no registration." if sets is None else f"{_listed(sets)} instead of {_listed(declared_sets)}."),
            )
        foreign = real.permission_sets.keys() - declared.permission_sets.keys()
        problems = tenant_state.registration_problems(state, self.client_id)
        problems += [f"{name} has a registration that is not declared" for name in sorted(foreign)]
        self._claim(not problems, "each registered once and enabled, its user too", "; ".join(problems) + ".")

    def _use(self) -> None:
        with self._step("The outside system uses it: a token with the new secret, a call to each environment"):
            token = self._claim_token()
            environments = self._control.state()["businessCentral"]
            shop = OutsideSystem(self._ready, self.client_id, self._secret)
            for name in self._declared.access.permission_sets:
                companies = shop.companies(token, name)
                real = [company["name"] for company in environments[name]["companies"]]
                self._claim(
                    companies == real,
                    f"{name} answers the companies request: {', '.join(companies)}",
                    f"{name} answers with the companies {companies}, and has {real}.",
                )

    def _claim_token(self) -> str:
        token = OutsideSystem(self._ready, self.client_id, self._secret).token()
        roles = outside_system.roles(token)
        self._claim(
            roles == self._declared.access.roles,
            f"the token carries {_listed(roles)}",
            f"The token carries {_listed(roles)}, and declared is {_listed(self._declared.access.roles)}.",
        )
        return token

    def _up_again(self) -> None:
        with self._step("Up again: nothing to do") as counts:
            self._runner.run("up", *_QUIETLY, "--expect-no-changes")
            requests = counts()
            ours = requests.ours + requests.our_sign_in
            self._claim(
                ours == 0 and requests.writes == 0,
                "0 changes, and 0 requests from our providers",
                f"Nothing changed, but our providers made {ours} requests, and {requests.writes} wrote something.",
            )

    def _rotate(self) -> None:
        with self._step("Rotation: a second date, both secrets work, the first is removed"):
            self._old_secret = self._secret
            self._secret = rotate_once(
                self._declared, self._runner, self._ready, self.client_id, self._secret, self._claim
            )

    def _drift(self) -> None:
        role, permission_set = self._declared.role, self._declared.permission_set
        environment = next(iter(self._declared.access.permission_sets))
        with self._step("Drift: an administrator breaks something on each side"):
            where = {"company": permission_set.company} if permission_set.company else {}
            self._control.edit("remove_app_role_assignment", clientId=self.client_id, role=role)
            self._control.edit(
                "remove_permission_set",
                environment=environment,
                clientId=self.client_id,
                roleId=permission_set.role_id,
                **where,
            )
            self._narration.say(f"By hand: {role} revoked in Entra, {permission_set} taken away in {environment}.")
            roles = outside_system.roles(OutsideSystem(self._ready, self.client_id, self._secret).token())
            self._claim(role not in roles, "a new token lacks the role", f"A new token still carries {role}.")
            shown = self._runner.run(
                "refresh", "--preview-only", "--diff", "--expect-no-changes", expected=_DRIFT, only_changes=True
            ).output
            missing = [each for each in (role, permission_set.role_id) if not _is_removed(each, shown)]
            self._claim(
                not missing,
                f"refresh shows both, with exit code {_DRIFT} for a pipeline",
                f"Refresh does not show that {_listed(missing)} is gone.",
            )
        with self._step("Repair: up --refresh"):
            self._runner.run("up", "--refresh", *_QUIETLY)
            self._claim_access()
            self._claim_token()
            self._runner.run("refresh", "--preview-only", "--expect-no-changes", only_changes=True)
            self._narration.passed("refresh finds no difference any more")

    def _search(self) -> None:
        with self._step("The secret: in no file, no output, no request log"):
            self._claim_no_secret()

    def _claim_no_secret(self) -> None:
        self._collect_requests()
        found, files = secret_search.search_files(self._secret, self._folder.rehearsal)
        found += secret_search.search_files(self._old_secret, self._folder.rehearsal)[0]
        texts = {
            "the output of the tour": self._narration.text,
            "the request log": "\n".join(map(json.dumps, self._log)),
            "the tenant's state": json.dumps(self._control.state()),
        }
        found += secret_search.search_texts(self._secret, texts)
        found += secret_search.search_texts(self._old_secret, texts)
        places = "; ".join(f"{each.place} ({each.form})" for each in found)
        self._claim(
            not found,
            f"the secret is in none of {files} files below {self._folder.relative(self._folder.rehearsal)}/, in no "
            f"output, and in none of {len(self._log)} logged requests",
            f"The secret stands in {places}.",
        )

    def _destroy(self) -> None:
        with self._step("Destroy: all of it goes, and what remains is listed"):
            self._runner.run("destroy", *_QUIETLY)
            state = self._control.state()
            different = tenant_state.difference(self._before, state)
            self._claim(
                not different,
                "Entra and both environments are as they were before",
                f"Something is left, in {', '.join(different)}.",
            )
            listed = self._runner.remains()
            real = {item["id"] for item in state["entra"]["deletedItems"]}
            self._claim(
                bool(real) and {each.get("id") for each in listed} == real,
                "what remains is in Entra's deleted items, for 30 days; there it can be restored:",
                f"`remains` lists {len(listed)} objects, and Entra's deleted items have {len(real)}.",
            )
            for each in listed:
                self._narration.say(f"  {each['kind']} {each['name']}, gone for good on {each['purgedOn']}")
            self._claim_no_secret()

    @contextmanager
    def _step(self, title: str) -> Iterator[Callable[[], Counts]]:
        """Show a step, its time and its requests; yields a function that counts the requests so far."""
        self._number += 1
        self._narration.title(f"{self._number}. {title}")
        self._collect_requests()
        first = len(self._log)  # requests between two steps are not counted
        begun = time.monotonic()

        def counts() -> Counts:
            self._collect_requests()
            return Counts(self._log[first:])

        yield counts
        seconds = time.monotonic() - begun
        self._narration.measured(f"{seconds:.1f} s; requests: {counts()}")

    def _collect_requests(self) -> None:
        """Move the requests from the tenant's log to ours."""
        self._log += self._control.requests()
        self._control.clear_requests()

    def _claim(self, holds: bool, claim: str, failure: str) -> None:
        if not holds:
            raise ClaimFailed(failure)
        self._narration.passed(claim)


def _is_removed(name: str, shown: str) -> bool:
    """Tell whether a line of a diff removes something of that name."""
    return re.search(rf"^\s*-\s.*{re.escape(name)}", shown, re.MULTILINE) is not None


def _listed(items: object) -> str:
    """Return names for a sentence, in order."""
    names = sorted(str(item) for item in items)  # type: ignore[attr-defined]
    return ", ".join(names) or "nothing"
