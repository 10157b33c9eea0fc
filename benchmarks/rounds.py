"""Turns of several sides, interleaved: a machine that is busy for a while is so for all of them."""

import functools
import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import add
from types import TracebackType

from benchmarks.counting import Calls, CountingTransport


@dataclass(frozen=True)
class Measured:
    """What one turn took."""

    seconds: float
    calls: Calls | None = None


class Stopwatch:
    """Measures its ``with`` block.

    :param transports: whose storage calls are counted meanwhile.
    """

    def __init__(self, *transports: CountingTransport | None) -> None:
        self._before = [(given, given.counted()) for given in transports if given]
        self.measured = Measured(0.0)

    def __enter__(self) -> "Stopwatch":
        gc.collect()
        self._began = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        seconds = time.perf_counter() - self._began
        calls = [transport.since(before) for transport, before in self._before]
        self.measured = Measured(seconds, functools.reduce(add, calls) if calls else None)


Turn = Callable[[int], Awaitable[Mapping[str, Measured]]]
"""Does its work for the round of this number; what it measured, by name."""


@dataclass(frozen=True)
class Ratio:
    """How much longer one side took than another."""

    median: float
    low: float
    high: float


@dataclass
class Timings:
    """What every turn measured."""

    turns: dict[str, list[Measured]] = field(default_factory=dict)

    def add(self, measured: Mapping[str, Measured]) -> None:
        """Note what a turn measured."""
        for name, one in measured.items():
            self.turns.setdefault(name, []).append(one)

    def seconds(self, name: str) -> float:
        """The median."""
        return statistics.median(one.seconds for one in self.turns[name])

    def calls(self, name: str) -> Calls | None:
        """Of the last turn."""
        return self.turns[name][-1].calls

    def ratio(self, name: str, to: str) -> Ratio:
        """The median over the rounds: both sides of a round ran on the same machine's mood."""
        pairs = zip(self.turns[name], self.turns[to], strict=True)
        ratios = [one.seconds / other.seconds for one, other in pairs]
        return Ratio(statistics.median(ratios), min(ratios), max(ratios))


async def interleaved(rounds: int, turns: Sequence[Turn]) -> Timings:
    """Let each side have its turn in every round; who begins changes from round to round."""
    timings = Timings()
    for number in range(rounds):
        first = number % len(turns)
        for turn in (*turns[first:], *turns[:first]):
            timings.add(await turn(number))
    return timings
