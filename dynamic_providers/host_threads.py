"""More resources at once than Pulumi's host of dynamic providers takes by itself.

Pulumi's host serves its calls with four threads, a number that stands in its source and that nothing sets
(https://github.com/pulumi/pulumi/blob/master/sdk/python/lib/pulumi/dynamic/__main__.py). Our resources mostly wait for
an answer, so with four at a time an `up` of a large stack waits for the network:
docs/decisions/0023-resources-at-once.md.
"""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

RESOURCES_AT_ONCE = 16
"""Business Central takes five requests at once of one caller in an environment (`clients.business_central.requests`
keeps to that), so this is enough for three environments; more only queues."""


def work_on_more_resources_at_once() -> None:
    """Give the pool of threads that this call came from as many as `RESOURCES_AT_ONCE`.

    The pool is a local variable of the host, but its threads know it: the first argument of what they run is a weak
    reference to it. It reads its size before each call that it takes. (Both are private attributes, of CPython since
    3.9 and 3.2.) A Python or an SDK in which nothing like it is found keeps its four.
    """
    match getattr(threading.current_thread(), "_args", ()):
        case [weakref.ref() as found, *_]:
            pool = found()
            if isinstance(pool, ThreadPoolExecutor):
                pool._max_workers = max(getattr(pool, "_max_workers", 0), RESOURCES_AT_ONCE)  # noqa: SLF001 - see above
