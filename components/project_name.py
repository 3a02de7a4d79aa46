"""The project keeps its name, which states, stack files and applications' tags have in them."""

from __future__ import annotations

from components.program_end import refuse
from settings.models import PROJECT


def refuse_another_name(name: str) -> None:
    """End the program where the project is called otherwise, as `pulumi new` offers to call it.

    Args:
        name: the project's name, as Pulumi has it from Pulumi.yaml.
    """
    if name != PROJECT:
        refuse(
            f"The project is called {name!r} in Pulumi.yaml; nothing was changed. Its name stands before the keys of "
            "each stack file, in the tag by which an application is known as this program's, and in the state of each "
            f"stack, where another name makes everything anew. Write `name: {PROJECT}` in Pulumi.yaml. Several "
            "installations are several stacks, or several backends."
        )
