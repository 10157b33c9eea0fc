"""The lease of a worker on its operation's record.

A lease is measured by the storage's clock for others (answer's Date minus the row's Timestamp) and
by this process's own monotonic clock for its holder, who treats it as lost well before that.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.clock import Clock
from shared.operations.task import Task
from shared.state.operations import OperationRow, Operations
from shared.storage.fence import LeaseLost, fenced
from shared.storage.tables import RowChanged

_LOOK_SECONDS = 1.0
"""How often progress is checked; it is written if it changed."""

_ANSWER_SECONDS = 5.0
"""How long a renewal's answer is waited for when the attempt has ended."""

_SAFE_PART = 0.75
"""The fraction of the lease after which its holder stops writing unless it was renewed."""

log = logging.getLogger("interkeep.operations")


class Lease:
    """Held while an attempt runs; renews itself, and writes the progress with each renewal.

    :param began: time by ``clock.monotonic``, before the write that took the operation.
    """

    def __init__(
        self, records: Operations, record: OperationRow, task: Task, clock: Clock, began: float
    ) -> None:
        self._records = records
        self._clock = clock
        self.record = record
        self._task = task
        self._seconds = record.operation.lease_seconds
        self._renewed = began
        self._lost = False
        self._writing: asyncio.Task[None] | None = None
        self.cancel_requested = record.operation.cancel_requested

    def check(self) -> None:
        """Raise LeaseLost where this worker may not write any more."""
        waited = self._clock.monotonic() - self._renewed
        if self._lost or waited > self._seconds * _SAFE_PART:
            raise LeaseLost(self.record.operation.id)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Run the body under the fence, renewing meanwhile."""
        renewing = asyncio.create_task(self._renew())
        try:
            with fenced(self.check):
                yield
        finally:
            # A renewal on its way has its answer first: the end of the operation is written on the
            # condition of what it wrote.
            if self._writing is not None:
                await asyncio.wait({self._writing}, timeout=_ANSWER_SECONDS)
                self._writing.cancel()
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self) -> None:
        written = self._task.progress
        while not self._lost:
            await asyncio.sleep(min(_LOOK_SECONDS, self._seconds / 3))
            due = self._clock.monotonic() - self._renewed >= self._seconds / 3
            if not due and self._task.progress == written:
                continue
            written = self._task.progress
            try:
                self._writing = asyncio.create_task(self._write())
                await self._writing
            except Exception as error:  # noqa: BLE001 - retried until the lease has expired
                log.warning("lease of %s not renewed: %s", self.record.operation.id, error)

    async def _write(self) -> None:
        began = self._clock.monotonic()
        operation = self.record.operation.model_copy(
            update={
                "progress": self._task.progress,
                "cancel_requested": self.cancel_requested,
            }
        )
        try:
            self.record = await self._records.write(operation, self.record.etag)
        except RowChanged:
            await self._read_back()
            return
        self._renewed = began

    async def _read_back(self) -> None:
        """Read the record that someone else wrote: a cancel request, or a worker that took over."""
        mine = self.record.operation
        found = await self._records.find(mine.service, mine.id)
        theirs = found[0] if found else None
        if theirs is None or theirs.operation.worker != mine.worker:
            self._lost = True
            return
        self.record = theirs
        self.cancel_requested = theirs.operation.cancel_requested
