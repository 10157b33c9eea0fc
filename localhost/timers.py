"""The timer listener: one over all host processes, ticks that were missed collapse into one."""

import asyncio
import calendar
import json
import logging
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from azure.core.exceptions import AzureError, ResourceExistsError
from azure.storage.blob.aio import BlobClient, BlobLeaseClient
from croniter import croniter

from localhost.connections import Connection
from localhost.worker import Function, InvocationFailed, Worker

CONTAINER = "azure-webjobs-hosts"
LOCK = "locks/localhost/timers"
"""The blob whose lease makes one process the one that ticks."""

_LEASE_SECONDS = 60
_RENEW_SECONDS = 20
_TRY_SECONDS = 1.0
_DRAIN_SECONDS = 5

log = logging.getLogger("localhost.timers")


@dataclass(frozen=True)
class Status:
    """What is kept of one timer, so that the next process knows which ticks were missed."""

    last: datetime | None
    next: datetime
    updated: datetime

    def as_json(self) -> dict[str, str]:
        """As Azure keeps it."""
        last = self.last or datetime(1, 1, 1, tzinfo=UTC)
        moments = {"Last": last, "Next": self.next, "LastUpdated": self.updated}
        return {name: moment.isoformat() for name, moment in moments.items()}


def status_blob(function: str) -> str:
    """Where the status of a timer function is kept."""
    return f"timers/localhost/{function}/status"


class TimerListener:
    """Runs the timer functions of an app, as long as this process holds the lease."""

    def __init__(
        self, worker: Worker, functions: Sequence[Function], connection: Connection
    ) -> None:
        self._worker = worker
        self._schedules = [(f, expanded(str(f.trigger["schedule"]))) for f in functions]
        self._account = connection.blobs()
        self._running: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Wait for the lease, then tick, until cancelled."""
        while self._schedules:
            lease = await self._take_lease()
            if lease is None:
                await asyncio.sleep(_TRY_SECONDS)
                continue
            tasks = [asyncio.create_task(self._tick(f, s)) for f, s in self._schedules]
            tasks.append(asyncio.create_task(self._keep(lease)))
            try:
                ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self._give_back(lease)

    async def _take_lease(self) -> BlobLeaseClient | None:
        blob = self._account.get_blob_client(CONTAINER, LOCK)
        try:
            await self._create(blob)
            lease = BlobLeaseClient(blob)
            await lease.acquire(lease_duration=_LEASE_SECONDS)
        except ResourceExistsError:
            return None  # another process has it
        except AzureError as error:
            log.warning("timer lease: %s", error)
            return None
        return lease

    async def _create(self, blob: BlobClient) -> None:
        if await blob.exists():
            return
        with suppress(ResourceExistsError):
            await self._account.create_container(CONTAINER)
        with suppress(ResourceExistsError):
            await blob.upload_blob(b"")

    async def _keep(self, lease: BlobLeaseClient) -> None:
        """Renew until that fails."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            try:
                await lease.renew()
            except AzureError as error:
                log.warning("timer lease lost: %s", error)
                return

    async def _give_back(self, lease: BlobLeaseClient) -> None:
        try:
            await lease.release()
        except AzureError:
            return

    async def _tick(self, function: Function, schedule: str) -> None:
        blob = self._account.get_blob_client(CONTAINER, status_blob(function.name))
        status = await self._start(blob, schedule)
        # However many ticks were missed while no process ran, and the start: this is one run.
        past_due = status.next <= datetime.now(UTC)
        at_once = bool(function.trigger.get("runOnStartup"))
        while True:
            while not at_once and (wait := (status.next - datetime.now(UTC)).total_seconds()) > 0:
                await asyncio.sleep(min(wait, 60))
            last = datetime.now(UTC)
            await self._run(function, status, past_due=past_due)
            past_due = at_once = False
            # Counted from the end of the run: ticks during it are skipped.
            now = datetime.now(UTC)
            status = Status(last, next_tick(schedule, now), now)
            await self._say(blob, status)

    async def _start(self, blob: BlobClient, schedule: str) -> Status:
        """The status to go on from; its next tick is of the schedule as it is now."""
        now = datetime.now(UTC)
        try:
            kept = json.loads(await (await blob.download_blob()).readall())
            last, updated = (datetime.fromisoformat(kept[n]) for n in ("Last", "LastUpdated"))
        except (AzureError, ValueError, KeyError):
            status = Status(None, next_tick(schedule, now), now)
            await self._say(blob, status)
            return status
        has_run = last.year > 1
        after = last if has_run else updated
        return Status(last if has_run else None, next_tick(schedule, after), updated)

    async def _say(self, blob: BlobClient, status: Status) -> None:
        try:
            await blob.upload_blob(json.dumps(status.as_json()), overwrite=True)
        except AzureError as error:
            log.warning("timer status not written: %s", error)

    async def _run(self, function: Function, status: Status, *, past_due: bool) -> None:
        """Run it to its end, even where the lease is lost meanwhile."""
        task = asyncio.create_task(self._call(function, status, past_due))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.shield(task)

    async def _call(self, function: Function, status: Status, past_due: bool) -> None:
        """A run that fails is not repeated: the next tick is the next try."""
        try:
            await self._worker.call_timer(function, past_due=past_due, status=status.as_json())
        except InvocationFailed as failed:
            log.error("%s failed: %s", function.name, failed)

    async def close(self) -> None:
        """Give what runs a little time to end, then close the sockets."""
        if self._running:
            await asyncio.wait(self._running, timeout=_DRAIN_SECONDS)
        await self._account.close()


def expanded(schedule: str) -> str:
    """A schedule with ``%SETTING%`` replaced by the setting's value.

    :raises ValueError: where there is no such setting, or the result is no NCRONTAB of six fields.
    """

    def setting(found: re.Match[str]) -> str:
        value = os.environ.get(found[1])
        if value is None:
            raise ValueError(f"the schedule {schedule} names a setting that does not exist")
        return value

    text = _NAME.sub(_cut, re.sub(r"%([^%]+)%", setting, schedule))
    if len(text.split()) != 6 or not croniter.is_valid(text, second_at_beginning=True):
        raise ValueError(f"'{text}' is no schedule of six fields, such as '0 * * * * *'")
    return text


_NAMES = tuple(calendar.month_name[1:]) + tuple(calendar.day_name)
_NAME = re.compile(r"(?<![@\w])[A-Za-z]{3,}(?!\w)")


def _cut(found: re.Match[str]) -> str:
    """A month or a day as croniter knows it: NCRONTAB takes the whole name too."""
    name = found[0].lower()
    return name[:3] if any(one.lower().startswith(name) for one in _NAMES) else found[0]


def next_tick(schedule: str, after: datetime) -> datetime:
    """The next time of a six-field NCRONTAB schedule after another."""
    # Unlike cron, NCRONTAB wants the day of the month and that of the week, both.
    ticks = croniter(schedule, after, second_at_beginning=True, day_or=False)
    found: datetime = ticks.get_next(datetime)
    return found
