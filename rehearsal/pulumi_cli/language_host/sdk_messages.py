"""Import this first, and of Pulumi's SDK only the messages are imported (`pulumi.runtime.proto`), in half the time.

The SDK's two packages import all of it, the automation API among it. The CLI starts a language host twice for each
command, and every plugin once, and they speak with it in these messages alone.
"""

import sys
import types
from importlib.util import find_spec

for _name in ("pulumi", "pulumi.runtime"):
    _spec = find_spec(_name)
    if _spec is None or _spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"Pulumi's SDK is not installed for {sys.executable}.", name=_name)
    sys.modules[_name] = types.ModuleType(_name)
    sys.modules[_name].__path__ = list(_spec.submodule_search_locations)
