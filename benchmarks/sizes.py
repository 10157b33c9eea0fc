"""How much each workload does: the aims' own sizes, a part of them, or a quick look."""

import argparse
from dataclasses import dataclass, fields

ARTIFACTS = 10_000
OBJECTS = 1_000
AGREEMENTS = 2_500
"""Of the artifacts; each has counters of four kinds, so there are 10,000 counters."""

MICS = 100_000
SESSIONS = 100_000
"""Of an integration account, for peak memory."""


@dataclass(frozen=True)
class Sizes:
    """Sizes of one run, by argument."""

    scale: float = 1.0
    """Part of the service that is backed up, restored and verified."""
    rounds: int = 3
    """How often each side has its turn; the median counts."""
    numbers: int = 10_000
    """Control numbers to allocate."""
    schedules: int = 10_000
    """Schedules that a tick finds, 10 of them due."""
    starts: int = 30
    """Starts whose answer is timed."""
    imports: int = 15
    """Fresh processes that import the app."""
    small: float = 0.1
    """For peak memory: this part of ``scale`` beside ten times as much.

    The emulator sorts all that is left of a partition for each page, so ten times the whole
    workload takes it hours.
    """

    mics: float = 1.0
    """Part of the MIC rows that a service of its scale has: the emulator is slow with many."""
    sessions: float = 1.0
    """Part of the sessions of a large integration account."""
    held: float = 0.1
    """Seconds that a storage call is held where round trips are counted."""
    far: float = 1.0
    """Part of the service of 500 artifacts whose round trips are counted."""
    growth: float = 1.0
    """How far growth is followed: this part of its largest sizes."""

    def grown(self, few: int, more: int, many: int) -> tuple[int, int, int]:
        """Three sizes, the smallest as it is."""
        return few, max(few, part(more, self.growth)), max(few, part(many, self.growth))


QUICK = Sizes(
    scale=0.02,
    rounds=3,
    numbers=960,
    schedules=2_000,
    starts=8,
    imports=5,
    small=0.1,
    sessions=0.05,
    held=0.05,
    growth=0.05,
)
"""Under three minutes on two cores."""

_HELP = {
    "scale": "part of the service of 10,000 artifacts, 1,000 objects and 100,000 MIC rows",
    "rounds": "turns of each side; the median counts",
    "numbers": "control numbers to allocate",
    "schedules": "schedules that a tick finds",
    "starts": "starts whose answer is timed",
    "imports": "fresh processes that import the app",
    "mics": "part of the MIC rows of the scale",
    "sessions": "for peak memory: part of 100,000 sessions, compared with a tenth of it",
    "held": "seconds that a storage call is held where round trips are counted",
    "far": "part of the service of 500 artifacts whose round trips are counted",
    "growth": "part of the largest sizes that growth is followed to",
    "small": "for peak memory: part of the scale that is compared with ten times as much",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One option a size; what is not given is the aim's own, or the quick look's."""
    parser.add_argument("--quick", action="store_true", help="a look in under three minutes")
    for field in fields(Sizes):
        kind = float if isinstance(field.default, float) else int
        parser.add_argument(f"--{field.name}", type=kind, help=f"{_HELP[field.name]}")


def sizes_of(given: argparse.Namespace) -> Sizes:
    """The sizes that were asked for."""
    base = vars(QUICK if given.quick else Sizes())
    asked = {name: getattr(given, name) for name in base}
    return Sizes(**{**base, **{name: value for name, value in asked.items() if value is not None}})


def part(whole: int, scale: float) -> int:
    """So much of a whole, one at least."""
    return max(1, round(whole * scale))
