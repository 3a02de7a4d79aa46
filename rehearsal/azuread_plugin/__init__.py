"""A stand-in for Pulumi's azuread plugin, for machines where the real one cannot be had.

It has the three resources and the one function that this project's program uses, makes the same HTTP requests as the
real plugin 6.11.1 (as recorded: `http-*.jsonl` below tests/; where those are silent, as in the source of the Terraform
provider that the real plugin embeds) and speaks to the rehearsal tenant only: it refuses any metadata host that is not
loopback. A real plugin, in Pulumi's cache or on PATH, always comes first; `location.find_plugin` decides.
"""
