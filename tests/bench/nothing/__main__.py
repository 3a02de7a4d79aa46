"""Declares nothing, as often as the configuration says."""

import pulumi
from nothing import Nothing  # type: ignore[import-not-found]  # Pulumi starts it in this folder

for number in range(pulumi.Config().require_int("resources")):
    Nothing(f"nothing-{number}")
