"""Values that stand in several places of a stack file: in an integration, in an environment of it, in `defaults`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from settings.messages import suggestion

AdditionalPermissionSets = Literal["remove", "keep"]
State = Literal["Enabled", "Disabled"]
Consent = Literal["auto", "manual"]


def _switch(value: object) -> object:
    # YAML 1.1 reads `off` as false.
    return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value


Proof = Annotated[Literal["on", "off"], BeforeValidator(_switch, json_schema_input_type=Literal["on", "off"])]


def _known_environment(key: str, info: ValidationInfo) -> str:
    """Refuse a key that `environments` does not have; here, so that it is told together with all other problems."""
    known = (info.context or {}).get("environments")
    if known is not None and key not in known:
        raise ValueError(f"there is no environment {key!r}{suggestion(key, known)}; see `environments`")
    return key


EnvironmentKey = Annotated[str, AfterValidator(_known_environment)]
