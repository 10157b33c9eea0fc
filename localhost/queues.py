"""The queue listener: takes messages, runs their function, gives up after some tries."""

import asyncio
import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage

from localhost.connections import Connection
from localhost.settings import seconds_of
from localhost.worker import Function, InvocationFailed, Worker

_FIRST_WAIT = 0.1
_NO_QUEUE_WAIT = 0.5
_DRAIN_SECONDS = 5

log = logging.getLogger("localhost.queues")


@dataclass(frozen=True)
class QueueSettings:
    """host.json's ``extensions.queues``."""

    batch_size: int
    new_batch_threshold: int
    retry_seconds: float
    """How long a message stays out of sight after its function failed."""
    max_dequeue_count: int
    max_polling_seconds: float
    base64: bool

    @staticmethod
    def read(host: Mapping[str, Any]) -> "QueueSettings":
        """From the whole of host.json; defaults are those of the Storage extension."""
        given = host.get("extensions", {}).get("queues", {})
        batch_size = int(given.get("batchSize", 16))
        return QueueSettings(
            batch_size,
            int(given.get("newBatchThreshold", batch_size // 2)),
            seconds_of(given.get("visibilityTimeout", "00:00:00")),
            int(given.get("maxDequeueCount", 5)),
            seconds_of(given.get("maxPollingInterval", "00:01:00")),
            str(given.get("messageEncoding", "base64")).lower() == "base64",
        )

    @property
    def work_seconds(self) -> int:
        """How long a message is out of sight while it is worked on, before it is renewed.

        Azure takes ten minutes; here a killed process is followed sooner.
        """
        return int(self.retry_seconds) or 30


class QueueListener:
    """Listens for one queue function."""

    def __init__(
        self, worker: Worker, function: Function, connection: Connection, settings: QueueSettings
    ) -> None:
        self._worker = worker
        self._function = function
        self._settings = settings
        name = str(function.trigger["queueName"])
        self._queue = connection.queue(name)
        self._poison = connection.queue(f"{name}-poison")
        self._running: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Take messages until cancelled; wait longer while there are none."""
        wait = _FIRST_WAIT
        while True:
            if len(self._running) > self._settings.new_batch_threshold:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                continue
            try:
                taken = await self._take()
            except ResourceNotFoundError:
                await asyncio.sleep(_NO_QUEUE_WAIT)
                continue
            except AzureError as error:
                log.warning("queue %s: %s", self._queue.queue_name, error)
                taken = 0
            if taken:
                wait = _FIRST_WAIT
                continue
            await asyncio.sleep(wait)
            wait = min(wait * 2, self._settings.max_polling_seconds)

    async def _take(self) -> int:
        """Start the function for each message of one batch; how many there were."""
        pages = self._queue.receive_messages(
            messages_per_page=self._settings.batch_size,
            visibility_timeout=self._settings.work_seconds,
        ).by_page()
        taken = 0
        async for page in pages:
            async for message in page:
                task = asyncio.create_task(self._work(message))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
                taken += 1
            break
        return taken

    async def _work(self, message: QueueMessage) -> None:
        ended = asyncio.Event()
        renewing = asyncio.create_task(self._renew(message, ended))
        try:
            body = _decoded(message) if self._settings.base64 else str(message.content)
            await self._worker.call_queue(self._function, _metadata(message), body)
            succeeded = True
        except (InvocationFailed, ValueError) as error:
            log.error("%s failed: %s", self._function.name, error)
            succeeded = False
        finally:
            ended.set()
            # A renewal that is under way changes the receipt: it must be over first.
            await renewing
        try:
            await (self._queue.delete_message(message) if succeeded else self._failed(message))
        except AzureError as error:
            log.warning("message %s comes again: %s", message.id, error)

    async def _renew(self, message: QueueMessage, ended: asyncio.Event) -> None:
        seconds = self._settings.work_seconds
        while True:
            try:
                await asyncio.wait_for(ended.wait(), seconds / 2)
            except TimeoutError:
                await self._show_in(message, seconds)
            else:
                return

    async def _show_in(self, message: QueueMessage, seconds: float) -> None:
        try:
            changed = await self._queue.update_message(message, visibility_timeout=int(seconds))
        except AzureError as error:
            log.warning("message %s not renewed: %s", message.id, error)
        else:
            message.pop_receipt = changed.pop_receipt

    async def _failed(self, message: QueueMessage) -> None:
        """Show it again after a while, or, after the last try, move it to the poison queue."""
        if (message.dequeue_count or 0) < self._settings.max_dequeue_count:
            await self._show_in(message, self._settings.retry_seconds)
            return
        try:
            await self._poison.send_message(message.content)
        except ResourceNotFoundError:
            await self._poison.create_queue()
            await self._poison.send_message(message.content)
        await self._queue.delete_message(message)

    async def close(self) -> None:
        """Give what runs a little time to end, then close the sockets."""
        if self._running:
            await asyncio.wait(self._running, timeout=_DRAIN_SECONDS)
        await self._queue.close()
        await self._poison.close()


def _decoded(message: QueueMessage) -> str:
    return base64.b64decode(str(message.content), validate=True).decode()


def _metadata(message: QueueMessage) -> dict[str, Any]:
    return {
        "Id": message.id,
        "DequeueCount": message.dequeue_count,
        "PopReceipt": message.pop_receipt,
        "InsertionTime": _iso(message.inserted_on),
        "ExpirationTime": _iso(message.expires_on),
        "NextVisibleTime": _iso(message.next_visible_on),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
