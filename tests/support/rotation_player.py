"""Schedules of rotations, played on a rehearsal tenant whose clock is set forward.

Each run is what a pipeline does on a day: `rotate` reads Entra and edits the stack file; later, when that is merged,
`up` carries it out. What stands in for what: `rotate` is the product's own reading (`Applications.tagged`,
`commands.rotate.known_secrets`), rule and editing of the file, without the command around it; `up` is the product's own requests
to Graph (`add_password`, `remove_password`), made in the order in which the engine makes them: first what is new, then
what is gone; the state is what these requests answered. Entra and the outside system's sign-ins are the rehearsal
tenant's, over TLS. Between two runs somebody may edit the file, add a secret in Entra or tell of a leak.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from clients.graph.applications import Application, Applications
from clients.graph.client import Graph, read_error_body
from clients.http.errors import ServiceError
from clients.http.transport import Transport
from commands.preflight.state import State
from commands.rotate.known_secrets import Known, known_secrets
from reconcilers.secrets.rotation import plan, plan_after_leak
from settings.issued_labels import with_labels
from settings.loading import load, project_configuration
from settings.models import PROJECT, Settings
from settings.rotation_warnings import rotation_warnings
from settings.yaml_reader import read_yaml
from tests.support.rotation_schedules import Edit, Schedule
from tests.support.tenant import REPOSITORY, Tenant

DAY = timedelta(days=1)
LONGEST_DAYS = 700
"""A schedule is played for so long at most: the secret of whoever runs it ends after two years."""


@dataclass
class Secret:
    """A secret as this witness knows it, by its own book."""

    label: str
    key_id: str
    text: str = field(repr=False)
    out: datetime
    ends: datetime
    successor_out: datetime | None = None
    is_revoked: bool = False
    is_said: bool = False


class Player:
    """Plays one schedule after another on a tenant, and counts.

    Args:
        tenant: reset for each schedule.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.counts: Counter[str] = Counter()
        self._token = ""
        transport = Transport(
            "Microsoft Graph",
            tenant.ready.origin,
            authorization=lambda: f"Bearer {self._token}",
            read_error_body=read_error_body,
        )
        self._graph = Graph(transport, lambda: None)
        self._applications = Applications(transport, lambda: None)

    def play(self, schedule: Schedule) -> None:
        """Play a schedule from its first day to its last.

        Raises:
            AssertionError: a promise is broken.
        """
        self.tenant.reset()
        _Play(self, schedule, self._graph, self._applications).play()
        self.counts["schedules"] += 1
        self.counts["schedules with larger gaps"] += not schedule.is_regular

    def advance(self, days: float) -> datetime:
        """Set the tenant's clock forward, sign in anew, and return the time."""
        now = self.tenant.control("POST", "/clock", {"advance": days * 86400})["now"]
        self._token = self.tenant.token()
        return datetime.fromisoformat(now)


