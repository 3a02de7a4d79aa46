# mypy: ignore-errors
"""Declares what the configuration says: a list of things, each with properties and options; see the tests."""

import pulumi
from things import PlainThing, Thing

config = pulumi.Config()
made = {}


class Component(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("bc:index:Comp", name, {"x": "y"}, opts)


def value(text):
    """`$a.id` is the id of thing a, `$a.gen` its output gen, `$secret.k` the secret configuration value k."""
    if isinstance(text, list):
        return [value(item) for item in text]
    if not isinstance(text, str) or not text.startswith("$"):
        return text
    name, key = text[1:].split(".")
    return config.require_secret(key) if name == "secret" else getattr(made[name], key)


for entry in config.get_object("things") or []:
    options = entry.get("options", {})
    for key in ("parent", "deleted_with", "provider"):
        if key in options:
            options[key] = made[options[key]]
    if "depends_on" in options:
        options["depends_on"] = [made[name] for name in options["depends_on"]]
    if "custom_timeouts" in options:
        options["custom_timeouts"] = pulumi.CustomTimeouts(**options["custom_timeouts"])
    if "aliases" in options:
        options["aliases"] = [pulumi.Alias(name=name) for name in options["aliases"]]
    opts = pulumi.ResourceOptions(**options)
    kind = entry.get("kind", "thing")
    if kind == "component":
        made[entry["name"]] = Component(entry["name"], opts)
    elif kind == "provider":
        made[entry["name"]] = pulumi.ProviderResource("pulumi-python", entry["name"], entry.get("props", {}), opts)
    else:
        props = {key: value(item) for key, item in entry.get("props", {}).items()}
        cls = PlainThing if entry.get("plain") else Thing
        made[entry["name"]] = cls(entry["name"], opts, **props)

if config.get("raise"):
    raise ValueError(config.require("raise"))
for name, text in (config.get_object("exports") or {}).items():
    pulumi.export(name, value(text))
