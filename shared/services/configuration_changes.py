"""Changing a service's configuration: read the head, then write if the head is unchanged.

What a change is checked against (state, units) is read after the head. A transition writes the
directory first and the head after it (``settle_writers``): so a writer that checked against the
former state has an outdated head, and reads again.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from weakref import WeakValueDictionary

from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.operations.immediate import BeforeWrite, unlogged
from shared.rules.problems import service_deleted
from shared.state.configuration import Configuration, Head, Phase
from shared.state.edits import Edit
from shared.state.services import Directory, Listed
from shared.storage.tables import RowChanged

_TRIES = 30
"""Attempts of one change. Writers in several processes compete for the head of a service, and each
of them fails at times."""

Result = TypeVar("Result")
EditOf = Callable[[Listed, Head], Awaitable[tuple[Sequence[Edit], Result]]]
"""A function of the service and its head that reads what it needs, and returns the edits to write
and a result."""


@dataclass(eq=False)
class _Turn:
    """The turn of the writers of one service in this process; dropped when none is left."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    head: Head | None = None
    """The head as the last of them wrote it."""


class ConfigurationChanges:
    """Changes configurations, one at a time for each service in this process."""

    def __init__(self, configuration: Configuration, directory: Directory) -> None:
        self._configuration = configuration
        self._directory = directory
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()

    async def make(
        self, service: Service, edit: EditOf[Result], before_write: BeforeWrite = unlogged
    ) -> tuple[Result, list[str]]:
        """Read, and write on the condition that the head is unchanged; otherwise repeat.

        Writers of this process take turns, and the next one begins with the head that the last one
        wrote. If another process has written since, the condition fails and the head is read again.

        :raises Problem: what ``edit`` raises; ServiceNotFound, OperationNotAllowed,
            ConfigurationHeld.
        """
        turn = self._turns.setdefault(service.id, _Turn())
        async with turn.lock:
            head, turn.head = turn.head, None
            for attempt in range(_TRIES):
                head = head or await self._configuration.head(service.id)
                open_head = require_open(service, head)
                listed = await self._require_listed(service)
                edits, result = await edit(listed, open_head)
                await before_write()
                try:
                    head, etags = await self._configuration.change(service.id, open_head, edits)
                except RowChanged:
                    head = None
                    await asyncio.sleep(random.uniform(0, 0.02 * (attempt + 1)))
                    continue
                turn.head = head
                return result, etags
        raise Problem(
            Code.CONFIGURATION_HELD,
            f"The configuration of '{service.name}' is written by many callers at once. Try "
            "again; put many artifacts with one import.",
            retry_after_seconds=2,
        )

    async def _require_listed(self, service: Service) -> Listed:
        listed = await self._directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            raise service_deleted(service.name)
        return listed

    async def settle_writers(self, service_id: str) -> Head | None:
        """Make every writer read the directory again, by writing the head; return that head.

        Not needed if another one has written the head since the directory's row was written.
        """
        head = await self._configuration.head(service_id)
        if head is None or head.held_for_seconds > 0:
            return head
        try:
            return await self._configuration.write_head(service_id, replace(head, hold=""))
        except RowChanged:
            return await self._configuration.head(service_id)


def require_open(service: Service, head: Head | None) -> Head:
    """Refuse a change if the configuration does not accept changes now.

    :raises Problem: OperationNotAllowed for a service that is being deleted or restored,
        ConfigurationHeld while a backup reads it.
    """
    if head is None or head.phase is not Phase.OPEN:
        raise Problem(
            Code.OPERATION_NOT_ALLOWED,
            f"Service '{service.name}' is being deleted or restored; it takes no changes.",
        )
    if head.stage:
        raise half_pulled(service.name)
    if head.held_for_seconds > 0:
        raise Problem(
            Code.CONFIGURATION_HELD,
            f"A backup is reading the configuration of '{service.name}'; changes wait for it, a "
            "minute at most.",
            retry_after_seconds=max(1, min(5, int(head.held_for_seconds))),
        )
    return head


def half_pulled(service: str) -> Problem:
    """A pull has begun to write what it found, and has not ended."""
    return Problem(
        Code.CONFIGURATION_HELD,
        f"What a pull found is being written into '{service}'. Try again when it has ended; if it "
        "failed, start another pull: it first completes what the former one began.",
        retry_after_seconds=5,
    )
