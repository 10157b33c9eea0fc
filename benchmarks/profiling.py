"""Where the time of one operation goes: the functions of the event loop's thread, by their time."""

import cProfile
import io
import pstats
from collections.abc import Awaitable

from benchmarks.figures import RESULTS
from benchmarks.rounds import Measured

_SHOWN = 60


async def profiled(name: str, operation: Awaitable[Measured]) -> None:
    """Run an operation once more under the profiler, and write what it saw.

    What runs in threads (hashing, compressing) is not in it, waiting for storage is ``select``.
    """
    profile = cProfile.Profile()
    profile.enable()
    try:
        await operation
    finally:
        profile.disable()
    RESULTS.mkdir(exist_ok=True)
    text = io.StringIO()
    stats = pstats.Stats(profile, stream=text).strip_dirs()
    for order in ("tottime", "cumtime"):
        stats.sort_stats(order).print_stats(_SHOWN)
    path = RESULTS / f"profile-{name}.txt"
    path.write_text(text.getvalue())
    print(f"profile of a {name}: {path.name}", flush=True)
