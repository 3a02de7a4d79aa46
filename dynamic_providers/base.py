"""The base of our dynamic providers: sign-in, comparison, readable errors, and no attributes in the state.

How Pulumi treats a Python dynamic provider, and why this class is written as it is:
docs/decisions/0004-how-the-dynamic-providers-are-written.md.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, TypeVar

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, ConfigureRequest, DiffResult, ReadResult, ResourceProvider

from clients.http.errors import DEBUG_VARIABLE, FailedPrecondition, InternalError, UserFacingError
from clients.session import SETTINGS, Session
from dynamic_providers.host_threads import work_on_more_resources_at_once
from reconcilers import recording
from reconcilers.progress import working_on

R = TypeVar("R")

_SESSIONS: dict[tuple[str | None, ...], Session] = {}
_SESSIONS_LOCK = threading.Lock()


def provider_method(method: Callable[..., R]) -> Callable[..., R]:
    """Wrap a method of a provider that Pulumi calls: this is the border between Pulumi's mappings and our code.

    Defaults, and of outputs what the id says, are filled in on the way in, and left out on the way back, since every
    recorded property is written again at each step of each `up`. Errors and progress name the key path in the stack
    file. An error is one paragraph: Pulumi shows whatever a method raises, with its traceback.
    """

    @functools.wraps(method)
    def wrapper(self: Provider, *args: Any) -> R:
        id_ = next((each for each in args if isinstance(each, str)), "")
        olds: Mapping[str, Any] = args[1] if id_ else {}  # outputs; Pulumi gives inputs to a method without an id only
        said = recording.said_by_id(id_, self.id_properties)
        filled = [
            {**self.defaults, **(said if each is olds else {}), **each} if isinstance(each, Mapping) else each
            for each in args
        ]
        properties: Mapping[str, Any] = next((each for each in reversed(filled) if isinstance(each, Mapping)), {})
        where = str(properties.get("declared_at", ""))
        try:
            with working_on(where):
                if method.__name__ in {"create", "update"}:
                    self.require_needed(method.__name__, properties)
                result = method(self, *filled)
            if inputs := getattr(result, "inputs", None):
                result.inputs = self.without_defaults(inputs)  # type: ignore[attr-defined]
            if outs := getattr(result, "outs", None):
                kept = olds if isinstance(result, ReadResult) else ()
                result.outs = self.recorded_outputs(outs, getattr(result, "id", id_), kept)  # type: ignore[attr-defined]
            return result
        except UserFacingError as problem:
            problem.where = problem.where or where
            raise problem from None
        except Exception as problem:
            if os.environ.get(DEBUG_VARIABLE) == "1":
                raise
            raise InternalError(
                f"{method.__name__} what is declared at {where or 'this resource'}",
                f"internal error ({type(problem).__name__} in {method.__qualname__})",
                f"Please report it, with what {DEBUG_VARIABLE}=1 in the environment shows.",
            ) from None

    return wrapper


class Provider(ResourceProvider):
    """The base of our providers.

    Instances are stored in state, pickled: module path, class name and every attribute. So there are no attributes;
    what a provider needs is made in `configure`, once per process.
    """

    serialize_as_secret_always = False  # there is nothing in it to hide, and in clear it can be read and compared

    replaced_when: ClassVar[tuple[str, ...]]
    """Inputs that make up the identity: when one changes, the object is deleted and created again."""

    updated_when: ClassVar[tuple[str, ...]]
    """Inputs that can be changed on the object."""

    needed: ClassVar[tuple[str, ...]]
    """Inputs without which nothing can be created or updated."""

    defaults: ClassVar[Mapping[str, Any]] = {}
    """Properties that have these values are not recorded: what the state lacks has its default."""

    recorded_always: ClassVar[tuple[str, ...]] = ()
    """Properties that are recorded at their default too, so that a refresh can show the old and the new value."""

    id_properties: ClassVar[tuple[str, ...]] = ()
    """The two properties that the id says after the tenant, in its order: outputs have them where they are others."""

    inputs_only: ClassVar[tuple[str, ...]] = ()
    """Properties that nobody reads in the outputs."""

    session: Session

    def __getstate__(self) -> None:
        """Pickle only the class. None, not {}: any value costs a stack frame per resource in Pulumi's pickler."""
        return

    def configure(self, req: ConfigureRequest) -> None:
        """Invoked by Pulumi once per process and class, before anything else."""
        if os.environ.get(DEBUG_VARIABLE) != "1":
            sys.tracebacklimit = 0  # Pulumi sends traceback.format_exc() to the user: then it is the message only
        settings = {name: value for name in SETTINGS if (value := req.config.get(name))}
        with _SESSIONS_LOCK:  # one session for all classes, so that they share tokens and reads
            if not _SESSIONS:
                work_on_more_resources_at_once()
            self.session = _SESSIONS.setdefault(tuple(settings.get(name) for name in SETTINGS), Session(settings))

    def id_of(self, environment: str, id_in_environment: str) -> str:
        """Return the resource id of something in an environment; a stored name."""
        return recording.resource_id(self.session.tenant_id, environment, id_in_environment)

    def require_needed(self, verb: str, inputs: Mapping[str, Any]) -> None:
        """Refuse to go on without what another resource would have given, had it been made.

        With `--continue-on-error` the engine leaves out what it does not know, and goes on with each resource that has
        no dependency in the state on what failed (`components.dependencies.without_dependency`).

        Args:
            verb: what is done: "create" or "update".
            inputs: with the defaults filled in.

        Raises:
            FailedPrecondition: something is not there.
        """
        if missing := [name for name in self.needed if name not in inputs]:
            raise FailedPrecondition(
                f"{verb} {type(self).__name__.removesuffix('Provider')}",
                f"what it needs was not made: {', '.join(missing)}",
                "Put right what the other error says; the next `pulumi up` goes on.",
            )

    def normalise(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Return the inputs in the one form that is compared and stored, and what is wrong with them.

        Called only with known values. Pure: it runs in every preview.
        """
        return inputs, []

    @provider_method
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Invoked before every diff, in previews too."""
        unknown = {key: value for key, value in news.items() if pulumi.contains_unknowns(value)}
        normalised, failures = self.normalise({key: value for key, value in news.items() if key not in unknown})
        return CheckResult({**normalised, **unknown}, failures)

    @provider_method
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Invoked with the stored (after a refresh: the live) outputs and the checked inputs.

        Fields are compared, and no plan is made: docs/decisions/0016-what-a-diff-compares.md. `__provider` and
        `declared_at` are left out on purpose: neither says anything about the object.
        """
        replaces = self.replaces(olds, news)
        changes = bool(replaces or self.changed(olds, news))
        return DiffResult(changes=changes, replaces=replaces, delete_before_replace=True)

    def replaces(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """Return the names of the inputs that make it another object."""
        return [key for key in self.replaced_when if self._differs(key, olds, news)]

    @classmethod
    def without_defaults(cls, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties that are recorded."""
        return recording.without_defaults(properties, cls.defaults, cls.recorded_always)

    @classmethod
    def recorded_outputs(
        cls, outputs: Mapping[str, Any], id_: str, kept: Collection[str] = frozenset()
    ) -> dict[str, Any]:
        """Return the outputs that are recorded.

        Args:
            outputs: all of them.
            id_: the resource's id.
            kept: of a read the properties that are recorded now. One that an older state has is given back, so that a
                refresh changes nothing.
        """
        recorded = recording.without_what_the_id_says(cls.without_defaults(outputs), id_, cls.id_properties)
        recorded = {name: value for name, value in recorded.items() if name not in cls.inputs_only}
        given_back = {*cls.id_properties, *cls.inputs_only}.intersection(kept, outputs)
        return {**recorded, **{name: outputs[name] for name in given_back}}

    def comparable(self, key: str, value: Any) -> Any:
        """Return a value in a form in which equal means "no change"."""
        return recording.comparable(key, value)

    def _differs(self, key: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        if pulumi.contains_unknowns(news.get(key)):
            return True
        return bool(self.comparable(key, olds.get(key)) != self.comparable(key, news.get(key)))

    def changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
        """Return the names of the properties that make an update necessary."""
        return {key for key in self.updated_when if self._differs(key, olds, news)}


def declared(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs without Pulumi's own entry, as a start for outputs."""
    return {key: value for key, value in inputs.items() if key != "__provider"}


def gone() -> ReadResult:
    """Return the result that tells Pulumi that an object is gone."""
    return ReadResult("", {})
