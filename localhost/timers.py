"""The timer listener: one over all host processes, ticks that were missed collapse into one."""

import asyncio
import contextlib
import json
import logging
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError
from azure.storage.blob.aio import BlobClient, BlobLeaseClient, BlobServiceClient
from croniter import croniter

from localhost.worker import Function, InvocationFailed, Worker

CONTAINER = "azure-webjobs-hosts"
_LEASE_SECONDS = 60
_RENEW_SECONDS = 20
_TRY_SECONDS = 1.0

log = logging.getLogger("localhost.timers")


class TimerListener:
    """Runs the timer functions of an app, as long as this process holds the lease."""

    def __init__(self, worker: Worker, functions: Sequence[Function], connection: str) -> None:
        self._worker = worker
        self._functions = functions
        self._account = BlobServiceClient.from_connection_string(connection)

    async def listen(self) -> None:
        """Wait for the lease, then tick, until cancelled."""
        if not self._functions:
            return
        while True:
            lease = await self._take_lease()
            if lease is None:
                await asyncio.sleep(_TRY_SECONDS)
                continue
            ticking = [asyncio.create_task(self._tick(f)) for f in self._functions]
            try:
                await self._keep(lease)
            finally:
                for task in ticking:
                    task.cancel()
                await asyncio.gather(*ticking, return_exceptions=True)
                await self._give_back(lease)

    async def _take_lease(self) -> BlobLeaseClient | None:
        blob = self._account.get_blob_client(CONTAINER, "locks/localhost/timers")
        try:
            await self._create(blob)
            lease = BlobLeaseClient(blob)
            await lease.acquire(lease_duration=_LEASE_SECONDS)
        except HttpResponseError:
            return None  # another process has it
        except AzureError as error:
            log.warning("timer lease: %s", error)
            return None
        return lease

    async def _create(self, blob: BlobClient) -> None:
        if await blob.exists():
            return
        with contextlib.suppress(ResourceExistsError):
            await self._account.create_container(CONTAINER)
        try:
            await blob.upload_blob(b"")
        except HttpResponseError:
            return

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

    async def _tick(self, function: Function) -> None:
        schedule = expanded(str(function.trigger["schedule"]))
        status = self._account.get_blob_client(CONTAINER, f"timers/localhost/{function.name}")
        next_at = await self._next(status) or next_tick(schedule, datetime.now(UTC))
        if function.trigger.get("runOnStartup"):
            await self._run(function, past_due=False)
        while True:
            now = datetime.now(UTC)
            if next_at > now:
                await asyncio.sleep(min((next_at - now).total_seconds(), 60))
                continue
            # However many ticks were missed, this is one run.
            following = next_tick(schedule, now)
            missed = next_tick(schedule, next_at) <= now
            await self._run(function, past_due=missed)
            await self._say(status, last=now, following=following)
            next_at = following

    async def _next(self, status: BlobClient) -> datetime | None:
        try:
            stored = json.loads(await (await status.download_blob()).readall())
            return datetime.fromisoformat(stored["Next"])
        except (AzureError, ValueError, KeyError):
            return None

    async def _say(self, status: BlobClient, *, last: datetime, following: datetime) -> None:
        text = {
            "Last": last.isoformat(),
            "Next": following.isoformat(),
            "LastUpdated": datetime.now(UTC).isoformat(),
        }
        try:
            await status.upload_blob(json.dumps(text), overwrite=True)
        except AzureError as error:
            log.warning("timer status not written: %s", error)

    async def _run(self, function: Function, *, past_due: bool) -> None:
        """A run that fails is not repeated: the next tick is the next try."""
        try:
            await self._worker.call_timer(function, past_due=past_due)
        except InvocationFailed as failed:
            log.error("%s failed: %s", function.name, failed)

    async def close(self) -> None:
        """Close the sockets."""
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

    text = re.sub(r"%([^%]+)%", setting, schedule)
    if len(text.split()) != 6 or not croniter.is_valid(text, second_at_beginning=True):
        raise ValueError(f"'{text}' is no schedule of six fields, such as '0 * * * * *'")
    return text


def next_tick(schedule: str, after: datetime) -> datetime:
    """The next time of a six-field NCRONTAB schedule after another."""
    found: datetime = croniter(schedule, after, second_at_beginning=True).get_next(datetime)
    return found
