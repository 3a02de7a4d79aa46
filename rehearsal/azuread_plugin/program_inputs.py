"""A program's inputs: Check, the inputs of a Read, and the marks of the bridge and of secrets in them.

Read in the bridge's source, as schema.py says.
"""

from __future__ import annotations

import re
from typing import Any

from rehearsal.azuread_plugin.schema import ZERO, Properties, Values, is_zero, ordered

SECRET_MARK = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the key that marks a special value on the wire
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - what stands under it for a secret
DEFAULTS = "__defaults"


def check(properties: Properties, news: Values, resource: str) -> tuple[Values, list[str]]:
    """Return the inputs with defaults, and what is wrong with them.

    The reasons name properties, never values: an engine prints the value of a property that a failure names.
    """
    given = {name: value for name, value in without_defaults(news).items() if value is not None}
    problems = [
        f'Missing required argument. The argument "{_terraform_name(name)}" is required, but no definition was found.. '
        f"Examine values at '{resource}.{name}'."
        for name, prop in properties.items()
        if prop.required and name not in given
    ]
    for name in given:
        prop = properties.get(name)
        if prop is None or not prop.input:
            problems.append(f"Invalid or unknown key '{name}'")
        elif not prop.supported:
            problems.append(f"The rehearsal's stand-in for azuread does not have '{name}'; the real plugin does")
    defaults = {name: it.default for name, it in properties.items() if it.default is not None and name not in given}
    # The bridge lists only defaults that are not the zero value (`preventDuplicateNames: false` is in no trace).
    inputs = {name: _with_defaults(value) for name, value in given.items()}
    shown = {name: value for name, value in defaults.items() if value != ZERO[properties[name].kind]}
    return {**inputs, **shown, DEFAULTS: sorted(shown)}, problems


def inputs_after_refresh(properties: Properties, inputs: Values, outputs: Values) -> Values:
    """Return the given inputs with the values that were read, and no others (ExtractInputsFromOutputs).

    A member that somebody added to a set shows in the outputs, and so in the diff, but not in the inputs.
    """
    defaults = set(inputs.get(DEFAULTS, []))
    fresh: Values = {}
    for name, old in inputs.items():
        if name == DEFAULTS or name not in outputs:
            continue
        prop = properties.get(name)
        unchanged = prop is not None and ordered(prop, without_defaults(old)) == outputs[name]
        fresh[name] = old if unchanged else _in_shape_of(old, outputs[name])
        if fresh[name] != old:
            defaults.discard(name)
    return {**fresh, DEFAULTS: sorted(defaults)}


def inputs_of_import(properties: Properties, outputs: Values) -> Values:
    """Return inputs that would give this resource: what is required, and what is neither default nor zero."""
    wanted: Values = {}
    for name, prop in properties.items():
        value = outputs.get(name)
        if prop.input and prop.supported and (prop.required or not (is_zero(value) or value == prop.default)):
            wanted[name] = _with_defaults(value)
    if features := outputs.get("featureTags"):
        # `tags` and `featureTags` exclude each other; of such inputs the bridge keeps one, here `featureTags`.
        wanted.pop("tags", None)
        wanted["featureTags"] = [{**{name: on for name, on in each.items() if on}, DEFAULTS: []} for each in features]
    return {**wanted, DEFAULTS: []}


def without_defaults(value: Any) -> Any:
    """Return a value without the bridge's `__defaults` and without the wrappers of secrets, at every level."""
    if isinstance(value, dict):
        if value.get(SECRET_MARK) == SECRET:
            return without_defaults(value.get("value"))
        return {name: without_defaults(inner) for name, inner in value.items() if name != DEFAULTS}
    return [without_defaults(inner) for inner in value] if isinstance(value, list) else value


def secrets_marked(properties: Properties, inputs: Values) -> Values:
    """Return inputs with those marked that are secret."""
    return {
        name: secret(without_defaults(value)) if name in properties and properties[name].secret else value
        for name, value in inputs.items()
    }


def secret(value: Any) -> Values:
    """Return a value marked as a secret for the wire."""
    return {SECRET_MARK: SECRET, "value": value}


def _terraform_name(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _with_defaults(value: Any) -> Any:
    if isinstance(value, dict):
        return {**{name: _with_defaults(inner) for name, inner in value.items()}, DEFAULTS: []}
    return [_with_defaults(inner) for inner in value] if isinstance(value, list) else value


def _in_shape_of(given: Any, found: Any) -> Any:
    """Return what was found, with only the keys and items that were given."""
    if isinstance(given, list) and isinstance(found, list):
        return [_in_shape_of(old, new) for old, new in zip(given, found, strict=False)]
    if isinstance(given, dict) and isinstance(found, dict):
        fresh = {name: _in_shape_of(old, found[name]) for name, old in given.items() if name in found}
        return {**fresh, DEFAULTS: given[DEFAULTS]} if DEFAULTS in given else fresh
    return found
