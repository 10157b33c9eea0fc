"""Many things looked after by a timer, so that none of them holds up another.

Some side by side, those of one service one after another, each within its own time, and no new one
when the time of the whole run is over. Whose turn came longest ago comes first in the next run.
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
    """How long things may take, in seconds."""

    each: float
    """One of them, and all its storage calls together."""
    run: float
    """No further one is begun after that."""
    most: int | None = None
    """How many have their turn in one round."""


class Rounds(Generic[Item]):
    """Looks after things of one kind, round after round, in one process.

    :param patience: with storage; within one thing it is no longer than a request's.
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
        """Look at as many as there is time for.

        :param look: looks at one; when its time is over, it is cancelled.
        :param failed: told what it raised, TimeoutError where its time was over.
        """
        until = self._clock.monotonic() + self._bounds.run
        waiting = self._in_turn(items)[: self._bounds.most]
        busy: set[str] = set()

        async def work() -> None:
            while self._clock.monotonic() < until:
                item = next((one for one in waiting if one.service not in busy), None)
                if item is None:
                    return  # what is left is of services that others are at
                waiting.remove(item)
                busy.add(item.service)
                self._turn += 1
                self._turns[_key(item)] = self._turn
                try:
                    await self._in_time(look(item))
                except Exception as error:  # noqa: BLE001 - told, and the next one has its turn
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
        """Those that had no turn yet first, by chance, for a process that was just started."""
        here = {_key(item) for item in items}
        self._turns = {key: turn for key, turn in self._turns.items() if key in here}
        shuffled = random.sample(items, len(items))
        return sorted(shuffled, key=lambda item: self._turns.get(_key(item), 0))


def _key(item: OfService) -> tuple[str, str]:
    return item.service, item.operation_id
