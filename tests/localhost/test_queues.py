"""Queue functions are run as Azure runs them: at least once, and not for ever."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue.aio import QueueClient

from tests.localhost.conftest import Sample

WORK, POISON = "sample-work", "sample-work-poison"


class Queue:
    """The sample's queue and its poison queue."""

    def __init__(self, account: str) -> None:
        self.work = QueueClient.from_connection_string(account, WORK)
        self.poison = QueueClient.from_connection_string(account, POISON)

    async def send(self, text: str) -> None:
        with suppress(ResourceExistsError):
            await self.work.create_queue()
        await self.work.send_message(base64.b64encode(text.encode()).decode())

    async def waiting(self) -> int:
        return int((await self.work.get_queue_properties()).approximate_message_count or 0)

    async def poisoned(self) -> list[str]:
        try:
            messages = await self.poison.peek_messages(32)
        except ResourceNotFoundError:
            return []
        return [base64.b64decode(str(message.content)).decode() for message in messages]

    async def drained(self) -> None:
        """Wait until nothing is in the queue, out of sight or not."""
        async with asyncio.timeout(20):
            while await self.waiting():
                await asyncio.sleep(0.1)


@pytest.fixture
async def queue(sample: Sample) -> AsyncIterator[Queue]:
    queue = Queue(sample.account)
    yield queue
    await queue.work.close()
    await queue.poison.close()


async def test_a_message_runs_its_function_and_is_deleted(sample: Sample, queue: Queue) -> None:
    """Also where the queue comes later than the host."""
    sample.host()
    await queue.send("héllo")
    (note,) = await asyncio.to_thread(sample.noted, "message")
    assert (note["body"], note["tries"]) == ("héllo", 1)
    await queue.drained()
    assert await queue.poisoned() == []


async def test_a_message_that_keeps_failing_goes_to_the_poison_queue(
    sample: Sample, queue: Queue
) -> None:
    sample.host()
    await queue.send("fail")
    notes = await asyncio.to_thread(sample.noted, "message", 2)
    await queue.drained()
    assert await queue.poisoned() == ["fail"]
    assert [note["tries"] for note in notes] == [1, 2]
    assert len(sample.journal("message")) == 2


async def test_a_message_that_is_no_base64_goes_there_too(sample: Sample, queue: Queue) -> None:
    sample.host()
    await queue.work.create_queue()
    await queue.work.send_message("{not base64}")
    await queue.drained()
    (message,) = await queue.poison.peek_messages(1)
    assert message.content == "{not base64}"
    assert sample.journal("message") == []


async def test_a_message_stays_out_of_sight_while_its_function_runs(
    sample: Sample, queue: Queue
) -> None:
    """It is renewed: the function takes more than twice the time that it is out of sight."""
    sample.host()
    sample.host()
    await queue.send("sleep 2.5")
    await asyncio.to_thread(sample.noted, "slept")
    await queue.drained()
    assert len(sample.journal("message")) == 1


async def test_a_message_of_a_killed_process_comes_again(sample: Sample, queue: Queue) -> None:
    first = sample.host()
    await queue.send("sleep 1.5")
    await asyncio.to_thread(sample.noted, "message")
    first.kill()
    assert sample.journal("slept") == []
    sample.host()
    await asyncio.to_thread(sample.noted, "slept")
    assert [note["tries"] for note in sample.journal("message")] == [1, 2]


async def test_so_many_run_side_by_side(sample: Sample, queue: Queue) -> None:
    """A batch is 4, and another is taken once 2 or fewer run: never more than 6."""
    sample.host()
    for _ in range(12):
        await queue.send("sleep 1")
    await asyncio.to_thread(sample.noted, "slept", 12)
    running = most = 0
    for note in sample.journal():
        running += {"message": 1, "slept": -1}[note["event"]]
        most = max(most, running)
    assert 3 <= most <= 6


async def test_a_setting_overrides_host_json(sample: Sample, queue: Queue) -> None:
    sample.host(AzureFunctionsJobHost__extensions__queues__maxDequeueCount="1")
    await queue.send("fail")
    await queue.drained()
    assert len(sample.journal("message")) == 1
    assert await queue.poisoned() == ["fail"]


async def test_a_queue_function_runs_by_hand(sample: Sample) -> None:
    host = sample.host()
    headers = {"x-functions-key": host.keys.master}
    async with (
        aiohttp.ClientSession(host.base_url, headers=headers) as session,
        session.post("/admin/functions/work", json={"input": "by hand"}) as answer,
    ):
        assert answer.status == 202
    (note,) = await asyncio.to_thread(sample.noted, "message")
    assert note["body"] == "by hand"