class _Play:
    def __init__(self, player: Player, schedule: Schedule, graph: Graph, applications: Applications) -> None:
        self._player, self._schedule, self._graph, self._applications = player, schedule, graph, applications
        self._counts = player.counts
        self._now = player.advance(schedule.start)
        body = {
            "displayName": "Magento Integration",
            "tags": [f"{PROJECT}:demo:magento"],
            "signInAudience": "AzureADMyOrg",
        }
        tenant = player.tenant
        made = tenant.send("POST", "/v1.0/applications", tenant.token(), json=body).json()
        tenant.send("POST", "/v1.0/servicePrincipals", tenant.token(), json={"appId": made["appId"]})
        self._id, self._client_id = made["id"], made["appId"]
        self._text = (
            f"# {schedule.overlap}\nconfig:\n  {PROJECT}:environments: {{production: {{name: Production}}}}\n"
            f"  {PROJECT}:maximumSecretLifetimeDays: 3650\n  {PROJECT}:integrations:\n    magento:\n"
            "      preset: magento\n      environments: [production]  # one\n      credentials:\n        secrets:\n"
            f"          lifetimeDays: {schedule.lifetime}\n          overlapDays: {schedule.overlap}\n"
            f"          maximumLive: {schedule.maximum_live}\n"
            f"          foreignSecrets: {'remove' if schedule.removes_foreign else 'keep'}\n"
        )
        self._secrets: dict[str, Secret] = {}  # by label, what Entra and the state have
        self._all: list[Secret] = []
        self._foreign: set[str] = set()
        self._cap_is_said = self._is_edited = False

    def play(self) -> None:
        merged, began = 0.0, self._now
        for run in self._schedule.runs:
            if self._now + (run.wait + (run.merge or 0)) * DAY > began + LONGEST_DAYS * DAY:
                break
            self._now = self._player.advance(max(0.0, run.wait - merged))
            merged = run.merge or 0.0
            self._counts["runs"] += 1
            for edit in run.edits:
                self._counts[f"edits: {edit}"] += 1
                self._edit(edit)
            self._sign_in()
            self._rotate(leak="leak" in run.edits)
            if run.merge is None:
                self._counts["runs whose up never came"] += 1
                continue
            self._now = self._player.advance(run.merge)
            self._sign_in()
            self._up()
            self._sign_in()

    @property
    def _settings(self) -> Settings:
        config = read_yaml(self._text)["config"]
        presets, file = REPOSITORY / "presets", Path("Pulumi.demo.yaml")
        return load(project_configuration(config), presets=presets, stack_file=file, dates_required=False)

    def _look(self) -> Known:
        [integration] = self._settings.integrations
        assert integration.credentials.secrets
        names = {f"magento-secret-{label}": each.key_id for label, each in self._secrets.items()}
        state = State(
            {}, {"magento": (self._id, self._client_id)}, {}, frozenset(names.values()), {}, secret_keys=names
        )
        listed: list[Application] = self._applications.tagged(f"{PROJECT}:")
        return known_secrets(integration, integration.credentials.secrets, state, listed, None, self._now)

    def _rotate(self, *, leak: bool) -> None:
        known = self._look()
        rule = plan_after_leak if leak else plan
        rotation = rule(known.terms, known.live, known.recorded, self._now)
        for secret in self._secrets.values() if leak else ():
            secret.is_revoked = True  # by the next `up`, whenever that comes
        said = {each.label for each in rotation.notes if each.kind == "expiring"}
        for label in said & self._secrets.keys():
            self._secrets[label].is_said = True
        self._cap_is_said |= any("maximumLive" in each.text for each in rotation.notes)
        if self._schedule.is_regular and not self._is_edited:
            cries = [each for each in rotation.notes if each.is_to_decide]
            assert not cries, f"nothing is wrong, and it says {cries}"
        for foreign in known.foreign:
            if known.secrets.foreign_secrets == "remove" and not foreign.is_young(self._now):
                self._graph.remove_password(self._id, foreign.key_id)
                self._foreign.remove(foreign.key_id)
                self._counts["foreign secrets removed"] += 1
        if rotation.add or rotation.remove:
            before = self._text
            add = [rotation.add] if rotation.add else []
            self._text = with_labels(before, PROJECT, "magento", add, rotation.remove)
            self._counts["labels added"] += len(add)
            self._counts["labels removed"] += len(rotation.remove)
            assert re.findall("# .*", before) == re.findall("# .*", self._text), "comments stay"
        self._check_late(known, leak=leak)

    def _check_late(self, known: Known, *, leak: bool) -> None:
        """A secret whose successor came too late has been announced by the next `rotate` that reads it."""
        for secret in self._all:
            late = secret.successor_out and secret.successor_out + self._overlap > secret.ends
            if late and not leak and not secret.is_revoked and secret.label in known.live and not secret.is_said:
                raise AssertionError(f"{secret} ends too early for its successor, and nobody was told")

    def _up(self) -> None:
        [integration] = self._settings.integrations
        declared = integration.credentials.secrets
        assert declared
        self._counts["warnings of previews"] += len(list(rotation_warnings(self._settings)))
        for label in sorted(set(declared.issued) - self._secrets.keys()):
            ends = declared.end_date(label)
            try:
                made = self._graph.add_password(self._id, f"Magento Integration - {label}", ends)
            except ServiceError:
                assert datetime.fromisoformat(ends) <= self._now, "Entra makes all but what has ended"
                assert not self._schedule.is_regular
                self._counts["labels that had ended before their up"] += 1
                return
            assert made
            out = self._now.replace(microsecond=0)  # Entra tells whole seconds
            self._made(Secret(label, made.key_id, made.text, out, datetime.fromisoformat(ends)))
        self._check_cap()
        for label in sorted(self._secrets.keys() - set(declared.issued)):
            secret = self._secrets[label]
            early = secret.ends > self._now and (
                secret.successor_out is None or secret.successor_out + self._overlap > self._now
            )
            assert secret.is_revoked or not early, f"{secret} is removed too early, at {self._now}"
            self._graph.remove_password(self._id, secret.key_id)
            del self._secrets[label]
        self._check_cap()

    def _made(self, secret: Secret) -> None:
        self._counts["secrets made"] += 1
        for old in self._secrets.values():
            if old.successor_out is not None or old.label > secret.label:
                continue
            old.successor_out = secret.out
            if not old.is_revoked and secret.out + self._overlap > old.ends:
                assert not self._schedule.is_regular, f"{old} ends before {secret} has been out for the overlap"
                self._counts["secrets that ended too early for their successor"] += 1
        self._secrets[secret.label] = secret
        self._all.append(secret)

    def _check_cap(self) -> None:
        application = next(each for each in self._applications.tagged(f"{PROJECT}:") if each.id == self._id)
        live = [
            each
            for each in application.secrets
            if each.key_id.lower() not in self._foreign and datetime.fromisoformat(each.ends) > self._now
        ]
        if len(live) > self._schedule.maximum_live:
            assert self._cap_is_said, f"{len(live)} secrets work, and nobody was told"
            self._counts["times above the cap, each with a word"] += 1
        else:
            self._cap_is_said = False  # the next time needs a word of its own

    def _sign_in(self) -> None:
        """Sign in with every secret that is to work, as the outside system does that has it."""
        for secret in self._all:
            ended = secret.successor_out is not None and secret.successor_out + self._overlap <= self._now
            if secret.is_revoked or ended or (secret.ends <= self._now and not self._schedule.is_regular):
                continue
            form = {"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": secret.text}
            scope = f"{self._player.tenant.ready.origin}/.default"
            answer = self._player.tenant.token_response({**form, "scope": scope})
            assert answer.ok, f"{secret} does not work at {self._now}: {answer.json().get('error_description')}"
            self._counts["sign-ins"] += 1

    @property
    def _overlap(self) -> timedelta:
        return self._schedule.overlap * DAY

    def _edit(self, edit: Edit) -> None:
        today = self._now.date().isoformat()
        match edit:
            case "comment":
                self._text = f"# {self._counts['runs']}\n{self._text}"
            case "add":
                self._is_edited = True
                if f"{today}" not in self._text:
                    self._text = with_labels(self._text, PROJECT, "magento", [today], [])
            case "leak":
                self._is_edited = True
            case "lifetime":
                days = self._schedule.overlap * (5 + self._counts["runs"] % 4)
                self._text = re.sub(r"lifetimeDays: \d+", f"lifetimeDays: {days}", self._text)
            case "foreign":
                credential = {"displayName": "by hand", "endDateTime": (self._now + 300 * DAY).isoformat()}
                path, tenant = f"/v1.0/applications/{self._id}/addPassword", self._player.tenant
                made = tenant.send("POST", path, tenant.token(), json={"passwordCredential": credential})
                self._foreign.add(made.json()["keyId"])
            case "reformat":
                values: dict[str, Any] = read_yaml(self._text)
                with contextlib.suppress(KeyError):
                    issued = values["config"][f"{PROJECT}:integrations"]["magento"]["credentials"]["secrets"]["issued"]
                    issued[:] = [f"{each[:10]} 00:00:00 +0000 UTC" if len(each) == 10 else each for each in issued]
                self._text = yaml.safe_dump(values, sort_keys=False)


def figures(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    """Yield what to print, the schedules first."""
    first = ["schedules", "schedules with larger gaps", "runs"]
    for name in [*first, *sorted(counts.keys() - set(first))]:
        yield name, counts[name]
