"""Many items that a timer works on, so that none of them delays the others.

Several at a time, those of one service one after another, each with its own time limit, and no new
one when the time of the whole run is over. The next run begins with the items that have waited
longest.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from shared.clock import Clock
from shared.storage.patience import Patience, hurried

_SIDE_BY_SIDE = 8

log = logging.getLogger("interkeep.operations")


class OfService(Protocol):
    """What belongs to an operation of a service."""

    @property
    def service(self) -> str:
        """The name of the service."""
        ...

    @property
    def operation_id(self) -> str:
        """The id of the operation."""
        ...


Item = TypeVar("Item", bound=OfService)


@dataclass(frozen=True)
class TimeBounds:
    """How long items may take, in seconds."""

    each: float
    """For one item, including all its storage calls."""
    run: float
    """No further item is begun after this time."""
    most: int | None = None
    """The most items of one run; None for no limit."""


class Rounds(Generic[Item]):
    """Works on items of one kind, run after run, in one process.

    :param patience: the retry budget for storage; for one item it is at most a request's.
    """

    def __init__(self, clock: Clock, patience: Patience, bounds: TimeBounds) -> None:
        self._clock = clock
        self._patience = patience
        self._bounds = bounds
        self._turns: dict[tuple[str, str], int] = {}
        self._turn = 0

    async def run(
        self,
        items: Sequence[Item],
        look: Callable[[Item], Awaitable[None]],
        failed: Callable[[Item, Exception], Awaitable[None]],
    ) -> None:
        """Work on as many items as there is time for.

        :param look: works on one item; it is cancelled when the item's time is over.
        :param failed: called with what ``look`` raised, TimeoutError where the time was over.
        """
        until = self._clock.monotonic() + self._bounds.run
        waiting = self._in_turn(items)[: self._bounds.most]
        busy: set[str] = set()

        async def work() -> None:
            while self._clock.monotonic() < until:
                item = next((one for one in waiting if one.service not in busy), None)
                if item is None:
                    return  # the remaining items are of services that other tasks are working on
                waiting.remove(item)
                busy.add(item.service)
                self._turn += 1
                self._turns[_key(item)] = self._turn
                try:
                    await self._in_time(look(item))
                except Exception as error:  # noqa: BLE001 - reported; then the next item follows
                    await self._tell(item, error, failed)
                finally:
                    busy.discard(item.service)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(_SIDE_BY_SIDE, len(waiting))):
                group.create_task(work())
        if waiting:
            log.warning("%d are left for the next run: its time is over", len(waiting))

    async def _tell(
        self, item: Item, error: Exception, failed: Callable[[Item, Exception], Awaitable[None]]
    ) -> None:
        try:
            await self._in_time(failed(item, error))
        except Exception:
            log.exception(
                "%s of '%s': nothing more can be done now", item.operation_id, item.service
            )

    async def _in_time(self, doing: Awaitable[None]) -> None:
        seconds = self._bounds.each
        with hurried(self._patience, self._clock.monotonic(), seconds):
            async with asyncio.timeout(seconds):
                await doing

    def _in_turn(self, items: Sequence[Item]) -> list[Item]:
        """Longest-waiting items first; those without a turn yet, as in a new process, in random
        order."""
        here = {_key(item) for item in items}
        self._turns = {key: turn for key, turn in self._turns.items() if key in here}
        shuffled = random.sample(items, len(items))
        return sorted(shuffled, key=lambda item: self._turns.get(_key(item), 0))


def _key(item: OfService) -> tuple[str, str]:
    return item.service, item.operation_id
