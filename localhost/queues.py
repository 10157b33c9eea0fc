"""The queue listener: takes messages, runs their function, gives up after some tries."""

import asyncio
import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from localhost.worker import Function, InvocationFailed, Worker

_FIRST_WAIT = 0.1
_NO_QUEUE_WAIT = 0.5

log = logging.getLogger("localhost.queues")


@dataclass(frozen=True)
class QueueSettings:
    """host.json's ``extensions.queues``."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    visibility_seconds: int = 30
    max_dequeue_count: int = 5
    max_polling_seconds: float = 60.0

    @staticmethod
    def read(host: Mapping[str, Any]) -> "QueueSettings":
        """From the whole of host.json."""
        given = host.get("extensions", {}).get("queues", {})
        return QueueSettings(
            int(given.get("batchSize", 16)),
            int(given.get("newBatchThreshold", int(given.get("batchSize", 16)) // 2)),
            int(_seconds(given.get("visibilityTimeout", "00:00:30"))) or 30,
            int(given.get("maxDequeueCount", 5)),
            _seconds(given.get("maxPollingInterval", "00:01:00")),
        )


def _seconds(text: str) -> float:
    hours, minutes, seconds = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds)).total_seconds()


class QueueListener:
    """Listens for one queue function."""

    def __init__(
        self, worker: Worker, function: Function, connection: str, settings: QueueSettings
    ) -> None:
        self._worker = worker
        self._function = function
        self._settings = settings
        name = str(function.trigger["queueName"])
        self._queue = QueueClient.from_connection_string(connection, name)
        self._poison = QueueClient.from_connection_string(connection, f"{name}-poison")
        self._running: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Take messages until cancelled; wait longer while there are none."""
        wait = _FIRST_WAIT
        while True:
            if len(self._running) > self._settings.new_batch_threshold:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                continue
            try:
                taken = [
                    message
                    async for message in self._queue.receive_messages(
                        max_messages=self._settings.batch_size,
                        visibility_timeout=self._settings.visibility_seconds,
                    )
                    if self._start(message)
                ]
            except ResourceNotFoundError:
                await asyncio.sleep(_NO_QUEUE_WAIT)
                continue
            except AzureError as error:
                log.warning("queue %s: %s", self._queue.queue_name, error)
                taken = []
            if taken:
                wait = _FIRST_WAIT
                continue
            await asyncio.sleep(wait)
            wait = min(wait * 2, self._settings.max_polling_seconds)

    def _start(self, message: QueueMessage) -> bool:
        task = asyncio.create_task(self._work(message))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return True

    async def _work(self, message: QueueMessage) -> None:
        renewing = asyncio.create_task(self._renew(message))
        metadata = {
            "Id": message.id,
            "DequeueCount": message.dequeue_count,
            "PopReceipt": message.pop_receipt,
        }
        try:
            body = base64.b64decode(str(message.content)).decode()
            await self._worker.call_queue(self._function, metadata, body)
        except (InvocationFailed, ValueError) as error:
            log.error("%s failed: %s", self._function.name, error)
            await self._end(renewing)
            await self._failed(message)
        else:
            await self._end(renewing)
            await self._delete(message)

    async def _end(self, renewing: "asyncio.Task[None]") -> None:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, message: QueueMessage) -> None:
        seconds = self._settings.visibility_seconds
        while True:
            await asyncio.sleep(seconds / 2)
            renewed = await self._queue.update_message(message, visibility_timeout=seconds)
            message.pop_receipt = renewed.pop_receipt

    async def _failed(self, message: QueueMessage) -> None:
        """Make it visible again, or, after the last try, move it to the poison queue."""
        if (message.dequeue_count or 0) < self._settings.max_dequeue_count:
            seconds = self._settings.visibility_seconds
            await self._queue.update_message(message, visibility_timeout=seconds)
            return
        try:
            await self._poison.send_message(message.content)
        except ResourceNotFoundError:
            await self._poison.create_queue()
            await self._poison.send_message(message.content)
        await self._delete(message)

    async def _delete(self, message: QueueMessage) -> None:
        try:
            await self._queue.delete_message(message)
        except AzureError as error:
            log.warning("message %s not deleted, it comes again: %s", message.id, error)

    async def close(self) -> None:
        """Close the sockets."""
        await self._queue.close()
        await self._poison.close()
