"""Refusals: a service's error answers, from the table `errors.yaml` beside its modules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal import tables


@dataclass
class Refusal(Exception):
    """A service refuses. Each service writes it in a shape of its own, with its function `errors.answer`.

    Any code that handles a request may raise one, so docstrings do not list it.

    Attributes:
        code: e.g. `Request_ResourceNotFound`; at the token service the number of the AADSTS error.
        more: whatever else that shape has, such as OAuth's `error` or the `headers` of the answer.
    """

    status: int
    code: str
    message: str
    more: dict[str, Any] = field(default_factory=dict)


class Refusals:
    """The refusals of one service, by the names that they have here; a name that is not in the table is a KeyError."""

    def __init__(self, module: str) -> None:
        self._table: dict[str, dict[str, Any]] = tables.read(module, "errors.yaml")

    def __call__(self, name: str, *values: object, **more: Any) -> Refusal:
        """Return a refusal; the values fill the gaps of its text, in order, and `more` adds to what the table says."""
        fields = {"status": 400, **self._table[name], **more}
        return Refusal(fields.pop("status"), str(fields.pop("code")), fields.pop("text").format(*values), fields)
