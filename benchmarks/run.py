"""One run: what every workload is given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.figures import Figure
from benchmarks.filling import Services
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage


@dataclass(frozen=True)
class Run:
    """The emulator, the sizes, and the services that are filled already."""

    stage: Stage
    sizes: Sizes
    services: Services
    profile: bool
    """Also tell where the time of a backup, a restore and a verify goes."""


Workload = Callable[[Run], Awaitable[list[Figure]]]
